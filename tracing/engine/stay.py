"""From scans to stays: when somebody was where, and how the end is known.

A scan is never changed by what comes later, so the same facts in any order give the same stays.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from checkin.model import UNSEEN, Flag, Source, Way
from tracing.engine.columns import (
    Bools,
    Ints,
    Small,
    Timeline,
    in_order,
    ints,
    looked_up,
    marks,
    order_of,
    parts,
    ranks,
    stacked,
    take,
)
from tracing.engine.ends import LONGEST, NONE, Own, Visits, judged_ends, visits
from tracing.engine.model import (
    DOUBT_BIT,
    ENDED_NUMBER,
    MINUTE,
    NO_ZONE,
    Doubt,
    Ended,
    Scans,
    Stays,
    World,
)


def stays(world: World, moment: int) -> Stays:
    """Every stay begun by `moment`, by human being; none ends after it."""
    scans = world.scans
    human = looked_up(scans.person, world.humans, scans.person)
    if (human[1:] < human[:-1]).any():
        order = order_of(ranks(human)[1])
        scans, human = take(scans, order), human[order]
    void, left_at = _amended(scans, world)
    told = _told(world, moment)
    cuts = parts(human) or [slice(0)]
    # those who never scanned are with whoever comes before them
    edges = np.searchsorted(told.person, [human[one.start] for one in cuts[1:]])
    found = []
    for some, (first, last) in zip(cuts, pairwise([0, *edges.tolist(), len(told)]), strict=True):
        own, people = _own(take(scans, some), human[some], void[some], left_at[some], moment)
        every = stacked([*_scanned(own, people, world, moment), take(told, slice(first, last))])
        found.append(_two_venues_flagged(joined(every)))
    return stacked(found)


def _scanned(own: Own, people: Ints, world: World, moment: int) -> tuple[Stays, Stays]:
    """Stays begun by a scan, and those of which nothing but the end was scanned."""
    arrived = visits(own)
    ends = judged_ends(own, arrived, world, people, moment)
    lone = _lone_outs(own, arrived)
    begun = Stays(
        person=people[own.human[arrived.row]],
        venue=own.venue[arrived.row],
        zone=own.zone[arrived.row],
        start=own.at[arrived.row],
        end=ends.end,
        upper=ends.upper,
        ended=ends.ended,
        doubts=_doubts(own, arrived, lone),
    )
    return begun, _seen_leaving(own, people, lone, moment)


def at_most(judged: Stays) -> Stays:
    """The same stays, each as long as the facts allow."""
    wide = replace(judged, end=judged.upper)
    return stacked([joined(take(wide, some)) for some in parts(wide.person) or [slice(0)]])


def joined(judged: Stays) -> Stays:
    """Stays of one person at one venue and zone that touch or overlap, as one."""
    if not len(judged):
        return judged
    (_, person), (venues, venue), (zones, zone) = map(
        ranks, (judged.person, judged.venue, judged.zone)
    )
    by_start = order_of(Timeline(judged.start).numbers(person, judged.start))
    place = (person * len(venues) + venue) * len(zones) + zone
    order = by_start[order_of(place[by_start])]  # a spot's own stays remain by start
    rows, place = take(judged, order), ranks(place[order])[1]
    line = Timeline(rows.start, rows.end)
    ends = line.numbers(place, rows.end)
    latest = np.maximum.accumulate(ends)
    before = np.concatenate(([-1], latest[:-1]))
    apart = line.numbers(place, rows.start) > before
    begins = np.flatnonzero(apart)
    # the last of those that end latest says how the end is known
    decides = np.maximum.accumulate(np.where(apart | (ends >= before), np.arange(len(rows)), 0))
    whole = take(rows, decides[np.concatenate((begins[1:], [len(rows)])) - 1])
    whole = replace(
        whole,
        start=rows.start[begins],
        upper=np.maximum.reduceat(rows.upper, begins),
        doubts=np.bitwise_or.reduceat(rows.doubts, begins),
    )
    numbers = Timeline(whole.start).numbers(ranks(whole.person)[1], whole.start)
    return in_order(whole, order_of(numbers))


def _own(told: Scans, human: Ints, void: Bools, left_at: Ints, moment: int) -> tuple[Own, Ints]:
    """The scans that count, sorted, and the human being behind each number in them."""
    known = (told.way != Way.REFUSED) & (told.at <= moment) & ~void
    scans, human, left_at = take(told, known), human[known], left_at[known]
    people, number = ranks(human)
    order = order_of(Timeline(scans.at).numbers(number, scans.at), scans.venue, scans.person)
    scans = in_order(scans, order)
    own = Own(
        human=number[order],
        person=scans.person,
        at=scans.at,
        venue=scans.venue,
        zone=scans.zone,
        way=scans.way,
        source=scans.source,
        flags=scans.flags,
        left_at=left_at[order],
    )
    return own, people


def _amended(told: Scans, world: World) -> tuple[Bools, Ints]:
    """Which scans never were; the corrected end of the stay that a scan began, or 0."""
    void, left_at = np.zeros(len(told), np.bool_), np.zeros(len(told), np.int64)
    if not world.amendments:
        return void, left_at
    order = np.argsort(told.at, kind="stable")
    times = told.at[order]
    for (person, at, venue), found in world.amendments.items():
        first, last = np.searchsorted(times, [at, at + 1])
        rows = order[first:last]
        rows = rows[(told.person[rows] == person) & (told.venue[rows] == venue)]
        void[rows], left_at[rows] = found.void, found.left_at or 0
    return void, left_at


def _lone_outs(own: Own, arrived: Visits) -> Ints:
    """Outs by a human hand that end no stay."""
    lone = (own.way == Way.OUT) & ~marks(UNSEEN)[own.source]
    lone[arrived.out[arrived.out < NONE]] = False
    return np.flatnonzero(lone)


def _doubts(own: Own, arrived: Visits, lone: Ints) -> Small:
    """Of each arrival. One that follows an out at its venue which no arrival claims: a wrong
    clock?"""
    row = arrived.row
    backwards = (own.left_at[row] > 0) & (own.left_at[row] <= own.at[row])
    if len(lone) and len(row):
        times = Timeline(own.at).numbers(own.human, own.at)
        place = np.searchsorted(times[row], times[lone])  # the next arrival anywhere
        outs, until = lone, times[row[np.minimum(place, len(row) - 1)]]
        while len(outs):
            same_time = np.flatnonzero(place < len(row))
            same_time = same_time[times[row[place[same_time]]] == until[same_time]]
            place, outs, until = place[same_time], outs[same_time], until[same_time]
            arrival = row[place]
            here = (own.human[arrival] == own.human[outs]) & (own.venue[arrival] == own.venue[outs])
            soon = own.at[arrival] - own.at[outs] <= LONGEST
            backwards[place[here & soon]] = True
            place = place + 1
    doubts = np.where(backwards, DOUBT_BIT[Doubt.OUT_BEFORE_IN], np.int8(0))
    return doubts | _implausible(own, row)


def _implausible(own: Own, rows: Ints) -> Small:
    flagged = own.flags[rows] & int(Flag.IMPLAUSIBLE) != 0
    return np.where(flagged, DOUBT_BIT[Doubt.IMPLAUSIBLE], np.int8(0))


def _seen_leaving(own: Own, people: Ints, lone: Ints, moment: int) -> Stays:
    """Presence in the minute of an out without an in, unless it was a button pressed anywhere."""
    outs = lone[own.source[lone] != Source.BUTTON]
    start = own.at[outs] // MINUTE * MINUTE
    end = np.minimum(start + MINUTE, moment)
    return Stays(
        person=people[own.human[outs]],
        venue=own.venue[outs],
        zone=own.zone[outs],
        start=start,
        end=end,
        upper=end,
        ended=np.full(len(outs), ENDED_NUMBER[Ended.SEEN_LEAVING]),
        doubts=_implausible(own, outs),
    )


def _told(world: World, moment: int) -> Stays:
    """At points. They end no stay that was scanned, nor the other way round: whichever is wrong."""
    rows = [one for one in world.told if one.start < moment]
    person = ints(one.person for one in rows)
    end = np.minimum(ints(one.end for one in rows), moment)
    found = Stays(
        person=looked_up(person, world.humans, person),
        venue=ints(one.venue for one in rows),
        zone=ints(one.zone or NO_ZONE for one in rows),
        start=ints(one.start for one in rows),
        end=end,
        upper=end,
        ended=np.fromiter((ENDED_NUMBER[one.ended] for one in rows), np.int8),
        doubts=np.zeros(len(rows), np.int8),
    )
    return take(found, np.argsort(found.person, kind="stable"))


def _two_venues_flagged(own: Stays) -> Stays:
    """Nobody is at two venues at once, and nothing here says which of the two is wrong. A day that
    was told without hours contradicts nothing.

    `own`: by person and start. Each stay is compared with the next, then with the one after, until
    none begins before the end of the other.
    """
    doubts, clocked = own.doubts.copy(), own.ended != ENDED_NUMBER[Ended.TOLD_DAY]
    rows, apart = np.arange(len(own)), 1
    while len(rows):
        rows = rows[rows + apart < len(own)]
        other = rows + apart
        at_once = (own.person[rows] == own.person[other]) & (own.start[other] < own.end[rows])
        rows, other = rows[at_once], other[at_once]
        elsewhere = (own.venue[rows] != own.venue[other]) & clocked[rows] & clocked[other]
        for both in (rows, other):
            doubts[both[elsewhere]] |= DOUBT_BIT[Doubt.TWO_VENUES]
        apart += 1
    return replace(own, doubts=doubts)
