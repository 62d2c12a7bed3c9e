"""Past visits out of a file: each becomes an arrival and, where it is told, a departure."""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import unicodedata
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
import asyncpg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook

import database
from accounts.keydir import open_keys
from accounts.queries import LOCK_AUDIT
from checkin import queries, visit_process
from checkin.import_visits import Target, Wanted, import_visits
from checkin.model import Late, Source, Way
from checkin.pseudonym import ServiceDays, block
from checkin.vault import IdentifierKind, Vault
from checkin.visit_person import compared_name, document_kind, named
from checkin.visit_place import Place, Places
from checkin.visit_reading import Chunk, Job, Judge, chunks
from checkin.visit_report import Report, lines
from checkin.visit_rows import (
    EPOCH,
    MILLISECOND,
    BadRow,
    Column,
    Fault,
    ImportRefused,
    Reason,
    RowRefused,
    milliseconds,
    read_header,
)
from checkin.visit_sample import sample
from checkin.visit_scans import COLUMNS, DayScans, ending, new_scans
from commands import imports
from kit.keys import KeyShelf
from kit.table import TableCut, TableEmpty, TableUnreadable
from settings import Settings
from tests.conftest import NOW
from venues.intake_text import compared, tidy

HEADER = "full_name,phone,document,venue,zone,arrived_at,left_at"
LATEST = datetime.max.replace(tzinfo=UTC)
PLACES = Places(by_code={}, by_name={compared("Chợ Cái Răng"): [7]}, zones={}, grows=False)
LAN = "Nguyễn Thị Lan,0912345678,092191001234,Chợ Cái Răng,"
MORNING = "2021-07-19T08:00:00+07:00,2021-07-19T09:30:00+07:00"


def judged(*rows: list[str], header: str = HEADER, latest: datetime = NOW) -> Chunk:
    job = Job(path=Path(), encoding=None, places=PLACES, oldest=0, latest=milliseconds(latest))
    return Judge(job, read_header(header.split(","))).chunk(enumerate(rows, start=2))


@dataclass(slots=True, kw_only=True)
class Importer:
    """Imports texts as files; unknown venues are made unless a test says else."""

    db: asyncpg.Connection[asyncpg.Record]
    more_db: asyncpg.Connection[asyncpg.Record]
    people_db: asyncpg.Connection[asyncpg.Record]
    days_db: asyncpg.Connection[asyncpg.Record]
    settings: Settings
    folder: Path
    said: list[str] = field(default_factory=list)

    @property
    def bad_rows(self) -> Path:
        return self.folder / "visits.bad.csv"

    @property
    def target(self) -> Target:
        keys = open_keys(self.settings.key_dir)
        days = ServiceDays(keys.days, self.settings.zone)
        return Target(
            db=self.db,
            more_db=self.more_db,
            people_db=self.people_db,
            days_db=self.days_db,
            days=days,
            keys=keys,
        )

    async def rows(self, *rows: str, header: str = HEADER, **changed: Any) -> Report:
        return await self.file("\n".join([header, *rows, ""]).encode(), **changed)

    async def file(self, data: bytes, **changed: Any) -> Report:
        path = self.folder / "visits.csv"
        path.write_bytes(data)
        wanted = Wanted(path=path, bad_rows=self.bad_rows, kept_days=21, owner="Sở Y tế", now=NOW)
        return await import_visits(self.target, replace(wanted, **changed), self.said.append)

    async def scans(self) -> list[asyncpg.Record]:
        return await self.db.fetch("SELECT * FROM scan ORDER BY at, way")

    async def count(self, table: str) -> int:
        found: int = await self.db.fetchval(f"SELECT count(*) FROM {table}")
        return found

    def bad(self) -> list[dict[str, str]]:
        with self.bad_rows.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
async def importer(settings: Settings, tmp_path: Path) -> AsyncIterator[Importer]:
    owner = partial(database.owner, settings)
    async with owner() as db, owner() as more_db, owner() as people_db, owner() as days_db:
        yield Importer(
            db=db,
            more_db=more_db,
            people_db=people_db,
            days_db=days_db,
            settings=settings,
            folder=tmp_path,
        )


async def test_a_visit_becomes_an_arrival_and_a_departure(importer: Importer) -> None:
    # when
    report = await importer.rows(f"{LAN},{MORNING}")

    # then
    arrival, departure = await importer.scans()
    assert arrival["at"] == datetime.fromisoformat("2021-07-19T01:00:00+00:00")
    assert departure["at"] == datetime.fromisoformat("2021-07-19T02:30:00+00:00")
    assert [row["way"] for row in (arrival, departure)] == [Way.IN, Way.OUT]
    for row in (arrival, departure):
        assert (row["late"], row["source"]) == (Late.IMPORTED, Source.IMPORT)
        assert (row["party"], row["flags"], row["checkpoint_id"]) == (0, 0, None)
    assert arrival["subject"] == departure["subject"]
    assert (report.rows, report.arrivals, report.departures, report.people) == (1, 1, 1, 1)
    assert not importer.bad_rows.exists()


async def test_a_trace_by_phone_finds_the_visitor_behind_the_scan(importer: Importer) -> None:
    # given
    await importer.rows(f"{LAN},{MORNING}")
    target = importer.target
    vault = Vault(target.keys)

    # when
    people = await queries.people_by_identifier(
        importer.db, IdentifierKind.PHONE, vault.find(IdentifierKind.PHONE, "+84912345678")
    )

    # then
    [arrival, _] = await importer.scans()
    assert target.days.people([arrival["subject"]], date(2021, 7, 19)) == people
    row = await queries.person(importer.db, people[0])
    assert row is not None
    assert vault.open(row.id, row.sealed, row.key_id)["full_name"] == "Nguyễn Thị Lan"
    kinds = await importer.db.fetch("SELECT kind, verified FROM identifier ORDER BY kind")
    assert [tuple(kind) for kind in kinds] == [
        (IdentifierKind.PHONE, False),
        (IdentifierKind.CCCD, False),
        (IdentifierKind.IMPORTED, True),
    ]


async def test_a_second_run_stores_nothing(importer: Importer) -> None:
    # given
    rows = [f"{LAN},{MORNING}", "Trần Văn Bình,,,Quán Ngon,Lầu 2,2021-07-18T10:00:00+07:00,"]
    first = await importer.rows(*rows)
    before = await importer.scans()

    # when
    second = await importer.rows(*rows)

    # then
    assert (first.arrivals, first.people, first.venues) == (2, 2, 2)
    assert (second.arrivals, second.departures, second.people, second.venues) == (0, 0, 0, 0)
    assert second.repeated == 2
    assert await importer.scans() == before
    assert await importer.count("person") == 2


async def test_a_visit_that_stands_twice_in_a_file_is_stored_once(importer: Importer) -> None:
    report = await importer.rows(*[f"{LAN},{MORNING}"] * 2)

    assert (report.arrivals, report.departures, report.repeated) == (1, 1, 1)


async def test_a_name_is_the_same_however_its_marks_are_encoded(importer: Importer) -> None:
    # given
    composed = f"Hoà Thị Ngọc Thuỷ,0912345678,,Chợ Cái Răng,,{MORNING}"
    decomposed = unicodedata.normalize("NFD", composed).replace("07-19", "07-18")

    # when
    report = await importer.rows(composed, decomposed)

    # then
    assert (report.people, report.venues, report.arrivals) == (1, 1, 2)


async def test_marks_and_documents_tell_people_apart(importer: Importer) -> None:
    report = await importer.rows(
        f"Bà Mai,0912345678,,Chợ,,{MORNING}",
        f"Bá Mai,0912345678,,Chợ,,{MORNING}",
        f"Bá Mai,0912345678,B1234567,Chợ,,{MORNING}",
    )

    assert report.people == 3


async def test_a_visit_over_midnight_has_a_subject_a_day(importer: Importer) -> None:
    # when
    await importer.rows(f"{LAN},2021-07-18T23:30:00+07:00,2021-07-19T00:20:00+07:00")

    # then
    arrival, departure = await importer.scans()
    days = importer.target.days
    assert arrival["subject"] != departure["subject"]
    assert days.people([arrival["subject"]], date(2021, 7, 18)) == days.people(
        [departure["subject"]], date(2021, 7, 19)
    )


async def test_an_end_at_the_beginning_of_the_next_visit_is_kept(importer: Importer) -> None:
    # given two visits that touch at one venue: both scans of 9:30 have one key
    next_room = "2021-07-19T09:30:00+07:00,2021-07-19T10:00:00+07:00"

    # when
    report = await importer.rows(f"{LAN},{MORNING}", f"{LAN},{next_room}")

    # then both arrivals stand, and the first one's end beside it
    assert (report.arrivals, report.departures) == (2, 1)
    assert [row["way"] for row in await importer.scans()] == [Way.IN, Way.IN, Way.OUT]
    [amended] = await importer.db.fetch("SELECT * FROM amendment")
    assert amended["at"] == datetime.fromisoformat("2021-07-19T08:00:00+07:00")
    assert amended["left_at"] == datetime.fromisoformat("2021-07-19T09:30:00+07:00")
    again = await importer.rows(f"{LAN},{MORNING}", f"{LAN},{next_room}")
    assert (again.arrivals, again.departures, again.lost) == (0, 0, 0)
    assert await importer.count("amendment") == 1


async def test_an_end_at_a_beginning_stored_earlier_is_kept_too(importer: Importer) -> None:
    # given
    await importer.rows(f"{LAN},2021-07-19T09:30:00+07:00,")

    # when
    report = await importer.rows(f"{LAN},{MORNING}")

    # then
    assert (report.arrivals, report.departures) == (1, 0)
    assert await importer.count("amendment") == 1


async def test_an_arrival_at_the_moment_of_a_stored_end_is_reported(importer: Importer) -> None:
    # given
    await importer.rows(f"{LAN},{MORNING}")

    # when
    report = await importer.rows(f"{LAN},2021-07-19T09:30:00+07:00,")

    # then
    assert (report.arrivals, report.lost) == (0, 1)
    assert not report.complete


@pytest.mark.parametrize(
    ("times", "column", "reason"),
    [
        ("2021-07-19T08:00:00,", "arrived_at", Reason.NO_OFFSET),
        ("19/07/2021 08:00,", "arrived_at", Reason.NO_TIME),
        (",", "arrived_at", Reason.NO_TIME),
        ("2021-07-19T08:00:00+07:00,2021-07-19T09:00:00", "left_at", Reason.NO_OFFSET),
        ("2021-07-19T08:00:00+07:00,2021-07-19T08:00:00+07:00", "left_at", Reason.LEFT_BEFORE),
        ("1970-01-01T00:00:00Z,", "arrived_at", Reason.CLOCK_UNSET),
        ("2100-01-01T00:00:00Z,", "arrived_at", Reason.FUTURE),
        ("2021-07-19T08:00:00+07:00,2100-01-01T00:00:00Z", "left_at", Reason.FUTURE),
        ("0001-01-01T00:00:00+14:00,", "arrived_at", Reason.CLOCK_UNSET),
        ("9999-12-31T23:59:59-12:00,", "arrived_at", Reason.FUTURE),
    ],
)
def test_a_time_that_cannot_be_is_a_bad_row(times: str, column: str, reason: Reason) -> None:
    # given
    cells = f"{LAN},{times}".split(",")

    # when
    chunk = judged(cells)

    # then
    fault = Fault(Column(column), reason)
    assert chunk.bad == [BadRow(line=2, cells=cells, faults=(fault,))]
    assert not chunk.visits


async def test_a_bad_row_stands_in_a_file_as_it_came(importer: Importer) -> None:
    # when
    report = await importer.rows(f"{LAN},gestern,", f"{LAN},{MORNING}")

    # then the good one is stored
    assert (report.bad, report.arrivals) == (1, 1)
    [row] = importer.bad()
    assert (row["full_name"], row["arrived_at"]) == ("Nguyễn Thị Lan", "gestern")
    assert (row["bad_line"], row["bad_column"]) == ("2", "arrived_at")
    assert row["bad_reason"] == Reason.NO_TIME
    assert importer.said == [f"line 2: arrived_at: {Reason.NO_TIME}"]


async def test_the_same_moment_in_two_offsets_is_one_visit(importer: Importer) -> None:
    report = await importer.rows(
        f"{LAN},2021-07-19T08:00:00+07:00,", f"{LAN},2021-07-19T01:00:00.000999Z,"
    )

    assert (report.arrivals, report.repeated) == (1, 1)


async def test_old_rows_are_refused_with_their_count_and_what_to_change(importer: Importer) -> None:
    # given the oldest day that is kept, and two before it
    ages = ["2021-06-29T00:00:00+07:00", "2021-06-28T23:59:00+07:00", "2021-06-01T12:00:00+07:00"]

    # when
    report = await importer.rows(*(f"{LAN},{at}," for at in ages))

    # then
    assert (report.arrivals, report.bad, report.old) == (1, 0, 2)
    told = "\n".join(lines(report, 21, importer.bad_rows))
    assert "2 rows of 2021-06-01 to 2021-06-28 are older than the 21 days" in told
    assert "CHOT_RETENTION_DAYS" in told
    assert not importer.bad_rows.exists()


async def test_an_archive_takes_any_day_and_makes_it(importer: Importer) -> None:
    # when
    report = await importer.rows(f"{LAN},2019-03-01T12:00:00+07:00,", kept_days=None)

    # then
    assert (report.arrivals, report.old) == (1, 0)
    assert date(2019, 3, 1) in importer.target.days.known()


async def test_venues_are_found_by_code_and_by_name(importer: Importer) -> None:
    # given
    await importer.rows(f"{LAN},{MORNING}")
    [code] = await importer.db.fetch("SELECT code FROM code")
    typed = f"{code['code'][:4]}-{code['code'][4:]}".lower()

    # when
    report = await importer.rows(
        f"{LAN.replace('Chợ Cái Răng', typed)},2021-07-19T11:00:00+07:00,",
        f"{LAN.replace('Chợ Cái Răng', 'CHỢ  CÁI RĂNG')},2021-07-19T12:00:00+07:00,",
        owner=None,
    )

    # then
    assert (report.arrivals, report.bad, report.venues) == (2, 0, 0)
    assert len({row["venue_id"] for row in await importer.scans()}) == 1


async def test_an_unknown_or_ambiguous_place_is_a_bad_row(importer: Importer) -> None:
    # given two venues of one name
    await importer.rows(f"{LAN},{MORNING}")
    await importer.db.execute(
        "INSERT INTO venue (organisation_id, name, kind, address, natural_key, created_at) "
        "SELECT organisation_id, 'Quán Ngon', 'cafe', k, k, $1 "
        "FROM venue, unnest('{a,b}'::text[]) k",
        NOW,
    )

    # when
    report = await importer.rows(
        f"Lan,,,Quán ngon,,{MORNING}",
        f"Lan,,,Quán lạ,,{MORNING}",
        f"Lan,,,Chợ Cái Răng,Lầu 9,{MORNING}",
        f"Lan,,, ,,{MORNING}",
        owner=None,
    )

    # then nothing of them is stored, the person neither
    assert [row["bad_reason"] for row in importer.bad()] == [
        Reason.VENUE_AMBIGUOUS,
        Reason.VENUE_UNKNOWN,
        Reason.ZONE_UNKNOWN,
        Reason.VENUE_MISSING,
    ]
    assert (report.bad, report.people) == (4, 0)


async def test_a_bad_row_makes_no_venue(importer: Importer) -> None:
    report = await importer.rows(
        f",,,Quán lạ,,{MORNING}",
        "Lan,,,Quán lạ,,2021-07-19T08:00:00,",
        "Lan,,,Quán lạ,,2021-05-19T08:00:00+07:00,",
    )

    assert (report.bad, report.old, report.venues) == (2, 1, 0)
    assert await importer.count("venue") == 0


async def test_a_made_venue_has_a_door_and_the_zones_that_were_named(importer: Importer) -> None:
    # when
    await importer.rows(f"Lan,,,Nhà hàng,Lầu 1,{MORNING}", f"Tú,,,Nhà hàng,lầu 1,{MORNING}")

    # then
    [venue] = await importer.db.fetch(
        "SELECT v.name, v.kind, c.code FROM venue v "
        "JOIN checkpoint p ON p.venue_id = v.id JOIN code c ON c.checkpoint_id = p.id"
    )
    assert (venue["name"], venue["kind"]) == ("Nhà hàng", "other")
    assert await importer.count("zone") == 1
    assert all(row["zone_id"] for row in await importer.scans())


async def test_a_phone_that_cannot_be_read_does_not_cost_the_row(importer: Importer) -> None:
    # when
    report = await importer.rows(
        f"Lan,số của mẹ,,Chợ,,{MORNING}", f"Lan,SỐ của mẹ,,Chợ,,{MORNING}", f",123,,Chợ,,{MORNING}"
    )

    # then it is kept as written and reported; alone it says nobody
    assert (report.arrivals, report.phones_unread) == (1, 2)
    assert [row["bad_reason"] for row in importer.bad()] == [Reason.NOBODY]
    kinds = await importer.db.fetch("SELECT kind FROM identifier")
    assert [row["kind"] for row in kinds] == [IdentifierKind.IMPORTED]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ("092191001234", IdentifierKind.CCCD),
        ("361234567", IdentifierKind.CMND),
        ("B1234567", IdentifierKind.PASSPORT),
        ("HS4010120878821", IdentifierKind.BHYT),
        ("AB-99", IdentifierKind.PASSPORT),
    ],
)
def test_a_document_is_known_by_its_form(document: str, kind: IdentifierKind) -> None:
    assert document_kind(document) == kind


@given(st.text(max_size=30))
@example("Nguyễn THỊ Hòa - Lan (bé)")
@example("Nguyễn Thị Hoà")
def test_a_name_compared_word_by_word_is_the_name_compared_whole(text: str) -> None:
    name = tidy(text)

    assert compared_name(name) == compared(name)


@given(
    st.datetimes(timezones=st.sampled_from([UTC, NOW.tzinfo])),
    st.sampled_from(["seconds", "milliseconds", "microseconds"]),
)
def test_a_time_is_read_to_the_millisecond(at: datetime, timespec: str) -> None:
    # given
    text = at.isoformat(timespec=timespec)
    told = datetime.fromisoformat(text)

    # when the second of two rows is read by what is remembered of the first
    chunk = judged(*[f"{LAN},{text},".split(",")] * 2, latest=LATEST)

    # then
    if chunk.bad:
        assert told < EPOCH
        return
    _, _, first, _, _, _, second, _ = chunk.visits
    assert timedelta() <= told - (EPOCH + timedelta(milliseconds=first)) < MILLISECOND
    assert first == second


@pytest.mark.parametrize(
    "text",
    [
        "2021-07-20T08:30:00+07:00",
        "2021-07-20 08:30+07:00",
        "2021-07-20T01:30:00.000Z",
        "20210720T083000+0700",
        " 2021-07-20T01:30Z ",
    ],
)
def test_forms_of_a_time_that_the_documents_name_are_read(text: str) -> None:
    told = milliseconds(datetime(2021, 7, 20, 1, 30, tzinfo=UTC))

    assert judged(f"{LAN},{text},".split(","), latest=LATEST).visits[2] == told


@pytest.mark.parametrize("seconds", ["00", "30"])
def test_an_offset_with_seconds_is_not_taken_for_a_time_with_seconds(seconds: str) -> None:
    # given what stands where the seconds of a usual time are
    times = [f"2021-07-20T08+07:{part}:15.25" for part in ("00", seconds)]

    # when
    chunk = judged(*(f"{LAN},{text},".split(",") for text in times), latest=LATEST)

    # then
    told = milliseconds(datetime.fromisoformat(times[1]))
    assert chunk.visits[6] == told


@pytest.mark.parametrize("phone", ["0912345678", "+84 912 345 678", "84912345678", "0912.345.678"])
def test_one_person_however_their_numbers_are_written(phone: str) -> None:
    plain = named(("Lan", "0912345678", "092191001234"))

    assert named((" LAN ", phone, "092 191 001 234")).identity == plain.identity


def test_nobody_is_no_person() -> None:
    with pytest.raises(RowRefused, match="neither"):
        named((" ", "-", "N/A"))


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


def test_all_faults_of_a_row_are_told() -> None:
    # given
    row = ["Tr\0ần", "", "", "Quán lạ", "x" * 300, "gestern", "2100-01-01T00:00:00Z"]

    # when
    [bad] = judged(row, ["", "-", "N/A", "", "", "", ""]).bad[:1]
    [_, empty] = judged(row, ["", "-", "N/A", "", "", "x", ""]).bad

    # then nothing is said twice of what could not be read
    assert bad.faults == (
        Fault(Column.FULL_NAME, Reason.UNPRINTABLE),
        Fault(Column.ZONE, Reason.TOO_LONG),
        Fault(Column.ARRIVED_AT, Reason.NO_TIME),
        Fault(Column.LEFT_AT, Reason.FUTURE),
        Fault(Column.VENUE, Reason.VENUE_UNKNOWN),
    )
    assert empty.faults == (
        Fault(Column.ARRIVED_AT, Reason.NO_TIME),
        Fault(None, Reason.NOBODY),
        Fault(Column.VENUE, Reason.VENUE_MISSING),
    )


async def test_all_faults_of_a_row_stand_in_the_file_of_bad_rows(importer: Importer) -> None:
    # when
    await importer.rows(f"Lan,,,Quán lạ,,gestern,,{'' * 3}", owner=None)

    # then
    [row] = importer.bad()
    assert row["bad_column"] == "arrived_at | venue"
    assert row["bad_reason"] == f"{Reason.NO_TIME} | {Reason.VENUE_UNKNOWN}"
    assert importer.said == [f"line 2: arrived_at: {Reason.NO_TIME}; venue: {Reason.VENUE_UNKNOWN}"]


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


def odd_file(folder: Path) -> Path:
    """Quoted line breaks, bad and old rows, known and new people, over several chunks."""
    rows = [
        f'"Người\n{n % 70}",{"x" if n % 7 == 0 else "0912345678"},,'
        f"{'Chợ Cái Răng' if n % 5 else 'Quán lạ'},,"
        f"2021-07-{n % 25 + 1:02}T08:{n % 60:02}:00+07:00,"
        for n in range(500)
    ]
    path = folder / "odd.csv"
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return path


def test_another_process_judges_a_file_as_this_one_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    path = odd_file(tmp_path)
    oldest = milliseconds(datetime(2021, 7, 5, tzinfo=UTC))
    latest = milliseconds(NOW)
    job = Job(path=path, encoding=None, places=PLACES, oldest=oldest, latest=latest)
    [here] = chunks(job)

    # when
    monkeypatch.setattr(visit_process, "SMALL", 0)
    with visit_process.read_chunks(job) as found:
        [there] = found

    # then
    assert there == here
    assert (here.rows, here.line) == (500, 1000)
    assert (len(here.old), len(here.people), len(here.bad)) == (80, 56, 160)


def test_what_another_process_refuses_is_refused_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    path = tmp_path / "cut.csv"
    path.write_text(f"{HEADER}\n{LAN},{MORNING}\nTrần Văn Bình,09", encoding="utf-8")
    job = Job(path=path, encoding=None, places=PLACES, oldest=0, latest=0)
    monkeypatch.setattr(visit_process, "SMALL", 0)

    # when / then
    with pytest.raises(TableCut) as refused, visit_process.read_chunks(job) as found:
        list(found)
    assert refused.value.facts == {"name": "cut.csv", "line": 3}


async def test_an_import_that_is_stopped_stores_nothing_and_leaves_no_process(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given an import of two processes that waits for a table
    monkeypatch.setattr(visit_process, "SMALL", 0)
    async with importer.days_db.transaction():
        await importer.days_db.execute("LOCK TABLE identifier IN ACCESS EXCLUSIVE MODE")
        task = asyncio.create_task(importer.rows(f"{LAN},{MORNING}"))
        await until(importer.days_db, WAITING)

        # when
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    # then
    assert task.cancelled()
    assert not readers()
    assert [await importer.count(t) for t in ("scan", "person", "venue", "audit")] == [0] * 4
    assert (await importer.rows(f"{LAN},{MORNING}")).arrivals == 1


WAITING = """
SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'identifier'::regclass)
"""


def readers() -> list[Path]:
    """The processes that judge files for this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            if (
                int(parent) == os.getpid()
                and b"visit_process" in (process / "cmdline").read_bytes()
            ):
                found.append(process)
    return found


async def until(db: asyncpg.Connection[asyncpg.Record], question: str) -> None:
    with anyio.fail_after(30):
        while not await db.fetchval(question):
            pass


async def test_an_import_cut_off_between_people_and_scans_is_mended_by_a_second_run(
    importer: Importer,
) -> None:
    # given an import whose people are stored, and whose scans wait to write their audit row
    rows = [f"{LAN},{MORNING}", f"Trần Văn Bình,,,Quán Ngon,,{MORNING}"]
    async with importer.days_db.transaction():
        await importer.days_db.execute(LOCK_AUDIT)
        task = asyncio.create_task(importer.rows(*rows))
        await until(importer.days_db, "SELECT count(*) FROM person")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [await importer.count(t) for t in ("person", "scan")] == [2, 0]

    # when
    report = await importer.rows(*rows)

    # then
    assert (report.arrivals, report.departures) == (2, 2)
    assert [await importer.count(t) for t in ("person", "scan", "venue")] == [2, 4, 2]


async def test_bad_rows_can_be_corrected_in_their_file_and_imported(importer: Importer) -> None:
    # given
    await importer.rows(f"{LAN},2021-07-19T08:00:00,", f"{LAN},{MORNING}")
    corrected = importer.bad_rows.read_text("utf-8-sig").replace("08:00:00,", "07:00:00+07:00,")

    # when
    report = await importer.file(corrected.encode())

    # then
    assert (report.arrivals, report.bad, report.people) == (1, 0, 0)


async def test_bad_rows_are_for_their_owner_only(importer: Importer) -> None:
    await importer.rows(f"{LAN},,")

    assert importer.bad_rows.stat().st_mode & 0o777 == 0o600


async def test_two_imports_at_once_are_one_after_the_other(importer: Importer) -> None:
    async with importer.days_db.transaction():
        await importer.days_db.execute("SELECT pg_advisory_xact_lock(x'696d706f'::bigint)")
        with pytest.raises(ImportRefused, match="another import"):
            await importer.rows(f"{LAN},{MORNING}")


async def test_rows_lie_on_disk_in_no_order_of_the_file(importer: Importer) -> None:
    # given
    people = [f"Người {n},,,Chợ,,2021-07-19T08:00:{n:02}+07:00," for n in range(60)]

    # when
    await importer.rows(*people)

    # then
    ids = [row["id"] for row in await importer.db.fetch("SELECT id FROM person ORDER BY ctid")]
    subjects = [
        r["subject"] for r in await importer.db.fetch("SELECT subject FROM scan ORDER BY ctid")
    ]
    assert ids == sorted(ids)
    assert subjects == sorted(subjects)


def test_new_scans_keep_one_row_a_key_and_the_arrival_of_it(tmp_path: Path) -> None:
    # given
    days, day = ServiceDays(KeyShelf(tmp_path / "days", 16), UTC), date(2000, 1, 1)
    days.make(day)
    arrival, departure = ending(Place(7, None))
    in_zone, _ = ending(Place(7, 3))
    scans = DayScans(day=day)
    scans.add(block(5), 20, departure, 10)
    scans.add(block(5), 20, in_zone, 20)
    scans.add(block(5), 20, arrival, 20)
    scans.add(block(5), 10, arrival, 10)

    # when
    new = new_scans(scans.sorted_rows(days), {})

    # then
    assert (len(new.rows), new.arrivals, new.lost, len(new.shared)) == (2, 2, 0, 1)
    [end] = scans.shared_ends(new.shared, days)
    assert end.subject == days.subject(5, day)
    assert end.left_at - end.at == timedelta(milliseconds=10)
    assert len(COLUMNS) == 9


async def run_command(settings: Settings, path: Path, **changed: object) -> int:
    options = argparse.Namespace(
        **{
            "file": path,
            "bad_rows": None,
            "encoding": None,
            "create_venues": True,
            "organisation": "Sở Y tế",
            "archive": False,
            "sample": False,
        }
        | changed
    )
    return await anyio.to_thread.run_sync(partial(imports.import_visits, options, settings))


async def test_the_command_says_how_it_ended(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    path = tmp_path / "past.csv"
    archive = replace(settings, archive=True)
    path.write_text(f"{HEADER}\n{LAN},{MORNING}\n", encoding="utf-8")

    # when / then
    assert await run_command(archive, path, archive=True) == 0
    assert "1 new visits" in capsys.readouterr().out
    path.write_text(f"{HEADER}\n{LAN},{MORNING}\n{LAN},,\n", encoding="utf-8")
    assert await run_command(archive, path) == 1
    assert "past.bad.csv" in capsys.readouterr().out
    path.write_text(f"{HEADER}\n{LAN},{MORNING}\nLan", encoding="utf-8")
    assert await run_command(archive, path) == 2
    assert "nothing was stored" in capsys.readouterr().err


async def test_the_sample_is_printed_and_can_be_imported(
    settings: Settings, importer: Importer, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    assert await run_command(settings, Path(), sample=True) == 0
    printed = capsys.readouterr().out

    # when
    report = await importer.file(sample(NOW).encode())

    # then
    assert printed.splitlines()[0] == sample(NOW).splitlines()[0]
    assert (report.arrivals, report.departures, report.bad) == (3, 2, 0)
    assert (report.phones_unread, await importer.count("identifier")) == (0, 3 + 2 + 2)
    assert importer.said == []


async def test_the_archive_is_a_setting_and_no_flag_alone(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run_command(settings, tmp_path / "past.csv", archive=True) == 2
    assert "CHOT_ARCHIVE=1" in capsys.readouterr().err
