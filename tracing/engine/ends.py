"""When a stay ended: the best estimate of each arrival, and the latest the facts allow.

Every rule is one comparison of columns; only the shifts of a venue's own staff, which run from one
scan to the next, are followed one by one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from checkin.model import UNSEEN, Source, Way
from tracing.engine.columns import (
    Bools,
    Ints,
    Small,
    Timeline,
    among,
    ints,
    marks,
    one_of,
    ranks,
    take,
)
from tracing.engine.model import DAY, ENDED_NUMBER, HOUR, MINUTE, Ended, World

LONGEST = 12 * HOUR  # nobody is taken to have stayed longer where no out was seen
NEVER = 1 << 62
NONE = 1 << 62  # no such row
GUESSED = marks(ENDED_NUMBER[one] for one in (Ended.NEXT_SCAN, Ended.ESTIMATED))

SEEN = {
    Source.EXIT: Ended.SCANNED,
    Source.POSTER: Ended.SCANNED,
    Source.GATE: Ended.STAFF,
    Source.STAFF: Ended.STAFF,
    Source.IMPORT: Ended.STAFF,
}
# A button can be pressed anywhere; so can what was uploaded late.
SAID = frozenset({Source.BUTTON, Source.UPLOAD})
ENDED_BY = np.full(max(Source) + 1, ENDED_NUMBER[Ended.BUTTON])
for source, how in SEEN.items():
    ENDED_BY[source] = ENDED_NUMBER[how]


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """Scans that count, by human being in order of time; `left_at`: a corrected end, or 0."""

    human: Ints
    person: Ints
    at: Ints
    venue: Ints
    zone: Ints
    way: Small
    source: Small
    flags: Small
    left_at: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Arrivals in their surroundings; rows are numbers of scans in `Own`.

    `following`: the next arrival anywhere, or NEVER. `out`: the row that tells the end, or NONE.
    `closed`: when the venue checked everyone out, or a timer did, or NEVER.
    """

    row: Ints
    following: Ints
    out: Ints
    closed: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    end: Ints
    upper: Ints
    ended: Small


def visits(own: Own) -> Visits:
    line = Timeline(own.at)
    row = np.flatnonzero(own.way == Way.IN)
    arrivals = line.numbers(own.human, own.at)[row]
    later = np.searchsorted(arrivals, arrivals, side="right")
    following = np.full(len(row), NEVER)
    has = np.flatnonzero(later < len(row))
    has = has[own.human[row[later[has]]] == own.human[row[has]]]
    following[has] = own.at[row[later[has]]]
    places, venue = ranks(own.venue)
    group = ranks(own.human * len(places) + venue)[1]
    numbers = line.numbers(group, own.at)

    def first_out(sources: Collection[Source]) -> Ints:
        """The first of such a source at the venue after the arrival, up to the next arrival."""
        outs = np.flatnonzero((own.way == Way.OUT) & marks(sources)[own.source])
        outs = outs[np.argsort(numbers[outs], kind="stable")]
        place = np.searchsorted(numbers[outs], numbers[row], side="right")
        there = np.flatnonzero(place < len(outs))
        out = outs[place[there]]
        own_out = (group[out] == group[row[there]]) & (own.at[out] <= following[there])
        found = np.full(len(row), NONE)
        found[there[own_out]] = out[own_out]
        return found

    seen, said, closing = first_out(SEEN), first_out(SAID), first_out(UNSEEN)
    told = np.flatnonzero(said < NONE)
    said[told[own.at[said[told]] - own.at[row[told]] > LONGEST]] = NONE
    closed = np.full(len(row), NEVER)
    closed[closing < NONE] = own.at[closing[closing < NONE]]
    return Visits(row=row, following=following, out=np.minimum(seen, said), closed=closed)


def judged_ends(own: Own, visits: Visits, world: World, people: Ints, moment: int) -> Ends:
    """`people`: the human being behind each number in `own.human`."""
    at = own.at[visits.row]
    places, venue = ranks(own.venue[visits.row])
    facts = [world.venues[place] for place in places.tolist()]
    estimate = at + (ints(one.typical_stay for one in facts) * MINUTE)[venue]
    for place, until in _shifts(own, visits, world, people, estimate, moment):
        estimate[place] = until
    end, ended = best_ends(own, visits, estimate)
    guessed = GUESSED[ended]
    closes = ints(-1 if one.closes is None else one.closes for one in facts)[venue]
    cap = np.minimum(_cap(at, visits, closes, world.offset), visits.closed)
    upper = np.where(guessed, np.maximum(end, cap), end)
    return Ends(end=np.minimum(end, moment), upper=np.minimum(upper, moment), ended=ended)


def best_ends(own: Own, visits: Visits, estimate: Ints) -> tuple[Ints, Small]:
    """An out seen, or said in time; else the earlier of the next arrival and the estimate."""
    moves_on = visits.following <= estimate
    end = np.where(moves_on, visits.following, estimate)
    ended = np.where(moves_on, ENDED_NUMBER[Ended.NEXT_SCAN], ENDED_NUMBER[Ended.ESTIMATED])
    known = visits.out < NONE
    end[known] = own.at[visits.out[known]]
    ended[known] = ENDED_BY[own.source[visits.out[known]]]
    left_at = own.left_at[visits.row]
    corrected = left_at > own.at[visits.row]
    end[corrected] = left_at[corrected]
    ended[corrected] = ENDED_NUMBER[Ended.CORRECTED]
    return end, ended


def _cap(at: Ints, visits: Visits, closes: Ints, offset: int) -> Ints:
    """The latest end where nobody was seen leaving.

    A late button is later than the next arrival or than 12 h, so it never decides.
    """
    cap = np.minimum(visits.following, at + LONGEST)
    local = at + offset
    closing = local - local % DAY + closes * MINUTE
    closing += np.where(closing > local, 0, DAY)
    return np.where(closes >= 0, np.minimum(cap, closing - offset), cap)


def _shifts(
    own: Own, visits: Visits, world: World, people: Ints, estimate: Ints, moment: int
) -> list[tuple[int, int]]:
    """(place among the visits, end of the shift), of those who work where they came to.

    A shift counts from the first scan of an unbroken stay: staff may scan all day long.
    """
    found: list[tuple[int, int]] = []
    unbroken: dict[tuple[int, int, int], tuple[int, int]] = {}
    for place in np.flatnonzero(_at_work(own, visits.row, world, people)).tolist():
        one = np.array([place])
        row = int(visits.row[place])
        human, venue, at = int(people[own.human[row]]), int(own.venue[row]), int(own.at[row])
        spot = (human, venue, int(own.zone[row]))
        began, until = unbroken.get(spot, (at, at))
        began, until = (began, until) if at <= until else (at, at)
        shift = began + world.shifts[human, venue] * MINUTE
        if shift > at:
            found.append((place, shift))
        guess = np.array([shift]) if shift > at else estimate[one]
        end, _ = best_ends(own, take(visits, one), guess)
        unbroken[spot] = (began, max(min(int(end[0]), moment), until))
    return found


def _at_work(own: Own, rows: Ints, world: World, people: Ints) -> Bools:
    if not world.shifts:
        return np.zeros(len(rows), np.bool_)
    place, there = among(ints({person for person, _ in world.shifts}), people)
    staff = one_of(own.human[rows], place[there])
    staff[staff] = [
        (human, venue) in world.shifts
        for human, venue in zip(
            people[own.human[rows[staff]]].tolist(), own.venue[rows[staff]].tolist(), strict=True
        )
    ]
    return staff
