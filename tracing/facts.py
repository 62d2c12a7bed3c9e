"""The facts of one trace, gathered person by person and day by day into the engine's world."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

import asyncpg
import numpy as np

from checkin.pseudonym import ForeignSubject, ServiceDays
from kit.db import Connection
from kit.keys import KeyMissing
from tracing import queries_facts
from tracing.aside import Given, Result, aside
from tracing.engine.columns import (
    Ints,
    Timeline,
    among,
    distinct,
    in_order,
    looked_up,
    milliseconds,
    order_of,
    ranks,
    stacked,
)
from tracing.engine.hearsay import Hearsay
from tracing.engine.links import Links
from tracing.engine.model import (
    DAY,
    Amendment,
    Interval,
    ScanKey,
    Scans,
    VenueFacts,
    World,
)
from tracing.engine.period import EPOCH
from tracing.engine.travel import Place, marked
from tracing.queries_columns import Columns, milliseconds_of
from tracing.queries_facts import OfDay
from tracing.told import Told

People: TypeAlias = Mapping[date, Ints]

FEW = 4000  # subjects of several days that are asked for together; more of one day by themselves
NOBODY_KNOWN = 0
"""Also the case that nobody is known of: it was at its points all the same."""


@dataclass(kw_only=True)
class Facts:
    """Grows with each `gather`. `beds`: venues where some lie for days, though most do not."""

    days: ServiceDays
    links: Links
    hearsay: Hearsay = field(default_factory=Hearsay)
    marked: Scans | None = None
    scans: list[Scans] = field(default_factory=lambda: [Scans.of([])])
    read: dict[date, Ints] = field(default_factory=dict)
    amendments: dict[ScanKey, Amendment] = field(default_factory=dict)
    venues: dict[int, VenueFacts] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)
    beds: set[int] = field(default_factory=set)
    shifts: dict[tuple[int, int], int] = field(default_factory=dict)
    isolations: dict[int, list[Interval]] = field(default_factory=dict)
    onsets: dict[int, date | None] = field(default_factory=dict)
    humans: dict[int, int] = field(init=False)

    offset: int = field(init=False)
    """Of local days, in milliseconds."""

    def __post_init__(self) -> None:
        self.offset = -milliseconds(self.days.bounds(EPOCH)[0])
        self.humans = self.links.humans()
        self.venues |= self.hearsay.places
        self.names |= self.hearsay.names

    async def aside(
        self, work: Callable[Given, Result], *given: Given.args, **named: Given.kwargs
    ) -> Result:
        """Work on all of it."""
        return await aside(sum(map(len, self.scans)), work, *given, **named)

    def human(self, person: int) -> int:
        return self.humans.get(person, person)

    def whole(self) -> Scans:
        """Every scan that was read, the implausible ones marked."""
        if self.marked is None:
            self.scans = [stacked(self.scans)]  # no third copy of millions
            self.scans = [in_order(self.scans[0], self._by_human(self.scans[0]))]
            void = {key for key, amendment in self.amendments.items() if amendment.void}
            self.marked = marked(self.scans[0], self.humans, self.places, void)
        return self.marked

    def _by_human(self, scans: Scans) -> Ints:
        """The order that every later step wants, whose sorts then find nothing to do."""
        _, human = ranks(looked_up(scans.person, self.humans, scans.person))
        return order_of(Timeline(scans.at).numbers(human, scans.at), scans.venue, scans.person)

    def world(self, told: Told | None = None) -> World:
        told = told or Told()
        return World(
            scans=self.whole(),
            venues=self.venues,
            kept_days=frozenset(self.days.known()),
            shifts=self.shifts,
            amendments=self.amendments,
            humans=self.humans,
            interviews=told.interviews_of(self.human),
            told=self.hearsay.stays,
            told_of=self.hearsay.told_of(self.human),
            isolations=self.isolations,
            rejected=frozenset(self.human(one) for one in told.rejected),
            confirmed=told.confirmed_of(self.human),
            onsets=self.onsets,
            offset=self.offset,
        )


async def gather(db: Connection, facts: Facts, wanted: People) -> None:
    """All scans of these people on these days that were not read yet, what was found out about
    them, and the venues."""
    new: dict[date, Ints] = {}
    for day, people in wanted.items():
        read = facts.read.get(day)
        new[day] = people if read is None else people[~among(people, read)[1]]
        facts.read[day] = distinct(new[day] if read is None else np.concatenate((read, new[day])))
    places = set[int]()
    for batch in await aside(sum(map(len, new.values())), _batches, facts.days, new):
        rows = await queries_facts.scans(db, batch)
        if len(rows):
            facts.scans.append(await aside(len(rows), _scans, facts, rows))
            facts.marked = None
            places |= set(ranks(rows["venue"])[0].tolist())
        _amend(facts, await queries_facts.amendments(db, batch))
    await _read_places(db, facts, places - facts.venues.keys())


async def _read_places(db: Connection, facts: Facts, unknown: Collection[int]) -> None:
    if not unknown:
        return
    for row in await queries_facts.places(db, unknown):
        facts.names[row["id"]] = row["name"]
        if row["latitude"] is not None:
            facts.places[row["id"]] = (row["latitude"], row["longitude"])
        facts.venues[row["id"]] = venue_facts(row)
        if row["beds"]:
            facts.beds.add(row["id"])
    for row in await queries_facts.shifts(db, unknown):
        facts.shifts[facts.human(row["person_id"]), row["venue_id"]] = row["shift_minutes"]


def venue_facts(row: asyncpg.Record) -> VenueFacts:
    """Of a row of `queries_facts.places`."""
    return VenueFacts(
        id=row["id"],
        typical_stay=row["typical_stay"],
        closes=closing_minute(row["opening"]),
        masks_off=row["masks_off"],
        indoor=row["indoor"],
        small=row["small"],
    )


async def read_isolations(db: Connection, facts: Facts, people: Ints) -> None:
    """Of people who may carry a hop, under any of their records; as a contact or as a case."""
    for row in await queries_facts.isolations(db, facts.links.records(people).tolist()):
        found = Interval(start=milliseconds(row["starts"]), end=milliseconds(row["ends"]))
        known = facts.isolations.setdefault(facts.human(row["person_id"]), [])
        if found not in known:
            known.append(found)


async def read_cases(db: Connection, facts: Facts) -> None:
    """Who is a case too; the earliest onset of several."""
    for row in await queries_facts.case_people(db):
        human, onset = facts.human(row["person_id"]), row["onset"]
        before = facts.onsets.get(human)
        facts.onsets[human] = min(onset, before) if onset and before else onset or before


def _scans(facts: Facts, rows: Columns) -> Scans:
    at = milliseconds_of(rows["at"])
    person = people_behind(facts, rows["subject"], at)
    if not (known := person != NOBODY_KNOWN).all():
        person, rows, at = person[known], rows[known], at[known]
    return Scans(
        person=person,
        at=at,
        venue=rows["venue"].astype(np.int64),
        zone=rows["zone"].astype(np.int64),
        way=rows["way"].astype(np.int8),
        source=rows["source"].astype(np.int8),
        flags=rows["flags"].astype(np.int8),
    )


def people_behind(facts: Facts, subjects: Columns, at: Ints) -> Ints:
    """The person behind each; NOBODY_KNOWN where the day's key has gone meanwhile."""
    people = np.full(len(subjects), NOBODY_KNOWN)
    days = (at + facts.offset) // DAY
    for number in distinct(days).tolist():
        rows = np.flatnonzero(days == number)
        day = EPOCH + timedelta(days=number)
        try:
            clear = facts.days.turned_back(subjects[rows].tobytes(), day)
        except KeyMissing:
            continue
        halves = np.frombuffer(clear, ">i8").reshape(-1, 2)
        if halves[:, 1].any():
            raise ForeignSubject(f"{day}: {ForeignSubject.__doc__}")
        people[rows] = halves[:, 0]
    return people


def _amend(facts: Facts, rows: Columns) -> None:
    at, left_at = milliseconds_of(rows["at"]), milliseconds_of(rows["left_at"])
    people = people_behind(facts, rows["subject"], at)
    for person, when, venue, void, until in zip(
        *(people.tolist(), at.tolist(), rows["venue"].tolist()),
        *(rows["void"].tolist(), left_at.tolist()),
        strict=True,
    ):
        found = Amendment(void=bool(void), left_at=until if until > when else None)
        facts.amendments[person, when, venue] = found


def _batches(days: ServiceDays, wanted: People) -> list[list[OfDay]]:
    """Few subjects of many days together, many a day at a time; days without a key are left out."""
    batches = list[list[OfDay]]()
    count = 0
    for day in sorted(wanted):
        people = wanted[day]
        blocks = np.zeros((len(people), 2), ">i8")
        blocks[:, 0] = people
        try:
            subjects = days.turned(blocks.tobytes(), day) if len(people) else b""
        except KeyMissing:
            continue
        if not subjects:
            continue
        if not batches or count + len(people) > FEW:
            batches.append([])
            count = 0
        batches[-1].append((subjects, *days.bounds(day)))
        count += len(people)
    return batches


@lru_cache(maxsize=1 << 12)  # thousands of venues keep the same hours
def closing_minute(opening: str) -> int | None:
    """'08:00-22:00' → 1320; None where it is not known or the venue never closes."""
    opens, _, closes = opening.partition("-")
    if not closes or opens == closes or (opens, closes) == ("00:00", "24:00"):
        return None
    hours, _, minutes = closes.partition(":")
    return (int(hours) * 60 + int(minutes)) % (24 * 60)


def moment_of(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
