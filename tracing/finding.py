"""What a run found of a contact, in words and times that mean something to people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracing.engine.contact import Contact, Exposure, Rank, Tiers, Why
from tracing.engine.model import Ended
from tracing.facts import moment_of

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Of the places that a run speaks of."""

    venues: Mapping[int, str]
    zones: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One exposure, with the names of the place as they were; minutes are floored, for showing."""

    venue: str
    zone: str | None
    same_zone: bool
    start: datetime
    end: datetime
    ended: tuple[Ended, Ended]
    masked: bool
    reached: bool

    @property
    def minutes(self) -> int:
        return (self.end - self.start) // MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a path, to a person; no meeting where the contact was entered by hand."""

    person_id: int
    meeting: Meeting | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a run found of one contact; `place` is the place on its list. `minutes` are those that
    count, maybe at another place than `venue`, where the rank comes from: the last of `path`."""

    place: int
    brief: bool
    count: int = 1
    path: tuple[Step, ...] = ()
    minutes: int
    minimum: int
    first_exposure: datetime
    last_exposure: datetime
    venue: str
    why: tuple[Why, ...]
    meetings: tuple[Meeting, ...]

    @property
    def shown_minutes(self) -> int | None:
        """None where only a day was told: nobody counted minutes."""
        return None if Why.WHOLE_DAY in self.why else self.minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class TierNumbers:
    """Of one tier: people by rank, and how many more the upper bound would add; None while that is
    not counted."""

    tier: int
    high: int
    medium: int
    low: int
    upper_bound_adds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Of one run, all tiers together, then each by itself."""

    tiers: tuple[TierNumbers, ...] = ()
    high: int
    medium: int
    low: int
    brief: int
    upper_bound_adds: int | None


def numbers_of(answer: Tiers) -> Numbers:
    more = answer.upper_bound_adds
    tiers = tuple(
        TierNumbers(
            tier=tier,
            high=count[Rank.HIGH],
            medium=count[Rank.MEDIUM],
            low=count[Rank.LOW],
            upper_bound_adds=more.get(tier),
        )
        for tier, count in answer.ranks.items()
    )
    return Numbers(
        tiers=tiers,
        high=sum(one.high for one in tiers),
        medium=sum(one.medium for one in tiers),
        low=sum(one.low for one in tiers),
        brief=len(answer.brief),
        upper_bound_adds=sum(more.values()) if more else None,
    )


def finding_of(contact: Contact, names: Names, place: int) -> Finding:
    reason = contact.reasons[0]
    return Finding(
        place=place,
        brief=contact.brief,
        count=contact.count,
        path=tuple(
            Step(
                person_id=hop.person,
                meeting=None if hop.exposure is None else _meeting(hop.exposure, names),
            )
            for hop in contact.path
        ),
        minutes=contact.minutes,
        minimum=reason.minimum,
        first_exposure=moment_of(contact.first_exposure),
        last_exposure=moment_of(contact.last_exposure),
        venue=names.venues[reason.venue],
        why=tuple(one.why for one in contact.reasons),
        meetings=tuple(_meeting(one, names) for one in contact.exposures),
    )


def _meeting(one: Exposure, names: Names) -> Meeting:
    return Meeting(
        venue=names.venues[one.venue],
        zone=None if one.zone is None else names.zones.get(one.zone),
        same_zone=one.same_zone,
        start=moment_of(one.start),
        end=moment_of(one.end),
        ended=one.ended,
        masked=one.masked,
        reached=one.reached,
    )
