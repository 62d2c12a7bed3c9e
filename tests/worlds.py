"""Small random worlds on a coarse grid, so that touching, clipping and minima are common."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random

from checkin.model import Flag, Source
from tests.golden import ALL_OF_JULY, at, came, july_policy, left, place, told_stay
from tests.oracle_model import Told
from tracing.engine.model import (
    MINUTE,
    Amendment,
    IndexCase,
    Interval,
    Interview,
    Scan,
    Scans,
    Verdict,
    World,
)

GRID = 5 * MINUTE
# Around these times of day things happen: local midnight, UTC midnight, noon, before closing.
HUBS = ("00:00", "07:00", "12:00", "21:40")
OUTS = (
    *[Source.EXIT] * 6,
    *[Source.GATE] * 2,
    *[Source.BUTTON] * 2,
    Source.STAFF,
    Source.UPLOAD,
    *[Source.CLOSING] * 2,
    Source.TIMER,
)


def random_world(rng: Random) -> Told:
    people = range(1, rng.randint(5, 9) + 1)
    venues = range(1, rng.randint(1, 3) + 1)
    days = range(9, 9 + rng.randint(2, 3))
    hubs = rng.sample(HUBS, rng.randint(1, 2))
    lengths = rng.choice(
        ((1, 2, 2, 3), (2, 3, 3, 4, 6), (2, 3, 4, 6), (-1, 1, 2, 3, 3, 4, 6, 9, 150))
    )
    chained = rng.random() < 0.65
    scans: dict[tuple[int, int, int], Scan] = {}
    for person in people:
        for _ in range(rng.randint(0, 1) if chained else rng.randint(2, 8)):
            start = at(rng.choice(days), rng.choice(hubs)) + rng.randint(-5, 4) * GRID
            for scan in _visit(rng, person, rng.choice(venues), start, lengths):
                scans.setdefault(scan.key, scan)
    if chained:
        begin = at(days[1], hubs[0]) + rng.randint(0, 9) * GRID
        meetings = _roundabout if rng.random() < 0.45 else _chain
        for scan in meetings(rng, list(people), list(venues), begin):
            scans.setdefault(scan.key, scan)
    facts = {
        venue: place(
            venue,
            typical_stay=rng.choice((10, 20, 45)),
            closes=rng.choice((None, 22 * 60, 30)),
            masks_off=rng.random() < 0.3,
            small=rng.random() < 0.2,
        )
        for venue in venues
    }
    end = days[-1] + 1
    told = Told(
        case=_case(rng, days),
        world=World(
            scans=Scans.of(scans.values()),
            venues=facts,
            kept_days=ALL_OF_JULY,
            shifts={(person, 1): rng.choice((30, 240)) for person in people if rng.random() < 0.3},
            amendments=_amendments(rng, list(scans.values())),
            humans={3: 1} if rng.random() < 0.2 else {},
            interviews={2: rng.choice((Interview(masked=False), Interview(physical=True)))}
            if rng.random() < 0.2
            else {},
            isolations={
                p: _isolated(rng, list(scans.values())) for p in people if rng.random() < 0.4
            },
            rejected=frozenset({2}) if rng.random() < 0.1 else frozenset(),
            confirmed={4: _confirmed(rng, days)} if rng.random() < 0.1 else {},
        ),
        policy=july_policy(
            days_before=rng.choice((0, 1, 1)),
            masked=rng.choice((0, 5, 10, 15, 15, 30)),
            unmasked=rng.choice((0, 5)),
            tail=rng.choice((0, 0, 0, 15, 30)),
            cumulative=rng.random() < 0.3,
            days_after=rng.choice((None, None, 0, 1)),
            latency=rng.choice((0, 0, 0, 1)),
        ),
        moment=at(end, "12:00")
        if rng.random() < 0.9
        else at(rng.choice(days), rng.choice(hubs)) + rng.randint(-2, 6) * GRID,
    )
    # by chance of their own, so that worlds without points are what they always were
    own = Random(f"{told.case} {len(scans)} {told.moment}")
    return replace(told, world=_with_points(own, told.world, people, days, hubs))


def _with_points(rng: Random, world: World, people: range, days: range, hubs: list[str]) -> World:
    """Sometimes a point or two: some people at a place that nobody scans at."""
    if rng.random() < 0.6:
        return world
    stays, told_of, venues = [], {}, dict(world.venues)
    for venue in range(-rng.randint(1, 2), 0):
        venues[venue] = place(venue, masks_off=rng.random() < 0.5, small=rng.random() < 0.5)
        start = at(rng.choice(days), rng.choice(hubs)) + rng.randint(-5, 4) * GRID
        for person in rng.sample(people, rng.randint(2, 4)):
            human = world.human(person)
            if rng.random() < 0.3:
                masked = rng.choice((None, True, False))
                told_of[human, venue] = Interview(masked=masked, physical=rng.random() < 0.5)
            begin = start + rng.choice((0, 0, 1, 3)) * GRID
            end = begin + rng.choice((1, 2, 3, 6)) * GRID
            zone = rng.choice((None, None, venue))
            stays.append(told_stay(person, venue, begin, end, zone=zone))
    return replace(world, told=stays, told_of=told_of, venues=venues)


def _visit(
    rng: Random, person: int, venue: int, start: int, lengths: tuple[int, ...]
) -> list[Scan]:
    zone = rng.choice((None, 10, 11))
    flags = Flag.IMPLAUSIBLE if rng.random() < 0.1 else 0
    scans = [came(person, venue, start, zone=zone, flags=flags)]
    if rng.random() < 0.3:
        scans.append(came(person, venue, start + rng.randint(1, 5) * GRID, zone=zone))
    if rng.random() < 0.8:
        end = start + rng.choice(lengths) * GRID
        scans.append(left(person, venue, end, source=rng.choice(OUTS)))
    return scans[1:] if len(scans) > 1 and rng.random() < 0.05 else scans


def _chain(rng: Random, people: list[int], venues: list[int], start: int) -> list[Scan]:
    """From hand to hand: the case meets somebody, who meets somebody else soon after, or before."""
    scans = []
    links = [*pairwise(people[: rng.randint(4, 5)]), *pairwise(rng.sample(people, 4))]
    for one, other in links[: rng.randint(3, 7)]:
        start += rng.randint(-1, 12) * GRID
        venue = rng.choice(venues)
        for person in (one, other):
            came_at = start + rng.randint(-1, 0) * GRID
            scans += [came(person, venue, came_at), left(person, venue, start + 6 * GRID)]
    return scans


def _roundabout(rng: Random, people: list[int], venues: list[int], start: int) -> list[Scan]:
    """The case meets one who meets another, before the case meets that other too; who meets a last
    one between the two or after both."""
    scans = []
    one, other, last = rng.sample(people[1:], 3)
    meetings = [(people[0], one), (one, other), (people[0], other)]
    meetings.insert(rng.choice((2, 2, 2, 3)), (other, last))
    for pair in meetings:
        venue = rng.choice(venues)
        for person in pair:
            scans += [came(person, venue, start), left(person, venue, start + 6 * GRID)]
        start += rng.randint(7, 12) * GRID
    return scans


def _case(rng: Random, days: range) -> IndexCase:
    """The infectious period begins in the middle of what happened."""
    day = date(2021, 7, days[1])
    isolated = at(days[-1], rng.choice(HUBS)) + rng.randint(-4, 4) * GRID
    return IndexCase(
        person=1,
        onset=day if rng.random() < 0.7 else None,
        sampled=day + timedelta(days=rng.randint(0, 1)),
        isolated=isolated if rng.random() < 0.3 else None,
    )


def _isolated(rng: Random, scans: list[Scan]) -> list[Interval]:
    """One interval or two, maybe overlapping, around the time of somebody's scan."""
    found = []
    for _ in range(rng.randint(1, 2)):
        start = rng.choice(scans).at + rng.randint(-8, 2) * GRID
        found.append(Interval(start=start, end=start + rng.choice((2, 6, 300)) * GRID))
    return found


def _confirmed(rng: Random, days: range) -> Verdict:
    since = at(rng.choice(days), rng.choice(HUBS)) + rng.randint(-4, 4) * GRID
    return Verdict(tier=rng.randint(1, 2), since=since)


def _amendments(rng: Random, scans: list[Scan]) -> dict[tuple[int, int, int], Amendment]:
    if rng.random() < 0.7:
        return {}
    scan = rng.choice(scans)
    later = scan.at + rng.randint(1, 12) * GRID
    return {scan.key: rng.choice((Amendment(void=True), Amendment(left_at=later)))}
