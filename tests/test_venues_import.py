"""Lists of venues taken in: every good row, each bad one named, twice without effect."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from argparse import Namespace
from pathlib import Path

import httpx
import pytest
from openpyxl import Workbook

from accounts.model import Role
from commands.imports import import_venues
from kit.db import connection
from kit.sheet import CSV, XLSX
from settings import Settings
from tests.conftest import Service
from tests.make_venues import CAI_KHE, make_organisation, make_venue, staff_client
from venues import load
from venues.intake_row import Doubt, Reason
from venues.report import DOUBTS, REASONS

NEW_ZEALAND = Path(__file__).parent / "data" / "nz-locations-of-interest.csv"
HEADERS = ["Tên cơ sở", "Loại hình", "Địa chỉ", "Phường/Xã", "Tỉnh/TP", "Giờ mở cửa", "Đơn vị"]
GOOD = ["Chợ Cái Khế", "chợ", "1 Trần Văn Khéo", "Cái Khế", "Cần Thơ", "5h - 18h30", ""]


def as_csv(*rows: list[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEADERS, *rows])
    return out.getvalue().encode()


def as_xlsx(*rows: list[str]) -> bytes:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in [HEADERS, *rows]:
        sheet.append(row)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


async def owner(service: Service, name: str = "Ban quản lý chợ") -> httpx.AsyncClient:
    company = await make_organisation(service, name)
    return await staff_client(service, Role.VENUE_STAFF, organisation_id=company)


async def send(
    client: httpx.AsyncClient, data: bytes, kind: str = CSV, organisation: str = ""
) -> httpx.Response:
    return await client.post(
        "/v1/venues/import",
        content=data,
        headers={"Content-Type": kind},
        params={"organisation": organisation} if organisation else {},
    )


async def test_every_good_row_becomes_a_venue_with_a_door_and_each_bad_one_is_named(
    service: Service,
) -> None:
    staff = await owner(service)

    answer = await send(staff, as_csv(GOOD, ["", *GOOD[1:]], ["Quán Gió", *GOOD[1:]]))

    assert answer.status_code == 200
    report = answer.json()
    assert (report["created"], report["known"], report["refused"]) == (2, 0, 1)
    assert report["bad"] == [
        {
            "line": 3,
            "column": "name",
            "reason": "name-missing",
            "words": "The name is missing.",
            "value": "1 Trần Văn Khéo",
        }
    ]
    listed = (await staff.get("/v1/venues")).json()["venues"]
    assert [(v["name"], v["checkpoints"]) for v in listed] == [("Chợ Cái Khế", 1), ("Quán Gió", 1)]
    venue = (await staff.get(f"/v1/venues/{listed[0]['id']}")).json()["venue"]
    assert (venue["kind"], venue["area"], venue["opening"]) == ("market", CAI_KHE, "05:00-18:30")


async def test_the_same_list_again_changes_nothing(service: Service) -> None:
    staff = await owner(service)
    first = (await send(staff, as_xlsx(GOOD), XLSX)).json()
    [venue] = (await staff.get("/v1/venues")).json()["venues"]
    await staff.patch(f"/v1/venues/{venue['id']}", json={"name": "Chợ Cái Khế (mới)"})

    async with connection(service.state["db"]) as db:
        before = await db.fetch("SELECT * FROM venue, checkpoint, code")
        again = (await send(staff, as_csv(GOOD))).json()
        after = await db.fetch("SELECT * FROM venue, checkpoint, code")

    assert first["created"] == 1
    assert (again["created"], again["known"]) == (0, 1)
    assert before == after


async def test_thousands_of_rows_are_taken_at_once(service: Service) -> None:
    staff = await owner(service)
    rows = [[f"Tiệm {number}", *GOOD[1:]] for number in range(3000)]

    report = (await send(staff, as_csv(*rows))).json()

    assert (report["created"], report["bad"]) == (3000, [])
    async with connection(service.state["db"]) as db:
        doors = await db.fetchval(
            "SELECT count(DISTINCT (venue_id, code)) FROM checkpoint p "
            "JOIN code c ON c.checkpoint_id = p.id"
        )
    assert doors == 3000


async def test_two_imports_of_one_list_at_once_make_each_venue_once(service: Service) -> None:
    staff = await owner(service)
    rows = [[f"Tiệm {number}", *GOOD[1:]] for number in range(200)]

    reports = await asyncio.gather(send(staff, as_csv(*rows)), send(staff, as_csv(*reversed(rows))))

    assert sum(report.json()["created"] for report in reports) == 200
    assert sum(report.json()["known"] for report in reports) == 200


async def test_rows_of_another_organisation_are_refused_and_the_own_ones_taken(
    service: Service,
) -> None:
    staff = await owner(service, "Của tôi")
    await make_organisation(service, "Của họ")

    answer = await send(staff, as_csv([*GOOD[:6], "Của họ"], [*GOOD[:6], "CỦA TÔI"]))

    assert answer.json()["created"] == 1
    assert [(r["line"], r["reason"]) for r in answer.json()["bad"]] == [(2, "not-yours")]
    [listed] = (await staff.get("/v1/venues")).json()["venues"]
    assert listed["organisation"] == "Của tôi"


async def test_an_officer_takes_in_venues_of_the_area_only(service: Service) -> None:
    officer = await staff_client(service, Role.ADMIN, area="2025/92/")
    elsewhere = ["Chợ Ba Tơ", "chợ", "1 Trần Phú", "Xã Ba Tơ", "Quảng Ngãi", "", ""]

    unnamed = await send(officer, as_csv(GOOD))
    named = await send(officer, as_csv(GOOD, elsewhere), organisation="Phòng Kinh tế")

    assert [r["reason"] for r in unnamed.json()["bad"]] == ["organisation-missing"]
    assert named.json()["created"] == 1
    assert [(r["line"], r["reason"]) for r in named.json()["bad"]] == [(3, "not-yours")]


async def test_who_acts_for_one_venue_takes_in_nothing(service: Service) -> None:
    keeper = await staff_client(service, Role.VENUE_STAFF, venue_id=(await make_venue(service)).id)

    answer = await send(keeper, as_csv(GOOD), organisation="Ai đó")

    assert answer.json()["created"] == 0
    async with connection(service.state["db"]) as db:
        assert not await db.fetchval("SELECT count(*) FROM organisation WHERE name = 'Ai đó'")


async def test_a_file_that_is_no_whole_list_is_refused_whole(service: Service) -> None:
    staff = await owner(service)
    files = [
        (b"", CSV, 422, "table-empty"),
        (b"ten\nmot\n", CSV, 422, "columns-missing"),
        (as_csv(GOOD)[:-20] + b'"', CSV, 422, "table-cut"),
        (as_xlsx(GOOD)[:-200], XLSX, 422, "workbook-broken"),
        (b"\xff\xfa\n", CSV, 422, "wrong-encoding"),
        (as_csv(GOOD), "application/json", 415, "unsupported"),
    ]

    for data, kind, status, problem in files:
        answer = await send(staff, data, kind)
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}")
    assert (await staff.get("/v1/venues")).json()["venues"] == []


async def test_a_list_larger_than_we_take_is_refused_before_it_is_read(service: Service) -> None:
    staff = await owner(service)

    answer = await staff.post(
        "/v1/venues/import", headers={"Content-Type": CSV, "Content-Length": str(30 << 20)}
    )

    assert answer.status_code == 413


async def test_places_that_new_zealand_published_become_venues(service: Service) -> None:
    staff = await owner(service)

    first = (await send(staff, NEW_ZEALAND.read_bytes())).json()
    again = (await send(staff, NEW_ZEALAND.read_bytes())).json()

    with NEW_ZEALAND.open(encoding="utf-8", newline="") as file:
        rows = sum(1 for _ in csv.reader(file)) - 1
    assert first["created"] > 30
    assert first["created"] + first["refused"] + len(first["repeated"]) == rows
    assert (again["created"], again["known"]) == (0, first["created"])


def test_every_reason_and_doubt_has_its_words() -> None:
    assert set(REASONS) == set(Reason)
    assert set(DOUBTS) == set(Doubt)


def test_a_ward_of_both_systems_is_todays_unless_a_district_stands_beside_it() -> None:
    assert load.ward_path("12 Trần Phú, P. Cái Khế, Cần Thơ") == CAI_KHE
    assert load.ward_path("P. Cái Khế, Q. Ninh Kiều, Cần Thơ") == "2021/92/916/31117/"
    assert load.ward_path("22 Stoddard Road, Wesley, Auckland") is None


async def test_the_command_says_what_became_of_the_list(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    venues = tmp_path / "venues.csv"
    venues.write_bytes(as_csv(GOOD, ["", *GOOD[1:]]))
    wanted = Namespace(file=venues, organisation="Sở Y tế", sample=False)
    missing = Namespace(file=tmp_path / "nothing.csv", organisation="", sample=False)

    first = await asyncio.to_thread(import_venues, wanted, settings), capsys.readouterr().out
    again = await asyncio.to_thread(import_venues, wanted, settings), capsys.readouterr().out
    nothing = await asyncio.to_thread(import_venues, missing, settings)

    assert [first[0], again[0], nothing] == [0, 0, 1]
    assert "1 new, 0 known" in first[1]
    assert "line 3, name: The name is missing." in first[1]
    assert "0 new, 1 known" in again[1]


async def test_the_sample_can_be_downloaded_printed_and_taken_in_without_a_doubt(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    staff = await owner(service)
    page = await staff.get("/venues/import")

    # when
    [link] = re.findall(r'href="(/static/venues/sample-venues.csv[^"]*)" download', page.text)
    sample = (await staff.get(link)).content
    assert import_venues(Namespace(file=None, sample=True), service.settings) == 0

    # then
    assert capsys.readouterr().out.encode() == sample
    read = load.read(sample, "sample-venues.csv", "")
    assert [venue.line for venue in read.venues] == [2, 3, 4]
    assert not any((read.bad, read.repeated, read.ignored))
    assert [note for venue in read.venues for note in venue.notes] == []
