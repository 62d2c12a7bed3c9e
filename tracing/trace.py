"""One trace: the facts it needs from the database, then the pure engine.

The case's scans lead to venues and times, those to whoever scanned there, and these to all their
scans of the days around. Days without a key are missing coverage and no error, even if the key goes
while this runs.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from checkin.model import Way
from checkin.pseudonym import ServiceDays
from kit.db import Connection, Pool, connection
from kit.keys import KeyMissing
from tracing import queries_facts
from tracing.exposure import EPOCH, first_tier, infectious_period
from tracing.facts import Facts, People, gather, milliseconds
from tracing.model import DAY, MINUTE, IndexCase, Interval, Interview, Policy, Stay, TierOne
from tracing.queries_facts import Window
from tracing.stay import LONGEST, stays


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a trace starts from; `people` are all records of one human being, maybe none."""

    people: Sequence[int]
    onset: date | None
    sampled: date | None
    isolated: datetime | None
    policy: Policy
    interviews: Mapping[int, Interview] = field(default_factory=dict)

    def index_case(self) -> IndexCase:
        return IndexCase(
            person=min(self.people, default=0),
            onset=self.onset,
            sampled=self.sampled,
            isolated=None if self.isolated is None else milliseconds(self.isolated),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """The answer, and the names of the places it speaks of."""

    answer: TierOne
    venues: Mapping[int, str]
    zones: Mapping[int, str]


async def trace(pool: Pool, days: ServiceDays, asked: Asked, moment: datetime) -> Traced:
    """Reads in one snapshot, then computes in a thread, so that the door's requests go on."""
    async with (
        connection(pool) as db,
        db.transaction(isolation="repeatable_read", readonly=True),
    ):
        facts, zones = await read_facts(db, days, asked, moment)
    world = facts.world(asked.interviews)
    case, now = asked.index_case(), milliseconds(moment)
    answer = await asyncio.to_thread(first_tier, case, world, asked.policy, now)
    return Traced(answer=answer, venues=facts.names, zones=zones)


async def read_facts(
    db: Connection, days: ServiceDays, asked: Asked, moment: datetime
) -> tuple[Facts, dict[int, str]]:
    """All that may matter to this trace, and the names of the zones of its venues."""
    now = milliseconds(moment)
    facts = Facts(days=days, humans=dict.fromkeys(asked.people, min(asked.people, default=0)))
    period = infectious_period(asked.index_case(), facts.world(), asked.policy, now)
    around = _days_between(period.start - DAY, period.end + DAY, facts.offset)
    await gather(db, facts, {day: set(asked.people) for day in around})
    windows = _windows(stays(facts.world(), now), period, asked.policy.tail * MINUTE)
    venues = {window.venue_id for window in windows}
    wanted = await _visitors(db, facts, windows)
    await _add_linked(db, facts, wanted)
    for people in wanted.values():
        people.difference_update(asked.people)
    await gather(db, facts, wanted)
    return facts, await queries_facts.zones(db, venues)


def _windows(own: Iterable[Stay], period: Interval, tail: int) -> list[Window]:
    """Where the case was while infectious, at most; overlapping windows of a venue are one."""
    spans: dict[int, list[Interval]] = defaultdict(list)
    for stay in sorted(own, key=lambda one: one.start):
        start, end = max(stay.start, period.start), min(stay.upper + tail, period.end)
        here = spans[stay.venue]
        if start >= end:
            continue
        if here and start - LONGEST <= here[-1].end:
            here[-1] = Interval(start=here[-1].start, end=max(here[-1].end, end))
        else:
            here.append(Interval(start=start, end=end))
    return [
        Window(
            venue_id=venue,
            since=moment_of(span.start - LONGEST),
            until=moment_of(span.end),
            outs_until=moment_of(span.end + LONGEST),
        )
        for venue, here in spans.items()
        for span in here
    ]


async def _visitors(db: Connection, facts: Facts, windows: Sequence[Window]) -> dict[date, People]:
    """Whoever may have been there, on the days on which their scans matter."""
    seen: dict[int, dict[UUID, set[int]]] = defaultdict(dict)
    for subject, at, way, until in await queries_facts.visitors(db, windows):
        here = milliseconds(at)
        # What happened before an arrival, or after the case had left, does not change who met it.
        other = here - LONGEST if way == Way.OUT else min(here + LONGEST, milliseconds(until))
        own = (here + facts.offset) // DAY
        seen[own].setdefault(subject, {own}).add((other + facts.offset) // DAY)
    wanted: dict[date, People] = defaultdict(set)
    for number, found in seen.items():
        day = EPOCH + timedelta(days=number)
        try:
            people = facts.days.people(found, day)
        except KeyMissing:
            continue
        for person, near in zip(people, found.values(), strict=True):
            for other in near:
                wanted[EPOCH + timedelta(days=other)].add(person)
    # Who works longer than the 12 hours that a window looks back may have scanned before it.
    staff = await queries_facts.long_shifts(
        db, {window.venue_id for window in windows}, LONGEST // MINUTE
    )
    for window in windows if staff else ():
        since, until = milliseconds(window.since), milliseconds(window.outs_until)
        for day in _days_between(since - LONGEST, until, facts.offset):
            wanted[day].update(staff)
    return wanted


async def _add_linked(db: Connection, facts: Facts, wanted: Mapping[date, People]) -> None:
    """Other records of the same human beings: their scans end stays, and they are one contact."""
    everybody = set[int]().union(*wanted.values())
    groups = _groups(await queries_facts.links(db, everybody) if everybody else ())
    for person, group in groups.items():
        facts.humans.setdefault(person, min(group))
    for people in wanted.values():
        for person in [one for one in people if one in groups]:
            people |= groups[person]


def _groups(links: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    """Everyone linked, with all whom links join to them."""
    groups: dict[int, set[int]] = {}
    for one, other in links:
        joined = groups.get(one, {one}) | groups.get(other, {other})
        for person in joined:
            groups[person] = joined
    return groups


def _days_between(start: int, end: int, offset: int) -> list[date]:
    first, last = (start + offset) // DAY, (end + offset) // DAY
    return [EPOCH + timedelta(days=number) for number in range(first, last + 1)]


def moment_of(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
