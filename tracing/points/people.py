"""Who was at a point: people found by what was told of them, or made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from checkin import queries
from checkin.gate_person import by_hand
from checkin.phone import normal_phone
from checkin.vault import IdentifierKind, new_person_id
from kit.db import Connection
from kit.errors import Problem
from tracing import queries_points
from tracing.acting import Acting
from tracing.case import contact_number
from tracing.desk import told_identity
from tracing.names import opened
from tracing.point import (
    MOST_LISTED,
    Listed,
    ListedAlready,
    ListedIsTheCase,
    ListedTooMany,
    ListedTwice,
    NumberUnknown,
    PersonNeeded,
    Point,
    Stayed,
)
from tracing.point_file import read_points
from tracing.points.rules import check_ward, checked_stay, may_be_one, plain_text
from tracing.runs import queries_contacts
from tracing.state import State
from venues.intake_text import compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentioned:
    """Somebody as they are told of: the number of somebody in this case, else a phone or a name.
    `area`: their ward, for who is not known yet."""

    number: str = ""
    phone: str = ""
    name: str = ""
    area: str = ""
    stayed: Stayed


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """`line`: which of those who were told of, from 1."""

    line: int
    problem: Problem


@dataclass(slots=True, kw_only=True)
class Roster:
    """Who stands at a point already; grows with each who is listed. `told`: the first record of
    each, by name and phone; `before`: who stood here at first and was not told of again."""

    point: Point
    told: dict[tuple[str, str], int]
    before: set[int]
    by_number: dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Under:
    """Who is meant by a phone. `whole`: everybody under it, also who comes later; `taken`: nobody,
    for it is the phone of people with other names."""

    people: tuple[int, ...] = ()
    whole: bool = False
    taken: bool = False


async def listed(
    acting: Acting, point: Point, mentioned: Sequence[Mentioned]
) -> tuple[Point, list[Refused]]:
    """The point with all of them whom nothing is wrong with."""
    roster, refused = await _roster(acting, point), []
    for line, one in enumerate(mentioned, 1):
        try:
            roster.point = await _with(acting, roster, one)
        except Problem as problem:
            if problem.status >= 500:
                raise
            refused.append(Refused(line=line, problem=problem))
    return roster.point, refused


async def namesakes(db: Connection, state: State, points: Sequence[Point]) -> dict[int, int]:
    """Of whom stands at these points by a record of its own: another one with the same name, who
    may be the same person listed twice."""
    people = sorted({one.people[0] for point in points for one in point.listed})
    first: dict[str, int] = {}
    found: dict[int, int] = {}
    for row in await queries_contacts.sealed_people(db, people):
        name = compared(opened(state["vault"], row).full_name)
        other = first.setdefault(name, row.id) if name else row.id
        if other != row.id:
            found |= {row.id: other, other: row.id}
    return found


async def _roster(acting: Acting, point: Point) -> Roster:
    rows = await queries_contacts.sealed_people(acting.db, [one.people[0] for one in point.listed])
    told = {}
    for row in rows:
        known = opened(acting.state["vault"], row)
        told[compared(known.full_name), known.phone] = row.id
    return Roster(point=point, told=told, before={row.id for row in rows}, by_number={})


async def _with(acting: Acting, roster: Roster, one: Mentioned) -> Point:
    if len(roster.point.listed) >= MOST_LISTED:
        raise ListedTooMany
    stayed = checked_stay(one.stayed, roster.point.facts, acting.state["clock"]())
    name, phone = plain_text("name", one.name), one.phone.strip()
    phone = phone and normal_phone(phone)
    if one.area:
        check_ward(one.area)
    of_phone = Under()
    if one.number:
        people = await _numbered(acting, roster, one.number)
    elif phone:
        of_phone = await _phoned(acting, phone, name)
        people = of_phone.people
    elif name:
        people = ()
    else:
        raise PersonNeeded(field="name")
    if set(people) & set(acting.case.people):
        raise ListedIsTheCase
    _check_new(roster, people, (compared(name), phone))
    people = people or (await _made(acting, one, name, phone, of_phone),)
    roster.told[compared(name), phone] = people[0]
    found = Listed(people=people, by_phone=of_phone.whole, stayed=stayed)
    return replace(roster.point, listed=(*roster.point.listed, found))


def _check_new(roster: Roster, people: Sequence[int], told: tuple[str, str]) -> None:
    """Two of one name and two phones are two, and so are two of one phone and two names."""
    same = [one.people[0] for one in roster.point.listed if set(people) & set(one.people)]
    if not people and told in roster.told:
        same = [roster.told[told]]
    if not same:
        return
    if same[0] not in roster.before:
        raise ListedTwice
    roster.before.discard(same[0])
    raise ListedAlready


async def _numbered(acting: Acting, roster: Roster, number: str) -> tuple[int, ...]:
    """Somebody of this case, as its pages name them."""
    if not roster.by_number:
        known = await queries_points.contact_people(acting.db, acting.case.id)
        everybody: list[tuple[int, ...]] = [(one,) for one in (*known, *acting.case.people)]
        for point in await read_points(acting.db, acting.key, acting.case.id):
            everybody += [one.people for one in point.listed]
        roster.by_number = {contact_number(acting.key, one[0]): one for one in everybody}
    if number not in roster.by_number:
        raise NumberUnknown(field="number")
    return roster.by_number[number]


async def _phoned(acting: Acting, phone: str, name: str) -> Under:
    """Every record under the phone and what is linked to it; nobody where it is not known here.
    With a name, those who may be called so: a family often shares one phone."""
    if told_identity(acting.state, acting.case) == (IdentifierKind.PHONE, phone):
        raise ListedIsTheCase  # said, not guessed: who it was can be listed without the phone
    hashed = acting.state["vault"].find(IdentifierKind.PHONE, phone)
    found = await queries.people_by_identifier(acting.db, IdentifierKind.PHONE, hashed)
    rows = await queries_contacts.sealed_people(acting.db, found) if name else []
    vault = acting.state["vault"]
    others = {row.id for row in rows if not may_be_one(name, opened(vault, row).full_name)}
    meant = [one for one in found if one not in others]
    linked = await queries.linked_people(acting.db, meant)
    return Under(people=tuple(sorted(linked)), whole=not others, taken=bool(others) and not meant)


async def _made(acting: Acting, one: Mentioned, name: str, phone: str, under: Under) -> int:
    """Somebody nobody knew here. Not the person of a typed number: a gate would tell their name."""
    facts = {"full_name": name, "phone": phone}
    new = replace(by_hand(acting.state, new_person_id(), facts, None, None), area=one.area)
    if under.taken:  # to call them by; it finds the other one
        new = replace(new, identifiers=())
    await queries.add_person(acting.db, new, acting.state["clock"]())
    return new.id
