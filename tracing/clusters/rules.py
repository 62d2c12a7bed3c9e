"""Places where more cases had been before they fell ill than their visits explain.

Nobody but the cases is looked up: what they are compared with are counts of people by place and
day. A case that was at n places of a ward on a day is expected at each of them by n times that
place's share of the ward's footfall of the day. Each place is looked at on each of its days, and
over all of them together: there a case's shares are added, up to 1. For somebody who comes daily
that is too much and never too little, so a place may be missed but is not accused by it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import scipy  # its parts load when first used, so the door never pays for them

from tracing.engine.columns import Ints, Timeline, among, first_of_each, ints, ranges, take
from tracing.engine.model import DAY, ENDED_NUMBER, Ended, Stays
from tracing.engine.presence import Presences

Numbers: TypeAlias = npt.NDArray[np.float64]

CONFIDENCE = 0.95
FALSE_DISCOVERIES = 0.05  # of the places that stand out, the share that chance may have made
AT_LEAST = 2  # cases: one alone shares nothing
ALL_DAYS = -1
FEW = 5  # fewer cases than this may be one family that went out


@dataclass(frozen=True, slots=True, kw_only=True)
class Footfall:
    """How many people came to a place on a local day; a row each. Days since 1970, wards by
    number."""

    day: Ints
    ward: Ints
    venue: Ints
    zone: Ints
    people: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Stays of cases that began while they may have been infected."""

    person: Ints
    day: Ints
    venue: Ints
    zone: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A place on the one `day` (since 1970) that says most, or, None, on all of them. `ratio` of
    `cases` to `expected`, with an exact interval that holds for all these choices at once.
    `chance`: how often chance alone makes as much of a place; `among_all`: the same after all
    places that were compared. `together`: most cases at one moment. `footfall`: people, counted
    anew each day."""

    venue: int
    zone: int
    day: int | None
    cases: int
    expected: float
    ratio: float
    lower: float
    upper: float
    chance: float
    among_all: float
    together: int
    first: int
    last: int
    footfall: int

    @property
    def stands_out(self) -> bool:
        return self.among_all <= FALSE_DISCOVERIES

    @property
    def few(self) -> bool:
        return self.cases < FEW


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """`unseen`: cases without a visit on these days; `compared`: places anybody came to; `missing`:
    days whose scans are no longer kept."""

    cases: int
    unseen: int
    compared: int
    missing: Sequence[date]
    places: Sequence[Cluster]


def visits_of(judged: Stays, infected: Presences, offset: int) -> Visits:
    """Of the stays in which somebody may have been infected those that began in that time. Footfall
    counts arrivals, so people who were only seen leaving are not among them."""
    began = infected.start == judged.start[infected.stay]
    rows = take(judged, np.unique(infected.stay[began]))
    rows = take(rows, rows.ended != ENDED_NUMBER[Ended.SEEN_LEAVING])
    return Visits(
        person=rows.person,
        day=(rows.start + offset) // DAY,
        venue=rows.venue,
        zone=rows.zone,
        start=rows.start,
        end=rows.end,
    )


def clusters(
    visits: Visits, footfall: Footfall, people: Collection[int], missing: Sequence[date]
) -> Clusters:
    """`people`: all cases, each a human being; those of `visits` are among them. The place whose
    interval begins highest comes first."""
    names, place = np.unique(_place(footfall.venue, footfall.zone), return_inverse=True)
    visits, row = _matched(visits, footfall, names, place)
    at, order = place[row], np.argsort(place, kind="stable")
    counted, sorted_places = take(footfall, order), place[order]
    cases = np.bincount(_pairs(at, visits.person)[0], minlength=len(names))
    looks = _looks(_turns(visits.person, row, footfall), place, footfall.day, cases)
    found = []
    for look, numbers in _measured(looks, len(names)):
        number, day = int(look.place), int(look.day)
        here = take(visits, _part(at, number))
        here = take(here, (day == ALL_DAYS) | (here.day == day))
        crowd = take(counted, _part(sorted_places, number))
        crowd = take(crowd, (day == ALL_DAYS) | (crowd.day == day))
        found.append(
            Cluster(
                venue=int(here.venue[0]),
                zone=int(here.zone[0]),
                day=None if day == ALL_DAYS else day,
                cases=int(look.cases),
                **numbers,
                together=_together(here.start, here.end),
                first=int(here.start.min()),
                last=int(here.end.max()),
                footfall=int(crowd.people.sum()),
            )
        )
    found.sort(key=lambda one: (-one.lower, one.among_all, one.venue, one.zone))
    return Clusters(
        cases=len(people),
        unseen=len(people) - len(np.unique(visits.person)),
        compared=len(names),
        missing=missing,
        places=found,
    )


def _place(venue: Ints, zone: Ints) -> Ints:
    return venue << 32 | zone


def _part(numbers: Ints, number: int) -> slice:
    """Where one stands in a column that is sorted."""
    return slice(*np.searchsorted(numbers, [number, number + 1]).tolist())


def _pairs(one: Ints, other: Ints) -> tuple[Ints, Ints]:
    """Each pair once, in order."""
    order = np.lexsort((other, one))
    one, other = one[order], other[order]
    first = np.union1d(first_of_each(one), first_of_each(other))
    return one[first], other[first]


def _matched(visits: Visits, footfall: Footfall, names: Ints, place: Ints) -> tuple[Visits, Ints]:
    """The visits to places and on days that were counted, by place, and the rows of the counts."""
    line = Timeline(footfall.day, visits.day)
    counted = line.numbers(place, footfall.day)
    order = np.argsort(counted)
    number, known = among(_place(visits.venue, visits.zone), names)
    at, there = among(line.numbers(number, visits.day), counted[order])
    there &= known
    visits, row = take(visits, there), order[at[there]]
    by_place = np.argsort(place[row], kind="stable")
    return take(visits, by_place), row[by_place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """At how many `places` of a ward a case was on a day; by `group`, the number of ward and day.
    The rest by row of footfall: its group, its share of that group, and how many cases came."""

    group: Ints
    person: Ints
    places: Ints
    of_row: Ints
    share: Numbers
    cases: Ints


def _turns(person: Ints, row: Ints, footfall: Footfall) -> Turns:
    wards = Timeline(footfall.day).numbers(footfall.ward, footfall.day)
    of_row = np.unique(wards, return_inverse=True)[1]
    whole = np.bincount(of_row, footfall.people)
    row, person = _pairs(row, np.unique(person, return_inverse=True)[1])
    order = np.lexsort((person, of_row[row]))
    group, person = of_row[row][order], person[order]
    first = np.union1d(first_of_each(group), first_of_each(person))
    return Turns(
        group=group[first],
        person=person[first],
        places=np.diff(first, append=len(group)),
        of_row=of_row,
        share=footfall.people / whole[of_row],
        cases=np.bincount(row, minlength=len(of_row)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """At a place on one day, or on ALL_DAYS; `of`: how many looks there are at the place."""

    place: Ints
    day: Ints
    cases: Ints
    expected: Numbers
    of: Ints


def _looks(turns: Turns, place: Ints, day: Ints, cases: Ints) -> Looks:
    """Those that show enough cases. Place by place, so that memory stays that of one."""
    order = np.lexsort((day, place))
    sorted_places = place[order]
    rows: list[tuple[int, int, int, float, int]] = []
    for number in np.flatnonzero(cases >= AT_LEAST).tolist():
        here = order[_part(sorted_places, number)]
        first = np.searchsorted(turns.group, turns.of_row[here])
        last = np.searchsorted(turns.group, turns.of_row[here], side="right")
        of_here, turn = ranges(first, last)
        likely = np.minimum(turns.places[turn] * turns.share[here][of_here], 1)
        ever = np.minimum(np.bincount(turns.person[turn], likely), 1).sum()
        looks = 1 if len(here) == 1 else len(here) + 1
        rows.append((number, ALL_DAYS, int(cases[number]), float(ever), looks))
        if looks > 1:
            daily = np.bincount(of_here, likely, len(here))
            rows += [
                (number, int(day[here[one]]), int(turns.cases[here[one]]), float(daily[one]), looks)
                for one in np.flatnonzero(turns.cases[here] >= AT_LEAST).tolist()
            ]
    columns = list(zip(*rows, strict=True)) or [()] * 5
    return Looks(
        place=ints(columns[0]),
        day=ints(columns[1]),
        cases=ints(columns[2]),
        expected=np.fromiter(columns[3], np.float64),
        of=ints(columns[4]),
    )


def _measured(looks: Looks, compared: int) -> list[tuple[Looks, dict[str, float]]]:
    """The best look of each place, and its numbers: exact Poisson bounds (Garwood 1936), each error
    shared out among the looks. Places of one case or none count as compared, with a chance of 1."""
    stats, tail = scipy.stats, (1 - CONFIDENCE) / 2 / looks.of
    lower = stats.gamma.ppf(tail, looks.cases) / looks.expected
    order = np.lexsort((-lower, looks.place))
    best = order[first_of_each(looks.place[order])]
    looks, lower, tail = take(looks, best), lower[best], tail[best]
    chance = np.minimum(looks.of * stats.poisson.sf(looks.cases - 1, looks.expected), 1)
    every = np.concatenate((chance, np.ones(compared - len(chance))))
    columns = {
        "expected": looks.expected,
        "ratio": looks.cases / looks.expected,
        "lower": lower,
        "upper": stats.gamma.ppf(1 - tail, looks.cases + 1) / looks.expected,
        "chance": chance,
        "among_all": stats.false_discovery_control(every)[: len(chance)],
    }
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        (take(looks, np.array(row)), dict(zip(columns, numbers, strict=True)))
        for row, numbers in enumerate(rows)
    ]


def _together(start: Ints, end: Ints) -> int:
    """Who leaves as another comes was not there with them."""
    begun = np.searchsorted(np.sort(start), start, side="right")
    gone = np.searchsorted(np.sort(end), start, side="right")
    return int((begun - gone).max())
