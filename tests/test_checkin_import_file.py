"""A list of past visits as a file: its columns, its quotes, its end, a workbook."""

from __future__ import annotations

import unicodedata
from datetime import datetime

import pytest
from openpyxl import Workbook

from checkin.visit_rows import ImportRefused, Reason, read_header
from kit.table import TableCut, TableEmpty, TableUnreadable
from tests.make_imports import HEADER, LAN, MORNING, Importer, importer

__all__ = ["importer"]  # the fixture


async def test_header_in_another_order_with_a_mark_semicolons_and_more_columns(
    importer: Importer,
) -> None:
    # given
    data = (
        "\ufeffArrived_At;temperature;VENUE;full_name\r\n"
        "2021-07-19T08:00:00+07:00;36,6;Chợ Cái Răng;Nguyễn Thị Lan\r\n"
    )

    # when
    report = await importer.file(data.encode())

    # then
    assert (report.arrivals, report.departures) == (1, 0)
    assert importer.said == ["columns that are not read: temperature"]


async def test_quoted_line_breaks_and_nul_touch_their_own_row_only(importer: Importer) -> None:
    # when
    report = await importer.rows(
        f'"Nguyễn\nThị Lan",0912345678,,"Chợ, lớn",,{MORNING}',
        f"Tr\0ần,,,Chợ,,{MORNING}",
        f"Lê Văn Tám,,,Chợ,,{MORNING},,thừa",
        f"Nguyễn Thị Lan,0912345678,,Chợ lớn,,{MORNING}",
    )

    # then
    assert (report.people, report.venues, report.bad) == (1, 1, 2)
    nul, long = importer.bad()
    assert (nul["bad_line"], nul["bad_reason"]) == ("4", Reason.UNPRINTABLE)
    assert nul["full_name"] == "Tr\0ần"
    assert long["bad_reason"] == Reason.TOO_MANY_CELLS


@pytest.mark.parametrize(
    "cut",
    [
        f'{HEADER}\n{LAN},{MORNING}\n"Nguyễn Thị Lan,0912345678,,Chợ',
        f"{HEADER}\n{LAN},{MORNING}\nTrần Văn Bình,09123",
    ],
)
async def test_a_cut_file_is_refused_whole(importer: Importer, cut: str) -> None:
    with pytest.raises(TableCut):
        await importer.file(cut.encode())

    assert [await importer.count(t) for t in ("scan", "person", "venue", "audit")] == [0] * 4


async def test_bad_rows_of_a_refused_file_leave_no_file(importer: Importer) -> None:
    with pytest.raises(TableCut):
        await importer.file(f"{HEADER}\n{LAN},,\n{LAN},{MORNING}\nTrần Văn Bình,09".encode())

    assert {path.name for path in importer.folder.iterdir()} == {"keys", "visits.csv"}


@pytest.mark.parametrize(
    "header", ["họ tên,nơi", "venue,arrived_at", "full_name,venue,arrived_at,Venue"]
)
def test_columns_that_are_missing_or_there_twice_are_refused(header: str) -> None:
    with pytest.raises(ImportRefused):
        read_header(header.split(","))


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", TableEmpty),
        ("full_name,venue,arrived_at\nHà,x,y\n".encode("utf-16-le"), TableUnreadable),
    ],
)
async def test_a_file_that_is_no_list_of_visits_is_refused(
    importer: Importer, data: bytes, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await importer.file(data)


@pytest.mark.parametrize(
    "header",
    [
        "Họ tên,Số điện thoại,Giấy tờ / CCCD,Địa điểm,Khu vực,Giờ vào,Giờ ra",
        "ho ten,so dien thoai,giay to,dia diem,khu vuc,gio vao,gio ra",
        "HỌ VÀ TÊN,SĐT,CCCD,NƠI ĐẾN,KHU,THỜI GIAN VÀO,THỜI GIAN RA",
        unicodedata.normalize("NFD", "Họ tên,Số điện thoại,CCCD,Địa điểm,Khu vực,Giờ vào,Giờ ra"),
    ],
)
async def test_columns_may_be_named_in_vietnamese(importer: Importer, header: str) -> None:
    # when
    report = await importer.rows(f"Lan,0912345678,092191001234,Chợ,Lầu 1,{MORNING}", header=header)

    # then
    assert (report.arrivals, report.departures, report.bad) == (1, 1, 0)
    assert importer.said == []
    assert await importer.count("zone") == 1
    assert await importer.count("identifier") == 3


def test_a_column_named_in_both_languages_is_refused() -> None:
    with pytest.raises(ImportRefused, match="«venue» and «Địa điểm»"):
        read_header(["venue", "Địa điểm", "họ tên", "giờ vào"])


async def test_a_workbook_is_read_like_a_text(importer: Importer) -> None:
    # given
    book = Workbook()
    sheet = book.create_sheet("Lượt vào", 0)
    sheet.append(["Họ tên", "Số điện thoại", "Địa điểm", "Giờ vào"])
    sheet.append(["Lan", 912345678, "Chợ", "2021-07-19T08:00:00+07:00"])
    sheet.append(["Tú", 912345679, "Chợ", datetime(2021, 7, 19, 8)])  # noqa: DTZ001
    book.save(importer.folder / "visits.xlsx")

    # when
    report = await importer.file((importer.folder / "visits.xlsx").read_bytes())

    # then a cell of Excel's own times says no offset
    assert (report.arrivals, report.bad) == (1, 1)
    assert importer.bad()[0]["bad_reason"] == Reason.NO_OFFSET
