"""Lists of people who were with a case, taken in as points of it: contact lists, by the place and
time of each row, and a host's guest list, for the time the case was there. Nothing is stored before
whoever sent it has seen the plan; the same list again lists nobody anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from enum import StrEnum

from kit.db import connection, transaction
from kit.errors import Problem, Unprocessable
from kit.table import TableUnreadable
from tracing import queries, queries_changes, queries_points
from tracing.acting import Acting, note, note_people, run_again
from tracing.case import approved_case, contact_number
from tracing.desk import Desk, case_in
from tracing.intake.contacts import (
    ContactColumnsMissing,
    ContactListed,
    has_contacts,
    read_contacts,
)
from tracing.intake.guests import Guest, GuestListUnreadable, read_guests
from tracing.intake.row import BadRow, Duplicate, ListedPerson
from tracing.intake.table import ListFile, rows_of
from tracing.point import (
    ListedAlready,
    Point,
    PointFacts,
    PointKind,
    Stayed,
)
from tracing.point_file import read_points, sealed
from tracing.points.lines import RELATIONS
from tracing.points.people import Mentioned, listed
from tracing.points.rules import checked, checked_stay
from tracing.queries_points import NewPoint
from tracing.state import State
from venues.intake_text import compared

MOST_PEOPLE = 500  # looked up and traced at once; a longer list is for an import by the operator
UNNAMED = "Theo danh sách"  # where a row says when and not where
NO_TIME = "does not say when: give the first or the last contact"
NOBODY = "neither a name nor a phone number"
DOUBLE = "the same as line %(line)s"


class PeopleKind(StrEnum):
    CONTACTS = "contacts"
    GUESTS = "guests"


class ListWithoutPeople(TableUnreadable):
    """None of the first rows names the columns of a list of contacts."""


class GuestListBroken(TableUnreadable):
    """This is no whole guest list: JSON with a list of «guests»; nothing of it was taken."""


class GuestTimeNeeded(Unprocessable):
    """For a guest list, say where the case was and from when to when, below the file; guests of
    other hours are left out."""


class PeopleTooMany(Unprocessable):
    """A list holds 500 people at most. Send it in parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Of the case itself among the guests."""

    place: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFault:
    """Why a row is not taken, in a message to translate; `like`: the line that it repeats."""

    line: int
    column: str
    words: str
    value: str = ""
    like: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People of one place and time; `lines` are theirs, in order."""

    facts: PointFacts
    people: tuple[Mentioned, ...]
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeoplePlan:
    groups: tuple[Group, ...]
    bad: tuple[RowFault, ...]

    @property
    def people(self) -> int:
        return len({line for group in self.groups for line in group.lines})


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTaken:
    """How many people were listed now and were before; who was refused; whether it was traced."""

    added: int
    known: int
    refused: tuple[RowFault, ...]
    traced: bool


Row = tuple[int, PointFacts, Mentioned]


def plan_contacts(sent: ListFile, zone: timezone, now: datetime) -> PeoplePlan:
    """Raises TableUnreadable, PeopleTooMany."""
    try:
        found = list(read_contacts(rows_of(sent, has_contacts), zone, now))
    except ContactColumnsMissing:
        raise ListWithoutPeople(name=sent.name) from None
    rows: list[Row] = []
    bad = [*_bad(found)]
    for one in found:
        if isinstance(one, ContactListed):
            try:
                rows += _contact_rows(one, zone, now)
            except Problem as problem:
                bad.append(_fault(one.line, problem))
            if not one.first and not one.last:
                bad.append(RowFault(line=one.line, column="first", words=NO_TIME))
    return _plan(rows, bad)


def plan_guests(data: bytes, stay: Stay, zone: timezone, now: datetime) -> PeoplePlan:
    """Raises TableUnreadable, PeopleTooMany, and what is wrong with the case's own stay."""
    try:
        found = list(read_guests(data, zone, now))
    except GuestListUnreadable:
        raise GuestListBroken from None
    asked = PointFacts(kind=PointKind.OTHER, name=stay.place, start=stay.start, end=stay.end)
    facts = checked(asked, now)
    rows: list[Row] = []
    bad = [*_bad(found)]
    for one in found:
        if isinstance(one, Guest):
            told = Stayed(start=one.arrived_at, end=one.left_at)
            try:
                who = _mentioned(one.person, checked_stay(told, facts, now))
                rows.append((one.line, facts, who))
            except Problem as problem:
                bad.append(_fault(one.line, problem))
    return _plan(rows, bad)


def _fault(line: int, problem: Problem) -> RowFault:
    return RowFault(line=line, column="", words=problem.title())


def _bad(found: Iterable[object]) -> Iterator[RowFault]:
    for one in found:
        if isinstance(one, BadRow):
            for fault in one.faults:
                column, words = fault.column or "", str(fault.reason)
                yield RowFault(line=one.line, column=column, words=words, value=fault.value)
        elif isinstance(one, Duplicate):
            yield RowFault(line=one.line, column="", words=DOUBLE, like=one.first_line)


def _contact_rows(one: ContactListed, zone: timezone, now: datetime) -> Iterator[Row]:
    """A row whose first and last contact are of two days is of two points, so that the last day
    counts and the days between do not."""
    who = _mentioned(one.person, Stayed(relation=RELATIONS.get(compared(one.relation))))
    for start, end in _times(one, zone, now):
        facts = PointFacts(kind=PointKind.OTHER, name=one.place or UNNAMED, start=start, end=end)
        yield one.line, checked(facts, now), who


def _times(
    one: ContactListed, zone: timezone, now: datetime
) -> Iterator[tuple[datetime, datetime]]:
    first, last = one.first or one.last, one.last or one.first
    if first is None or last is None:
        return
    if first.astimezone(zone).date() == last.astimezone(zone).date() and first < last:
        yield first, last
        return
    for at in dict.fromkeys((first, last)):
        local = at.astimezone(zone)
        if one.minutes:
            yield at, at + timedelta(minutes=one.minutes)
        elif (local.hour, local.minute) == (0, 0):  # a day without a clock is all of it
            yield at, min(at + timedelta(days=1), now)
        else:
            yield at, at + timedelta(minutes=1)


def _mentioned(person: ListedPerson, stayed: Stayed) -> Mentioned:
    return Mentioned(
        phone=person.phone, name=person.full_name, area=person.area or "", stayed=stayed
    )


def _plan(rows: Sequence[Row], bad: Sequence[RowFault]) -> PeoplePlan:
    nameless = {line for line, _, who in rows if not who.phone and not who.name}
    unnamed = [RowFault(line=line, column="phone", words=NOBODY) for line in sorted(nameless)]
    by_place: dict[PointFacts, list[tuple[int, Mentioned]]] = {}
    for line, facts, who in rows:
        if line not in nameless:
            by_place.setdefault(facts, []).append((line, who))
    groups = tuple(
        Group(
            facts=facts,
            people=tuple(who for _, who in found),
            lines=tuple(line for line, _ in found),
        )
        for facts, found in by_place.items()
    )
    made = PeoplePlan(groups=groups, bad=tuple(sorted((*bad, *unnamed), key=lambda one: one.line)))
    if made.people > MOST_PEOPLE:
        raise PeopleTooMany(most=MOST_PEOPLE, people=made.people)
    return made


async def take_in(state: State, mine: Desk, case_id: int, found: PeoplePlan) -> PeopleTaken:
    """All whom nothing is wrong with, in one transaction; then the case is traced anew."""
    added, known = set[int](), set[int]()
    refused: dict[tuple[int, str], RowFault] = {}
    async with transaction(state["desk_db"]) as db:
        case = approved_case(await case_in(db, case_id, mine))
        await queries.lock_case(db, case.id)
        acting = Acting(db=db, state=state, desk=mine, case=case)
        standing = [one for one in await read_points(db, acting.key, case.id) if not one.why]
        numbers: dict[int, str] = {}  # a row of two points is one person
        for group in found.groups:
            here = next((one for one in standing if one.facts == group.facts), None)
            point, wrong = await _store(acting, here, _numbered(group, numbers))
            listed_now = [line for line in group.lines if line not in wrong]
            new = point.listed[len(point.listed) - len(listed_now) :]
            for line, one in zip(listed_now, new, strict=True):
                numbers[line] = contact_number(acting.key, one.people[0])
            for line, problem in wrong.items():
                if isinstance(problem, ListedAlready):
                    known.add(line)
                else:  # once, though its days are of two points
                    refused[line, problem.slug()] = _fault(line, problem)
            added |= {line for line in group.lines if line not in wrong}
            standing.append(point)
        if added:
            await queries_changes.count_change(db, case.id)
        counted = {"added": len(added), "known": len(known - added)}
        await note(acting, "import-people", counted | {"refused": len(refused)})
    traced = bool(added) and await run_again(state, mine, case_id)
    return PeopleTaken(**counted, refused=tuple(refused.values()), traced=traced)


async def check_case(state: State, mine: Desk, case_id: int) -> None:
    """Raises what would keep a list off this case."""
    async with connection(state["desk_db"]) as db:
        approved_case(await case_in(db, case_id, mine))


def _numbered(group: Group, numbers: Mapping[int, str]) -> Group:
    people = [
        replace(who, number=numbers.get(line, ""))
        for line, who in zip(group.lines, group.people, strict=True)
    ]
    return replace(group, people=tuple(people))


async def _store(
    acting: Acting, here: Point | None, group: Group
) -> tuple[Point, dict[int, Problem]]:
    """The point of this place and time with its people, and what is wrong with whom, by line."""
    db = acting.db
    before = here or Point(id=await queries_points.next_point(db), facts=group.facts)
    point, refused = await listed(acting, before, group.people)
    wrong = {group.lines[one.line - 1]: one.problem for one in refused}
    new = [one.people[0] for one in point.listed[len(before.listed) :]]
    if here is None and new:
        made = NewPoint(
            id=point.id,
            case_id=acting.case.id,
            sealed=sealed(acting.key, point),
            made_by=acting.desk.staff_id,
        )
        await queries_points.add_point(db, made, acting.state["clock"]())
        await note(acting, "add-point", {"point": point.id})
    elif new:
        await queries_points.change_point(db, point.id, sealed(acting.key, point))
    await note_people(acting, "list-person", new, {"point": point.id})
    return replace(point, facts=group.facts), wrong
