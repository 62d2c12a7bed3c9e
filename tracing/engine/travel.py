"""Scans that nobody can have made: too far from the scan before for the time between them.

Judged when a trace has read all scans of a person, not at the door: a phone may send an earlier
scan days later, and then the same facts must give the same answer in whatever order they came.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from operator import attrgetter

import numpy as np

from checkin.model import Flag, Source
from tracing.engine.columns import (
    Bools,
    Ints,
    Timeline,
    among,
    distinct,
    first_of_each,
    ints,
    looked_up,
    marks,
    one_of,
    order_of,
    parts,
    ranks,
    take,
)
from tracing.engine.model import MINUTE, Scan, ScanKey, Scans

Place = tuple[float, float]  # latitude, longitude in degrees

ROAD = 120.0  # km/h: the limit of Vietnam's expressways, kept door to door by nobody
FLIGHT = 850.0  # km/h: an airliner's cruise, without the way to the airport
FLIGHTS_FROM = 200.0  # km: the shortest that are flown (Cần Thơ – Côn Đảo is 200)
MARGIN_KM = 2.0  # a venue is a point here, and a market or a campus is not
MARGIN = 5 * MINUTE  # two phones' clocks, each up to two minutes off, and a minute to scan
EARTH = 6371.0  # km

# Whoever says so was there; the others can be pressed anywhere, are said by nobody, or were rounded
# by another system.
TOLD_THERE = frozenset({Source.POSTER, Source.UPLOAD, Source.EXIT, Source.GATE, Source.STAFF})
SEEN = frozenset({Source.GATE, Source.STAFF})  # by somebody who stood there


def marked(
    scans: Scans,
    humans: Mapping[int, int],
    places: Mapping[int, Place],
    void: Collection[ScanKey] = (),
) -> Scans:
    """The same scans, with the implausible ones flagged; those of unknown places are never, and
    those that were voided say nothing of others."""
    known = marks(TOLD_THERE)[scans.source] & one_of(scans.venue, places)
    rows = np.flatnonzero(known)
    maybe = rows[one_of(scans.at[rows], [at for _, at, _ in void])]
    known[maybe] = [scan.key not in void for scan in take(scans, maybe)]
    human = looked_up(scans.person, humans, scans.person)
    cuts = [slice(0, len(scans))] if (human[1:] < human[:-1]).any() else parts(human)
    flags = scans.flags.copy()
    for some in cuts:  # people lie together: what is looked at part by part needs little room
        rows = np.flatnonzero(known[some]) + some.start
        at = scans.at[rows]
        numbers = Timeline(at).numbers(ranks(human[rows])[1], at)
        rows = rows[order_of(numbers, scans.venue[rows], scans.person[rows])]
        suspects = distinct(human[rows[1:]][_too_soon(take(scans, rows), human[rows], places)])
        rows = rows[among(human[rows], suspects)[1]]
        for own in np.split(rows, first_of_each(human[rows])[1:]):
            found = list(take(scans, own))
            doubtful = _doubtful(found, places)
            flags[own[[scan.key in doubtful for scan in found]]] |= np.int8(Flag.IMPLAUSIBLE)
    return replace(scans, flags=flags)


def _too_soon(own: Scans, human: Ints, places: Mapping[int, Place]) -> Bools:
    """Of each scan but the first: no way from the one before. Who has none of these is believed
    throughout, which is nearly everybody."""
    venues = ints(sorted(places))
    where = np.radians([places[venue] for venue in venues.tolist()]).reshape(-1, 2)
    moved = np.flatnonzero((own.venue[1:] != own.venue[:-1]) & (human[1:] == human[:-1]))
    latitude, longitude = where[np.searchsorted(venues, own.venue[moved])].T
    latitude_2, longitude_2 = where[np.searchsorted(venues, own.venue[moved + 1])].T
    half = np.sin((latitude_2 - latitude) / 2) ** 2
    half += np.cos(latitude) * np.cos(latitude_2) * np.sin((longitude_2 - longitude) / 2) ** 2
    distance = np.maximum(0.0, 2 * EARTH * np.arcsin(np.sqrt(np.minimum(1.0, half))) - MARGIN_KM)
    time = distance / np.where(distance >= FLIGHTS_FROM, FLIGHT, ROAD) * 60 * MINUTE
    too_soon = np.zeros(max(0, len(own) - 1), np.bool_)
    # a second more than the exact look allows, so that no rounding hides anybody from it
    too_soon[moved] = own.at[moved + 1] - own.at[moved] + MARGIN < time + 1000
    return too_soon


def _doubtful(own: Sequence[Scan], places: Mapping[int, Place]) -> set[ScanKey]:
    """Keys of one human being's scans. Of two that contradict each other the later one is doubted,
    unless somebody saw that one and only the phone says the other."""
    found: set[ScanKey] = set()
    before: Scan | None = None
    for scan in sorted(own, key=attrgetter("at", "venue", "person")):
        if before is not None and not _travelled(before, scan, places):
            if scan.source in SEEN and before.source not in SEEN:
                found.add(before.key)
            else:
                found.add(scan.key)
                continue
        before = scan
    return found


def _travelled(before: Scan, scan: Scan, places: Mapping[int, Place]) -> bool:
    if before.venue == scan.venue:
        return True
    return scan.at - before.at + MARGIN >= needed(places[before.venue], places[scan.venue])


@lru_cache(maxsize=1 << 16)  # people go between the same places
def needed(one: Place, other: Place) -> float:
    """The least milliseconds between them."""
    distance = max(0.0, kilometres(one, other) - MARGIN_KM)
    speed = FLIGHT if distance >= FLIGHTS_FROM else ROAD
    return distance / speed * 60 * MINUTE


def kilometres(one: Place, other: Place) -> float:
    """Along a great circle."""
    (latitude, longitude), (latitude_2, longitude_2) = map(radians, one), map(radians, other)
    half = sin((latitude_2 - latitude) / 2) ** 2
    half += cos(latitude) * cos(latitude_2) * sin((longitude_2 - longitude) / 2) ** 2
    return 2 * EARTH * asin(sqrt(min(1.0, half)))
