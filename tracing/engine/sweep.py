"""Whom a whole tier exposed, without looking at pairs: cost grows with visits touched.

Two stays share m minutes or more if and only if [a, d - m] and [a', d' - m] intersect, ends
included. So every presence is clipped, then shrunk by the minimum; with the shrunk presences of a
venue in order, how many a stay meets, which began first and which lasts longest are binary
searches. (A plain union of presences would be wrong: three of 6 minutes each in a row would make a
contact of 18.)
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
    distinct,
    first_of_each,
    in_order,
    one_of,
    order_of,
    parts,
    ranks,
    stacked,
    take,
)
from tracing.engine.contact import Exposures
from tracing.engine.exposure import Ground, Met, best_of_each
from tracing.engine.model import DOUBT_BIT, MINUTE, NO_ZONE, Doubt, Stays
from tracing.engine.presence import Presences, by_place
from tracing.engine.ranking import ESTIMATED

NOT_AT_ALL = -1
IN_PERSON = 3  # more than the kinds of trust: these have their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """Of each stay that some presence shared the minimum with: how many did, the row of the one
    to begin first, when the last ended."""

    stay: Ints
    count: Ints
    first: Ints
    start: Ints
    last: Ints
    reached: Bools


def shared(stays: Stays, sources: Presences, others: Ints, least: int, *, reached: bool) -> Shared:
    """`sources` by venue and start, `least` at least 1 ms: touching is not meeting."""
    line = Timeline(sources.start, sources.end, stays.start, stays.end)
    begins = line.numbers(sources.venue, sources.start)
    leaves = line.numbers(sources.venue, sources.end)
    long_enough = stays.end[others] - stays.start[others] >= least
    others = others[long_enough]
    venue, came, left = stays.venue[others], stays.start[others], stays.end[others]
    gone = np.searchsorted(
        np.sort(line.numbers(sources.venue, sources.end - least)), line.numbers(venue, came)
    )
    begun = np.searchsorted(begins, line.numbers(venue, left - least), side="right")
    met = np.flatnonzero(begun > gone)
    others, venue, came, left = others[met], venue[met], came[met], left[met]
    # the presence that lasts longest among those at the venue that began before each
    lasts = np.maximum.accumulate(leaves)
    longest = np.maximum.accumulate(np.where(leaves >= lasts, np.arange(len(leaves)), 0))
    there = np.searchsorted(begins, line.numbers(venue, came), side="right")
    already = there > gone[met]
    first = np.where(already, longest[there - 1], np.minimum(there, len(begins) - 1))
    return Shared(
        stay=others,
        count=begun[met] - gone[met],
        first=first,
        start=np.where(already, came, sources.start[first]),
        last=np.minimum(sources.end[longest[begun[met] - 1]], left),
        reached=np.full(len(others), reached),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Presences whose exposures rank alike: rows of them, the key of each, and those of the other
    stays.

    A presence and a stay with the same key were at the same place.
    """

    rows: Ints
    keys: Ints
    other_keys: Ints


def longest_shared(
    stays: Stays, sources: Presences, kind: Kind, others: Ints, *, in_person: bool
) -> Ints:
    """For each stay the row of the presence of the kind that shares most of it, else NOT_AT_ALL.

    `in_person`: who had left when the other came does not count. What lies within a longer presence
    is never the longest; of the rest those that end later also began later.
    """
    came, left = stays.start[others], stays.end[others]
    rows, keys = kind.rows, kind.keys
    line = Timeline(sources.start, sources.end, came, left)
    known, group = ranks(keys)
    order = order_of(line.numbers(group, sources.start[rows]), -sources.end[rows], rows)
    rows, group = rows[order], group[order]
    leaves = line.numbers(group, sources.end[rows])
    longer = leaves > np.concatenate(([-1], np.maximum.accumulate(leaves)[:-1]))
    rows, group, leaves = rows[longer], group[longer], leaves[longer]
    start, end, gone = sources.start[rows], sources.end[rows], stays.end[sources.stay[rows]]
    own, there = among(kind.other_keys, known)
    last_there = np.searchsorted(line.numbers(group, start), line.numbers(own, came), "right") - 1
    first_until = np.searchsorted(leaves, line.numbers(own, left))
    within = _longest_between(end - start, last_there + 1, first_until)
    best, most = np.full(len(others), NOT_AT_ALL), np.zeros(len(others), np.int64)
    for place in (last_there, first_until, within, *([last_there + 1] if in_person else [])):
        near = np.clip(place, 0, len(rows) - 1)
        time = np.minimum(end[near], left) - np.maximum(start[near], came)
        better = there & (place == near) & (group[near] == own) & (time > most)
        if in_person:
            better &= gone[near] > np.maximum(start[near], came)
        best[better], most[better] = rows[near[better]], time[better]
    return best


def _longest_between(lengths: Ints, begin: Ints, end: Ints) -> Ints:
    """The place of the greatest of `lengths[begin:end]`, or NOT_AT_ALL for an empty part."""
    found = np.full(len(begin), NOT_AT_ALL)
    size = end - begin
    table, step = np.arange(len(lengths)), 1  # the greatest of `step` from each place on
    while step <= size.max(initial=0):
        now = np.flatnonzero((size >= step) & (size < 2 * step))
        one, other = table[begin[now]], table[end[now] - step]
        found[now] = np.where(lengths[other] > lengths[one], other, one)
        one, other = table[:-step], table[step:]
        table = np.where(lengths[other] > lengths[one], other, one)
        step *= 2
    return found


def swept(ground: Ground, stays: Stays, sources: Presences, others: Ints) -> tuple[Met, Met]:
    """Those who reached a minimum, and those who did not. `others`: rows of stays, by person; who
    of them is a source too may be met by themselves, but never before they became one."""
    sources = by_place(sources)
    nobody = _people(ground, stays, sources, _nothing())
    cuts = parts(stays.person[others]) if len(sources.start) else []
    found = [_swept(ground, stays, sources, others[some]) for some in cuts]
    reached, brief = zip((nobody, nobody), *found, strict=True)
    return stacked(reached), stacked(brief)


def _swept(ground: Ground, stays: Stays, sources: Presences, others: Ints) -> tuple[Met, Met]:
    others = others[one_of(stays.venue[others], sources.venue)]
    least = ground.terms(stays.person[others], stays.venue[others]).minimum
    found = []
    for minimum in distinct(least).tolist():
        least_time = max(1, minimum)
        lasting = sources.end - sources.start >= least_time
        if lasting.any():
            rows = np.flatnonzero(lasting)
            part = shared(
                stays, take(sources, rows), others[least == minimum], least_time, reached=True
            )
            found.append(replace(part, first=rows[part.first]))
    reached = _people(ground, stays, sources, stacked([_nothing(), *found]))
    rest = others[~among(stays.person[others], reached.person)[1]]
    return reached, _people(ground, stays, sources, shared(stays, sources, rest, 1, reached=False))


def _nothing() -> Shared:
    none = np.zeros(0, np.int64)
    return Shared(stay=none, count=none, first=none, start=none, last=none, reached=none != 0)


def _people(ground: Ground, stays: Stays, sources: Presences, found: Shared) -> Met:
    """One row a person of what their stays shared."""
    people = ranks(stays.person[found.stay])[1]
    found = in_order(found, order_of(Timeline(found.start).numbers(people, found.start)))
    person = stays.person[found.stay]
    begins = first_of_each(person)
    earliest = found.stay[begins], found.first[begins]
    best, together = _best(ground, stays, sources, found)

    def of_each(how: np.ufunc, column: Ints) -> Ints:
        most: Ints = how.reduceat(column, begins) if len(begins) else column[:0]
        return most

    return Met(
        person=person[begins],
        since=found.start[begins],
        last=of_each(np.maximum, found.last),
        count=of_each(np.add, found.count),
        together=together,
        earliest=ground.exposures(stays, take(sources, earliest[1]), earliest[0]),
        best=best,
    )


def _best(
    ground: Ground, stays: Stays, sources: Presences, found: Shared
) -> tuple[Exposures, Ints]:
    """Of each person the best exposure among the longest of each kind; and the longest time."""
    others, people = found.stay, stays.person[found.stay]
    best = [ground.exposures(stays, take(sources, NOBODY), NOBODY)]
    known = people[first_of_each(people)]
    together = np.zeros(len(known), np.int64)
    tail = ground.policy.tail * MINUTE
    for kind in _kinds(stays, sources, others, tail):
        for in_person in (False, True) if tail else (False,):
            longest = longest_shared(stays, sources, kind, others, in_person=in_person)
            met = np.flatnonzero(longest != NOT_AT_ALL)
            new = ground.exposures(stays, take(sources, longest[met]), others[met])
            new = take(new, new.reached == found.reached[met])
            place = np.searchsorted(known, new.person)
            np.maximum.at(together, place, new.end - new.start)
            best.append(take(new, best_of_each(new)))
    every = stacked(best)
    return take(every, best_of_each(every)), together


def _kinds(stays: Stays, sources: Presences, others: Ints, tail: int) -> Iterator[Kind]:
    """By how well the end is known and how believable the scan was; anywhere in the venue, then in
    the same part of it. What lies in the tail alone is another kind, and so is every tail that is
    cut short, for its end does not tell who left first. What ends before its tail begins is in
    person all along, and another kind than what ends with it."""
    own = take(stays, sources.stay)
    implausible: Bools = own.doubts & DOUBT_BIT[Doubt.IMPLAUSIBLE] != 0
    trust = np.where(implausible, 2, own.ended == ESTIMATED)
    if tail:
        trust[sources.end <= own.end] -= IN_PERSON
    cut = np.flatnonzero((sources.end > own.end) & (sources.end < own.end + tail))
    trust[cut] = np.arange(4, len(cut) + 4)
    trust[sources.start >= own.end] = 3
    venue, zone = stays.venue[others], stays.zone[others]
    zones = int(max(zone.max(initial=0), own.zone.max(initial=0))) + 1
    spot = np.where(zone == NO_ZONE, -1, venue * zones + zone)
    for kind in distinct(trust).tolist():
        rows = np.flatnonzero(trust == kind)
        yield Kind(rows=rows, keys=sources.venue[rows], other_keys=venue)
        rows = rows[own.zone[rows] != NO_ZONE]
        if len(rows):
            keys = own.venue[rows] * zones + own.zone[rows]
            yield Kind(rows=rows, keys=keys, other_keys=spot)
