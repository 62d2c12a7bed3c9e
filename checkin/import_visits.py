"""Past visits out of a file into the table of scans: one transaction a file, safe to run twice.

The file is read in chunks; what is stored waits in memory (some 400 bytes a row), because it has to
be sorted as a whole.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import asyncpg

from accounts import audit
from accounts.keydir import FIRST, KeyDir
from checkin import queries_import
from checkin.partitions import LOCK, Owner, make_days, partitions
from checkin.pseudonym import ServiceDays
from checkin.vault import Vault
from checkin.visit_people import People, Visitor, find_people, store_people
from checkin.visit_place import Places, find_place, read_places
from checkin.visit_report import BadRows, Report
from checkin.visit_rows import (
    EPOCH,
    BadRow,
    ImportRefused,
    RowRefused,
    Visit,
    Where,
    read_header,
    read_visits,
)
from checkin.visit_scans import DayScans, Place, endings, new_scans, shared_end, subject_of
from kit.progress import progress
from kit.table import Encoding, read_rows
from venues.intake_text import shown

CHUNK = 20_000


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
    """Two connections of the owner: `db` holds the import's transaction; `days_db` makes days in
    short ones, because a new partition locks the whole of `scan`."""

    db: Owner
    days_db: Owner
    days: ServiceDays
    keys: KeyDir


@dataclass(frozen=True, slots=True, kw_only=True)
class _Import:
    """An import under way."""

    target: Target
    wanted: Wanted
    oldest: date
    ready: set[date]  # have key and partition
    places: Places
    people: People
    bad: BadRows
    report: Report
    scans: dict[date, DayScans] = field(default_factory=dict)
    minutes: dict[int, DayScans] = field(default_factory=dict)

    def scans_at(self, at: int) -> DayScans:
        """Those of the service day of a time in milliseconds; days begin on a whole minute."""
        found = self.minutes.get(at // 60_000)
        if found is None:
            day = self.target.days.day(EPOCH + timedelta(milliseconds=at))
            found = self.scans.setdefault(day, DayScans(day=day))
            self.minutes[at // 60_000] = found
        return found


class _Good(NamedTuple):
    """A row nothing is wrong with, but for its place."""

    visit: Visit
    scans: DayScans
    who: Visitor


async def import_visits(target: Target, wanted: Wanted, say: Callable[[str], None]) -> Report:
    """Raises ImportRefused or TableUnreadable when nothing of the file was stored."""
    rows = read_rows(wanted.path, wanted.path.name, encoding=wanted.encoding)
    header = read_header(next(rows)[1])
    if header.ignored:
        say(f"columns that are not read: {', '.join(header.ignored)}")
    bad = BadRows(wanted.bad_rows, header.cells, say)
    gc.disable()  # a quarter of the time went into looking for cycles, of which there are none
    try:
        async with target.db.transaction():
            report = await _imported(target, wanted, bad, read_visits(rows, header, wanted.now))
        bad.keep()
    except asyncpg.UniqueViolationError:
        raise ImportRefused("somebody of this file was just scanned; run it again") from None
    finally:
        gc.enable()
        bad.discard()
    return report


async def _imported(
    target: Target, wanted: Wanted, bad: BadRows, rows: Iterator[Visit | BadRow]
) -> Report:
    if not await queries_import.only_import(target.db):
        raise ImportRefused("another import is under way; run this one when it is done")
    kept = wanted.kept_days
    under = _Import(
        target=target,
        wanted=wanted,
        oldest=date.min if kept is None else target.days.day(wanted.now) - timedelta(days=kept),
        ready=set(await partitions(target.db)) & set(target.days.known()),
        places=await read_places(target.db),
        people=People(vault=Vault(target.keys)),
        bad=bad,
        report=Report(),
    )
    with progress("reading", _lines(wanted.path)) as shown:
        while chunk := list(islice(rows, CHUNK)):
            await _take(under, chunk)
            shown.advance(len(chunk))
    await _store(under)
    return under.report


def _lines(path: Path) -> int:
    """Good enough for a bar."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


async def _take(under: _Import, chunk: Sequence[Visit | BadRow]) -> None:
    under.report.rows += len(chunk)
    bad = [row for row in chunk if isinstance(row, BadRow)]
    good = [found for found in _judged(under, chunk, bad) if found]
    # Venues are made for rows that are good else, and people for rows whose venue is known.
    places = await _places(under, good)
    placed = []
    for found in good:
        place = places[found.visit.where]
        if isinstance(place, RowRefused):
            bad.append(_bad(found.visit, place))
        else:
            placed.append((found, place))
    await find_people(under.target.db, under.people, (found.who for found, _ in placed))
    _keep(under, placed)
    under.report.bad += len(bad)
    for row in sorted(bad, key=lambda row: row.line):
        under.bad.add(row)


def _judged(under: _Import, chunk: Iterable[Visit | BadRow], bad: list[BadRow]) -> Iterator[_Good]:
    scans_at, visitor = under.scans_at, under.people.visitor
    for visit in chunk:
        if isinstance(visit, BadRow):
            continue
        scans = scans_at(visit.arrived_at)
        if scans.day < under.oldest:
            under.report.too_old(scans.day)
            continue
        who = visitor(visit.who)
        if isinstance(who, RowRefused):
            bad.append(_bad(visit, who))
            continue
        if who.named.phone_unread:
            under.report.phones_unread += 1
            text = f"phone: «{shown(who.named.phone)}» is no number we can search"
            under.bad.doubt(visit.line, text)
        yield _Good(visit, scans, who)


def _bad(visit: Visit, why: RowRefused) -> BadRow:
    return BadRow(line=visit.line, cells=visit.cells, column=why.column, reason=why.reason)


async def _places(under: _Import, good: Iterable[_Good]) -> Mapping[Where, Place | RowRefused]:
    places, wanted = under.places, under.wanted
    for where in {found.visit.where for found in good} - places.found.keys():
        await find_place(under.target.db, places, where, wanted.owner, wanted.now)
    return places.found


async def _make_days(under: _Import, needed: set[date]) -> None:
    missing = sorted(needed - under.ready)
    if missing:
        days_db = under.target.days_db
        async with days_db.transaction():
            await days_db.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            for day in missing:
                await make_days(days_db, under.target.days, day, day)
        under.ready.update(missing)


def _keep(under: _Import, placed: Sequence[tuple[_Good, Place]]) -> None:
    """As rows to store, by day."""
    for (visit, scans, who), place in placed:
        arrival, departure = endings(place)
        scans.add(who.block, visit.arrived_at, arrival, visit.arrived_at)
        if visit.left_at is not None:
            left = under.scans_at(visit.left_at)
            left.add(who.block, visit.left_at, departure, visit.arrived_at)


async def _store(under: _Import) -> None:
    db, report, wanted = under.target.db, under.report, under.wanted
    scans = [under.scans[day] for day in sorted(under.scans) if under.scans[day].people]
    await _make_days(under, {found.day for found in scans})
    # The database is busy with the people for as long as it takes to sort their scans.
    rows = asyncio.create_task(asyncio.to_thread(_sorted_rows, under.target.days, scans))
    try:
        await store_people(db, under.people, wanted.now)
    finally:
        await rows
    with progress("storing", len(scans)) as shown:
        for found in scans:
            await _store_day(under, found.day, rows.result().pop(found.day))
            shown.advance()
    report.people, report.venues = len(under.people.sealed), under.places.made
    facts = {name: getattr(report, name) for name in ("rows", "arrivals", "departures", "people")}
    entry = audit.Entry(act="visits imported", staff_id=None, facts=facts)
    await audit.record(db, under.target.keys.audit.key(FIRST), entry, wanted.now)


def _sorted_rows(days: ServiceDays, scans: Iterable[DayScans]) -> dict[date, list[bytes]]:
    return {found.day: found.rows(days) for found in scans}


async def _store_day(under: _Import, day: date, rows: list[bytes]) -> None:
    db, days, report = under.target.db, under.target.days, under.report
    since, until = days.bounds(day)
    stored: dict[bytes, int] = {}
    if await queries_import.day_has_scans(db, since, until):
        subjects = [UUID(bytes=subject) for subject in {subject_of(row) for row in rows}]
        stored = await queries_import.stored_scans(db, subjects, since, until)
    new = new_scans(rows, stored)
    await queries_import.copy_scans(db, new.rows)
    if new.shared:
        ends = [shared_end(row, day, days) for row in new.shared]
        await queries_import.add_shared_ends(db, ends)
    report.arrivals += new.arrivals
    report.departures += len(new.rows) - new.arrivals
    report.lost += new.lost
