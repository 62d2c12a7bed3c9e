"""JSON of points: places and times without a code to scan, as somebody told of them, and who was
there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from accounts.fields import AreaPath, Moment, Reason
from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing.case import AreaUnknown, CaseClosed, CaseNotApproved, DayImplausible, TextTooLong
from tracing.desk import case_id_of, desk_of, id_of
from tracing.followup.api import DoneAnswer, GiveToForm
from tracing.followup.desk import WrongTracer
from tracing.names import masked_people
from tracing.point import (
    MOST_LISTED,
    MOST_UNKNOWN,
    DetailOfAnotherKind,
    EndsBeforeStart,
    FlightWrong,
    NobodyToGive,
    NotAtThePoint,
    PlaceUnnamed,
    PlateWrong,
    PointFacts,
    PointKind,
    PointWithdrawn,
    Relation,
    SeatWrong,
    Stayed,
    TextUnprintable,
    WardUnknown,
)
from tracing.points import desk as points_desk
from tracing.points.answers import PointsAnswer, PointsChangedAnswer, changed_answer, point_answer
from tracing.points.desk import Changed
from tracing.points.form import Text
from tracing.points.people import Mentioned
from tracing.state import State

Detail = Annotated[str, Meta(max_length=40)]


class PointForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`with_case`: the case itself was there, from `start` to `end`; else the people listed met
    each other. `masked`: null leaves it to the kind of place. `unknown`: about how many others.
    `seat` is the case's."""

    kind: PointKind
    name: Text = ""
    address: Text = ""
    area: AreaPath = ""
    start: Moment
    end: Moment
    with_case: bool = True
    masked: bool | None = None
    unknown: Annotated[int, Meta(ge=0, le=MOST_UNKNOWN)] = 0
    flight: Detail = ""
    plate: Detail = ""
    route: Text = ""
    seat: Detail = ""


class PersonForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody who was there: by the `number` of somebody in this case, else by `phone`, or by
    `name` alone; the first of these counts. Times only where they are not the point's."""

    number: Detail = ""
    phone: Detail = ""
    name: Text = ""
    area: AreaPath = ""
    start: Moment | None = None
    end: Moment | None = None
    seat: Detail = ""
    relation: Relation | None = None
    physical: bool = False
    masked: bool | None = None


People = Annotated[list[PersonForm], Meta(max_length=MOST_LISTED)]


class AddPoint(PointForm, frozen=True, forbid_unknown_fields=True, kw_only=True):
    people: People = []


class ListPeople(Struct, frozen=True, forbid_unknown_fields=True):
    people: Annotated[People, Meta(min_length=1)]


class RemovePerson(Struct, frozen=True, forbid_unknown_fields=True):
    number: Annotated[str, Meta(min_length=8, max_length=8)]


class WithdrawPoint(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


async def list_points(request: Request[State]) -> Response:
    """The points of a case that were entered by hand, oldest first; people's names masked"""
    state = request.state
    found = await points_desk.points_of(state, desk_of(request), case_id_of(request))
    listed = [one.people[0] for shown in found for one in shown.point.listed]
    people = await masked_people(state, listed)
    return reply(PointsAnswer([point_answer(one, people) for one in found]))


async def add_point(request: Request[State], form: AddPoint) -> Response:
    """Add a point to an approved case, with people who were there; the case is traced anew

    What is wrong with one person keeps nobody else off the list.
    """
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    told = mentioned(form.people)
    changed = await points_desk.add(request.state, mine, case_id, facts_of(form), told)
    return await _answer(request.state, changed, 201)


async def correct_point(request: Request[State], form: PointForm) -> Response:
    """Put a point right, all of it but its people; the case is traced anew"""
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    point_id = point_id_of(request)
    return await _answer(
        request.state,
        await points_desk.correct(request.state, mine, case_id, point_id, facts_of(form)),
    )


async def list_people(request: Request[State], form: ListPeople) -> Response:
    """Add people to a point; the case is traced anew

    Whoever is known here by the phone is found, the others are made. Each leaves its audit row.
    """
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    told = mentioned(form.people)
    return await _answer(
        request.state,
        await points_desk.list_people(request.state, mine, case_id, point_id_of(request), told),
    )


async def remove_person(request: Request[State], form: RemovePerson) -> Response:
    """Take somebody off a point who was not there; the case is traced anew"""
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    point_id = point_id_of(request)
    return await _answer(
        request.state,
        await points_desk.remove_person(request.state, mine, case_id, point_id, form.number),
    )


async def withdraw_point(request: Request[State], form: WithdrawPoint) -> Response:
    """Withdraw a point: it counts no more and stays in the file; the case is traced anew"""
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    point_id, why = point_id_of(request), form.reason.strip()
    return await _answer(
        request.state, await points_desk.withdraw(request.state, mine, case_id, point_id, why)
    )


async def give_point(request: Request[State], form: GiveToForm) -> Response:
    """Give all contacts of a point to their wards, to an area, to a tracer, or take them back"""
    mine, case_id = desk_of(request, access_table.CASE_APPROVER), case_id_of(request)
    done, there = await points_desk.give(
        request.state, mine, case_id, point_id_of(request), form.giving
    )
    return reply(DoneAnswer(done, there - done))


def point_id_of(request: Request[State]) -> int:
    return id_of(request, "point_id")


def facts_of(form: PointForm) -> PointFacts:
    return PointFacts(
        kind=form.kind,
        name=form.name,
        address=form.address,
        area=form.area,
        start=form.start,
        end=form.end,
        with_case=form.with_case,
        masked=form.masked,
        unknown=form.unknown,
        flight=form.flight,
        plate=form.plate,
        route=form.route,
        seat=form.seat,
    )


def mentioned(people: Sequence[PersonForm]) -> list[Mentioned]:
    return [
        Mentioned(
            number=one.number,
            phone=one.phone,
            name=one.name,
            area=one.area,
            stayed=Stayed(
                start=one.start,
                end=one.end,
                seat=one.seat,
                relation=one.relation,
                physical=one.physical,
                masked=one.masked,
            ),
        )
        for one in people
    ]


async def _answer(state: State, changed: Changed, status: int = 200) -> Response:
    people = await masked_people(state, [one.people[0] for one in changed.point.point.listed])
    return reply(changed_answer(changed, people), status)


POINTS = "/v1/cases/{case_id:int}/points"
POINT = f"{POINTS}/{{point_id:int}}"
FACTS = (
    *(DayImplausible, EndsBeforeStart, PlaceUnnamed, FlightWrong, PlateWrong, SeatWrong),
    *(DetailOfAnotherKind, WardUnknown, TextTooLong, TextUnprintable),
)
COMMON = (NotFound, CaseNotApproved, CaseClosed, DatabaseAway)
CHANGED = {200: PointsChangedAnswer}
CHANGE = (*COMMON, PointWithdrawn)

endpoints = [
    Endpoint("GET", POINTS, list_points, None, {200: PointsAnswer}, (NotFound, DatabaseAway)),
    Endpoint(
        *("POST", POINTS, add_point, AddPoint, {201: PointsChangedAnswer}),
        problems=(*COMMON, *FACTS),
    ),
    Endpoint(
        *("PUT", POINT, correct_point, PointForm, CHANGED),
        problems=(*CHANGE, *FACTS, NotAtThePoint),
    ),
    Endpoint("POST", f"{POINT}/people", list_people, ListPeople, CHANGED, CHANGE),
    Endpoint("POST", f"{POINT}/removals", remove_person, RemovePerson, CHANGED, CHANGE),
    Endpoint(
        *("POST", f"{POINT}/assignments", give_point, GiveToForm, {200: DoneAnswer}),
        problems=(*CHANGE, NobodyToGive, AreaUnknown, WrongTracer),
    ),
    Endpoint("POST", f"{POINT}/withdrawal", withdraw_point, WithdrawPoint, CHANGED, CHANGE),
]
