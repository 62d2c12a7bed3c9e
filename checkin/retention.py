"""How long each kind of record is kept, what goes when, and the proof of what is left.

Scans go by day (checkin.partitions). A person goes when nothing says that they were here: that
takes the day keys, because only they tell whether a pseudonym is theirs, and it is told in memory
only. A stored «last seen» would decide it later and better, and link people to days; there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.tokens import LIFETIME
from checkin import queries_retention as queries
from checkin.partitions import Owner, partitions
from checkin.pseudonym import ServiceDays

DECLARATIONS = timedelta(days=21)
PEOPLE = timedelta(days=60)
AUDIT = timedelta(days=5 * 365)
GRACE = timedelta(hours=24)  # what is past its limit and this is a failure of the keeper

CHUNK = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is left of a kind of record; `past` counts rows beyond limit and grace."""

    what: str
    rows: int
    oldest: datetime | None
    limit: timedelta
    past: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftDay:
    day: date
    scans: int
    key: bool
    partition: bool
    past: bool


async def forget_declarations(owner: Owner, now: datetime) -> int:
    return await queries.drop_declarations(owner, now - DECLARATIONS, now)


async def forget_people(
    owner: Owner, days: ServiceDays, now: datetime, in_cases: Sequence[int]
) -> int:
    """Empties people whom nothing has kept for 60 days, and drops the bare numbers that no token
    can name any more."""
    quiet = await quiet_people(owner, days, now - PEOPLE, now, in_cases)
    forgotten = 0
    for start in range(0, len(quiet), CHUNK):
        chunk = quiet[start : start + CHUNK]
        # Revoked first, then looked for once more: who has just come is not emptied.
        await queries.revoke(owner, chunk)
        still = await unseen(owner, days, chunk)
        await queries.empty_people(owner, still, now)
        forgotten += len(still)
    await queries.drop_empty_people(owner, now - LIFETIME, in_cases)
    return forgotten


async def quiet_people(
    owner: Owner, days: ServiceDays, before: datetime, now: datetime, in_cases: Sequence[int]
) -> list[int]:
    idle = await queries.idle_people(owner, before, now, in_cases)
    return await unseen(owner, days, idle)


async def unseen(owner: Owner, days: ServiceDays, people: Sequence[int]) -> list[int]:
    """Those without a scan on any day that can be read; most of the others were here lately, so the
    newest day comes first."""
    left = list(people)
    for day in reversed(days.known()):
        since, until = days.bounds(day)
        quiet = []
        for start in range(0, len(left), CHUNK):
            chunk = left[start : start + CHUNK]
            subjects = days.subjects(chunk, day)
            seen = set(await queries.subjects_seen(owner, subjects, since, until))
            quiet += [
                person
                for person, subject in zip(chunk, subjects, strict=True)
                if subject not in seen
            ]
        left = quiet
    return left


async def left_days(
    owner: Owner, days: ServiceDays, now: datetime, kept_days: int | None
) -> list[LeftDay]:
    """Every day that has a key or a partition, oldest first."""
    keys, tables = set(days.known()), set(await partitions(owner))
    found = []
    for day in sorted(keys | tables):
        since, until = days.bounds(day)
        scans = await queries.scans_between(owner, since, until) if day in tables else 0
        found.append(
            LeftDay(
                day=day,
                scans=scans,
                key=day in keys,
                partition=day in tables,
                past=kept_days is not None and until + timedelta(days=kept_days) + GRACE <= now,
            )
        )
    return found


async def left(
    owner: Owner, days: ServiceDays, now: datetime, in_cases: Sequence[int]
) -> list[Left]:
    """Of everything this package and those below it keep, but scans."""
    late = await quiet_people(owner, days, now - PEOPLE - GRACE, now, in_cases)
    declarations = await queries.declarations_left(owner, now - DECLARATIONS - GRACE)
    people = await queries.people_left(owner)
    empty = await queries.empty_left(owner, now - LIFETIME - GRACE)
    acts = await queries.audit_left(owner, now - AUDIT - GRACE)
    return [
        Left(what="declarations", limit=DECLARATIONS, **declarations),
        Left(what="people", limit=PEOPLE, past=len(late), **people),
        Left(what="numbers of people forgotten", limit=LIFETIME, **empty),
        Left(what="audit", limit=AUDIT, **acts),
    ]
