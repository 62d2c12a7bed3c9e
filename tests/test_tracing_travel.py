"""A scan too far from the one before for anybody to have made both is kept and doubted."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from checkin.model import Flag, Source, Way
from kit.db import connection
from tests.conftest import Service
from tests.make_people import make_person, make_scans
from tests.make_venues import make_venue
from tracing.engine.columns import ints, milliseconds
from tracing.engine.links import Links
from tracing.engine.model import MINUTE, Scan, Scans
from tracing.engine.travel import kilometres, marked, needed
from tracing.facts import Facts, gather

HERE, NEAR, FAR, HANOI, NOWHERE = 1, 2, 3, 4, 5
PLACES = {
    HERE: (10.0341, 105.7884),  # Cần Thơ, Bến Ninh Kiều
    NEAR: (10.0420, 105.7800),  # 1.3 km
    FAR: (10.2899, 105.7556),  # Sa Đéc, 28 km
    HANOI: (21.0285, 105.8542),
}


def scan(
    venue: int, minute: float, source: Source = Source.POSTER, way: Way = Way.IN, person: int = 1
) -> Scan:
    at = int(minute * MINUTE)
    return Scan(person=person, at=at, venue=venue, zone=None, way=way, source=source)


def doubted(*scans: Scan, humans: dict[int, int] | None = None) -> list[int]:
    """Venues of the flagged ones, in order of time."""
    found = marked(Scans.of(scans), humans or {}, PLACES)
    flagged = [one for one in found if one.flags & Flag.IMPLAUSIBLE]
    return [one.venue for one in sorted(flagged, key=lambda one: one.at)]


def test_distances_are_those_of_the_map() -> None:
    assert kilometres(PLACES[HERE], PLACES[HANOI]) == pytest.approx(1222, abs=3)
    assert kilometres(PLACES[HERE], PLACES[FAR]) == pytest.approx(28.7, abs=0.5)
    assert needed(PLACES[HERE], PLACES[NEAR]) == 0  # within what a venue may measure


@pytest.mark.parametrize(
    ("venue", "minutes", "doubtful"),
    [
        (NEAR, 0.1, False),
        (FAR, 7, True),  # 27 km at 120 km/h are 13 minutes, less 5 of margin
        (FAR, 10, False),
        (HANOI, 75, True),
        (HANOI, 85, False),  # flown
        (HERE, 0.1, False),
        (NOWHERE, 0.1, False),  # no coordinates: nobody can tell
    ],
)
def test_only_a_way_that_nobody_can_have_made_is_doubted(
    venue: int, minutes: float, doubtful: bool
) -> None:
    assert doubted(scan(HERE, 0), scan(venue, minutes)) == ([venue] if doubtful else [])


def test_one_false_check_in_does_not_make_the_next_true_one_doubtful() -> None:
    assert doubted(scan(HERE, 0), scan(FAR, 3), scan(NEAR, 6), scan(HERE, 9)) == [FAR]


def test_what_a_guard_saw_is_believed_rather_than_what_a_phone_says() -> None:
    assert doubted(scan(FAR, 0), scan(HERE, 3, Source.GATE)) == [FAR]
    assert doubted(scan(HERE, 0, Source.GATE), scan(FAR, 3)) == [FAR]
    assert doubted(scan(HERE, 0, Source.GATE), scan(FAR, 3, Source.GATE)) == [FAR]


@pytest.mark.parametrize("source", [Source.BUTTON, Source.CLOSING, Source.TIMER, Source.IMPORT])
def test_what_proves_no_presence_neither_doubts_nor_is_doubted(source: Source) -> None:
    pressed = scan(HERE, 3, source, Way.OUT)

    assert doubted(scan(FAR, 0), pressed, scan(FAR, 4)) == []


def test_the_order_in_which_scans_came_changes_nothing() -> None:
    day = [scan(HERE, 0), scan(FAR, 3), scan(NEAR, 6, Source.GATE), scan(FAR, 40)]

    assert {tuple(doubted(*order)) for order in permutations(day)} == {(FAR,)}


def test_two_records_of_one_human_being_are_one_and_two_people_are_two() -> None:
    both = (scan(HERE, 0), scan(FAR, 3, person=2))

    assert doubted(*both) == []
    assert doubted(*both, humans={1: 1, 2: 1}) == [FAR]


def test_an_undone_scan_says_nothing_of_the_others() -> None:
    undone, real = scan(FAR, 0), scan(HERE, 3)

    found = marked(Scans.of([undone, real]), {}, PLACES, {undone.key})

    assert [one.flags for one in found] == [0, 0]


async def test_a_trace_reads_the_mark_and_the_row_stays_as_it_was_sent(service: Service) -> None:
    person, days = await make_person(service), service.state["days"]
    venues = [(await make_venue(service)).id for _ in range(2)]
    now = milliseconds(service.clock())
    await make_scans(
        service,
        [replace(scan(venue, 3 * n, person=person), at=now + n) for n, venue in enumerate(venues)],
    )
    async with connection(service.state["db"]) as db:
        for venue, (latitude, longitude) in zip(venues, (PLACES[HERE], PLACES[FAR]), strict=True):
            await db.execute(
                "UPDATE venue SET latitude = $2, longitude = $3 WHERE id = $1",
                *(venue, latitude, longitude),
            )
        facts = Facts(days=days, links=Links([]))
        await gather(db, facts, {days.day(service.clock()): ints([person])})
        stored = await db.fetch("SELECT DISTINCT flags FROM scan")

    flags = {one.venue: one.flags for one in facts.world().scans}

    assert flags == {venues[0]: 0, venues[1]: Flag.IMPLAUSIBLE}
    assert [row["flags"] for row in stored] == [0]
