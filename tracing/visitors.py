"""Whom the next hop needs: the people who carry it, and whoever was where they were.

Who is known to have left before anybody infectious came, or usually would have, is not asked about
further. That is most of those who stood in the same venue half a day earlier, and it is by scans of
that venue alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

import numpy as np

from checkin.model import Way
from kit.db import Connection
from tracing import queries_facts
from tracing.aside import aside
from tracing.engine.columns import (
    Bools,
    Ints,
    Small,
    Timeline,
    among,
    distinct,
    ints,
    marks,
    order_of,
    ranges,
    ranks,
    take,
)
from tracing.engine.ends import LONGEST, SEEN
from tracing.engine.model import DAY, HOUR, MINUTE
from tracing.engine.period import EPOCH
from tracing.engine.presence import Presences, Windows, by_place
from tracing.engine.tiers import FOREVER_AGO
from tracing.facts import Facts, people_behind
from tracing.queries_columns import Columns, milliseconds_of
from tracing.queries_facts import VenueWindows

Step = Callable[[int, int], None]

# A statement looks through so many windows of several days, or through all of one day.
FEW = 200

# Minutes of a typical stay from which on people sleep at a venue, and scan once for all their days.
OVERNIGHT = 600
FORTNIGHT = 14 * DAY
FARTHEST = 2 * HOUR  # nobody travels longer inside the country, as `travel` counts

Days: TypeAlias = dict[date, list[Ints]]


def days_of_carriers(
    facts: Facts, windows: Windows, moment: int, known: Ints | int = FOREVER_AGO
) -> Mapping[date, Ints]:
    """All records of those who carry a hop, on the days of their windows and a fortnight around:
    they may sleep somewhere since long before, and be seen to leave long after they were isolated
    there. `known`: since when they were somewhere by a scan, which needs the day before alone."""
    before = np.maximum(windows.start - FORTNIGHT, np.minimum(known, windows.start) - DAY)
    first = (before + facts.offset) // DAY
    last = (np.minimum(windows.end + FORTNIGHT, moment + DAY) + facts.offset) // DAY
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


def occupied(found: Presences, before: Callable[[Ints], Ints] | None = None) -> Occupied:
    """`before`: of venues, how many milliseconds more at the beginning. Nobody scans at points."""
    rows = by_place(take(found, found.venue > 0))
    start = rows.start - before(rows.venue) if before else rows.start
    line = Timeline(start, rows.end)
    until = np.maximum.accumulate(line.numbers(rows.venue, rows.end))
    begins = np.flatnonzero(
        line.numbers(rows.venue, start) > np.concatenate((ints([-1]), until[:-1]))
    )
    end = np.maximum.reduceat(rows.end, begins) if len(begins) else rows.end
    return Occupied(venue=rows.venue[begins], start=start[begins], end=end)


class Search:
    """For whoever may have been with one of these. `widest`: if every stay lasted as long as the
    facts allow; else by the best estimate, by which nobody stays longer than usual unseen."""

    def __init__(self, facts: Facts, there: Presences, moment: int, *, widest: bool) -> None:
        self.facts = facts
        self.widest = widest
        self.there = occupied(there)
        self.windows = self._windows(occupied(there, self.reach), moment)
        self.wanted: Days = {}

    def reach(self, venue: Ints) -> Ints:
        """How long after an arrival somebody may be there without being seen."""
        return np.full(len(venue), LONGEST) if self.widest else self._typical(venue) * MINUTE

    def want(self, people: Ints, at: Ints) -> None:
        """What they did on the days of these times matters."""
        self.want_days(people, self.days_of(at))

    def days_of(self, at: Ints) -> Ints:
        """Their numbers."""
        return (at + self.facts.offset) // DAY

    def want_days(self, people: Ints, days: Ints) -> None:
        for number in distinct(days[people > 0]).tolist():
            there = distinct(people[(days == number) & (people > 0)])
            self.wanted.setdefault(EPOCH + timedelta(days=number), []).append(there)

    def may_have_met(self, rows: Columns, amended: Ints) -> None:
        """Wants all whose stays may lie beside a presence: not those who arrived and were seen to
        leave, or said so, with nobody infectious there in between. Whatever else they did can only
        have ended such a stay earlier, or left the out alone with its minute."""
        said = _said(self.facts, rows)
        arrived = _seen_off(said)
        paired, whole = np.zeros((2, len(said.at)), np.bool_)
        paired[arrived] = paired[arrived + 1] = whole[arrived] = True
        unseen, lone = ~paired & (said.way == Way.IN), ~paired & (said.way == Way.OUT)
        since, until = said.at.copy(), said.at.copy()
        until[arrived], since[arrived + 1] = said.at[arrived + 1], said.at[arrived]
        until[unseen] += self.reach(said.venue[unseen])
        sleeps = lone & self._overnight(said.venue)
        since[lone] -= DAY
        since[sleeps] = said.at[sleeps] - FORTNIGHT
        maybe = _beside(self.there, said.venue, since, until)
        maybe |= among(said.person, amended)[1]
        alone, whole = maybe & ~paired, maybe & (whole | sleeps)
        self.want(said.person[alone], said.at[alone])
        # Of all that lies between an arrival and its out, something may have ended the stay before.
        row, days = ranges(self.days_of(since[whole]), self.days_of(until[whole]) + 1)
        self.want_days(said.person[whole][row], days)
        # Whether a scan can be believed rests on the one before, which may be of the day before.
        early = maybe & (self.days_of(said.at - FARTHEST) < self.days_of(said.at))
        self.want(said.person[early], said.at[early] - FARTHEST)
        unseen, lone = unseen & maybe, lone & maybe
        # What happened after the source had left decides how sure an end is, not who met it.
        ends = np.minimum(until, said.until) if self.widest else until
        self.want(said.person[unseen], ends[unseen])
        for before in (LONGEST, DAY):
            self.want(said.person[lone], said.at[lone] - before)

    def _windows(self, wide: Occupied, moment: int) -> VenueWindows:
        """Whoever left within a day of them may have come before all of these. From a venue's next
        window on that one finds every out."""
        slept = np.maximum(np.minimum(wide.end + FORTNIGHT, moment), wide.end + DAY)
        outs_until = np.where(self._overnight(wide.venue), slept, wide.end + DAY)
        again = np.flatnonzero(wide.venue[1:] == wide.venue[:-1])
        outs_until[again] = np.minimum(outs_until[again], wide.start[again + 1])
        return VenueWindows(
            venue=wide.venue, since=wide.start, until=wide.end, outs_until=outs_until
        )

    def _overnight(self, venue: Ints) -> Bools:
        beds = among(venue, ints(sorted(self.facts.beds)))[1]
        found: Bools = beds | (self._typical(venue) >= OVERNIGHT)
        return found

    def _typical(self, venue: Ints) -> Ints:
        """In minutes."""
        venues, place = ranks(venue)
        known = self.facts.venues
        return ints(known[one].typical_stay for one in venues.tolist())[place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Scans at venues by human hands: of a person at a venue together (`group`), by time."""

    group: Ints
    person: Ints
    at: Ints
    venue: Ints
    way: Small
    source: Small
    until: Ints


def _said(facts: Facts, rows: Columns) -> Said:
    at, venue = milliseconds_of(rows["at"]), rows["venue"].astype(np.int64)
    people = people_behind(facts, rows["subject"], at)
    venues, place = ranks(venue)
    group = ranks(ranks(people)[1] * len(venues) + place)[1]
    said = Said(
        group=group,
        person=people,
        at=at,
        venue=venue,
        way=rows["way"].astype(np.int8),
        source=rows["source"].astype(np.int8),
        until=milliseconds_of(rows["until"]),
    )
    # of a moment the arrival comes last: no out of the same moment ends it
    return take(said, order_of(Timeline(at).numbers(group, at), -said.way))


def _seen_off(said: Said) -> Ints:
    """The rows of arrivals whose out, in the next row, was seen, or said in time."""
    arrived = np.flatnonzero((said.way[:-1] == Way.IN) & (said.way[1:] == Way.OUT))
    out = arrived + 1
    seen = marks(SEEN)[said.source[out]] | (said.at[out] - said.at[arrived] <= LONGEST)
    found: Ints = arrived[(said.group[arrived] == said.group[out]) & seen]
    return found


def _beside(there: Occupied, venue: Ints, since: Ints, until: Ints) -> Bools:
    """Between whose minutes at a venue somebody infectious was there."""
    line = Timeline(since, until + MINUTE, there.start, there.end)
    begun = np.searchsorted(
        line.numbers(there.venue, there.start),
        line.numbers(venue, until // MINUTE * MINUTE + MINUTE),
    )
    gone = np.searchsorted(
        line.numbers(there.venue, there.end), line.numbers(venue, since // MINUTE * MINUTE)
    )
    return begun > gone


async def visitors(
    db: Connection, facts: Facts, there: Presences, moment: int, step: Step, *, widest: bool = False
) -> Mapping[date, Ints]:
    """Whoever may have been with one of these, on the days on which their scans matter. `step`:
    days done, of how many. `widest`: as in `Search`."""
    search = Search(facts, there, moment, widest=widest)
    windows = search.windows
    first, last = search.days_of(windows.since), search.days_of(windows.outs_until)
    numbers = _numbers(first, last)
    amended = await _amended(db, search)
    begins = numbers.start
    for done, number in enumerate(numbers, 1):
        touched = (first <= number) & (begins <= last)
        if done == len(numbers) or touched.sum() > FEW:
            bounds = [facts.days.bounds(EPOCH + timedelta(days=one)) for one in (begins, number)]
            since, until = bounds[0][0], bounds[1][1]
            rows = await queries_facts.visitors(db, take(windows, touched), since, until)
            await aside(len(rows), search.may_have_met, rows, amended)
            begins = number + 1
            step(done, len(numbers))
    await _want_staff(db, search)
    return {
        day: facts.links.records(np.concatenate(people)) for day, people in search.wanted.items()
    }


async def _amended(db: Connection, search: Search) -> Ints:
    """Whose scans there were corrected or undone: what these say of an end does not count."""
    rows = await queries_facts.amended(db, search.windows)
    at, left_at = milliseconds_of(rows["at"]), milliseconds_of(rows["left_at"])
    people = people_behind(search.facts, rows["subject"], at)
    last = np.maximum(at + LONGEST, left_at)
    row, days = ranges(search.days_of(at - LONGEST), search.days_of(last) + 1)
    search.want_days(people[row], days)
    return search.facts.links.records(people)


async def _want_staff(db: Connection, search: Search) -> None:
    """Who works there for longer than others may stay unseen may have scanned before them."""
    venues, windows = distinct(search.windows.venue), search.windows
    reach = search.reach(venues) // MINUTE
    shortest = int(reach.min(initial=0))
    for venue, person, shift in await queries_facts.shifts_above(db, venues.tolist(), shortest):
        if shift > reach[np.searchsorted(venues, venue)]:
            there = np.flatnonzero(windows.venue == venue)
            since, until = windows.since[there] - DAY, windows.outs_until[there]
            _, days = ranges(search.days_of(since), search.days_of(until) + 1)
            search.want_days(np.full(len(days), person), days)


def at_points(facts: Facts, found: Presences) -> Mapping[date, Ints]:
    """All records of whoever is said to have been at a point with them, on its days and around."""
    points = set(distinct(found.venue[found.venue < 0]).tolist())
    wanted: dict[date, Ints] = {}
    for one in facts.hearsay.stays:
        if one.venue in points:
            records = facts.links.records(ints([one.person]))
            days = ((at + facts.offset) // DAY for at in (one.start - DAY, one.end + DAY))
            for number in range(next(days), next(days) + 1):
                day = EPOCH + timedelta(days=number)
                wanted[day] = np.union1d(wanted.get(day, ints()), records)
    return wanted
