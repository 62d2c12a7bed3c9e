"""Past visits out of a file into the table of scans: all of a file or nothing, safe to run twice.

What is stored waits in memory (some 500 bytes a row), because it has to be sorted as a whole. It is
stored over three connections at once, and the one with the people is committed first: whoever is
then cut off runs the import again, which finds the people and adds the scans that are missing.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg

from accounts import audit
from accounts.keydir import FIRST, KeyDir
from checkin import queries_footfall, queries_import
from checkin.partitions import LOCK, Owner, make_days, partitions
from checkin.pseudonym import ServiceDays
from checkin.vault import Vault
from checkin.visit_people import People, find_people, store_people
from checkin.visit_place import Places, Spot
from checkin.visit_process import read_chunks
from checkin.visit_reading import Chunk, Job
from checkin.visit_report import BadRows, Report
from checkin.visit_rows import EPOCH, ImportRefused, milliseconds, read_header
from checkin.visit_scans import DayScans, Ending, ending, new_scans, subject_of
from checkin.visit_venues import make_place, read_places
from kit.progress import Progress, progress
from kit.table import Encoding, read_rows

DAY = 86_400_000  # milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`kept_days`: what the retention keeps, None in an archive. `owner`: the organisation whose
    venues the unknown ones become; None makes none."""

    path: Path
    bad_rows: Path
    encoding: Encoding | None = None
    kept_days: int | None
    owner: str | None = None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Connections of the owner: `db` and `more_db` in transactions around that of `people_db`;
    `days_db` makes days in short ones, because a new partition locks the whole of `scan`."""

    db: Owner
    more_db: Owner
    people_db: Owner
    days_db: Owner
    days: ServiceDays
    keys: KeyDir


@dataclass(frozen=True, slots=True, kw_only=True)
class _Import:
    """An import under way. `begin`: when the service day of EPOCH began, in milliseconds."""

    target: Target
    wanted: Wanted
    begin: int
    ready: set[date]  # have key and partition
    places: Places
    people: People
    bad: BadRows
    report: Report
    endings: list[Ending] = field(default_factory=list)  # by number of the spot
    scans: dict[int, DayScans] = field(default_factory=dict)  # by days since EPOCH

    def scans_on(self, day: int) -> DayScans:
        found = self.scans.get(day)
        if found is None:
            found = self.scans[day] = DayScans(day=EPOCH.date() + timedelta(days=day))
        return found


async def import_visits(target: Target, wanted: Wanted, say: Callable[[str], None]) -> Report:
    """Raises ImportRefused or TableUnreadable when nothing of the file was stored."""
    _, cells = next(read_rows(wanted.path, wanted.path.name, encoding=wanted.encoding))
    header = read_header(cells)
    if header.ignored:
        say(f"columns that are not read: {', '.join(header.ignored)}")
    bad = BadRows(wanted.bad_rows, header.cells, say)
    gc.disable()  # a quarter of the time went into looking for cycles, of which there are none
    try:
        async with target.db.transaction(), target.more_db.transaction():
            report = await _imported(target, wanted, bad)
        bad.keep()
    except asyncpg.UniqueViolationError:
        raise ImportRefused("somebody of this file was just scanned; run it again") from None
    finally:
        gc.enable()
        bad.discard()
    return report


async def _imported(target: Target, wanted: Wanted, bad: BadRows) -> Report:
    db, days = target.db, target.days
    if not await queries_import.only_import(db):
        raise ImportRefused("another import is under way; run this one when it is done")
    under = _Import(
        target=target,
        wanted=wanted,
        begin=milliseconds(days.bounds(EPOCH.date())[0]),
        ready=set(await partitions(db)) & set(days.known()),
        places=await read_places(db, grows=wanted.owner is not None),
        people=People(vault=Vault(target.keys)),
        bad=bad,
        report=Report(),
    )
    async with target.people_db.transaction():
        await _read(under)
        await _store(under)
    report = under.report
    report.people = len(under.people.made)
    facts = {name: getattr(report, name) for name in ("rows", "arrivals", "departures", "people")}
    entry = audit.Entry(act="visits imported", staff_id=None, facts=facts)
    await audit.record(db, target.keys.audit.key(FIRST), entry, wanted.now)
    return report


async def _read(under: _Import) -> None:
    job = _job(under)
    with (
        progress("reading", _lines(job.path)) as shown,
        ThreadPoolExecutor(1) as ahead,
        read_chunks(job) as chunks,
    ):
        line = 0
        coming = ahead.submit(next, chunks, None)
        while chunk := await asyncio.wrap_future(coming):
            coming = ahead.submit(next, chunks, None)
            await _take(under, chunk)
            shown.advance(chunk.line - line)
            line = chunk.line


def _job(under: _Import) -> Job:
    wanted, days = under.wanted, under.target.days
    oldest = 0
    if wanted.kept_days is not None:
        first = days.day(wanted.now) - timedelta(days=wanted.kept_days)
        oldest = milliseconds(days.bounds(first)[0])
    return Job(
        path=wanted.path,
        encoding=wanted.encoding,
        places=under.places,
        oldest=oldest,
        latest=milliseconds(wanted.now),
    )


def _lines(path: Path) -> int:
    """Good enough for a bar."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


async def _take(under: _Import, chunk: Chunk) -> None:
    report, days = under.report, under.target.days
    report.rows += chunk.rows
    report.bad += len(chunk.bad)
    report.phones_unread += len(chunk.doubts)
    for row in chunk.bad:
        under.bad.add(row)
    for line, text in chunk.doubts:
        under.bad.doubt(line, text)
    for at in chunk.old:
        report.too_old(days.day(EPOCH + timedelta(milliseconds=at)))
    await find_people(under.target.people_db, under.people, chunk.people)
    await _find_places(under, chunk.spots)
    _keep(under, chunk)


async def _find_places(under: _Import, spots: Sequence[Spot]) -> None:
    for spot in spots:
        place = spot.place
        if place is None:
            assert under.wanted.owner is not None  # noqa: S101  else the row was refused
            place, made = await make_place(
                under.target.people_db, under.places, spot, under.wanted.owner, under.wanted.now
            )
            under.report.venues += made
        under.endings.append(ending(place))


def _keep(under: _Import, chunk: Chunk) -> None:
    """As rows to store, by day."""
    blocks, endings, begin = under.people.blocks, under.endings, under.begin
    scans_on = under.scans_on
    numbers = iter(chunk.visits)
    for who, where, arrived, left in zip(numbers, numbers, numbers, numbers, strict=True):
        block, (arrival, departure) = blocks[who], endings[where]
        scans_on((arrived - begin) // DAY).add(block, arrived, arrival, arrived)
        if left:
            scans_on((left - begin) // DAY).add(block, left, departure, arrived)


async def _make_days(under: _Import, needed: set[date]) -> None:
    missing = sorted(needed - under.ready)
    if missing:
        days_db = under.target.days_db
        async with days_db.transaction():
            await days_db.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            for day in missing:
                await make_days(days_db, under.target.days, day, day)
        under.ready.update(missing)


async def _store(under: _Import) -> None:
    """Over three connections: one stores the people first, and then helps with the days left."""
    days = sorted(under.scans.values(), key=lambda scans: scans.day)
    under.scans.clear()
    await _make_days(under, {scans.day for scans in days})
    # its transaction ends first, and nothing is counted before the last has ended
    await queries_footfall.forget(under.target.people_db, [scans.day for scans in days])
    waiting = iter(days)
    with progress("storing", len(days) + 1) as shown:
        target = under.target
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_store_people(under, waiting, shown))
                for db in (target.db, target.more_db):
                    tasks.create_task(_store_days(under, db, waiting, shown))
        except ExceptionGroup as wrong:
            raise wrong.exceptions[0] from None


async def _store_people(under: _Import, waiting: Iterator[DayScans], shown: Progress) -> None:
    db = under.target.people_db
    await store_people(db, under.people, under.wanted.now)
    shown.advance()
    await _store_days(under, db, waiting, shown)


async def _store_days(
    under: _Import, db: Owner, waiting: Iterator[DayScans], shown: Progress
) -> None:
    for scans in waiting:
        rows = await asyncio.to_thread(scans.sorted_rows, under.target.days)
        await _store_day(under, db, scans, rows)
        shown.advance()


async def _store_day(under: _Import, db: Owner, scans: DayScans, rows: list[bytes]) -> None:
    days, report = under.target.days, under.report
    since, until = days.bounds(scans.day)
    stored: dict[bytes, int] = {}
    if await queries_import.day_has_scans(db, since, until):
        subjects = [UUID(bytes=subject) for subject in {subject_of(row) for row in rows}]
        stored = await queries_import.stored_scans(db, subjects, since, until)
    new = new_scans(rows, stored)
    await queries_import.copy_scans(db, new.rows, scans.day)
    if new.shared:
        ends = list(scans.shared_ends(new.shared, days))
        await queries_import.add_shared_ends(db, ends)
    report.arrivals += new.arrivals
    report.departures += len(new.rows) - new.arrivals
    report.lost += new.lost
