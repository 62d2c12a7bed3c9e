"""F1 to Fn: who was exposed to whom, hop by hop, each by a path that respects time.

Every hop is one call with the stays it needs, so that the facts of the next can be read when it is
known whose they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tracing.engine.columns import Ints, among, distinct, ints, marks, one_of, parts, stacked, take
from tracing.engine.contact import Exposures
from tracing.engine.exposure import Ground, Met, one_by_one
from tracing.engine.model import (
    ENDED_NUMBER,
    MINUTE,
    Ended,
    IndexCase,
    Interval,
    Policy,
    Stays,
    World,
)
from tracing.engine.period import infectious_period
from tracing.engine.presence import FOREVER, Windows, presences, window_of, windows_of
from tracing.engine.stay import at_most
from tracing.engine.sweep import swept

BY_HAND = -1
FOREVER_AGO = -FOREVER
NOT_COME_IN = marks(ENDED_NUMBER[one] for one in (Ended.SEEN_LEAVING, Ended.TOLD, Ended.TOLD_DAY))


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Whom a hop reached first or earlier than any shorter path, by person.

    `via`: the row in `earliest` that says how, or BY_HAND.
    """

    person: Ints
    since: Ints
    via: Ints
    earliest: Exposures


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """People of one tier who reached a minimum, or did not."""

    tier: int
    met: Met


@dataclass(kw_only=True)
class Chains:
    """Grows with each hop. `first`: every exposure to the case itself, by person and time."""

    case: int
    policy: Policy
    moment: int
    period: Interval
    tail: int = field(init=False)
    levels: list[Level] = field(default_factory=list)
    contacts: list[Listed] = field(default_factory=list)
    brief: list[Listed] = field(default_factory=list)
    first: Exposures | None = None
    reached: Ints = field(default_factory=ints)
    since: Ints = field(default_factory=ints)

    def __post_init__(self) -> None:
        self.tail = self.policy.tail * MINUTE


def begin(
    case: IndexCase, world: World, policy: Policy, moment: int, period: Interval | None = None
) -> Chains:
    """`period`: when the case infected others, unless asked about another one."""
    period = period or infectious_period(case, world.offset, policy, moment)
    return Chains(case=world.human(case.person), policy=policy, moment=moment, period=period)


def windows(chains: Chains, world: World, tier: int | None = None) -> Windows:
    """Who carries the hop that makes a tier, the next one, and when."""
    before = len(chains.levels) if tier is None else tier - 1
    if not before:
        return window_of(chains.case, chains.period)
    last = chains.levels[before - 1]
    carries = ~one_of(last.person, world.rejected)
    return windows_of(last.person[carries], last.since[carries], chains.policy, world.isolations)


def somewhere_since(chains: Chains, windows: Windows, tier: int) -> Ints:
    """Of each window since when its person was at a place known by a scan, or FOREVER_AGO. An
    arrival ends whatever stay there was: whoever was reached where they had come in had none from
    before, unless that end was corrected. Of the case, of people who were told of or entered by
    hand, and of those seen leaving alone, nobody knows."""
    if tier == 1:
        return np.full(len(windows.person), FOREVER_AGO)
    level = chains.levels[tier - 2]
    came_in = level.via != BY_HAND
    how = level.earliest.person_ended[level.via[came_in]]
    came_in[came_in] = ~NOT_COME_IN[how]
    row = np.searchsorted(level.person, windows.person)
    return np.where(came_in[row], level.since[row], FOREVER_AGO)


def hop(chains: Chains, world: World, judged: Stays) -> None:
    """One more tier. `judged`: the stays of those who carry it and of whoever was there."""
    tier = len(chains.levels) + 1
    when = windows(chains, world)
    ground = Ground(world, chains.policy)
    sources = presences(judged, when, chains.tail)
    others = np.flatnonzero(judged.person != chains.case)
    if _pair_by_pair(chains, tier):
        reached, brief, found = one_by_one(ground, judged, sources, others)
        chains.first = chains.first if tier > 1 else found
    else:
        reached, brief = swept(ground, judged, sources, others)
    _add(chains, world, tier, reached, brief)


def _pair_by_pair(chains: Chains, tier: int) -> bool:
    return tier == 1 or chains.policy.cumulative


def ended(chains: Chains, world: World) -> bool:
    """Nobody carries another hop, and nobody was entered by hand further on."""
    later = any(said.tier > len(chains.levels) for said in world.confirmed.values())
    return not len(chains.levels[-1].person) and not later


def _add(chains: Chains, world: World, tier: int, reached: Met, brief: Met) -> None:
    known = among(reached.person, chains.reached)[1]
    chains.contacts.append(Listed(tier=tier, met=take(reached, ~known)))
    chains.brief.append(Listed(tier=tier, met=take(brief, ~among(brief.person, chains.reached)[1])))
    level = _level(chains, world, tier, reached)
    chains.levels.append(level)
    people = distinct(np.concatenate((chains.reached, level.person)))
    since = np.full(len(people), np.iinfo(np.int64).max)
    since[np.searchsorted(people, chains.reached)] = chains.since
    place = np.searchsorted(people, level.person)
    since[place] = np.minimum(since[place], level.since)
    chains.reached, chains.since = people, since


def _level(chains: Chains, world: World, tier: int, reached: Met) -> Level:
    """Whoever was reached by fewer hops no later is no news. (So a source that seems to have met
    itself drops out: its windows begin when it was reached.)"""
    by_hand = {
        person: said.since
        for person, said in world.confirmed.items()
        if said.tier == tier and person not in world.rejected and person != chains.case
    }
    person = np.concatenate((reached.person, ints(by_hand)))
    since = np.concatenate((reached.since, ints(by_hand.values())))
    via = np.concatenate((np.arange(len(reached)), np.full(len(by_hand), BY_HAND)))
    order = np.lexsort((-via, since, person))
    person, since, via = person[order], since[order], via[order]
    place, known = among(person, chains.reached)
    news = ~known
    news[known] = since[known] < chains.since[place[known]]
    news[1:] &= person[1:] != person[:-1]
    return Level(person=person[news], since=since[news], via=via[news], earliest=reached.earliest)


def upper_bound_adds(chains: Chains, world: World, judged: Stays) -> dict[int, int]:
    """By tier, whom its carriers would also have reached if every stay lasted as long as it could
    have, and neither the list nor a tier before has: each human being once."""
    ground = Ground(world, chains.policy)
    known, found = chains.reached, {}
    for tier in range(1, len(chains.levels) + 1):
        when = windows(chains, world, tier)
        own = at_most(take(judged, one_of(judged.person, when.person)))
        sources = presences(own, when, chains.tail)
        others = take(judged, (judged.person != chains.case) & ~among(judged.person, known)[1])
        how = one_by_one if _pair_by_pair(chains, tier) else swept
        found[tier] = 0
        for some in parts(others.person):
            both = stacked([own, at_most(take(others, some))])
            more = how(ground, both, sources, np.arange(len(own), len(both)))[0].person
            found[tier], known = found[tier] + len(more), distinct(np.concatenate((known, more)))
    return found


def brief_ones(chains: Chains) -> list[Listed]:
    """Those who reached no minimum anywhere, each with their first tier."""
    people = np.concatenate([one.met.person for one in chains.contacts])
    found = []
    for one in chains.brief:
        new = ~one_of(one.met.person, people)
        people = np.concatenate((people, one.met.person[new]))
        found.append(Listed(tier=one.tier, met=take(one.met, new)))
    return found
