"""Who spent time with whom, pair by pair: what counts, and what it sums to.

Right for one case and for cumulative policies; `sweep.py` answers the same for a whole tier.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tracing.engine.columns import (
    NOBODY,
    Bools,
    Ints,
    Timeline,
    among,
    first_of_each,
    ints,
    one_of,
    order_of,
    parts,
    ranges,
    ranks,
    stacked,
    take,
)
from tracing.engine.contact import Exposures
from tracing.engine.model import DAY, MINUTE, Interval, Interview, Policy, Stays, World
from tracing.engine.presence import Presences, by_place
from tracing.engine.ranking import placed

UNTOLD = Interview()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for some people at some venues; `minimum` in milliseconds."""

    masked: Bools
    physical: Bools
    minimum: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """People of one hop: one row each, by person, of the exposures that made them what they are."""

    person: Ints
    since: Ints
    last: Ints
    count: Ints
    together: Ints
    earliest: Exposures
    best: Exposures

    def __len__(self) -> int:
        return len(self.person)


class Ground:
    """What venues, interviews and the policy say of every exposure."""

    def __init__(self, world: World, policy: Policy) -> None:
        self.policy = policy
        self._world = world
        places = [world.venues[venue] for venue in sorted(world.venues)]
        self._venues = ints(place.id for place in places)
        self._masks_off = np.array([place.masks_off for place in places], np.bool_)
        self._small_indoor = np.array([p.small and p.indoor for p in places], np.bool_)
        self._asked = ints(sorted(world.interviews))

    def terms(self, person: Ints, venue: Ints) -> Terms:
        masked = ~self._masks_off[np.searchsorted(self._venues, venue)]
        physical = np.zeros(len(person), np.bool_)
        place, asked = among(person, self._asked)
        for row in np.flatnonzero(asked).tolist():
            said = self._world.interviews[int(self._asked[place[row]])]
            physical[row] = said.physical
            if said.masked is not None:
                masked[row] = said.masked
        for row in np.flatnonzero(venue < 0).tolist():
            told = self._world.told_of.get((int(person[row]), int(venue[row])), UNTOLD)
            physical[row] |= told.physical
            if told.masked is not None:
                masked[row] = told.masked
        minutes = np.where(masked, self.policy.min_minutes_masked, self.policy.min_minutes_unmasked)
        return Terms(
            masked=masked, physical=physical, minimum=np.where(physical, 0, minutes) * MINUTE
        )

    def small_indoor(self, venue: Ints) -> Bools:
        found: Bools = self._small_indoor[np.searchsorted(self._venues, venue)]
        return found

    def exposures(self, stays: Stays, sources: Presences, others: Ints) -> Exposures:
        """Of pairs: a presence and the row of somebody else's stay."""
        own, other = take(stays, sources.stay), take(stays, others)
        terms = self.terms(other.person, other.venue)
        start = np.maximum(sources.start, other.start)
        end = np.minimum(sources.end, other.end)
        return Exposures(
            source=own.person,
            person=other.person,
            venue=other.venue,
            zone=other.zone,
            same_zone=(own.zone == other.zone) & (own.zone != 0),
            start=start,
            end=end,
            source_ended=own.ended,
            person_ended=other.ended,
            masked=terms.masked,
            physical=terms.physical,
            small_indoor=self.small_indoor(other.venue),
            tail_only=own.end <= start,
            minimum=terms.minimum,
            reached=end - start >= terms.minimum,
            doubts=own.doubts | other.doubts,
        )


def meetings(ground: Ground, stays: Stays, sources: Presences, others: Ints) -> Iterator[Exposures]:
    """Every exposure, by person and time: some people at a time, all of theirs together.

    `others`: rows of the stays of those who may have been exposed, by person.
    """
    sources = by_place(sources)
    if not len(sources.start):
        return
    line = Timeline(sources.start, sources.end, stays.start, stays.end)
    starts = line.numbers(sources.venue, sources.start)
    longest = int((sources.end - sources.start).max())
    venue = stays.venue[others]
    # touching is not meeting: a presence that begins when the stay ends is beyond it
    first = np.searchsorted(starts, line.numbers(venue, stays.start[others] - longest))
    last = np.searchsorted(starts, line.numbers(venue, stays.end[others]))
    kept = np.flatnonzero(first < last)
    first, last, others = first[kept], last[kept], others[kept]
    pairs = last - first
    for some in parts(stays.person[others], np.cumsum(pairs) - pairs):
        row, source = ranges(first[some], last[some])
        other, pair = others[some][row], take(sources, source)
        start, end = (
            np.maximum(pair.start, stays.start[other]),
            np.minimum(pair.end, stays.end[other]),
        )
        found = (start < end) & (pair.person != stays.person[other])
        exposures = ground.exposures(stays, take(pair, found), other[found])
        began = Timeline(exposures.start).numbers(ranks(exposures.person)[1], exposures.start)
        order = order_of(began, exposures.end, exposures.venue)
        yield _summed(take(exposures, order), ground.policy)


def _summed(found: Exposures, policy: Policy) -> Exposures:
    """Under a cumulative policy a piece counts if it lies in 24 hours whose pieces with the same
    source sum to a minimum no piece is above."""
    if not policy.cumulative or not len(found):
        return found
    reached = found.reached.copy()
    for rows in _groups(found.person, found.source):
        reached[rows] |= _reached(found, rows)
    return replace(found, reached=reached)


def _groups(*keys: Ints) -> Iterator[Ints]:
    """The rows of each group of two or more, in order."""
    order = np.lexsort(keys)
    new = np.zeros(len(order), np.int64)
    for key in keys:
        new[1:] |= key[order][1:] != key[order][:-1]
    begins = first_of_each(np.cumsum(new))
    counts = np.diff([*begins.tolist(), len(order)])
    for begin, count in zip(begins[counts > 1].tolist(), counts[counts > 1].tolist(), strict=True):
        yield np.sort(order[begin : begin + count])


def _reached(found: Exposures, rows: Ints) -> Bools:
    """A minute spent in two of the pieces counts once."""
    start, end, least = found.start[rows], found.end[rows], found.minimum[rows]
    reached = np.zeros(len(rows), np.bool_)
    for minimum in set(least.tolist()):
        counted = least <= minimum
        for day, together in _days(start[counted], end[counted]):
            if together >= minimum:
                reached |= counted & (start < day.end) & (day.start < end)
    return reached


def _days(starts: Ints, ends: Ints) -> Iterator[tuple[Interval, int]]:
    """Every 24 hours that begin with a piece, and the time together in them; pieces by start.

    No other 24 hours hold more: a beginning moved into a piece loses what the end gains, or more.
    """
    spans: list[list[int]] = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if spans and start <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], end)
        else:
            spans.append([start, end])
    for index, (first, _) in enumerate(spans):
        day = Interval(start=first, end=first + DAY)
        yield day, sum(max(0, min(end, day.end) - start) for start, end in spans[index:])


def people_of(found: Exposures, policy: Policy) -> Met:
    """One row a person; `found` by person and start."""
    people = found.person[first_of_each(found.person)]
    earliest = first_of_each(found.person)
    length = found.end - found.start
    together = np.maximum.reduceat(length, earliest) if len(earliest) else NOBODY
    if policy.cumulative:
        for rows in _groups(found.person, found.source):
            most = max(together for _, together in _days(found.start[rows], found.end[rows]))
            person = np.searchsorted(people, found.person[rows[0]])
            together[person] = max(int(together[person]), most)
    return Met(
        person=people,
        since=found.start[earliest],
        last=np.maximum.reduceat(found.end, earliest) if len(earliest) else NOBODY,
        count=np.diff([*earliest.tolist(), len(found)]),
        together=together,
        earliest=take(found, earliest),
        best=take(found, best_of_each(found)),
    )


def best_of_each(found: Exposures) -> Ints:
    """The row of each person's best exposure: by rank, then length, then the latest."""
    place, shorter = placed(found).astype(np.int64), found.start - found.end
    group = ranks(found.person)[1] * (int(place.max(initial=0)) + 1) + place
    order = order_of(Timeline(shorter).numbers(group, shorter), -found.end)
    return order[first_of_each(found.person[order])]


def one_by_one(
    ground: Ground, stays: Stays, sources: Presences, others: Ints
) -> tuple[Met, Met, Exposures]:
    """Those who reached a minimum; those who did not; and every exposure of both."""
    met = list(meetings(ground, stays, sources, others))
    found = stacked([ground.exposures(stays, take(sources, NOBODY), NOBODY), *met])
    listed = one_of(found.person, found.person[found.reached])
    return (
        people_of(take(found, found.reached), ground.policy),
        people_of(take(found, ~listed), ground.policy),
        found,
    )
