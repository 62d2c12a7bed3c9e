"""What the order of rows tells a thief where past visits were imported among live sign-ups."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

import database
from checkin import queries_days, visit_people
from checkin.import_visits import Target, Wanted, import_visits
from checkin.model import Source
from checkin.shuffle import shuffle_newcomers
from tests.conftest import NOW, Service
from tests.make_venues import MadeVenue, make_venue
from tests.test_privacy import visit

BACK = timedelta(days=1)
LIVE = 40  # sign-ups before an import, and as many behind it
ALONE = 40  # people who are imported one by one
CHANCE = 0.4  # luck alone puts about 2 √n of n people in order: 9 of 40, 14 of 80
FOUND = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`target.db` is also the thief's: everything stored, in the order a dump would have it."""

    service: Service
    target: Target
    venue: MadeVenue
    folder: Path

    async def bring(self, *numbers: int) -> None:
        """Imports people by number, who came to the venue in that order."""
        path = self.folder / "visits.csv"
        rows = [f"Người {n},{self.venue.code},{yesterday(n).isoformat()}" for n in numbers]
        path.write_text("\n".join(["full_name,venue,arrived_at", *rows, ""]), encoding="utf-8")
        wanted = Wanted(path=path, bad_rows=self.folder / "bad.csv", kept_days=21, now=NOW)
        report = await import_visits(self.target, wanted, print)
        assert report.arrivals == len(numbers)

    async def shuffle(self) -> int:
        return await shuffle_newcomers(self.target.db, NOW + timedelta(hours=2), BACK)

    async def found(self, source: Source) -> float:
        """What share of the people behind these scans lies in the order in which they came, in the
        table and by the order in which most do.

        Counted along the longest run that keeps its order, not place by place: each connection
        fills a page of its own, so that one row far away shifts all behind it by one."""
        days, db = self.service.state["days"], self.target.db
        lying = "SELECT subject, at FROM scan WHERE source = $1 ORDER BY tableoid, ctid"
        scans = await db.fetch(lying, source)
        best = 0.0
        for table, column in (("person", "id"), ("identifier", "person_id")):
            rows = [row[column] for row in await db.fetch(f"SELECT {column} FROM {table}")]
            for came in (scans, sorted(scans, key=lambda scan: scan["at"])):
                truth = [days.people([s["subject"]], days.day(s["at"]))[0] for s in came]
                theirs = set(truth)
                place = {person: n for n, person in enumerate(dict.fromkeys(truth))}
                guesses = dict.fromkeys(person for person in rows if person in theirs)
                best = max(best, in_order([place[person] for person in guesses]) / len(truth))
        return best


def in_order(places: list[int]) -> int:
    """How many of distinct numbers the longest ascending run has that skips the others."""
    ends: list[int] = []  # by length less one: the smallest number at which such a run ends
    for place in places:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(ends)


def yesterday(n: int) -> datetime:
    return NOW - timedelta(days=1) + timedelta(seconds=n)


@pytest.fixture
async def world(service: Service, tmp_path: Path) -> AsyncIterator[World]:
    state, owner = service.state, partial(database.owner, service.settings)
    async with AsyncExitStack() as stack:
        db, more_db, people_db, days_db = [
            await stack.enter_async_context(owner()) for _ in range(4)
        ]
        target = Target(
            db=db,
            more_db=more_db,
            people_db=people_db,
            days_db=days_db,
            days=state["days"],
            keys=state["keys"],
        )
        yield World(
            service=service, target=target, venue=await make_venue(service), folder=tmp_path
        )


async def sign_up(world: World, people: int) -> None:
    for _ in range(people):
        await visit(world.service, world.venue.code, None)


async def test_a_big_import_among_live_sign_ups_is_left_where_it_lies_and_tells_nothing(
    world: World,
) -> None:
    # given
    await sign_up(world, LIVE)
    await world.bring(*range(visit_people.CROWD))
    await sign_up(world, LIVE)
    assert await world.found(Source.POSTER) > FOUND

    # when
    moved = await world.shuffle()

    # then person, identifier, declaration and standing of each newcomer were moved, and no more
    assert moved == 4 * 2 * LIVE
    assert await world.found(Source.POSTER) <= CHANCE
    assert await world.found(Source.IMPORT) <= CHANCE


async def test_a_big_import_in_the_order_of_its_file_would_tell_everybody(world: World) -> None:
    # given
    await world.bring(*range(visit_people.CROWD))

    # when its people are laid down as they came
    days, db = world.target.days, world.target.db
    scans = await db.fetch("SELECT subject, at FROM scan ORDER BY at")
    people = [days.people([scan["subject"]], days.day(scan["at"])) for scan in scans]
    async with db.transaction():
        await db.executemany(queries_days.MOVE_PERSON, people)

    # then
    assert await world.found(Source.IMPORT) > FOUND
    assert await world.shuffle() == 0


async def test_people_who_are_imported_one_by_one_are_shuffled(world: World) -> None:
    # given
    for n in range(ALONE):
        await world.bring(n)
    assert await world.found(Source.IMPORT) > FOUND

    # when
    moved = await world.shuffle()

    # then
    assert moved == 2 * ALONE
    assert await world.found(Source.IMPORT) <= CHANCE


async def test_people_who_are_imported_one_by_one_would_be_found_if_they_were_no_less_a_crowd(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit_people, "CROWD", 1)
    for n in range(ALONE):
        await world.bring(n)

    assert await world.shuffle() == 0
    assert await world.found(Source.IMPORT) > FOUND
