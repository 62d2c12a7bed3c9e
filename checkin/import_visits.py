"""Past visits out of a file into the table of scans: one transaction a file, safe to run twice.

The file is read in chunks; what is stored waits in memory (some 400 bytes a row), because it has to
be sorted as a whole.
"""

from __future__ import annotations

import gc
from collections import defaultdict
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
from checkin.model import Way
from checkin.partitions import LOCK, Owner, make_days, partitions
from checkin.pseudonym import ServiceDays
from checkin.vault import Vault
from checkin.visit_people import People, find_people, store_people
from checkin.visit_person import Named
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
from checkin.visit_scans import Place, new_scans, scan_row, subject_of
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
    scans: dict[date, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    days: dict[int, date] = field(default_factory=dict)  # by minute

    def day_of(self, at: int) -> date:
        """The service day of a time in milliseconds; days begin on a whole minute."""
        found = self.days.get(at // 60_000)
        if found is None:
            found = self.target.days.day(EPOCH + timedelta(milliseconds=at))
            self.days[at // 60_000] = found
        return found


class _Good(NamedTuple):
    """A row nothing is wrong with, but for its place."""

    visit: Visit
    day: date
    left_day: date
    who: Named


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
    await _make_days(under, {day for found, _ in placed for day in (found.day, found.left_day)})
    _keep(under, placed)
    under.report.bad += len(bad)
    for row in sorted(bad, key=lambda row: row.line):
        under.bad.add(row)


def _judged(under: _Import, chunk: Iterable[Visit | BadRow], bad: list[BadRow]) -> Iterator[_Good]:
    day_of, named = under.day_of, under.people.named
    for visit in chunk:
        if isinstance(visit, BadRow):
            continue
        day = day_of(visit.arrived_at)
        if day < under.oldest:
            under.report.too_old(day)
            continue
        who = named(visit.who)
        if isinstance(who, RowRefused):
            bad.append(_bad(visit, who))
            continue
        if who.phone_unread:
            under.report.phones_unread += 1
            under.bad.doubt(visit.line, f"phone: «{shown(who.phone)}» is no number we can search")
        yield _Good(visit, day, day if visit.left_at is None else day_of(visit.left_at), who)


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
    ids = under.people.ids
    wanted: dict[date, set[int]] = defaultdict(set)
    for found, _ in placed:
        person = ids[found.who.identity]
        wanted[found.day].add(person)
        wanted[found.left_day].add(person)
    subjects = {day: _subjects(under.target.days, day, people) for day, people in wanted.items()}
    scans = under.scans
    for (visit, day, left_day, who), place in placed:
        person = ids[who.identity]
        arrival = (subjects[day][person], visit.arrived_at)
        scans[day].append(scan_row(Way.IN, arrival, place, arrival))
        if visit.left_at is not None:
            departure = (subjects[left_day][person], visit.left_at)
            scans[left_day].append(scan_row(Way.OUT, departure, place, arrival))


def _subjects(days: ServiceDays, day: date, people: set[int]) -> dict[int, bytes]:
    listed = list(people)
    found = days.subjects(listed, day)
    return {person: subject.bytes for person, subject in zip(listed, found, strict=True)}


async def _store(under: _Import) -> None:
    db, report, wanted = under.target.db, under.report, under.wanted
    await store_people(db, under.people, wanted.now)
    with progress("storing", len(under.scans)) as shown:
        for day in sorted(under.scans):
            await _store_day(under, day, under.scans.pop(day))
            shown.advance()
    report.people, report.venues = len(under.people.sealed), under.places.made
    facts = {name: getattr(report, name) for name in ("rows", "arrivals", "departures", "people")}
    entry = audit.Entry(act="visits imported", staff_id=None, facts=facts)
    await audit.record(db, under.target.keys.audit.key(FIRST), entry, wanted.now)


async def _store_day(under: _Import, day: date, rows: list[bytes]) -> None:
    db, report = under.target.db, under.report
    since, until = under.target.days.bounds(day)
    stored: dict[bytes, int] = {}
    if await queries_import.day_has_scans(db, since, until):
        subjects = [UUID(bytes=subject) for subject in {subject_of(row) for row in rows}]
        stored = await queries_import.stored_scans(db, subjects, since, until)
    new = new_scans(rows, stored)
    await queries_import.copy_scans(db, new.rows)
    if new.shared:
        await queries_import.add_shared_ends(db, new.shared)
    report.arrivals += new.arrivals
    report.departures += len(new.rows) - new.arrivals
    report.lost += new.lost
