"""Where a case may have been infected: its places before onset, and which other cases were there
with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tracing.engine.columns import Bools, Ints, distinct, ints, one_of
from tracing.engine.contact import Coverage
from tracing.engine.model import DAY, MINUTE, World
from tracing.engine.period import EPOCH, coverage
from tracing.engine.presence import Presences
from tracing.engine.tiers import Chains


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedPlace:
    """`cases`: other cases who were there together with this one; `ill_before`: those of them whose
    symptoms had begun by that day. `people`: everybody who was there together with the case."""

    venue: int
    first: int
    last: int
    minutes: int
    people: int
    cases: int
    ill_before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backward:
    coverage: Coverage
    places: tuple[SharedPlace, ...]


def look_back(chains: Chains, world: World, own: Presences, venue: Ints) -> Backward:
    """After one hop on the days of infection. `own`: when the case was where, with the venues."""
    met = chains.first
    if met is None:
        raise ValueError("no hop was made")
    is_case = one_of(met.person, world.onsets)
    ill = is_case & _ill_by(world, met.person, met.start)
    places = []
    for number in distinct(venue).tolist():
        mine, there = venue == number, met.venue == number
        places.append(
            SharedPlace(
                venue=number,
                first=int(own.start[mine].min()),
                last=int(own.end[mine].max()),
                minutes=int((own.end[mine] - own.start[mine]).sum()) // MINUTE,
                people=len(distinct(met.person[there])),
                cases=len(distinct(met.person[there & is_case])),
                ill_before=len(distinct(met.person[there & ill])),
            )
        )
    places.sort(key=lambda one: (-one.cases, -one.minutes, one.venue))
    return Backward(coverage=coverage(chains.period, world), places=tuple(places))


def _ill_by(world: World, person: Ints, at: Ints) -> Bools:
    """Whose symptoms began on the local day of a moment or before."""
    known = {one: (onset - EPOCH).days for one, onset in world.onsets.items() if onset}
    day = (at + world.offset) // DAY
    first = ints(known.get(one, np.iinfo(np.int64).max) for one in person.tolist())
    found: Bools = first <= day
    return found
