"""Whom the next hop needs: the people who carry it, and whoever was where they were."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from checkin.model import Way
from kit.db import Connection
from tracing import queries_facts
from tracing.engine.columns import Ints, Timeline, ints, take
from tracing.engine.ends import LONGEST
from tracing.engine.model import DAY, MINUTE
from tracing.engine.period import EPOCH
from tracing.engine.presence import Presences, Windows
from tracing.facts import Facts, people_behind
from tracing.queries_columns import Columns, milliseconds_of
from tracing.queries_facts import OfPlaces, VenueWindows

Step = Callable[[int, int], None]

# Windows that a statement looks through, of several days where they are few.
FEW = 200


def days_of_carriers(facts: Facts, windows: Windows, moment: int) -> Mapping[date, Ints]:
    """All records of those who carry a hop, on the days of their windows and those around."""
    first = (windows.start - DAY + facts.offset) // DAY
    last = (np.minimum(windows.end, moment) + DAY + facts.offset) // DAY
    wanted = {}
    for day in _numbers(first, last):
        there = windows.person[(first <= day) & (day <= last)]
        if len(there):
            wanted[EPOCH + timedelta(days=day)] = facts.links.records(there)
    return wanted


def _numbers(first: Ints, last: Ints) -> range:
    return range(int(first.min()), int(last.max()) + 1) if len(first) else range(0)


def venue_windows(found: Presences) -> VenueWindows:
    """Where they were, at most; overlapping windows of a venue are one. Nobody scans at points."""
    found = take(found, found.venue > 0)
    rows = take(found, np.lexsort((found.start, found.venue)))
    line = Timeline(rows.start - LONGEST, rows.end)
    until = np.maximum.accumulate(line.numbers(rows.venue, rows.end))
    before = np.concatenate((ints([-1]), until[:-1]))
    begins = np.flatnonzero(line.numbers(rows.venue, rows.start - LONGEST) > before)
    end = np.maximum.reduceat(rows.end, begins) if len(begins) else rows.end
    return VenueWindows(
        venue=rows.venue[begins],
        since=rows.start[begins] - LONGEST,
        until=end,
        outs_until=end + LONGEST,
    )


async def visitors(
    db: Connection, facts: Facts, windows: VenueWindows, step: Step
) -> Mapping[date, Ints]:
    """Whoever may have been there, on the days on which their scans matter. `step`: days done, of
    how many."""
    first = (windows.since + facts.offset) // DAY
    last = (windows.outs_until + facts.offset) // DAY
    numbers = _numbers(first, last)
    kept = set(facts.days.known())
    wanted: dict[date, list[Ints]] = {}
    batch: list[OfPlaces] = []
    for done, number in enumerate(numbers, 1):
        there = (first <= number) & (number <= last)
        day = EPOCH + timedelta(days=number)
        if there.any() and day in kept:
            batch.append((take(windows, there), *facts.days.bounds(day)))
        if done == len(numbers) or sum(len(part.venue) for part, _, _ in batch) > FEW:
            for other, people in (await _found(db, facts, batch)).items():
                wanted.setdefault(other, []).append(people)
            batch = []
            step(done, len(numbers))
    everybody = {day: facts.links.records(np.concatenate(parts)) for day, parts in wanted.items()}
    return await _with_long_shifts(db, facts, windows, everybody)


def at_points(facts: Facts, found: Presences) -> Mapping[date, Ints]:
    """All records of whoever is said to have been at a point with them, on its days and around."""
    points = set(np.unique(found.venue[found.venue < 0]).tolist())
    wanted: dict[date, Ints] = {}
    for one in facts.hearsay.stays:
        if one.venue in points:
            records = facts.links.records(ints([one.person]))
            days = ((at + facts.offset) // DAY for at in (one.start - DAY, one.end + DAY))
            for number in range(next(days), next(days) + 1):
                day = EPOCH + timedelta(days=number)
                wanted[day] = np.union1d(wanted.get(day, ints()), records)
    return wanted


async def _found(db: Connection, facts: Facts, batch: Sequence[OfPlaces]) -> dict[date, Ints]:
    if not batch:
        return {}
    return await asyncio.to_thread(_by_day, facts, await queries_facts.visitors(db, batch))


def _by_day(facts: Facts, rows: Columns) -> dict[date, Ints]:
    at, until = milliseconds_of(rows["at"]), milliseconds_of(rows["until"])
    people = people_behind(facts, rows["subject"], at)
    # What happened before an arrival, or after the source had left, does not change who met it.
    other = np.where(rows["way"] == Way.OUT, at - LONGEST, np.minimum(at + LONGEST, until))
    days = (np.concatenate((at, other)) + facts.offset) // DAY
    both = np.concatenate((people, people))
    found = {}
    for number in np.unique(days[both > 0]).tolist():
        found[EPOCH + timedelta(days=number)] = np.unique(both[(days == number) & (both > 0)])
    return found


async def _with_long_shifts(
    db: Connection, facts: Facts, windows: VenueWindows, wanted: dict[date, Ints]
) -> dict[date, Ints]:
    """Who works longer than the 12 hours that a window looks back may have scanned before it."""
    venues = np.unique(windows.venue).tolist()
    staff = await queries_facts.long_shifts(db, venues, LONGEST // MINUTE)
    for venue, person in staff:
        records = facts.links.records(ints([person]))
        for row in np.flatnonzero(windows.venue == venue).tolist():
            since, until = int(windows.since[row]) - LONGEST, int(windows.outs_until[row])
            for number in range((since + facts.offset) // DAY, (until + facts.offset) // DAY + 1):
                day = EPOCH + timedelta(days=number)
                wanted[day] = np.union1d(wanted.get(day, ints()), records)
    return wanted
