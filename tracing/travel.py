"""Scans that nobody can have made: too far from the scan before for the time between them.

Judged when a trace has read all scans of a person, not at the door: a phone may send an earlier
scan days later, and then the same facts must give the same answer in whatever order they came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from math import asin, cos, radians, sin, sqrt
from operator import attrgetter

from checkin.model import Flag, Source
from tracing.model import MINUTE, Scan, ScanKey

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
    scans: Iterable[Scan],
    humans: Mapping[int, int],
    places: Mapping[int, Place],
    void: Collection[ScanKey] = (),
) -> list[Scan]:
    """The same scans, with the implausible ones flagged; those of unknown places are never, and
    those that were voided say nothing of others."""
    whole = list(scans)
    own: dict[int, list[Scan]] = defaultdict(list)
    for scan in whole:
        if scan.venue in places and scan.source in TOLD_THERE and scan.key not in void:
            own[humans.get(scan.person, scan.person)].append(scan)
    doubtful = {key for found in own.values() if len(found) > 1 for key in _doubtful(found, places)}
    if not doubtful:
        return whole
    flag = int(Flag.IMPLAUSIBLE)
    return [
        replace(scan, flags=scan.flags | flag) if scan.key in doubtful else scan for scan in whole
    ]


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
