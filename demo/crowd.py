"""A whole city as columns, from a seed: an object for each of 60 million scans would take hours.

Two people are known: CASE lives like everybody else; SHOPPER is seen on the day of the sale alone,
for eight hours in the supermarket to which 20,000 people come, in the whole city on every day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from checkin.model import Source, Way
from demo.places import Place, Ward
from tracing.engine.columns import stacked

CASE, SHOPPER = 0, 1
SUPERMARKET = 0  # of the places, as in the story
DAYS = 28
SCANS = 60_000_000
SCANS_A_PERSON = 50  # in that time
PEOPLE_A_CITY = 18_000  # for each 300 venues
SALE = 7  # of the days
SHOPPERS = 20_000  # on it
SHOPS = 1 / 60  # of people, on any other
USUAL = 6  # places that somebody goes to
BLOCK = 30  # places around a home
NEAR, FULL = 0.7, 0.6  # of those around one's home; the less, the fuller are the first of a block
WORKS, SEEN_LEAVING, BY_BUTTON = 0.45, 0.6, 0.3
SATURDAY = 5
HOUR, MINUTE, SECOND = 3_600_000, 60_000, 1000
NOWHERE = -1

Column: TypeAlias = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """`times`: how often the venues of the small city."""

    people: int
    times: int
    shoppers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Who lives in which ward, works where (NOWHERE: not at all) and goes where usually."""

    seed: int
    days: Sequence[date]
    shoppers: int  # on the day of the sale
    ward: Column
    work: Column
    usual: Column

    def __len__(self) -> int:
        return len(self.ward)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayScans:
    """Indexes of people and places; `at` is milliseconds after midnight, `draw` chooses a door."""

    person: Column
    at: Column
    place: Column
    way: Column
    source: Column
    draw: Column

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Visits of one part of a day: from which hour to which people come, for how many minutes."""

    begins: float
    ends: float
    shortest: int
    longest: int


# None reaches into the next, so that nobody is at two places at once.
WORK = Part(begins=7, ends=8, shortest=440, longest=560)
SHOPPING = Part(begins=7.5, ends=20.5, shortest=10, longest=75)
MORNING = Part(begins=6.5, ends=10, shortest=10, longest=85)
NOON = Part(begins=11.5, ends=14.5, shortest=10, longest=85)
EVENING = Part(begins=17.5, ends=20.5, shortest=10, longest=100)
GOES = {MORNING: 0.34, NOON: 0.3, EVENING: 0.38}  # of people, a day


def size(scans: int) -> Size:
    """Of a city with about so many scans in all its days: fewer people, each living the same."""
    people = max(round(scans / SCANS_A_PERSON), 100)
    times = max(round(people / PEOPLE_A_CITY), 1)
    return Size(people=people, times=times, shoppers=min(SHOPPERS, people // 5))


def crowd(
    seed: int, wanted: Size, wards: Sequence[Ward], places: Sequence[Place], days: Sequence[date]
) -> Crowd:
    rng = np.random.default_rng(seed)
    weights = np.array([one.people for one in wards], float)
    ward = rng.choice(len(wards), wanted.people, p=weights / weights.sum())
    where = np.array([one.ward for one in places])
    order = np.argsort(where, kind="stable")
    blocks = -(-len(places) // BLOCK)
    first = np.searchsorted(where[order], np.arange(len(wards))) / BLOCK
    last = np.searchsorted(where[order], np.arange(len(wards)), side="right") / BLOCK
    home = rng.uniform(first[ward], last[ward]).astype(np.int64)
    shape = (wanted.people, USUAL)
    block = np.where(rng.random(shape) < NEAR, home[:, None], rng.integers(0, blocks, shape))
    within = (BLOCK * rng.power(FULL, shape)).astype(np.int64)
    usual = order[np.minimum(block * BLOCK + within, len(places) - 1)]
    work = rng.integers(1, len(places), wanted.people)
    work[rng.random(wanted.people) >= WORKS] = NOWHERE
    work[SHOPPER] = NOWHERE
    return Crowd(
        seed=seed,
        days=days,
        shoppers=wanted.shoppers,
        ward=ward.astype(np.int32),
        work=work.astype(np.int32),
        usual=usual.astype(np.int32),
    )


def scans(made: Crowd, day: date) -> DayScans:
    """All of a day, the same of the same seed and day."""
    rng = np.random.default_rng([made.seed, day.toordinal()])
    count, free = len(made), len(made) - 2
    shops = np.zeros(count, np.bool_)
    sale = day == made.days[SALE]
    shoppers = made.shoppers if sale else int(free * SHOPS)
    shops[rng.choice(free, shoppers, replace=False) + 2] = True
    share = 0.85 if day.weekday() < SATURDAY else 0.15
    works = (made.work != NOWHERE) & ~shops & (rng.random(count) < share)
    at_work, shopping = np.flatnonzero(works), np.flatnonzero(shops)
    found = [
        _visits(rng, at_work, made.work[at_work], WORK),
        _visits(rng, shopping, np.full(len(shopping), SUPERMARKET), SHOPPING),
    ]
    for part, goes in GOES.items():
        idle = ~shops & (~works | (part is EVENING)) & (rng.random(count) < goes)
        idle[SHOPPER] = False
        people = np.flatnonzero(idle)
        usual = made.usual[people, rng.integers(0, USUAL, len(people))]
        found.append(_visits(rng, people, usual, part))
    if sale:
        found.append(_sat())
    return stacked(found)


def _visits(rng: np.random.Generator, people: Column, places: Column, part: Part) -> DayScans:
    """One each; of some the way out was seen, or said."""
    came = (rng.uniform(part.begins, part.ends, len(people)) * 3600).astype(np.int32) * SECOND
    stay = rng.integers(part.shortest, part.longest, len(people)) * MINUTE
    seen = rng.random(len(people)) < SEEN_LEAVING
    said = rng.random(int(seen.sum())) < BY_BUTTON
    ways = np.full(len(people), Way.IN), np.full(len(said), Way.OUT)
    sources = np.full(len(people), Source.POSTER), np.where(said, Source.BUTTON, Source.EXIT)
    return DayScans(
        person=np.concatenate((people, people[seen])).astype(np.int32),
        at=np.concatenate((came, came[seen] + stay[seen])).astype(np.int32),
        place=np.concatenate((places, places[seen])).astype(np.int32),
        way=np.concatenate(ways).astype(np.int8),
        source=np.concatenate(sources).astype(np.int8),
        draw=rng.integers(0, 1 << 16, len(people) + len(said)).astype(np.int32),
    )


def _sat() -> DayScans:
    """In the supermarket, from eight to four."""
    return DayScans(
        person=np.full(2, SHOPPER, np.int32),
        at=np.array([8 * HOUR, 16 * HOUR], np.int32),
        place=np.full(2, SUPERMARKET, np.int32),
        way=np.array([Way.IN, Way.OUT], np.int8),
        source=np.array([Source.POSTER, Source.EXIT], np.int8),
        draw=np.zeros(2, np.int32),
    )
