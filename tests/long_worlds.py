"""Random worlds of days: people who sleep at venues, who were isolated there, and whose ends were
put right days later."""

from __future__ import annotations

from datetime import date
from random import Random

from checkin.model import Source
from tests.golden import ALL_OF_JULY, at, came, july_policy, left, place
from tests.oracle_model import Told
from tracing.engine.model import (
    HOUR,
    MINUTE,
    Amendment,
    IndexCase,
    Interval,
    Scan,
    ScanKey,
    Scans,
    Verdict,
    World,
)

DORMITORY, WORK, MARKET = 1, 2, 3
SLEEPS, PASSES_BY = 24 * 5, 23  # hours of the longest stays: nobody is looked for longer at work
STEP = 5 * MINUTE
SEEN = (Source.EXIT, Source.GATE, Source.STAFF)
OUTS = (
    *[Source.EXIT] * 5,
    *[Source.BUTTON] * 2,
    *(Source.GATE, Source.STAFF, Source.IMPORT, Source.UPLOAD, Source.CLOSING, Source.TIMER),
)


def long_world(rng: Random) -> Told:
    people = range(1, rng.randint(4, 7) + 1)
    scans: dict[ScanKey, Scan] = {}
    for person in people:
        visits = [_visit(rng, person) for _ in range(rng.randint(1, 4))]
        for scan in sum(visits, _nights(rng, person) if rng.random() < 0.6 else []):
            scans.setdefault(scan.key, scan)
    day = rng.randint(9, 11)
    return Told(
        case=IndexCase(
            person=1,
            onset=date(2021, 7, day),
            sampled=None,
            isolated=at(day + 1, "12:00") if rng.random() < 0.3 else None,
        ),
        world=World(
            scans=Scans.of(scans.values()),
            venues={
                DORMITORY: place(DORMITORY, typical_stay=rng.choice((600, 720))),
                WORK: place(
                    WORK,
                    typical_stay=rng.choice((45, 300, 540)),
                    closes=rng.choice((None, 22 * 60, 120)),
                ),
                MARKET: place(MARKET, typical_stay=60, masks_off=True),
            },
            kept_days=ALL_OF_JULY,
            shifts={
                (one, WORK): rng.choice((60, 720, 1400)) for one in people if rng.random() < 0.2
            },
            amendments=_amended(rng, list(scans.values())),
            isolations={one: [_isolation(rng)] for one in people if rng.random() < 0.3},
            confirmed={4: _confirmed(rng)} if rng.random() < 0.1 else {},
        ),
        policy=july_policy(
            days_before=rng.choice((0, 1, 2)),
            masked=15,
            unmasked=rng.choice((0, 15)),
            tail=rng.choice((0, 0, 30)),
            cumulative=rng.random() < 0.2,
            days_after=rng.choice((None, 1)),
            latency=rng.choice((0, 0, 0, 30)),
        ),
        moment=at(rng.choice((16, 16, 13)), "12:00"),
    )


def _nights(rng: Random, person: int) -> list[Scan]:
    """Seen to come and to leave days later, unless other scans say otherwise."""
    start = at(rng.randint(6, 10), "20:00") + rng.randint(-6, 6) * STEP
    end = start + rng.randint(20, SLEEPS) * HOUR
    return [came(person, DORMITORY, start), left(person, DORMITORY, end, source=rng.choice(SEEN))]


def _visit(rng: Random, person: int) -> list[Scan]:
    """An arrival, an out, or both, in any order of what is known."""
    venue = rng.choice((DORMITORY, DORMITORY, WORK, MARKET))
    start = at(rng.randint(7, 11), rng.choice(("00:00", "08:00", "20:00")))
    start += rng.randint(-6, 6) * STEP + rng.choice((0, 0, 17_345))
    found = []
    if rng.random() < 0.92:
        found.append(came(person, venue, start, zone=rng.choice((None, 10))))
    if rng.random() > 0.3:
        longest = SLEEPS if venue == DORMITORY else PASSES_BY
        length = rng.randint(1, rng.choice((2, longest, longest)) * HOUR // STEP) * STEP
        found.append(left(person, venue, start + length, source=rng.choice(OUTS)))
    return found


def _isolation(rng: Random) -> Interval:
    start = at(rng.randint(8, 12), "00:00") + rng.randint(0, 24) * HOUR
    return Interval(start=start, end=start + rng.choice((12, 48, 72)) * HOUR)


def _confirmed(rng: Random) -> Verdict:
    return Verdict(tier=rng.randint(1, 2), since=at(rng.randint(9, 11), "10:00"))


def _amended(rng: Random, scans: list[Scan]) -> dict[ScanKey, Amendment]:
    if rng.random() < 0.7:
        return {}
    scan = rng.choice(scans)
    later = scan.at + rng.randint(1, 30 * HOUR // STEP) * STEP
    return {scan.key: rng.choice((Amendment(void=True), Amendment(left_at=later)))}
