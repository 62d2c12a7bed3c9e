"""Past visits out of a file: each becomes an arrival and, where it is told, a departure."""

from __future__ import annotations

import argparse
import csv
import unicodedata
from collections.abc import AsyncIterator
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

import database
from accounts.keydir import open_keys
from checkin import queries
from checkin.import_visits import Target, Wanted, import_visits
from checkin.model import Late, Source, Way
from checkin.pseudonym import ServiceDays, block
from checkin.vault import IdentifierKind, Vault
from checkin.visit_person import compared_name, document_kind, named
from checkin.visit_report import Report, lines
from checkin.visit_rows import (
    EPOCH,
    BadRow,
    Column,
    ImportRefused,
    Reason,
    RowRefused,
    read_header,
    read_visits,
)
from checkin.visit_scans import COLUMNS, DayScans, Place, endings, new_scans, shared_end
from commands import imports
from kit.keys import KeyShelf
from kit.table import TableCut, TableEmpty, TableUnreadable
from settings import Settings
from tests.conftest import NOW
from venues.intake_text import compared, tidy

HEADER = "full_name,phone,document,venue,zone,arrived_at,left_at"
LATEST = datetime.max.replace(tzinfo=UTC)
LAN = "Nguyễn Thị Lan,0912345678,092191001234,Chợ Cái Răng,"
MORNING = "2021-07-19T08:00:00+07:00,2021-07-19T09:30:00+07:00"


@dataclass(slots=True, kw_only=True)
class Importer:
    """Imports texts as files; unknown venues are made unless a test says else."""

    db: asyncpg.Connection[asyncpg.Record]
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
        return Target(db=self.db, days_db=self.days_db, days=days, keys=keys)

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
    async with database.owner(settings) as db, database.owner(settings) as days_db:
        yield Importer(db=db, days_db=days_db, settings=settings, folder=tmp_path)


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
    header = read_header(HEADER.split(","))
    cells = f"{LAN},{times}".split(",")

    # when
    [row] = read_visits(iter([(2, cells)]), header, NOW)

    # then
    assert row == BadRow(line=2, cells=cells, column=Column(column), reason=reason)


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
    header = read_header(HEADER.split(","))
    told = datetime.fromisoformat(text)

    # when
    [row] = read_visits(iter([(2, f"{LAN},{text},".split(","))]), header, LATEST)

    # then
    if isinstance(row, BadRow):
        assert told < EPOCH
        return
    read = EPOCH + timedelta(milliseconds=row.arrived_at)
    assert timedelta() <= told - read < timedelta(milliseconds=1)


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
    arrival, departure = endings(Place(7, None))
    in_zone, _ = endings(Place(7, 3))
    scans = DayScans(day=day)
    scans.add(block(5), 20, departure, 10)
    scans.add(block(5), 20, in_zone, 20)
    scans.add(block(5), 20, arrival, 20)
    scans.add(block(5), 10, arrival, 10)

    # when
    new = new_scans(scans.rows(days), {})

    # then
    assert (len(new.rows), new.arrivals, new.lost, len(new.shared)) == (2, 2, 0, 1)
    end = shared_end(new.shared[0], day, days)
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


async def test_the_archive_is_a_setting_and_no_flag_alone(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run_command(settings, tmp_path / "past.csv", archive=True) == 2
    assert "CHOT_ARCHIVE=1" in capsys.readouterr().err
