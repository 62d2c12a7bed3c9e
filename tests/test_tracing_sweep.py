"""A whole tier at once gives what every pair by itself gives, in crowds no brute force can do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from checkin.model import Flag, Source, Way
from tests.golden import ALL_OF_JULY, at, july_policy, place, told_stay, was
from tracing.engine import columns, tiers
from tracing.engine.columns import Ints, among, ints, take
from tracing.engine.exposure import Ground, Met, one_by_one
from tracing.engine.model import DAY, MINUTE, IndexCase, Interval, Policy, Scans, World
from tracing.engine.period import infection_period
from tracing.engine.presence import presences, windows_of
from tracing.engine.ranking import placed
from tracing.engine.stay import stays
from tracing.engine.sweep import swept
from tracing.engine.worklist import answer, roll

CASE = IndexCase(person=1, onset=date(2021, 7, 10), sampled=None)
NOW = at(14, "12:00")
PEOPLE, VISITS = 400, 2500


def crowd(seed: int) -> World:
    """Four venues on three days; some ways out, some zones, some quarantines, some doubts."""
    rng = np.random.default_rng(seed)
    person = rng.integers(1, PEOPLE, VISITS)
    person[:6] = 1
    came = (
        at(8, "07:00")
        + rng.integers(0, 3, VISITS) * DAY
        + rng.integers(0, 180, VISITS) * 4 * MINUTE
    )
    out = rng.random(VISITS) < 0.6
    left = came + rng.integers(1, 30, VISITS) * 5 * MINUTE
    venue, zone = rng.integers(1, 5, VISITS), rng.integers(0, 3, VISITS)
    way = np.where(np.arange(VISITS + out.sum()) < VISITS, Way.IN, Way.OUT)
    doubted = (rng.random(len(way)) < 0.1) * int(Flag.IMPLAUSIBLE)
    return World(
        scans=Scans(
            person=np.concatenate((person, person[out])),
            at=np.concatenate((came, left[out])),
            venue=np.concatenate((venue, venue[out])),
            zone=np.concatenate((zone, zone[out])),
            way=way.astype(np.int8),
            source=np.where(way == Way.IN, Source.POSTER, Source.EXIT).astype(np.int8),
            flags=doubted.astype(np.int8),
        ),
        venues={
            n: place(n, typical_stay=20 * n, masks_off=n == 4, small=n == 3) for n in range(1, 5)
        },
        kept_days=ALL_OF_JULY,
        isolations={
            n: [Interval(start=at(9, "09:00"), end=at(9, "15:00"))] for n in range(1, PEOPLE, 7)
        },
    )


def rows(found: Met, known: Ints) -> list[tuple[int, ...]]:
    new = take(found, ~among(found.person, known)[1])
    columns = (new.person, new.since, new.last, new.count, new.together, placed(new.best))
    assert (new.earliest.start == new.since).all()
    assert (new.earliest.source != new.person).all()
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize(
    "policy",
    [
        july_policy(max_tier=3),
        july_policy(max_tier=3, tail=30),
        july_policy(max_tier=3, unmasked=0, latency=2),
    ],
    ids=["plain", "tail", "no-minimum"],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_tier_at_once_is_every_pair_by_itself(policy: Policy, seed: int) -> None:
    world = crowd(seed)
    judged = stays(world, NOW)
    chains = tiers.begin(CASE, world, policy, NOW)
    ground = Ground(world, policy)
    others = np.flatnonzero(judged.person != chains.case)
    tiers.hop(chains, world, judged)
    seen = 0
    for _ in range(2):
        sources = presences(judged, tiers.windows(chains, world), chains.tail)
        at_once = swept(ground, judged, sources, others)
        by_pairs = one_by_one(ground, judged, sources, others)[:2]
        for one, other in zip(at_once, by_pairs, strict=True):
            found = rows(one, chains.reached)
            assert found == rows(other, chains.reached)
            seen += len(found)
        tiers.hop(chains, world, judged)
    assert seen > 20


def test_some_people_at_a_time_are_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # given some who were told of too, and some who never scanned
    told = [told_stay(n, -1, at(9, "08:00"), at(9, "09:00")) for n in (1, 2, 77, 0, 5000)]
    world = replace(crowd(3), told=told)
    world = replace(world, venues={**world.venues, -1: place(-1)})
    whole = traced(world)

    monkeypatch.setattr(columns, "AT_ONCE", 300)
    in_parts = traced(world)

    assert {0, 5000} <= set(whole["contacts.met.person"].tolist())
    for name, column in whole.items():
        assert column.tolist() == in_parts[name].tolist(), name


def traced(world: World) -> dict[str, Ints]:
    policy = july_policy(max_tier=2, tail=30)
    chains = tiers.begin(CASE, world, policy, NOW)
    for _ in range(2):
        tiers.hop(chains, world, stays(world, NOW))
    judged = stays(world, NOW)
    upper = ints(tiers.upper_bound_adds(chains, world, judged).values())
    contacts = columns.named(roll(chains, world, CASE).contacts, "contacts")
    return {"upper": upper} | contacts | columns.named(judged, "stays")


def test_three_of_six_minutes_each_in_a_row_make_no_contact_of_eighteen() -> None:
    # given three F1s at one venue, one after the other, and somebody there all the time
    policy = july_policy()
    people, came, left = [2, 3, 4, 5], [0, 6, 12, 0], [6, 12, 18, 18]
    start = at(9, "10:00")
    scans = Scans(
        person=np.array(people * 2),
        at=start + np.array(came + left) * MINUTE,
        venue=np.ones(8, np.int64),
        zone=np.zeros(8, np.int64),
        way=np.array([Way.IN] * 4 + [Way.OUT] * 4, np.int8),
        source=np.array([Source.POSTER] * 4 + [Source.EXIT] * 4, np.int8),
        flags=np.zeros(8, np.int8),
    )
    world = World(scans=scans, venues={1: place(1)}, kept_days=ALL_OF_JULY)
    judged = stays(world, NOW)
    carriers = windows_of(np.array([2, 3, 4]), np.full(3, at(8, "00:00")), policy, {})
    sources = presences(judged, carriers, 0)

    reached, brief = swept(Ground(world, policy), judged, sources, np.arange(len(judged)))

    assert 5 not in reached.person
    [row] = np.flatnonzero(brief.person == 5)
    assert (int(brief.count[row]), int(brief.together[row])) == (3, 6 * MINUTE)


def test_backward_is_the_same_engine_on_the_days_of_infection() -> None:
    # given somebody met the day before the onset, and somebody on the day itself
    start, end = at(9, "10:00"), at(9, "11:00")
    scans = [*was(1, 1, start, end), *was(2, 1, start, end)]
    scans += [*was(1, 1, start + DAY, end + DAY), *was(3, 1, start + DAY, end + DAY)]
    world = World(scans=Scans.of(scans), venues={1: place(1)}, kept_days=ALL_OF_JULY)
    policy = july_policy()
    period = infection_period(CASE, world.offset, policy, NOW)
    assert period == Interval(start=at(-4, "00:00"), end=at(10, "00:00"))
    chains = tiers.begin(CASE, world, policy, NOW, period)
    tiers.hop(chains, world, stays(world, NOW))
    assert [one.person for one in answer(chains, world, roll(chains, world, CASE)).contacts] == [2]
