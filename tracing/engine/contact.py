"""What the engine answers: exposures, contacts, the paths that explain them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum

from tracing.engine.columns import Bools, Ints, Small
from tracing.engine.model import DOUBTS, ENDED, MINUTE, Doubt, Ended, Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Time that `person` spent with `source`, clipped to when the source may have infected others.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposures:
    """Many of them."""

    source: Ints
    person: Ints
    venue: Ints
    zone: Ints
    same_zone: Bools
    start: Ints
    end: Ints
    source_ended: Small
    person_ended: Small
    masked: Bools
    physical: Bools
    small_indoor: Bools
    tail_only: Bools
    minimum: Ints
    reached: Bools
    doubts: Small

    def __len__(self) -> int:
        return len(self.start)

    def __iter__(self) -> Iterator[Exposure]:
        columns = [getattr(self, one.name).tolist() for one in fields(self)]
        for source, person, venue, zone, same_zone, start, end, *rest in zip(*columns, strict=True):
            own_ended, ended, masked, physical, small_indoor, tail_only, minimum, *last = rest
            reached, doubts = last
            yield Exposure(
                source=source,
                person=person,
                venue=venue,
                zone=zone or None,
                same_zone=same_zone,
                start=start,
                end=end,
                ended=(ENDED[own_ended], ENDED[ended]),
                masked=masked,
                physical=physical,
                small_indoor=small_indoor,
                tail_only=tail_only,
                minimum=minimum,
                reached=reached,
                doubts=DOUBTS[doubts],
            )


class Rank(StrEnum):
    """Best first."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Why(StrEnum):
    SAME_ZONE = "same-zone"
    SMALL_INDOOR = "small-indoor"
    MASK_OFF = "mask-off"
    MASK_OFF_TOLD = "mask-off-told"
    PHYSICAL = "physical"
    SAME_VENUE = "same-venue"
    WHOLE_DAY = "whole-day"
    SUMMED = "summed"
    LONGER = "longer"
    BRIEF = "brief"
    TAIL_ONLY = "tail-only"
    BOTH_ESTIMATED = "both-estimated"
    TWO_VENUES = "two-venues"
    OUT_BEFORE_IN = "out-before-in"
    IMPLAUSIBLE = "implausible"
    A_CASE = "a-case"
    POSSIBLE_SOURCE = "possible-source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason of a rank, with the facts a sentence about it needs. `minutes` are those of the
    exposure that the rank rests on, at `venue`; `together` those of the contact."""

    why: Why
    venue: int
    zone: int | None
    minutes: int
    minimum: int
    together: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One step of a path, to `person`; no exposure where somebody entered the contact by hand."""

    person: int
    exposure: Exposure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """`first_exposure` and `last_exposure` span what reached the minimum (brief: all).

    `together` is what was compared with the minimum: the longest exposure, or under a cumulative
    policy the most in any 24 hours. `exposures`: all with the case; those with others are `count`,
    and of them the best and the earliest are kept. `path`: from the case to this person; its last
    step is the best exposure, those before it the earliest.
    """

    person: int
    tier: int
    brief: bool
    rank: Rank
    together: int
    first_exposure: int
    last_exposure: int
    count: int
    exposures: tuple[Exposure, ...]
    reasons: tuple[Reason, ...]
    path: tuple[Hop, ...]

    @property
    def minutes(self) -> int:
        """Floored, for showing."""
        return self.together // MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Which local days of the infectious period are gone, of how many it has; None: of a run that
    did not say yet."""

    begins: date
    kept_from: date | None
    missing: tuple[date, ...]
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """Contacts and brief ones, each in the order to work them; both make their rows when read.

    `ranks`: how many contacts, by tier and rank. `upper_bound_adds`: by tier, how many more people
    if every stay lasted as long as it could have, each in the first tier that has them and none
    who is on the list; empty while that is not counted.
    """

    period: Interval
    contacts: Sequence[Contact]
    brief: Sequence[Contact]
    coverage: Coverage
    ranks: Mapping[int, Mapping[Rank, int]]
    upper_bound_adds: Mapping[int, int] = field(default_factory=dict)
