"""Where and when the people of one tier may have infected others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tracing.engine.columns import (
    NOBODY,
    Ints,
    Timeline,
    in_order,
    ints,
    one_of,
    order_of,
    ranges,
    ranks,
    take,
)
from tracing.engine.model import HOUR, Interval, Policy, Stays

FOREVER = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Who may have infected others when; by person."""

    person: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Presences:
    """Parts of stays (rows of them) in which somebody may have infected others, tail included."""

    stay: Ints
    person: Ints
    venue: Ints
    start: Ints
    end: Ints


def window_of(person: int, period: Interval) -> Windows:
    return Windows(person=ints([person]), start=ints([period.start]), end=ints([period.end]))


def windows_of(
    people: Ints, since: Ints, policy: Policy, isolations: Mapping[int, Sequence[Interval]]
) -> Windows:
    """From each one's first exposure and the latency on, without the times of isolation."""
    since = since + policy.latency * HOUR
    shut = one_of(people, isolations)
    rows = [(int(p), int(s)) for p, s in zip(people[shut], since[shut], strict=True)]
    parts = [(p, *part) for p, s in rows for part in _outside(isolations[p], s)]
    found = Windows(
        person=np.concatenate((people[~shut], ints(part[0] for part in parts))),
        start=np.concatenate((since[~shut], ints(part[1] for part in parts))),
        end=np.concatenate((np.full(int((~shut).sum()), FOREVER), ints(part[2] for part in parts))),
    )
    return take(found, np.lexsort((found.start, found.person)))


def _outside(intervals: Iterable[Interval], since: int) -> list[tuple[int, int]]:
    found = []
    for one in sorted(intervals, key=lambda one: one.start):
        if since < one.start:
            found.append((since, one.start))
        since = max(since, one.end)
    return [*found, (since, FOREVER)]


def presences(stays: Stays, windows: Windows, tail: int) -> Presences:
    """The stays of those people cut to their windows; only a departure is prolonged by `tail`."""
    first = np.searchsorted(windows.person, stays.person)
    last = np.searchsorted(windows.person, stays.person, side="right")
    row, window = ranges(first, last) if len(windows.person) else (NOBODY, NOBODY)
    start = np.maximum(stays.start[row], windows.start[window])
    end = np.minimum(stays.end[row] + tail, windows.end[window])
    found = Presences(
        stay=row, person=stays.person[row], venue=stays.venue[row], start=start, end=end
    )
    return take(found, start < end)


def by_place(found: Presences) -> Presences:
    """By venue and start, those of one moment by person."""
    numbers = Timeline(found.start).numbers(ranks(found.venue)[1], found.start)
    return in_order(found, order_of(numbers, found.person))
