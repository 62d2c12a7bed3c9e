"""Whom the next hop needs: the people who carry it, and whoever was where they were.

Who is known to have left before anybody infectious came is not asked about further. That is most of
those who stood in the same venue half a day earlier, and it is by scans of that venue alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from checkin.model import Way
from kit.db import Connection
from tracing import queries_facts
from tracing.engine.columns import (
    Ints,
    Timeline,
    among,
    distinct,
    ints,
    order_of,
    ranges,
    ranks,
    take,
)
from tracing.engine.ends import LONGEST, SEEN, UNSEEN
from tracing.engine.model import DAY, MINUTE
from tracing.engine.period import EPOCH
from tracing.engine.presence import Presences, Windows, by_place
from tracing.facts import Facts, people_behind
from tracing.queries_columns import Columns, milliseconds_of
from tracing.queries_facts import OfPlaces, VenueWindows

Step = Callable[[int, int], None]

# Windows that a statement looks through, of several days where they are few.
FEW = 200


# Minutes of a typical stay from which on people sleep at a venue, and scan once for all their days.
OVERNIGHT = 600
FORTNIGHT = 14 * DAY


def days_of_carriers(
    facts: Facts, windows: Windows, moment: int, before: int = FORTNIGHT
) -> Mapping[date, Ints]:
    """All records of those who carry a hop, on the days of their windows, the one after, and those
    that begin `before` milliseconds ahead: a case may sleep somewhere since long before."""
    first = (windows.start - before + facts.offset) // DAY
    last = (np.minimum(windows.end, moment) + DAY + facts.offset) // DAY
    wanted = {}
    for day in _numbers(first, last):
        there = windows.person[(first <= day) & (day <= last)]
        if len(there):
            wanted[EPOCH + timedelta(days=day)] = facts.links.records(there)
    return wanted


def _numbers(first: Ints, last: Ints) -> range:
    return range(int(first.min()), int(last.max()) + 1) if len(first) else range(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupied:
    """When anybody infectious was at a venue, by venue and start; none touches the next."""

    venue: Ints
    start: Ints
    end: Ints


def occupied(found: Presences, before: int = 0) -> Occupied:
    """`before`: so many milliseconds more at the beginning. Nobody scans at points."""
    rows = by_place(take(found, found.venue > 0))
    start = rows.start - before
    line = Timeline(start, rows.end)
    until = np.maximum.accumulate(line.numbers(rows.venue, rows.end))
    begins = np.flatnonzero(
        line.numbers(rows.venue, start) > np.concatenate((ints([-1]), until[:-1]))
    )
    end = np.maximum.reduceat(rows.end, begins) if len(begins) else rows.end
    return Occupied(venue=rows.venue[begins], start=start[begins], end=end)


def venue_windows(facts: Facts, found: Presences, moment: int) -> VenueWindows:
    """Where they were, at most."""
    wide = occupied(found, LONGEST)
    sleep = [facts.venues[one].typical_stay >= OVERNIGHT for one in wide.venue.tolist()]
    slept = np.minimum(wide.end + FORTNIGHT, moment)
    outs_until = wide.end + LONGEST
    outs_until = np.where(np.array(sleep, np.bool_), np.maximum(slept, outs_until), outs_until)
    return VenueWindows(venue=wide.venue, since=wide.start, until=wide.end, outs_until=outs_until)


async def visitors(
    db: Connection, facts: Facts, there: Presences, moment: int, step: Step
) -> Mapping[date, Ints]:
    """Whoever may have been with one of these, on the days on which their scans matter. `step`:
    days done, of how many."""
    windows, while_there = venue_windows(facts, there, moment), occupied(there)
    first = (windows.since + facts.offset) // DAY
    last = (windows.outs_until + facts.offset) // DAY
    numbers = _numbers(first, last)
    kept = set(facts.days.known())
    wanted: dict[date, list[Ints]] = {}
    stayed = [await _amended(db, facts, windows)]
    batch: list[OfPlaces] = []
    for done, number in enumerate(numbers, 1):
        touched = (first <= number) & (number <= last)
        day = EPOCH + timedelta(days=number)
        if touched.any() and day in kept:
            batch.append((take(windows, touched), *facts.days.bounds(day)))
        if done == len(numbers) or sum(len(part.venue) for part, _, _ in batch) > FEW:
            if batch:
                rows = await queries_facts.visitors(db, batch)
                people, days = await asyncio.to_thread(_by_day, facts, rows)
                stayed.append(await asyncio.to_thread(_may_have_met, rows, people, while_there))
                for other, some in days.items():
                    wanted.setdefault(other, []).append(some)
            batch = []
            step(done, len(numbers))
    all_of_them = facts.links.records(np.concatenate(stayed))
    everybody = {}
    for day, parts in wanted.items():
        records = facts.links.records(np.concatenate(parts))
        everybody[day] = records[among(records, all_of_them)[1]]
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


async def _amended(db: Connection, facts: Facts, windows: VenueWindows) -> Ints:
    """Whose scans there were corrected or undone: what these say of an end does not count."""
    rows = await queries_facts.amended(db, windows)
    return people_behind(facts, rows["subject"], milliseconds_of(rows["at"]))


def _may_have_met(rows: Columns, people: Ints, there: Occupied) -> Ints:
    """Whose stays may lie beside a presence: all but those who arrived and were seen to leave, or
    said so, with nobody infectious there in between. Whatever else they did can only have ended
    such a stay earlier, or left the out alone with its minute."""
    told = np.flatnonzero(~np.isin(rows["source"], list(UNSEEN)))
    at, venue = milliseconds_of(rows["at"][told]), rows["venue"][told].astype(np.int64)
    human = ranks(people[told])[1]
    venues, place = ranks(venue)
    group = ranks(human * len(venues) + place)[1]
    # of a moment the arrival comes last: no out of the same moment ends it
    order = order_of(Timeline(at).numbers(group, at), -rows["way"][told])
    columns = (group[order], at[order], rows["way"][told[order]])
    new = np.any([one[1:] != one[:-1] for one in columns], axis=0)
    order = order[np.concatenate(([True], new))[: len(order)]]  # two windows of a venue may overlap
    told, at, venue, group = told[order], at[order], venue[order], group[order]
    way, source = rows["way"][told], rows["source"][told]
    arrived = np.flatnonzero((way[:-1] == Way.IN) & (way[1:] == Way.OUT))
    out = arrived + 1
    seen = np.isin(source[out], list(SEEN)) | (at[out] - at[arrived] <= LONGEST)
    arrived, out = (one[(group[arrived] == group[out]) & seen] for one in (arrived, out))
    line = Timeline(at, there.start, there.end)
    begun = np.searchsorted(
        line.numbers(there.venue, there.start),
        line.numbers(venue[out], at[out] // MINUTE * MINUTE + MINUTE),
    )
    gone = np.searchsorted(
        line.numbers(there.venue, there.end),
        line.numbers(venue[arrived], at[arrived] // MINUTE * MINUTE),
    )
    left = begun <= gone
    maybe = np.ones(len(told), np.bool_)
    maybe[arrived[left]] = maybe[out[left]] = False
    return distinct(people[told][maybe])


def _by_day(facts: Facts, rows: Columns) -> tuple[Ints, dict[date, Ints]]:
    """The person of each row, and all of them by the days that matter."""
    at, until = milliseconds_of(rows["at"]), milliseconds_of(rows["until"])
    people = people_behind(facts, rows["subject"], at)
    # What happened before an arrival, or after the source had left, does not change who met it.
    other = np.where(rows["way"] == Way.OUT, at - LONGEST, np.minimum(at + LONGEST, until))
    late = np.flatnonzero((rows["way"] == Way.OUT) & (at - until > LONGEST))
    slept, nights = ranges(
        (at[late] - FORTNIGHT + facts.offset) // DAY, (until[late] + facts.offset) // DAY + 1
    )
    days = np.concatenate(((np.concatenate((at, other)) + facts.offset) // DAY, nights))
    both = np.concatenate((people, people, people[late[slept]]))
    found = {}
    for number in np.unique(days[both > 0]).tolist():
        found[EPOCH + timedelta(days=number)] = distinct(both[(days == number) & (both > 0)])
    return people, found


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
