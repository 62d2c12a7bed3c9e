"""The pure engine by itself: `python -m bench.tracing_engine [scans of the second hop]`.

A case in a supermarket of 20,000 visitors, and a second hop over a million scans: processor time of
each step and the most memory the process ever had.
"""

from __future__ import annotations

import resource
import sys
import time
from datetime import date

import numpy as np

from checkin.model import Source, Way
from tracing.engine import tiers
from tracing.engine.columns import Ints, stacked, take
from tracing.engine.contact import Tiers
from tracing.engine.model import DAY, HOUR, MINUTE, IndexCase, Scan, Scans, VenueFacts, World
from tracing.engine.policies import VN_5053
from tracing.engine.stay import stays
from tracing.engine.worklist import answer, roll

MIDNIGHT = 1_625_763_600_000  # 9 July 2021, +07:00
CASE = IndexCase(person=1, onset=date(2021, 7, 10), sampled=None)
OUT_SHARE = 0.4


def visits(people: Ints, venues: Ints, came: Ints, rng: np.random.Generator) -> Scans:
    """One stay each; of some the way out was scanned."""
    seen = rng.random(len(people)) < OUT_SHARE
    left = came + rng.integers(5, 90, len(people)) * MINUTE
    way = np.concatenate((np.full(len(people), Way.IN), np.full(int(seen.sum()), Way.OUT)))
    source = np.where(way == Way.IN, Source.POSTER, Source.EXIT)
    return Scans(
        person=np.concatenate((people, people[seen])),
        at=np.concatenate((came, left[seen])),
        venue=np.concatenate((venues, venues[seen])),
        zone=np.zeros(len(way), np.int64),
        way=way.astype(np.int8),
        source=source.astype(np.int8),
        flags=np.zeros(len(way), np.int8),
    )


def world(scans: Scans, venues: int) -> World:
    return World(
        scans=scans,
        venues={
            number: VenueFacts(
                id=number,
                typical_stay=40,
                closes=22 * 60,
                masks_off=False,
                indoor=True,
                small=False,
            )
            for number in range(1, venues + 1)
        },
        kept_days=frozenset(),
    )


def supermarket(people: int) -> World:
    """The case is there from 8:00 to 16:00, everybody else at some time of the day."""
    rng = np.random.default_rng(7)
    came = MIDNIGHT + rng.integers(7 * 60, 21 * 60, people) * MINUTE
    came[0] = MIDNIGHT + 8 * HOUR
    found = visits(np.arange(1, people + 1), np.ones(people, np.int64), came, rng)
    own = Scan(
        person=1, at=MIDNIGHT + 16 * HOUR, venue=1, zone=None, way=Way.OUT, source=Source.EXIT
    )
    others = take(found, (found.person != 1) | (found.way == Way.IN))
    return world(stacked([others, Scans.of([own])]), 1)


def city(scans: int) -> World:
    """Five days of a city; the case is at ten venues on each, some of them very full."""
    rng = np.random.default_rng(8)
    venues, days = 2000, 5
    count = int(scans / (1 + OUT_SHARE))
    people = rng.integers(2, max(3, count // 4), count)
    where = np.minimum((venues * rng.power(0.35, count)).astype(np.int64) + 1, venues)
    came = MIDNIGHT + rng.integers(0, days, count) * DAY + rng.integers(420, 1260, count) * MINUTE
    own = 10 * days
    people[:own] = 1
    came[:own] = MIDNIGHT + np.arange(own) // 10 * DAY + (8 + np.arange(own) % 10) * HOUR
    return world(visits(people, where, came, rng), venues)


def measured(name: str, facts: World, max_tier: int) -> None:
    moment = MIDNIGHT + 6 * DAY
    begun = time.process_time()
    chains = tiers.begin(CASE, facts, VN_5053, moment)
    judged = stays(facts, moment)
    said = [f"judge {len(facts.scans):,} scans {time.process_time() - begun:.2f} s"]
    for tier in range(1, max_tier + 1):
        step = time.process_time()
        tiers.hop(chains, facts, judged)
        said.append(f"F{tier} {time.process_time() - step:.2f} s")
    step = time.process_time()
    found: Tiers = answer(chains, facts, roll(chains, facts, CASE))
    rows = sum(len(one.path) > 0 for one in (*found.contacts[:1000], *found.brief[:1000]))
    said.append(
        f"order {len(found.contacts):,} contacts and {len(found.brief):,} brief ones, make "
        f"{rows:,} rows with their paths {time.process_time() - step:.2f} s"
    )
    step = time.process_time()
    more = tiers.upper_bound_adds(chains, facts, judged)
    said.append(f"the upper bound {time.process_time() - step:.2f} s")
    step = time.process_time()
    every = sum(1 for _ in found.contacts)
    said.append(f"make all {every:,} rows {time.process_time() - step:.2f} s")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name}: " + "; ".join(said) + f"; {time.process_time() - begun:.2f} s in all, "
        f"{most:,.0f} MiB at most"
    )
    for tier, ranks in found.ranks.items():
        print(f"  F{tier}: {sum(ranks.values()):,}, upper bound adds {more[tier]:,}")


if __name__ == "__main__":
    measured("supermarket", supermarket(20_000), 1)
    measured("second hop", city(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000), 2)
