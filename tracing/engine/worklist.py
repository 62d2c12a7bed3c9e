"""The contacts of a trace as people read them: in order, each with exposures, path and reasons.

Rows are made when they are read: a list may be longer than anybody reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import compress
from typing import overload

import numpy as np

from tracing.engine.columns import Ints, Small, one_of, ranges, stacked, take
from tracing.engine.contact import Contact, Exposure, Exposures, Hop, Rank, Reason, Tiers, Why
from tracing.engine.exposure import Met
from tracing.engine.model import IndexCase, Policy, World
from tracing.engine.period import coverage
from tracing.engine.ranking import PLACES, placed, reasons
from tracing.engine.stay import stays
from tracing.engine.tiers import (
    BY_HAND,
    Chains,
    Level,
    Listed,
    begin,
    brief_ones,
    ended,
    hop,
    upper_bound_adds,
)

BLOCK = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """The people of a list in the order to work them."""

    tier: Ints
    rank: Small
    met: Met


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """Both lists of a trace and what their rows are made from, as columns.

    `own`: every exposure to the case itself, by person. `levels`: through whom a path may lead.
    `onsets`: of those who are cases themselves. `masks_off`: places that ask for it, None in a
    list that was stored without them.
    """

    contacts: Ordered
    brief: Ordered
    own: Exposures
    levels: Sequence[Level]
    onsets: Mapping[int, date | None]
    onset: date | None
    masks_off: Collection[int] | None


class Worklist(Sequence[Contact]):
    """By tier, then rank, then whole seconds together, then the latest exposure."""

    def __init__(self, people: Ordered, makes: Rows, *, brief: bool) -> None:
        self._met, self._tier, self._rank = people.met, people.tier, people.rank
        self._makes, self._brief = makes, brief

    def __len__(self) -> int:
        return len(self._tier)

    @overload
    def __getitem__(self, place: int) -> Contact: ...
    @overload
    def __getitem__(self, place: slice) -> list[Contact]: ...
    def __getitem__(self, place: int | slice) -> Contact | list[Contact]:
        if isinstance(place, slice):
            return list(self._rows(np.arange(len(self))[place]))
        [found] = self._rows(np.arange(len(self))[[place]])
        return found

    def __iter__(self) -> Iterator[Contact]:
        return self.some(np.arange(len(self)))

    def some(self, places: Ints) -> Iterator[Contact]:
        for first in range(0, len(places), BLOCK):
            yield from self._rows(places[first : first + BLOCK])

    def ranks(self, tier: int) -> dict[Rank, int]:
        """How many of a tier are of each rank."""
        counts = np.bincount(self._rank[self._tier == tier], minlength=len(PLACES)).tolist()
        return {rank: sum(compress(counts, (rank is one for one in PLACES))) for rank in Rank}

    def _rows(self, places: Ints) -> Iterator[Contact]:
        met, tiers = take(self._met, places), self._tier[places].tolist()
        exposures = self._makes.exposures(met, self._tier[places])
        numbers = zip(
            *(column.tolist() for column in (met.together, met.since, met.last, met.count)),
            *(tiers, self._rank[places].tolist(), met.best, exposures),
            strict=True,
        )
        for together, since, last, count, tier, rank, best, found in numbers:
            yield Contact(
                person=best.person,
                tier=tier,
                brief=self._brief,
                rank=PLACES[rank],
                together=together,
                first_exposure=since,
                last_exposure=last,
                count=count,
                exposures=found,
                reasons=self._makes.reasons(best, tier, together),
                path=(
                    *self._makes.path(best.source, tier - 1),
                    Hop(person=best.person, exposure=best),
                ),
            )


class Rows:
    """What the rows of one trace are made from."""

    def __init__(self, roll: Roll) -> None:
        self._roll = roll
        self._paths: dict[tuple[int, int], tuple[Hop, ...]] = {}

    def exposures(self, met: Met, tier: Ints) -> Iterator[tuple[Exposure, ...]]:
        """Of each: all with the case; for later tiers also the earliest and the best."""
        own = self._roll.own
        begin = np.searchsorted(own.person, met.person)
        end = np.searchsorted(own.person, met.person, side="right")
        rows, places = ranges(begin, end)
        with_case: list[list[Exposure]] = [[] for _ in range(len(met))]
        for row, one in zip(rows.tolist(), take(own, places), strict=True):
            with_case[row].append(one)
        later = np.flatnonzero(tier > 1)
        for row, earliest, best in zip(
            later.tolist(), take(met.earliest, later), take(met.best, later), strict=True
        ):
            with_case[row] += [earliest] if earliest == best else [earliest, best]
        return map(tuple, with_case)

    def path(self, person: int, tier: int) -> tuple[Hop, ...]:
        """From the case to a person who carried a later hop."""
        if tier == 0:
            return ()
        if (person, tier) not in self._paths:
            level = self._roll.levels[tier - 1]
            via = int(level.via[np.searchsorted(level.person, person)])
            if via == BY_HAND:
                steps: tuple[Hop, ...] = (Hop(person=person, exposure=None),)
            else:
                [exposure] = take(level.earliest, np.array([via]))
                steps = (
                    *self.path(exposure.source, tier - 1),
                    Hop(person=person, exposure=exposure),
                )
            self._paths[person, tier] = steps
        return self._paths[person, tier]

    def reasons(self, decisive: Exposure, tier: int, together: int) -> tuple[Reason, ...]:
        """Also of a contact who is a case, and of an F1 whose onset precedes the case's."""
        found = reasons(decisive, together, self._roll.masks_off)
        if decisive.person not in self._roll.onsets:
            return found
        onset, own = self._roll.onsets[decisive.person], self._roll.onset
        before = tier == 1 and onset and own and onset < own
        marks = [Why.A_CASE, Why.POSSIBLE_SOURCE] if before else [Why.A_CASE]
        return (*found, *(replace(found[0], why=why) for why in marks))


def ordered(people: Sequence[Listed]) -> Ordered:
    met = stacked([one.met for one in people])
    tier = np.repeat([one.tier for one in people], [len(one.met) for one in people])
    rank = placed(met.best)
    order = np.lexsort((met.person, -met.last, -(met.together // 1000), rank, tier))
    return Ordered(tier=tier[order], rank=rank[order], met=take(met, order))


def roll(chains: Chains, world: World, case: IndexCase) -> Roll:
    if chains.first is None:
        raise ValueError("no hop was made")
    contacts, brief = ordered(chains.contacts), ordered(brief_ones(chains))
    tiers = np.concatenate((contacts.tier, brief.tier))
    people = np.concatenate((contacts.met.person, brief.met.person))
    cases = people[one_of(people, world.onsets)].tolist()
    return Roll(
        contacts=contacts,
        brief=brief,
        own=chains.first,
        levels=chains.levels[: max(tiers.max(initial=1) - 1, 0)],
        onsets={person: world.onsets[person] for person in cases},
        onset=case.onset,
        masks_off=frozenset(
            one.id for one in world.venues.values() if one.masks_off and not one.masks_told
        ),
    )


def lists(found: Roll) -> tuple[Worklist, Worklist]:
    """Contacts and brief ones."""
    makes = Rows(found)
    return (
        Worklist(found.contacts, makes, brief=False),
        Worklist(found.brief, makes, brief=True),
    )


def answer(chains: Chains, world: World, found: Roll) -> Tiers:
    contacts, brief = lists(found)
    return Tiers(
        period=chains.period,
        contacts=contacts,
        brief=brief,
        coverage=coverage(chains.period, world),
        ranks={tier: contacts.ranks(tier) for tier in range(1, len(chains.levels) + 1)},
    )


def trace_world(
    case: IndexCase, world: World, policy: Policy, moment: int, max_tier: int = 1
) -> Tiers:
    """All tiers of a world whose facts are all there.

    ValueError for a case with neither onset nor sample, KeyError for a scan at an unknown venue.
    """
    chains = begin(case, world, policy, moment)
    judged = stays(world, moment)
    for _ in range(max_tier):
        hop(chains, world, judged)
        if ended(chains, world):
            break
    found = answer(chains, world, roll(chains, world, case))
    return replace(found, upper_bound_adds=upper_bound_adds(chains, world, judged))
