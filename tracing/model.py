"""What the engine is told and what it answers.

A time is an integer of milliseconds since 1970 UTC, a length is in minutes where the policy or the
venue says it and in milliseconds everywhere else. Intervals are half-open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from checkin.model import Source, Way

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
    """From the last exposure: `days` in quarantine, then `home_days` of watching oneself.

    While no rule for the vaccinated is in force, the other one holds for them too.
    """

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What was found out later about a scan: it never was, or when the stay it began ended."""

    void: bool = False
    left_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFacts:
    """`closes`: minute of the local day; None where it is not known or never closes."""

    id: int
    typical_stay: int
    closes: int | None
    masks_off: bool
    indoor: bool
    small: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """What a contact said of meeting the case; None leaves the mask to the kind of venue."""

    masked: bool | None = None
    physical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The facts of one run.

    `scans` in any order: all of every person who may matter, over the days that matter, wherever
    they were, or `next` cannot be seen. `humans` maps linked identities to one of them; shifts
    (minutes) and interviews are keyed by the identity so named. `kept_days` are the local days
    whose scans still exist.
    """

    scans: Iterable[Scan]
    venues: Mapping[int, VenueFacts]
    kept_days: frozenset[date]
    shifts: Mapping[tuple[int, int], int] = field(default_factory=dict)  # (person, venue)
    amendments: Mapping[ScanKey, Amendment] = field(default_factory=dict)
    humans: Mapping[int, int] = field(default_factory=dict)
    interviews: Mapping[int, Interview] = field(default_factory=dict)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    start: int
    end: int


class Ended(StrEnum):
    """How the end of a stay is known."""

    SCANNED = "scanned"
    STAFF = "staff"
    BUTTON = "button"
    NEXT_SCAN = "next-scan"
    ESTIMATED = "estimated"
    CORRECTED = "corrected"
    SEEN_LEAVING = "seen-leaving"  # an out without an in: present in that minute


class Doubt(StrEnum):
    TWO_VENUES = "two-venues"
    OUT_BEFORE_IN = "out-before-in"


NO_DOUBT: frozenset[Doubt] = frozenset()


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
    doubts: frozenset[Doubt] = NO_DOUBT


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Time that `person` spent with `source`, clipped to when the source was infectious.

    `ended` names how the ends of the source's and of the person's stay are known. `minimum` is in
    milliseconds; `reached` says that it was met (under a cumulative policy: within 24 hours).
    """

    source: int
    person: int
    venue: int
    zone: int | None
    same_zone: bool
    start: int
    end: int
    ended: tuple[Ended, Ended]
    masked: bool
    physical: bool
    small_indoor: bool
    tail_only: bool
    minimum: int
    reached: bool
    doubts: frozenset[Doubt]

    @property
    def length(self) -> int:
        return self.end - self.start


class Rank(StrEnum):
    """Best first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Why(StrEnum):
    SAME_ZONE = "same-zone"
    SMALL_INDOOR = "small-indoor"
    MASK_OFF = "mask-off"
    PHYSICAL = "physical"
    SAME_VENUE = "same-venue"
    SUMMED = "summed"
    BRIEF = "brief"
    TAIL_ONLY = "tail-only"
    BOTH_ESTIMATED = "both-estimated"
    TWO_VENUES = "two-venues"
    OUT_BEFORE_IN = "out-before-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason of a rank, with the facts a sentence about it needs."""

    why: Why
    venue: int
    zone: int | None
    minutes: int
    minimum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """`first_exposure` is t1; it and `last_exposure` span what reached the minimum (brief: all).

    `together` is what was compared with the minimum: the longest exposure, or under a cumulative
    policy the most in any 24 hours.
    """

    person: int
    rank: Rank
    together: int
    first_exposure: int
    last_exposure: int
    exposures: tuple[Exposure, ...]
    reasons: tuple[Reason, ...]

    @property
    def minutes(self) -> int:
        """Floored, for showing."""
        return self.together // MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Which local days of the infectious period are gone."""

    begins: date
    kept_from: date | None
    missing: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TierOne:
    """Contacts and brief ones, each in the order to work them."""

    period: Interval
    contacts: tuple[Contact, ...]
    brief: tuple[Contact, ...]
    coverage: Coverage
    upper_bound_adds: int
