"""How many people are in a venue just now.

Counted as a trace judges stays: who came in and neither went out, nor came in elsewhere, nor has
been there for longer than people usually stay. Never stored, so never out of step with the scans.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from checkin import queries_occupancy
from checkin.model import Way
from checkin.pseudonym import ServiceDays
from checkin.queries_occupancy import CountedVenue, Latest
from kit.db import Pool, connection

FRESH = timedelta(seconds=5)  # what staff see
# What everybody sees: that one person more came or went must not be told at once.
PUBLIC_FRESH = timedelta(minutes=1)
REMEMBERED = 10_000
BUSY_FROM, CROWDED_FROM = 0.4, 0.8  # of the capacity
NEARLY_FULL = 0.9


class Crowd(StrEnum):
    """All that the public learns: vắng, vừa, đông."""

    QUIET = "quiet"
    BUSY = "busy"
    CROWDED = "crowded"


class Fullness(StrEnum):
    """What the staff at the door are warned of."""

    FREE = "free"
    NEARLY_FULL = "nearly_full"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """People inside, companions included; None stands for the venue outside its zones."""

    at: datetime
    inside: int
    zones: Mapping[int | None, int]


def crowd(inside: int, capacity: int) -> Crowd:
    if inside >= CROWDED_FROM * capacity:
        return Crowd.CROWDED
    return Crowd.BUSY if inside >= BUSY_FROM * capacity else Crowd.QUIET


def fullness(inside: int, capacity: int) -> Fullness:
    if inside >= capacity:
        return Fullness.FULL
    return Fullness.NEARLY_FULL if inside >= NEARLY_FULL * capacity else Fullness.FREE


def still_inside(found: Iterable[Latest], days: ServiceDays, now: datetime) -> list[Latest]:
    """Under the subjects of today: who came before midnight has another one since, and may have
    left under it."""
    newest: dict[UUID, Latest] = {}
    for one in sorted(_of_today(list(found), days, now), key=lambda one: one.at):
        newest[one.subject] = one
    return [one for one in newest.values() if one.way is Way.IN]


def _of_today(found: list[Latest], days: ServiceDays, now: datetime) -> list[Latest]:
    today, midnight = days.day(now), days.bounds(days.day(now))[0]
    before = [one for one in found if one.at < midnight]
    if not before:
        return found
    # At most two days meet here, because nobody is inside for longer than half of one.
    people = days.people([one.subject for one in before], today - timedelta(days=1))
    subjects = days.subjects(people, today)
    renamed = [replace(one, subject=s) for one, s in zip(before, subjects, strict=True)]
    return renamed + [one for one in found if one.at >= midnight]


class Crowds:
    """The counts of some seconds ago; one statement at a time looks again."""

    def __init__(self, pool: Pool, days: ServiceDays) -> None:
        self._pool = pool
        self._days = days
        self._known: dict[tuple[int, timedelta], Count] = {}
        self._reading = asyncio.Lock()

    async def count(self, venue: CountedVenue, now: datetime, fresh: timedelta = FRESH) -> Count:
        key = venue.id, fresh
        if not self._is_fresh(key, now):
            async with self._reading:
                if not self._is_fresh(key, now):
                    if len(self._known) >= REMEMBERED:
                        self._known.clear()
                    self._known[key] = await self._look(venue, now)
        return self._known[key]

    def forget(self, venue_id: int) -> None:
        self._known.pop((venue_id, FRESH), None)

    def _is_fresh(self, key: tuple[int, timedelta], now: datetime) -> bool:
        known = self._known.get(key)
        return known is not None and known.at <= now < known.at + key[1]

    async def _look(self, venue: CountedVenue, now: datetime) -> Count:
        since = now - timedelta(minutes=venue.typical_stay)
        async with connection(self._pool) as db:
            found = await queries_occupancy.latest(db, venue.id, since, now)
        zones: Counter[int | None] = Counter()
        for one in still_inside(found, self._days, now):
            zones[one.zone_id] += 1 + one.party
        return Count(at=now, inside=zones.total(), zones=zones)
