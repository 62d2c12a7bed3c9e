"""Past visits out of a file into the ledger's table: one transaction a file, safe to run twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path

from accounts import audit
from accounts.keydir import FIRST, KeyDir
from checkin import queries_import
from checkin.partitions import LOCK, Owner, make_days, partitions
from checkin.pseudonym import ServiceDays
from checkin.vault import Vault
from checkin.visit_load import People, find_people, staged
from checkin.visit_person import Named
from checkin.visit_place import Place, Places, find_place, read_places
from checkin.visit_report import BadRows, Report
from checkin.visit_rows import (
    BadRow,
    ImportRefused,
    RowRefused,
    Visit,
    Where,
    read_header,
    read_visits,
)
from kit.progress import progress
from kit.table import Encoding, read_rows

CHUNK = 20_000  # rows under way at once: what the memory holds of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """`kept_days`: what the retention keeps, None in an archive. `organisation`: whose the unknown
    venues become; None makes none."""

    path: Path
    bad_rows: Path
    encoding: Encoding | None = None
    kept_days: int | None
    organisation: str | None = None
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
class _Under:
    """An import under way."""

    target: Target
    wanted: Wanted
    places: Places
    people: People
    bad: BadRows
    ready: set[date]  # have key and partition
    oldest: date
    report: Report


async def import_visits(target: Target, wanted: Wanted, say: Callable[[str], None]) -> Report:
    """Raises ImportRefused or TableUnreadable when nothing of the file was stored."""
    rows = read_rows(wanted.path, wanted.path.name, encoding=wanted.encoding)
    header = read_header(next(rows)[1])
    if header.ignored:
        say(f"columns that are not read: {', '.join(header.ignored)}")
    bad = BadRows(wanted.bad_rows, header.cells, say)
    try:
        async with target.db.transaction():
            report = await _imported(target, wanted, bad, read_visits(rows, header, wanted.now))
        bad.keep()
    finally:
        bad.discard()
    return report


async def _imported(
    target: Target, wanted: Wanted, bad: BadRows, rows: Iterator[Visit | BadRow]
) -> Report:
    if not await queries_import.open_staging(target.db):
        raise ImportRefused("another import is under way; run this one when it is done")
    today, kept = target.days.day(wanted.now), wanted.kept_days
    under = _Under(
        target=target,
        wanted=wanted,
        places=await read_places(target.db),
        people=People(vault=Vault(target.keys)),
        bad=bad,
        ready=set(await partitions(target.db)) & set(target.days.known()),
        oldest=date.min if kept is None else today - timedelta(days=kept),
        report=Report(),
    )
    with progress("reading", _lines(wanted.path)) as shown:
        while chunk := list(islice(rows, CHUNK)):
            await _stage(under, chunk)
            shown.advance(len(chunk))
    await _store(under)
    return under.report


def _lines(path: Path) -> int:
    """Roughly; good enough for a bar."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


async def _stage(under: _Under, chunk: Sequence[Visit | BadRow]) -> None:
    good = []
    for row in chunk:
        found = row if isinstance(row, BadRow) else await _judged(under, row)
        if isinstance(found, BadRow):
            under.bad.add(found)
            under.report.bad += 1
        elif found is not None:
            good.append(found)
    under.report.rows += len(chunk)
    people, days = under.people, under.target.days
    await find_people(under.target.db, people, (who for _, _, who, _ in good))
    visits = [
        (
            visit,
            day,
            day if visit.left_at is None else days.day(visit.left_at),
            people.ids[who.identity],
            place,
        )
        for visit, day, who, place in good
    ]
    await _make_days(under, {day for row in visits for day in row[1:3]})
    await queries_import.stage_visits(under.target.db, staged(days, visits))


async def _judged(under: _Under, visit: Visit) -> BadRow | tuple[Visit, date, Named, Place] | None:
    """None: older than what is kept. A place is made only for a row that is good else."""
    day = under.target.days.day(visit.arrived_at)
    if day < under.oldest:
        under.report.too_old(day)
        return None
    who = under.people.named(visit.who)
    if isinstance(who, RowRefused):
        return _bad(visit, who)
    place = under.places.found.get(visit.where) or await _place(under, visit.where)
    return _bad(visit, place) if isinstance(place, RowRefused) else (visit, day, who, place)


async def _place(under: _Under, where: Where) -> Place | RowRefused:
    wanted = under.wanted
    return await find_place(under.target.db, under.places, where, wanted.organisation, wanted.now)


def _bad(visit: Visit, why: RowRefused) -> BadRow:
    return BadRow(line=visit.line, cells=visit.cells, column=why.column, reason=why.reason)


async def _make_days(under: _Under, needed: set[date]) -> None:
    missing = sorted(needed - under.ready)
    if missing:
        days_db = under.target.days_db
        async with days_db.transaction():
            await days_db.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
            for day in missing:
                await make_days(days_db, under.target.days, day, day)
        under.ready.update(missing)


async def _store(under: _Under) -> None:
    db, report, now = under.target.db, under.report, under.wanted.now
    await queries_import.store_people(db, now)
    report.people, report.venues = under.people.made, under.places.made
    report.arrivals, report.departures, report.lost = await queries_import.store_visits(db)
    key = under.target.keys.audit.key(FIRST)
    facts = {"rows": report.rows, "arrivals": report.arrivals, "people": report.people}
    await audit.record(db, key, audit.Entry(act="import-visits", staff_id=None, facts=facts), now)
