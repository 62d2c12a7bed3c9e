"""Lists of venues as offices keep them: good rows taken, each bad one told with its reason."""

from __future__ import annotations

from collections import Counter
from datetime import time
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.table import read_rows
from tests.venue_lists import DEFAULTS, read, ward_by_name
from venues.intake import read_venues, venue_key
from venues.intake_columns import Column, ColumnsMissing, IgnoredColumn
from venues.intake_row import BadRow, Defaults, Doubt, Duplicate, Opening, Reason, VenueRow
from venues.model import VenueKind

NEW_ZEALAND = Path(__file__).parent / "data" / "nz-locations-of-interest.csv"
VIETNAMESE = [
    "STT", "Tên cơ sở *", "Loại hình", "Địa chỉ", "Phường/Xã", "Quận/Huyện", "Tỉnh/Thành phố",
    "Vĩ độ", "Kinh độ", "Giờ mở cửa", "Điện thoại", "Sức chứa (người)", "Đơn vị", "Mã",
]  # fmt: skip
UNMARKED = [
    "stt", "ten co so", "loai hinh", "dia chi", "phuong xa", "quan huyen", "tinh thanh pho",
    "vi do", "kinh do", "gio mo cua", "dien thoai", "suc chua", "don vi", "ma",
]  # fmt: skip
ENGLISH = [
    "No.", "Venue name", "Type", "Address", "Ward", "District", "City", "LAT",
    "Longitude", "Opening hours", "Phone", "Capacity", "Organisation", "ID",
]  # fmt: skip
CELLS = [
    "1", "Quán  Ngon", "Nhà hàng", "12 Lê Lợi", "Bến Nghé", "1", "TP. Hồ Chí Minh", "10,7769",
    "106.7009", "7h30 - 22:00", "0901 234 567", "1.200 chỗ", "Công ty Ngon", "NH-001",
]  # fmt: skip


@pytest.mark.parametrize("headers", [VIETNAMESE, UNMARKED, ENGLISH])
@pytest.mark.parametrize("backwards", [False, True])
def test_same_venue_is_read_under_headers_of_either_language_in_any_order(
    headers: list[str], backwards: bool
) -> None:
    # given
    step = -1 if backwards else 1
    # when
    *ignored, row = read([headers[::step], CELLS[::step]])
    # then
    assert {getattr(one, "header", None) for one in ignored} == {headers[0], headers[-1]}
    assert row == VenueRow(
        line=2,
        organisation="Công ty Ngon",
        name="Quán Ngon",
        kind=VenueKind.RESTAURANT,
        address="12 Lê Lợi, Bến Nghé, Quận 1, TP. Hồ Chí Minh",
        area="26740",
        latitude=10.7769,
        longitude=106.7009,
        opening=Opening(opens_at=time(7, 30), closes_at=time(22)),
        phone="+84901234567",
        capacity=1200,
        notes=(),
    )


def test_workbook_with_titles_above_its_header_is_read() -> None:
    # given
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["SỞ Y TẾ"])
    sheet.append(["DANH SÁCH CƠ SỞ ĂN UỐNG"])
    sheet.append([])
    sheet.append(["Tên", "Địa chỉ", "Điện thoại", "Sức chứa"])
    sheet.append(["Quán Ngon", "12 Lê Lợi", 84901234567.0, 50])
    file = BytesIO()
    book.save(file)
    # when
    rows = read_rows(file.getvalue(), "list.xlsx")
    [row] = read_venues(rows, find_ward=ward_by_name, defaults=DEFAULTS)
    # then
    assert isinstance(row, VenueRow)
    assert (row.line, row.phone, row.capacity) == (5, "+84901234567", 50)


def test_missing_column_is_told_with_what_was_found_and_what_is_needed() -> None:
    with pytest.raises(ColumnsMissing) as refused:
        read([["Danh sách"], ["Tên cơ sở", "Màu"], ["Quán Ngon", "đỏ"]])
    assert refused.value.facts["found"] == ["Tên cơ sở", "Màu"]
    assert "địa chỉ" in str(refused.value)


def test_columns_that_are_not_read_are_told() -> None:
    # given an unknown one, a second name, a blank one
    ignored = read([["Màu", "Tên", "Tên cơ sở", "", "Địa chỉ", ""]])
    # then
    assert ignored == [
        IgnoredColumn(line=1, number=1, header="Màu", repeats=None),
        IgnoredColumn(line=1, number=3, header="Tên cơ sở", repeats=Column.NAME),
        IgnoredColumn(line=1, number=4, header="", repeats=None),
    ]


def test_second_reading_finds_the_same_venues_and_keys() -> None:
    # given
    table = [["name", "address"], *([f"Quán {n % 700}", f"{n % 700} Lê Lợi"] for n in range(2000))]
    # when
    once, twice = read(table), read(table)
    keys = [venue_key(v.organisation, v.name, v.address) for v in once if isinstance(v, VenueRow)]
    # then
    assert once == twice
    assert len(keys) == len(set(keys)) == 700
    assert sum(isinstance(row, Duplicate) for row in once) == 1300


def test_later_row_of_a_venue_is_told_with_what_it_says_else() -> None:
    # given the first row again; with another phone; farther than a door; with a kind left out
    table = [
        ["name", "address", "phone", "lat", "lng"],
        ["Quán Hoà", "12 Lê Lợi", "0901234567", "10.7769", "106.7009"],
        ["QUÁN  HÒA ", "12, Lê Lợi.", "", "10.7770", "106.7009"],
        ["Quán Hòa", "12 Lê Lợi", "0907654321", "", ""],
        ["Quán Hòa", "12 Lê Lợi", "0901234567", "10.8769", "106.7009"],
    ]
    # when / then
    assert read(table)[1:] == [
        Duplicate(line=3, first_line=2, differs=()),
        Duplicate(line=4, first_line=2, differs=(Column.PHONE,)),
        Duplicate(line=5, first_line=2, differs=(Column.LATITUDE,)),
    ]


@pytest.mark.parametrize(
    "other",
    [
        ("Sở Y tế", "Quán Bá Mai", "12 Lê Lợi"),
        ("Sở Y tế", "Quán Bà Mai", "12/1 Lê Lợi, Quận 3"),
        ("Công ty", "Quán Bà Mai", "12 Lê Lợi"),
        ("Sở Y tế", "☕", "12 Lê Lợi"),
        ("Sở Y tế", "?!", "12 Lê Lợi"),
        ("Sở Y tế", "!?", "12 Lê Lợi"),
    ],
)
def test_venues_that_differ_keep_their_own_keys(other: tuple[str, str, str]) -> None:
    assert venue_key("Sở Y tế", "Quán Bà Mai", "12 Lê Lợi") != venue_key(*other)
    assert venue_key(*other)[1] not in ("", venue_key("", "🍜", "")[1])


def test_bad_row_does_not_spoil_its_neighbours_and_its_value_can_be_printed() -> None:
    # given an unquoted comma that moved the cells, and a NUL
    table = [
        ["name", "address"],
        ["Quán A", "1 Lê Lợi"],
        ["Quán B", "2 Lê Lợi", "Quận 1"],
        ["Quán\0" + "x" * 100, "3 Lê Lợi"],
        ["Quán D", "4 Lê Lợi", " "],
    ]
    # when
    first, moved, nul, last = read(table)
    # then
    assert isinstance(first, VenueRow)
    assert isinstance(last, VenueRow)
    assert moved == BadRow(line=3, column=None, reason=Reason.TOO_MANY_CELLS, value="Quận 1")
    assert isinstance(nul, BadRow)
    assert (nul.line, nul.reason) == (4, Reason.UNPRINTABLE)
    assert nul.value == "Quán�" + "x" * 55 + "…"


def test_all_faults_of_a_row_are_told_and_none_twice() -> None:
    # given
    headers = ["name", "address", "ward", "lat", "lng", "phone", "capacity"]
    rows = [
        ["", "", "", "95", "190", "9.1E+10", "nhiều"],
        ["Quán\0", "x" * 500, "", "abc\0", "", "", ""],
    ]
    # when
    found = read([headers, *rows], defaults=Defaults(organisation=""))
    # then
    assert [(row.line, row.reason, row.column) for row in found if isinstance(row, BadRow)] == [
        (2, Reason.NAME_MISSING, Column.NAME),
        (2, Reason.ADDRESS_MISSING, Column.ADDRESS),
        (2, Reason.COORDINATES_OUT_OF_RANGE, Column.LATITUDE),
        (2, Reason.NUMBER_SHORTENED, Column.PHONE),
        (2, Reason.CAPACITY_UNREADABLE, Column.CAPACITY),
        (2, Reason.ORGANISATION_MISSING, Column.ORGANISATION),
        (3, Reason.UNPRINTABLE, Column.NAME),
        (3, Reason.TOO_LONG, Column.ADDRESS),
        (3, Reason.UNPRINTABLE, Column.LATITUDE),
        (3, Reason.ORGANISATION_MISSING, Column.ORGANISATION),
    ]


@given(st.lists(st.lists(st.text(), max_size=9), max_size=5))
def test_no_table_breaks_the_reading_and_no_row_is_lost(table: list[list[str]]) -> None:
    # given cells of any text, surrogates too, under known headers
    headers = ["name", "address", "lat", "lng", "phone", "capacity", "opening", "kind"]
    # when
    found = read([headers, *table])
    # then
    assert list(dict.fromkeys(row.line for row in found)) == list(range(2, len(table) + 2))
    assert all(row.value.isprintable() for row in found if isinstance(row, BadRow))


def test_places_of_new_zealand_become_venues_once() -> None:
    # given real rows: days in names, rides, a conflict marker in the header and in rows, NA
    rows = read_rows(NEW_ZEALAND, NEW_ZEALAND.name)
    # when
    found = list(read_venues(rows, find_ward=ward_by_name, defaults=DEFAULTS))
    # then
    venues = {row.name: row for row in found if isinstance(row, VenueRow)}
    bad = Counter(row.reason for row in found if isinstance(row, BadRow))
    assert Counter(type(row) for row in found) == {
        VenueRow: 33,
        Duplicate: 7,
        BadRow: 27,
        IgnoredColumn: 12,
    }
    assert len({row.line for row in found if isinstance(row, BadRow)}) == 19
    assert bad == {
        Reason.ON_THE_MOVE: 9,
        Reason.NAME_MISSING: 10,
        Reason.ADDRESS_MISSING: 8,  # of the same rows
    }
    assert "<<<<<<< HEAD" in [row.header for row in found if isinstance(row, IgnoredColumn)]
    assert venues["Countdown Auckland Airport"].address.endswith("Māngere, Auckland")
    assert venues["McDonald's Stoddard Road"].latitude == -36.90733
    assert not any("2021" in name for name in venues)
    assert {"Ferry Road Pharmacy Waltham", "Napier Intercity Bus Terminal"} <= venues.keys()
    cafe = venues["Get Fixed Bicycle Caf� Porirua"]
    assert Doubt.LETTERS_LOST in [note.doubt for note in cafe.notes]
