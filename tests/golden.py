"""A world small enough to trace by hand, and the answer worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

from checkin.model import Source, Way
from tracing.engine.model import (
    DAY,
    INDOCHINA,
    MINUTE,
    Ended,
    IndexCase,
    Interval,
    Policy,
    Scan,
    Scans,
    Stay,
    VenueFacts,
    World,
)

FIRST_OF_JULY = date(2021, 7, 1)
ALL_OF_JULY = frozenset(FIRST_OF_JULY + timedelta(days=index) for index in range(31))


def at(day: int, clock: str) -> int:
    """Local time of a day of July 2021."""
    hours, minutes = clock.split(":")
    days = (FIRST_OF_JULY - date(1970, 1, 1)).days + day - 1
    return days * DAY + (int(hours) * 60 + int(minutes)) * MINUTE - INDOCHINA


def came(
    person: int,
    venue: int,
    when: int,
    *,
    zone: int | None = None,
    source: Source = Source.POSTER,
    flags: int = 0,
) -> Scan:
    return Scan(
        person=person, at=when, venue=venue, zone=zone, way=Way.IN, source=source, flags=flags
    )


def left(
    person: int, venue: int, when: int, *, zone: int | None = None, source: Source = Source.EXIT
) -> Scan:
    return Scan(person=person, at=when, venue=venue, zone=zone, way=Way.OUT, source=source)


def was(person: int, venue: int, start: int, end: int, *, zone: int | None = None) -> list[Scan]:
    """A stay whose end was scanned."""
    return [came(person, venue, start, zone=zone), left(person, venue, end)]


def told_stay(person: int, venue: int, start: int, end: int, *, zone: int | None = None) -> Stay:
    """At a point, whose number is below zero."""
    return Stay(
        person=person, venue=venue, zone=zone, start=start, end=end, upper=end, ended=Ended.TOLD
    )


def place(
    number: int,
    *,
    typical_stay: int = 60,
    closes: int | None = None,
    masks_off: bool = False,
    indoor: bool = True,
    small: bool = False,
) -> VenueFacts:
    return VenueFacts(
        id=number,
        typical_stay=typical_stay,
        closes=closes,
        masks_off=masks_off,
        indoor=indoor,
        small=small,
    )


def july_policy(
    *,
    days_before: int = 2,
    masked: int = 15,
    unmasked: int = 15,
    tail: int = 0,
    cumulative: bool = False,
    days_after: int | None = None,
    latency: int = 0,
    max_tier: int = 4,
) -> Policy:
    return Policy(
        name="july",
        version=1,
        disease="covid-19",
        in_force_from=FIRST_OF_JULY,
        in_force_to=None,
        days_before_symptomatic=days_before,
        days_before_asymptomatic=days_before,
        asymptomatic_from_source=False,
        days_after=days_after,
        min_minutes_masked=masked,
        min_minutes_unmasked=unmasked,
        metres=2.0,
        tail=tail,
        cumulative=cumulative,
        latency=latency,
        look_back_from=14,
        look_back_to=1,
        max_tier=max_tier,
        source="the specification's worked example",
    )


X, P, Q, R, S, T, B, U, W = range(1, 10)
A, C, D, E, G = range(1, 6)

SCANS = [
    *was(X, A, at(9, "10:00"), at(9, "11:00")),
    *was(X, G, at(7, "23:00"), at(8, "00:20")),
    *was(P, C, at(8, "09:00"), at(8, "10:00")),
    *was(P, A, at(9, "10:30"), at(9, "11:30")),
    *was(P, D, at(9, "12:00"), at(9, "13:00")),
    *was(P, E, at(10, "09:00"), at(10, "10:00")),
    *was(Q, D, at(9, "12:30"), at(9, "13:30")),
    *was(R, C, at(8, "09:00"), at(8, "10:00")),
    *was(S, A, at(9, "11:00"), at(9, "12:00")),
    *was(T, E, at(10, "09:00"), at(10, "10:00")),
    *was(B, A, at(9, "10:50"), at(9, "11:05")),
    *was(U, G, at(7, "23:30"), at(8, "00:14")),
    *was(W, G, at(7, "23:30"), at(8, "00:15")),
]
CASE = IndexCase(person=X, onset=date(2021, 7, 10), sampled=None, isolated=at(11, "12:00"))
ISOLATIONS = {P: (Interval(start=at(10, "08:00"), end=at(24, "00:00")),)}
POLICY = july_policy()
MOMENT = at(12, "08:00")
VENUES = {number: place(number) for number in (A, C, D, E, G)}
WORLD = World(scans=Scans.of(SCANS), venues=VENUES, kept_days=ALL_OF_JULY, isolations=ISOLATIONS)

# person: (tier, first exposure, minutes)
CONTACTS = {
    P: (1, at(9, "10:30"), 30),
    W: (1, at(8, "00:00"), 15),
    S: (2, at(9, "11:00"), 30),
    Q: (2, at(9, "12:30"), 30),
    B: (2, at(9, "10:50"), 15),
}
BRIEF = {U: (1, at(8, "00:00"), 14)}
BRIEF_WITH_THE_CASE = {B: 10, U: 14}
TIERS = {person: tier for person, (tier, _, _) in CONTACTS.items()}
