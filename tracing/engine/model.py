"""What the engine is told, and the stays it makes of it. What it answers: contact.py.

A time is an integer of milliseconds since 1970 UTC, a length is in minutes where the policy or the
venue says it and in milliseconds everywhere else. Intervals are half-open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

import numpy as np

from checkin.model import Source, Way
from tracing.engine.columns import Ints, Small, ints

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
INDOCHINA = 7 * HOUR  # Vietnam keeps +07:00 all year

ScanKey = tuple[int, int, int]  # person, at, venue


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The dated rules a list was made under; each number is from `source`.

    The infectious period ends with isolation, at the latest with the day `days_after` the anchor
    (None: no latest day). `tail` and the two minima are minutes, `latency` is hours, the rest days.
    """

    name: str
    version: int
    disease: str
    in_force_from: date
    in_force_to: date | None  # first day it no longer held
    days_before_symptomatic: int
    days_before_asymptomatic: int
    asymptomatic_from_source: bool
    days_after: int | None
    min_minutes_masked: int
    min_minutes_unmasked: int
    metres: float
    tail: int
    cumulative: bool
    latency: int
    look_back_from: int
    look_back_to: int
    max_tier: int
    source: str

    def historic(self, day: date) -> bool:
        return not (
            self.in_force_from <= day and (self.in_force_to is None or day < self.in_force_to)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRule:
    """From the last exposure: `days` in quarantine, then `home_days` of watching oneself. While no
    rule for the vaccinated is in force, the other one holds for them too."""

    policy: str
    version: int
    tier: int
    vaccinated: bool
    days: int
    home_days: int
    in_force_from: date
    in_force_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A scan whose subject was turned back into a person."""

    person: int
    at: int
    venue: int
    zone: int | None
    way: Way
    source: Source
    flags: int = 0

    @property
    def key(self) -> ScanKey:
        return (self.person, self.at, self.venue)


NO_ZONE = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scans:
    """Many of them, in any order."""

    person: Ints
    at: Ints
    venue: Ints
    zone: Ints
    way: Small
    source: Small
    flags: Small

    @classmethod
    def of(cls, scans: Iterable[Scan]) -> Scans:
        rows = list(scans)
        return cls(
            person=ints(one.person for one in rows),
            at=ints(one.at for one in rows),
            venue=ints(one.venue for one in rows),
            zone=ints(one.zone or NO_ZONE for one in rows),
            way=np.fromiter((one.way for one in rows), np.int8),
            source=np.fromiter((one.source for one in rows), np.int8),
            flags=np.fromiter((one.flags for one in rows), np.int8),
        )

    def __len__(self) -> int:
        return len(self.at)

    def __iter__(self) -> Iterator[Scan]:
        columns = (self.person, self.at, self.venue, self.zone, self.way, self.source, self.flags)
        for person, at, venue, zone, way, source, flags in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            yield Scan(
                person=person,
                at=at,
                venue=venue,
                zone=zone or None,
                way=Way(way),
                source=Source(source),
                flags=flags,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What was found out later about a scan: it never was, or when the stay it began ended."""

    void: bool = False
    left_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFacts:
    """`closes`: minute of the local day; None: unknown or never. `masks_told`: not by its kind."""

    id: int
    typical_stay: int
    closes: int | None
    masks_off: bool
    indoor: bool
    small: bool
    masks_told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """What a contact said of meeting the case; None leaves the mask to the kind of venue."""

    masked: bool | None = None
    physical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verifier decided, or entered by hand: F`tier` from `since` on."""

    tier: int
    since: int


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The facts of one run.

    `scans`: all of every person who may matter, over the days that matter, wherever they were, or
    `next` cannot be seen. `humans` maps linked identities to one of them; shifts (minutes) and
    interviews are keyed by the identity so named, as are `isolations`, `rejected` (who carries
    nobody), `confirmed` (who carries whatever the engine finds) and `onsets` (of other cases; None
    for a case without symptoms). `kept_days` are the local days whose scans still exist. `told`:
    stays at points, places with numbers below zero; `told_of`: what was told of masks there.
    """

    scans: Scans
    venues: Mapping[int, VenueFacts]
    kept_days: frozenset[date]
    shifts: Mapping[tuple[int, int], int] = field(default_factory=dict)  # (person, venue)
    amendments: Mapping[ScanKey, Amendment] = field(default_factory=dict)
    humans: Mapping[int, int] = field(default_factory=dict)
    interviews: Mapping[int, Interview] = field(default_factory=dict)
    told: Sequence[Stay] = ()
    told_of: Mapping[tuple[int, int], Interview] = field(default_factory=dict)  # (person, venue)
    isolations: Mapping[int, Sequence[Interval]] = field(default_factory=dict)
    rejected: frozenset[int] = frozenset()
    confirmed: Mapping[int, Verdict] = field(default_factory=dict)
    onsets: Mapping[int, date | None] = field(default_factory=dict)
    offset: int = INDOCHINA

    def human(self, person: int) -> int:
        return self.humans.get(person, person)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexCase:
    """The case a trace starts from; `met_source`: the day it first met its own source."""

    person: int
    onset: date | None
    sampled: date | None
    isolated: int | None = None
    met_source: date | None = None


class Ended(StrEnum):
    """How the end of a stay is known."""

    SCANNED = "scanned"
    STAFF = "staff"
    BUTTON = "button"
    NEXT_SCAN = "next-scan"
    ESTIMATED = "estimated"
    CORRECTED = "corrected"
    SEEN_LEAVING = "seen-leaving"  # an out without an in: present in that minute
    TOLD = "told"  # at a point
    TOLD_DAY = "told-day"  # of a day, no hours; the last one, for what was stored keeps its numbers


ENDED = tuple(Ended)  # by number, as columns hold them
ENDED_NUMBER = {ended: np.int8(number) for number, ended in enumerate(ENDED)}


class Doubt(StrEnum):
    TWO_VENUES = "two-venues"
    OUT_BEFORE_IN = "out-before-in"
    IMPLAUSIBLE = "implausible"


DOUBT_BIT = {doubt: np.int8(1 << place) for place, doubt in enumerate(Doubt)}
DOUBTS = tuple(
    frozenset(doubt for doubt, bit in DOUBT_BIT.items() if bits & bit)
    for bits in range(1 << len(Doubt))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """`end` is the best estimate, `upper` the latest the facts allow, never before `end`."""

    person: int
    venue: int
    zone: int | None
    start: int
    end: int
    upper: int
    ended: Ended
    doubts: frozenset[Doubt] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stays:
    """Many of them, by person and start."""

    person: Ints
    venue: Ints
    zone: Ints
    start: Ints
    end: Ints
    upper: Ints
    ended: Small
    doubts: Small

    def __len__(self) -> int:
        return len(self.start)

    def __iter__(self) -> Iterator[Stay]:
        columns = (self.person, self.venue, self.zone, self.start, self.end, self.upper)
        for person, venue, zone, start, end, upper, ended, doubts in zip(
            *(column.tolist() for column in (*columns, self.ended, self.doubts)), strict=True
        ):
            yield Stay(
                person=person,
                venue=venue,
                zone=zone or None,
                start=start,
                end=end,
                upper=upper,
                ended=ENDED[ended],
                doubts=DOUBTS[doubts],
            )
