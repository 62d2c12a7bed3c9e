"""The facts of one trace, gathered person by person and day by day into the engine's world."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from checkin.model import Source, Way
from checkin.pseudonym import ServiceDays
from kit.db import Connection
from kit.keys import KeyMissing
from tracing import queries_facts
from tracing.exposure import EPOCH
from tracing.model import Amendment, Interview, Scan, ScanKey, VenueFacts, World
from tracing.travel import Place, marked

People: TypeAlias = set[int]

# A statement over many days looks every subject up on each of them: good for few subjects.
FEW = 1000
WAYS = {int(way): way for way in Way}
SOURCES = {int(source): source for source in Source}


@dataclass(kw_only=True)
class Facts:
    """Grows with each `gather`; `humans` maps the records of one human being to one of them."""

    days: ServiceDays
    humans: dict[int, int]
    scans: list[Scan] = field(default_factory=list)
    amendments: dict[ScanKey, Amendment] = field(default_factory=dict)
    venues: dict[int, VenueFacts] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)
    shifts: dict[tuple[int, int], int] = field(default_factory=dict)

    offset: int = field(init=False)
    """Of local days, in milliseconds."""

    def __post_init__(self) -> None:
        self.offset = -milliseconds(self.days.bounds(EPOCH)[0])

    def world(self, interviews: Mapping[int, Interview] | None = None) -> World:
        """`interviews` by any record of a person."""
        told = {self.humans.get(one, one): said for one, said in (interviews or {}).items()}
        void = {key for key, amendment in self.amendments.items() if amendment.void}
        return World(
            scans=marked(self.scans, self.humans, self.places, void),
            venues=self.venues,
            kept_days=frozenset(self.days.known()),
            shifts=self.shifts,
            amendments=self.amendments,
            humans=self.humans,
            interviews=told,
            offset=self.offset,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The subjects of one statement, by person, and the bounds of their days."""

    people: Mapping[UUID, int]
    since: datetime
    until: datetime


async def gather(db: Connection, facts: Facts, wanted: Mapping[date, People]) -> None:
    """All scans of these people on these days, what was found out about them, and the venues."""
    for batch in list(_batches(facts.days, wanted)):
        await _read_batch(db, facts, batch)
    unknown = {scan.venue for scan in facts.scans} - facts.venues.keys()
    for row in await queries_facts.places(db, unknown) if unknown else ():
        facts.names[row["id"]] = row["name"]
        if row["latitude"] is not None:
            facts.places[row["id"]] = (row["latitude"], row["longitude"])
        facts.venues[row["id"]] = VenueFacts(
            id=row["id"],
            typical_stay=row["typical_stay"],
            closes=closing_minute(row["opening"]),
            masks_off=row["masks_off"],
            indoor=row["indoor"],
            small=row["small"],
        )
    everybody = set[int]().union(*wanted.values())
    for row in await queries_facts.shifts(db, everybody) if everybody else ():
        human = facts.humans.get(row["person_id"], row["person_id"])
        facts.shifts[human, row["venue_id"]] = row["shift_minutes"]


async def _read_batch(db: Connection, facts: Facts, batch: Batch) -> None:
    subjects, people = list(batch.people), batch.people
    for subject, at, venue, zone, way, source, flags in await queries_facts.scans(
        db, subjects, batch.since, batch.until
    ):
        facts.scans.append(
            Scan(
                person=people[subject],
                at=milliseconds(at),
                venue=venue,
                zone=zone,
                way=WAYS[way],
                source=SOURCES[source],
                flags=flags,
            )
        )
    for row in await queries_facts.amendments(db, subjects, batch.since, batch.until):
        left_at = None if row["left_at"] is None else milliseconds(row["left_at"])
        key = (people[row["subject"]], milliseconds(row["at"]), row["venue_id"])
        facts.amendments[key] = Amendment(void=row["void"], left_at=left_at)


def _batches(days: ServiceDays, wanted: Mapping[date, Collection[int]]) -> Iterator[Batch]:
    """Few subjects of many days together, many a day at a time; days without a key are left out."""
    gathered: dict[UUID, int] = {}
    since: datetime | None = None
    until: datetime | None = None
    for day in sorted(wanted):
        people = list(wanted[day])
        try:
            subjects = dict(zip(days.subjects(people, day), people, strict=True))
        except KeyMissing:
            continue
        start, end = days.bounds(day)
        if since and until and len(gathered) + len(subjects) > FEW:
            yield Batch(people=gathered, since=since, until=until)
            gathered, since = {}, None
        gathered |= subjects
        since, until = since or start, end
    if gathered and since and until:
        yield Batch(people=gathered, since=since, until=until)


def closing_minute(opening: str) -> int | None:
    """'08:00-22:00' → 1320; None where it is not known or the venue never closes."""
    opens, _, closes = opening.partition("-")
    if not closes or opens == closes or (opens, closes) == ("00:00", "24:00"):
        return None
    hours, _, minutes = closes.partition(":")
    return (int(hours) * 60 + int(minutes)) % (24 * 60)


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)
