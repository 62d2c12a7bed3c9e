"""The contacts of a trace as people read them: in order, each with exposures, path and reasons.

Rows are made when they are read: a list may be longer than anybody reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import compress
from typing import overload

import numpy as np

from tracing.columns import Ints, ranges, stacked, take
from tracing.contact import Contact, Exposure, Hop, Rank, Reason, Tiers, Why
from tracing.exposure import Met
from tracing.model import IndexCase, Policy, World
from tracing.period import coverage
from tracing.ranking import PLACES, placed, reasons
from tracing.stay import stays
from tracing.tiers import BY_HAND, Chains, Listed, begin, brief_ones, ended, hop

BLOCK = 2000


class Worklist(Sequence[Contact]):
    """By tier, then rank, then whole seconds together, then the latest exposure."""

    def __init__(self, people: Sequence[Listed], makes: Rows, *, brief: bool) -> None:
        met = stacked([one.met for one in people])
        tier = np.repeat([one.tier for one in people], [len(one.met) for one in people])
        rank = placed(met.best)
        order = np.lexsort((met.person, -met.last, -(met.together // 1000), rank, tier))
        self._met, self._tier, self._rank = take(met, order), tier[order], rank[order]
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
        for first in range(0, len(self), BLOCK):
            yield from self._rows(np.arange(first, min(first + BLOCK, len(self))))

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
                reasons=(*reasons(best, together), *self._makes.marks(best, tier, together)),
                path=(
                    *self._makes.path(best.source, tier - 1),
                    Hop(person=best.person, exposure=best),
                ),
            )


class Rows:
    """What the rows of one trace are made from."""

    def __init__(
        self, chains: Chains, onsets: Mapping[int, date | None], onset: date | None
    ) -> None:
        self._chains, self._onsets, self._onset = chains, onsets, onset
        self._paths: dict[tuple[int, int], tuple[Hop, ...]] = {}

    def exposures(self, met: Met, tier: Ints) -> Iterator[tuple[Exposure, ...]]:
        """Of each: all with the case; for later tiers also the earliest and the best."""
        own = self._chains.first
        if own is None:
            raise ValueError("no hop was made")
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
            level = self._chains.levels[tier - 1]
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

    def marks(self, decisive: Exposure, tier: int, together: int) -> tuple[Reason, ...]:
        """A contact who is a case; an F1 whose onset precedes the case's."""
        if decisive.person not in self._onsets:
            return ()
        onset = self._onsets[decisive.person]
        before = tier == 1 and onset and self._onset and onset < self._onset
        reason = reasons(decisive, together)[0]
        marks = [Why.A_CASE, Why.POSSIBLE_SOURCE] if before else [Why.A_CASE]
        return tuple(replace(reason, why=why) for why in marks)


def answer(chains: Chains, world: World, case: IndexCase) -> Tiers:
    makes = Rows(chains, world.onsets, case.onset)
    contacts = Worklist(chains.contacts, makes, brief=False)
    return Tiers(
        period=chains.period,
        contacts=contacts,
        brief=Worklist(brief_ones(chains), makes, brief=True),
        coverage=coverage(chains.period, world),
        ranks={tier: contacts.ranks(tier) for tier in chains.upper_bound_adds},
        upper_bound_adds=dict(chains.upper_bound_adds),
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
    return answer(chains, world, case)
