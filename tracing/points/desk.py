"""What officers do with the points of a case, the same for the JSON and for the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from kit.db import Connection, connection, transaction
from kit.errors import NotFound
from tracing import queries_changes, queries_points
from tracing.acting import Acting, note, note_people, run_again
from tracing.case import CaseFile, Status, approved_case, contact_number
from tracing.desk import Desk, case_in, key_of
from tracing.followup import desk as followup_desk
from tracing.followup import queries as followup_queries
from tracing.followup.desk import Giving, Target
from tracing.followup.queries import Counters
from tracing.point import Listed, ListedAlready, NobodyToGive, Point, PointFacts, PointWithdrawn
from tracing.point_file import as_of_now, opened, read_points, sealed
from tracing.points.people import Mentioned, Refused, listed, namesakes
from tracing.points.rules import checked, checked_stay
from tracing.queries_points import NewPoint
from tracing.runs.queries_contacts import WHOLE, Chosen
from tracing.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPoint:
    """`numbers`: what those who are listed are called in this case, in their order, and `alike`
    who has the same name at another point, '' for nobody; `counters` of those of them who are
    contacts. `maker` and `voider` are names of accounts."""

    point: Point
    numbers: tuple[str, ...]
    alike: tuple[str, ...]
    counters: Counters
    maker: str
    voider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """`refused`: of the people who were told of; the others are listed. `traced`: anew, at once;
    else once the trace under way has ended."""

    point: ShownPoint
    refused: tuple[Refused, ...] = ()
    traced: bool


Change = Callable[[Acting, Point], Awaitable[tuple[Point, Sequence[Refused]]]]


async def add(
    state: State, mine: Desk, case_id: int, facts: PointFacts, mentioned: Sequence[Mentioned]
) -> Changed:
    """The same place and time told twice is one point, as in a list that is taken in again: a
    button pressed twice adds nobody."""
    now = state["clock"]()
    facts = checked(facts, now)
    async with transaction(state["desk_db"]) as db:
        acting = await _acting(db, state, mine, case_id)
        standing = await read_points(db, acting.key, acting.case.id)
        here = next((one for one in standing if not one.why and one.facts == facts), None)
        before = here or Point(id=await queries_points.next_point(db), facts=facts)
        point, refused = await listed(acting, before, mentioned)
        body = sealed(acting.key, point)
        if here is None:
            new = NewPoint(id=point.id, case_id=acting.case.id, sealed=body, made_by=mine.staff_id)
            await queries_points.add_point(db, new, now)
            await note(acting, "add-point", {"point": point.id})
        else:
            await queries_points.change_point(db, point.id, body)
            refused = [one for one in refused if not isinstance(one.problem, ListedAlready)]
        await _note_listed(acting, before, point)
    return await _traced(state, mine, case_id, point.id, refused)


async def list_people(
    state: State, mine: Desk, case_id: int, point_id: int, mentioned: Sequence[Mentioned]
) -> Changed:
    """Each by itself: what is wrong with one keeps nobody else off."""

    async def with_people(acting: Acting, point: Point) -> tuple[Point, Sequence[Refused]]:
        found, refused = await listed(acting, point, mentioned)
        await _note_listed(acting, point, found)
        return found, refused

    return await _change(state, mine, case_id, point_id, with_people)


async def remove_person(
    state: State, mine: Desk, case_id: int, point_id: int, number: str
) -> Changed:
    """Who was not there after all. NotFound where nobody of this number is listed."""

    async def without(acting: Acting, point: Point) -> tuple[Point, Sequence[Refused]]:
        [now] = await as_of_now(acting.db, [point])
        gone = [one for one in now.listed if _number(acting.key, one) == number]
        if not gone:
            raise NotFound
        await note_people(acting, "unlist-person", [gone[0].people[0]], {"point": point.id})
        return replace(point, listed=tuple(one for one in now.listed if one not in gone)), ()

    return await _change(state, mine, case_id, point_id, without)


async def correct(
    state: State, mine: Desk, case_id: int, point_id: int, facts: PointFacts
) -> Changed:
    """Everything but the people, who must have been there still."""
    now = state["clock"]()
    facts = checked(facts, now)

    async def corrected(acting: Acting, point: Point) -> tuple[Point, Sequence[Refused]]:
        for one in point.listed:
            checked_stay(one.stayed, facts, now)
        await note(acting, "correct-point", {"point": point.id})
        return replace(point, facts=facts), ()

    return await _change(state, mine, case_id, point_id, corrected)


async def withdraw(state: State, mine: Desk, case_id: int, point_id: int, why: str) -> Changed:
    """It counts no more; it stays in the file with the reason."""
    async with transaction(state["desk_db"]) as db:
        acting = await _acting(db, state, mine, case_id)
        point = await _standing(acting, point_id)
        body = sealed(acting.key, replace(point, why=why))
        await queries_points.void_point(db, point.id, body, mine.staff_id, state["clock"]())
        await note(acting, "withdraw-point", {"point": point.id})
    return await _traced(state, mine, case_id, point_id, ())


async def give(
    state: State, mine: Desk, case_id: int, point_id: int, giving: Giving
) -> tuple[int, int]:
    """All contacts of a point in one act: for how many it was done, of how many. Whoever is listed
    there and is no contact of the case has nothing to be worked."""
    async with connection(state["desk_db"]) as db:
        case = approved_case(await case_in(db, case_id, mine))
        acting = Acting(db=db, state=state, desk=mine, case=case)
        [point] = await as_of_now(db, [await _standing(acting, point_id)])
        contacts = set(await queries_points.contact_people(db, case.id))
    there = {person for one in point.listed for person in one.people} & contacts
    if not there:
        raise NobodyToGive
    numbers = [contact_number(acting.key, person) for person in there]
    chosen = Chosen(areas=mine.areas, wards=mine.wards, listed=None)
    target = Target(case_id=case.id, numbers=numbers, chosen=chosen)
    return await followup_desk.give(state, mine, target, giving), len(there)


async def points_of(state: State, mine: Desk, case_id: int) -> list[ShownPoint]:
    """Of an approved case, oldest first; before the approval there are none, and once it is closed
    it shows nobody."""
    async with connection(state["desk_db"]) as db:
        case = await case_in(db, case_id, mine)
        if case.status is Status.CLOSED:
            return []
        return await _shown(db, state, case)


async def _acting(db: Connection, state: State, mine: Desk, case_id: int) -> Acting:
    """One change of a case's points after the other; only where its people may be known."""
    case = approved_case(await case_in(db, case_id, mine))
    await queries_changes.count_change(db, case.id)
    return Acting(db=db, state=state, desk=mine, case=case)


async def _standing(acting: Acting, point_id: int) -> Point:
    rows = await queries_points.points(acting.db, acting.case.id, point_id)
    if not rows:
        raise NotFound
    point = opened(acting.key, rows[0])
    if point.why:
        raise PointWithdrawn
    return point


async def _change(state: State, mine: Desk, case_id: int, point_id: int, change: Change) -> Changed:
    async with transaction(state["desk_db"]) as db:
        acting = await _acting(db, state, mine, case_id)
        point, refused = await change(acting, await _standing(acting, point_id))
        await queries_points.change_point(db, point.id, sealed(acting.key, point))
    return await _traced(state, mine, case_id, point_id, refused)


async def _note_listed(acting: Acting, before: Point, after: Point) -> None:
    """Listing somebody has their visits traced, so each leaves an audit row."""
    new = [one.people[0] for one in after.listed[len(before.listed) :]]
    await note_people(acting, "list-person", new, {"point": after.id})


async def _traced(
    state: State, mine: Desk, case_id: int, point_id: int, refused: Sequence[Refused]
) -> Changed:
    traced = await run_again(state, mine, case_id)
    shown = await points_of(state, mine, case_id)
    point = next(one for one in shown if one.point.id == point_id)
    return Changed(point=point, refused=tuple(refused), traced=traced)


async def _shown(db: Connection, state: State, case: CaseFile) -> list[ShownPoint]:
    key, found = key_of(state, case), []
    rows = await queries_points.points(db, case.id)
    points = await as_of_now(db, [opened(key, row) for row in rows])
    alike = await namesakes(db, state, [one for one in points if not one.why])
    for row, point in zip(rows, points, strict=True):
        people = [record for one in point.listed for record in one.people]
        counted = await followup_queries.counters(db, [case.id], WHOLE.areas, (), people)
        found.append(
            ShownPoint(
                point=point,
                counters=counted.get(case.id, Counters()),
                numbers=tuple(_number(key, one) for one in point.listed),
                alike=tuple(
                    contact_number(key, alike[one.people[0]]) if one.people[0] in alike else ""
                    for one in point.listed
                ),
                maker=row.maker,
                voider=row.voider,
            )
        )
    return found


def _number(key: bytes, one: Listed) -> str:
    return contact_number(key, one.people[0])
