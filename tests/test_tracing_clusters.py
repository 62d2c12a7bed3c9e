"""Clusters: what was seen over what the cases' own visits make likely, on invented worlds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from tracing.clusters.rules import Clusters, Footfall, Visits, clusters
from tracing.engine.columns import Ints, ints
from tracing.engine.model import DAY, HOUR

DAYS, WARDS, PLACES, PEOPLE = 10, 5, 100, 2000


def footfall(*rows: tuple[int, int, int, int]) -> Footfall:
    """(day, ward, venue, people)"""
    day, ward, venue, people = (ints(column) for column in zip(*rows, strict=True))
    return Footfall(day=day, ward=ward, venue=venue, zone=0 * venue, people=people)


def visits(*rows: tuple[int, int, int]) -> Visits:
    """(person, day, venue), an hour each"""
    person, day, venue = (ints(column) for column in zip(*rows, strict=True))
    return Visits(
        person=person,
        day=day,
        venue=venue,
        zone=0 * venue,
        start=day * DAY,
        end=day * DAY + HOUR,
    )


def test_expected_is_the_share_of_the_wards_footfall_for_each_place_a_case_was_at() -> None:
    # given a market that has 80 of the ward's 100 people and a bar that has 5 of them; four cases,
    # of whom one came to three places; and a ward with no case, which must not matter
    counts = footfall((1, 1, 10, 80), (1, 1, 11, 15), (1, 1, 12, 5), (1, 2, 20, 9000))
    seen = visits((1, 1, 10), (1, 1, 11), (1, 1, 12), (2, 1, 12), (3, 1, 10), (4, 1, 10))

    found = clusters(seen, counts, range(1, 6), ())

    bar, market = found.places
    assert (bar.venue, bar.cases, round(bar.expected, 6)) == (12, 2, 0.3)  # (3 + 1 + 1 + 1) · 5 %
    assert (market.venue, market.cases, round(market.expected, 6)) == (10, 3, 3.4)  # 1 + 3 · 80 %
    assert (bar.footfall, bar.together, market.together) == (5, 2, 3)
    assert (found.cases, found.unseen, found.compared) == (5, 1, 4)


def test_who_comes_often_is_one_case_and_expected_once_over_all_days() -> None:
    # given two cases who came on five days each, never on the same one
    days = range(10)
    counts = footfall(*((day, 1, venue, 50) for day in days for venue in (10, 11)))
    seen = visits(*((day % 2, day, 10) for day in days))

    (found,) = clusters(seen, counts, (0, 1), ()).places

    assert (found.day, found.cases, found.expected, found.together) == (None, 2, 2.0, 1)
    assert not found.stands_out


def test_the_day_that_says_most_is_shown_and_pays_for_the_choice() -> None:
    # given a bar of two days, with four cases on its first one, where two fifths are expected
    rows = [(1, 1, 10, 10), (1, 1, 11, 90), (2, 1, 10, 50), (2, 1, 11, 50)]
    seen = visits(*((person, 1, 10) for person in range(4)), *((9, 2, 10), (8, 2, 11)))

    (found,) = clusters(seen, footfall(*rows), range(10), ()).places

    assert (found.day, found.cases, found.expected, found.footfall) == (1, 4, 0.4, 10)
    alone = 1 - np.exp(-0.4) * (1 + 0.4 + 0.4**2 / 2 + 0.4**3 / 6)
    assert found.chance == pytest.approx(3 * alone)  # two days and both together
    assert found.among_all == pytest.approx(2 * found.chance)  # two places


def test_the_interval_is_the_exact_one_of_the_textbooks_and_decides_the_order() -> None:
    # given five cases where one is expected, and two where a fifth of one is: their ratio is
    # higher,
    # but they prove less
    counts = footfall((1, 1, 10, 100), (1, 1, 11, 400), (1, 2, 20, 40), (1, 2, 21, 360))
    ward = [(person, 1, 10) for person in range(5)]
    seen = visits(*ward, (8, 1, 20), (9, 1, 20))

    first, second = clusters(seen, counts, range(10), ()).places

    assert (first.venue, first.ratio) == (10, 5)
    assert (first.lower, first.upper) == pytest.approx((1.6235, 11.6683), abs=1e-4)
    assert first.chance == pytest.approx(1 - np.exp(-1) * (1 + 1 + 1 / 2 + 1 / 6 + 1 / 24))
    assert (second.venue, second.ratio) == (20, 10)
    assert (second.lower, second.upper) == pytest.approx((1.2110, 36.1234), abs=1e-4)
    assert (first.few, second.few) == (False, True)


def test_days_that_were_not_counted_and_nobody_at_all_are_no_error() -> None:
    nobody = visits((1, 1, 10))
    empty = Visits(**{name: getattr(nobody, name)[:0] for name in nobody.__slots__})

    without = clusters(empty, footfall((1, 1, 10, 5)), (1, 2), ())
    uncounted = clusters(visits((1, 2, 10), (2, 2, 99)), footfall((1, 1, 10, 5)), (1, 2), ())
    nothing = Footfall(day=ints(), ward=ints(), venue=ints(), zone=ints(), people=ints())

    assert (without.places, without.unseen, without.compared) == ([], 2, 1)
    assert (uncounted.places, uncounted.unseen) == ([], 2)
    assert clusters(empty, nothing, (), ()).places == []


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """What everybody scanned, once a row."""

    person: Ints
    day: Ints
    venue: Ints

    @property
    def footfall(self) -> Footfall:
        cells, people = np.unique(self.day * PLACES + self.venue, return_counts=True)
        day, venue = np.divmod(cells, PLACES)
        return Footfall(day=day, ward=venue % WARDS, venue=venue, zone=0 * venue, people=people)

    def of(self, cases: Ints, first: Ints) -> Visits:
        """Those of the cases on the days from their first one on."""
        since = np.full(PEOPLE, DAYS)
        since[cases] = first
        mine = self.day >= since[self.person]
        start = self.day[mine] * DAY
        return Visits(
            person=self.person[mine],
            day=self.day[mine],
            venue=self.venue[mine],
            zone=0 * start,
            start=start,
            end=start + HOUR,
        )


def city(chance: np.random.Generator) -> City:
    """People keep to their ward and prefer what is popular; half of them work somewhere, and go
    there daily. Some scan always, some seldom."""
    popular = 1 / (1 + np.arange(PLACES // WARDS)) ** 1.5
    home, work = chance.integers(0, WARDS, PEOPLE), chance.integers(0, PLACES, PEOPLE)
    careful = chance.random(PEOPLE)
    scans = []
    for number in range(DAYS):
        at_work = (chance.random(PEOPLE) < 0.8) & (np.arange(PEOPLE) % 2 == 0)
        scans.append(np.stack((np.arange(PEOPLE), np.full(PEOPLE, number), work), 1)[at_work])
        for _ in range(2):
            there = chance.choice(len(popular), PEOPLE, p=popular / popular.sum())
            near = chance.random(PEOPLE) < 0.8
            ward = np.where(near, home, chance.integers(0, WARDS, PEOPLE))
            place = there * WARDS + ward
            out = chance.random(PEOPLE) < 0.4
            scans.append(np.stack((np.arange(PEOPLE), np.full(PEOPLE, number), place), 1)[out])
    everything = np.concatenate(scans)
    kept = chance.random(len(everything)) < careful[everything[:, 0]]
    person, day, venue = np.unique(everything[kept], axis=0).T
    return City(person=person, day=day, venue=venue)


def outbreak(seed: int, planted: int) -> tuple[Clusters, int]:
    """Thirty cases, most of one ward, and `planted` more of those who were on one evening at the
    smallest place that had as many guests. That place too."""
    chance = np.random.default_rng(seed)
    world = city(chance)
    near = np.where(np.arange(PEOPLE) % WARDS, 1.0, 4.0)
    cases = chance.choice(PEOPLE, 30, replace=False, p=near / near.sum())
    guests = np.where(np.isin(world.person, cases), 0, 1)
    evenings = np.bincount(world.venue * DAYS + world.day, guests, PLACES * DAYS)
    size = np.bincount(world.venue, minlength=PLACES)
    enough = evenings.reshape(PLACES, DAYS).max(1) >= planted
    place = int(np.where(enough, size, len(world.day)).argmin())
    evening = int(evenings[place * DAYS : (place + 1) * DAYS].argmax())
    there = (world.venue == place) & (world.day == evening)
    ill = np.setdiff1d(world.person[there], cases)[:planted]
    first = np.concatenate((chance.integers(0, 4, len(cases)), 0 * ill))
    cases = np.concatenate((cases, ill))
    return clusters(world.of(cases, first), world.footfall, cases.tolist(), ()), place


def test_where_there_is_no_cluster_hardly_any_world_shows_one() -> None:
    worlds = [outbreak(seed, 0)[0] for seed in range(60)]

    shared = [one for world in worlds for one in world.places]
    assert len(shared) > 1000, "or nothing was asked"
    assert any(one.ratio > 5 for one in shared), "a bare ratio would have accused somebody"
    assert sum(one.chance <= 0.05 for one in shared) <= 0.05 * len(shared)
    assert sum(any(one.stands_out for one in world.places) for world in worlds) <= 0.05 * 60


def test_a_cluster_that_was_planted_stands_first_and_few_others_stand_out() -> None:
    worlds = [outbreak(seed, 8) for seed in range(20)]

    foremost = sum(world.places[0].venue == place for world, place in worlds)
    out = [(one.venue, place) for world, place in worlds for one in world.places if one.stands_out]
    assert foremost >= 19
    assert sum(venue == place for venue, place in out) >= 18
    assert sum(venue != place for venue, place in out) <= 0.05 * len(out)


def test_the_order_is_not_that_of_the_count() -> None:
    world, place = outbreak(3, 8)

    most = max(world.places, key=lambda one: one.cases)
    assert world.places[0].venue == place
    assert most.venue != place
