"""Pages of the points of a case: what was told, who was there, and the forms for both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.fields import Reason
from kit.db import connection
from kit.errors import NotFound, Problem
from kit.http import Endpoint, see_other
from tracing import desk, words
from tracing.area_choices import choices
from tracing.case import CaseFile, Status
from tracing.desk import case_id_of, desk_of
from tracing.followup import words as followup_words
from tracing.followup.giving import giving, tracers
from tracing.names import masked_people
from tracing.point import MOST_UNKNOWN
from tracing.points import desk as points_desk
from tracing.points.answers import PointAnswer, point_answer
from tracing.points.api import point_id_of
from tracing.points.desk import Changed
from tracing.points.form import LOCAL, FactsForm, PeopleForm, common, facts, form_of
from tracing.points.lines import Line, read_lines
from tracing.state import State


class PointsQuery(Struct, frozen=True):
    """`later`: the case could not be traced at once; `done`: how many were given just now."""

    later: str = ""
    done: Annotated[str, Meta(max_length=9)] = ""
    lang: str = ""


class RemoveForm(Struct, frozen=True, forbid_unknown_fields=True):
    number: Annotated[str, Meta(min_length=8, max_length=8)]


class GivePointForm(Struct, frozen=True, forbid_unknown_fields=True):
    """As the forms of the list say it."""

    to: Annotated[str, Meta(max_length=40)] = ""
    tracer: Annotated[str, Meta(max_length=10)] = ""


class WithdrawForm(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """`form`: of which form of the page."""

    form: str
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the forms of a page show: as typed, where something was wrong."""

    facts: FactsForm
    people: PeopleForm = PeopleForm()  # noqa: RUF009  frozen
    reason: str = ""
    bad_lines: tuple[Line, ...] = ()
    others: bool = False  # lines that were taken
    wrong: Wrong | None = None
    later: bool = False
    done: str = ""


async def points_page(request: Request[State], form: PointsQuery) -> Response:
    return await _points(request, Typed(facts=FactsForm()))


async def _points(request: Request[State], typed: Typed) -> Response:
    case = await desk.read_case(request.state, desk_of(request), case_id_of(request))
    found = await points_desk.points_of(request.state, desk_of(request), case.id)
    return _html(request, "tracing/points.html", case, typed, [point_answer(p, {}) for p in found])


async def add_point(request: Request[State], form: FactsForm) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    try:
        changed = await points_desk.add(request.state, mine, case_id, facts(request, form), ())
    except Problem as problem:
        return await _points(request, Typed(facts=form, wrong=_wrong("facts", problem)))
    return _shown_next(case_id, changed)


async def point_page(request: Request[State], form: PointsQuery) -> Response:
    return await _point(request, None, form)


async def _point(
    request: Request[State],
    typed: Typed | None,
    query: PointsQuery = PointsQuery(),  # noqa: B008  frozen
) -> Response:
    state, mine, point_id = request.state, desk_of(request), point_id_of(request)
    case = await desk.read_case(state, mine, case_id_of(request))
    found = [p for p in await points_desk.points_of(state, mine, case.id) if p.point.id == point_id]
    if not found:
        raise NotFound
    people = await masked_people(state, [one.people[0] for one in found[0].point.listed])
    shown = point_answer(found[0], people)
    typed = typed or Typed(facts=form_of(request, shown), later=bool(query.later), done=query.done)
    gives = access.may(access.staff_of(request), access_table.CASE_APPROVER)
    async with connection(state["desk_db"]) as db:
        to = await tracers(db) if gives else []
    return _html(request, "tracing/point.html", case, typed, [shown], to)


async def correct_point(request: Request[State], form: FactsForm) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    point_id = point_id_of(request)
    try:
        changed = await points_desk.correct(
            request.state, mine, case_id, point_id, facts(request, form)
        )
    except Problem as problem:
        return await _point(request, Typed(facts=form, wrong=_wrong("facts", problem)))
    return _shown_next(case_id, changed)


async def list_people(request: Request[State], form: PeopleForm) -> Response:
    """Those whose lines are right are listed; the others stay in the form."""
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    try:
        lines = read_lines(form.people, common(request, form))
        good = [line for line in lines if not line.faults]
        if lines and not good:
            return await _people_again(request, form, lines, None)
        changed = await points_desk.list_people(
            request.state, mine, case_id, point_id_of(request), [line.read for line in good]
        )
    except Problem as problem:
        return await _people_again(request, form, (), _wrong("people", problem))
    bad = {line.place: line for line in lines if line not in good}
    for refused in changed.refused:
        line = good[refused.line - 1]
        bad[line.place] = replace(line, faults=(refused.problem,))
    if bad:
        wrong_lines, others = [bad[at] for at in sorted(bad)], len(bad) < len(lines)
        return await _people_again(request, form, wrong_lines, None, others=others)
    return _shown_next(case_id, changed)


async def _facts(request: Request[State]) -> FactsForm:
    """As they are stored, for the form that was not sent."""
    shown = await points_desk.points_of(request.state, desk_of(request), case_id_of(request))
    stored = [point_answer(one, {}) for one in shown if one.point.id == point_id_of(request)]
    return form_of(request, stored[0]) if stored else FactsForm()


async def _people_again(
    request: Request[State],
    form: PeopleForm,
    bad: Sequence[Line],
    wrong: Wrong | None,
    *,
    others: bool = False,
) -> Response:
    rest = "\n".join(line.text for line in bad) if bad else form.people
    again = PeopleForm(
        people=rest, start=form.start, end=form.end, masks=form.masks, physical=form.physical
    )
    typed = Typed(facts=await _facts(request), people=again, bad_lines=tuple(bad), wrong=wrong)
    return await _point(request, replace(typed, others=others))


async def remove_person(request: Request[State], form: RemoveForm) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    point_id = point_id_of(request)
    changed = await points_desk.remove_person(request.state, mine, case_id, point_id, form.number)
    return _shown_next(case_id, changed)


async def give_point(request: Request[State], form: GivePointForm) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_APPROVER), case_id_of(request)
    point_id, chosen = point_id_of(request), giving(form.to, form.tracer)
    try:
        done, _ = await points_desk.give(request.state, mine, case_id, point_id, chosen)
    except Problem as problem:
        wrong, facts = _wrong("give", problem), await _facts(request)
        return await _point(request, Typed(facts=facts, wrong=wrong))
    return see_other(f"/desk/cases/{case_id}/points/{point_id}?done={done}#people")


async def withdraw_point(request: Request[State], form: WithdrawForm) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    point_id, why = point_id_of(request), form.reason.strip()
    changed = await points_desk.withdraw(request.state, mine, case_id, point_id, why)
    return _shown_next(case_id, changed)


def _wrong(form: str, problem: Problem) -> Wrong:
    """What is not there or not theirs is no matter of a form."""
    if isinstance(problem, NotFound) or problem.status >= 500:
        raise problem
    return Wrong(form=form, problem=problem)


def _shown_next(case_id: int, changed: Changed) -> Response:
    path = f"/desk/cases/{case_id}/points/{changed.point.point.id}"
    return see_other(path if changed.traced else f"{path}?later=1")


def _html(
    request: Request[State],
    template: str,
    case: CaseFile,
    typed: Typed,
    shown: list[PointAnswer],
    to: Sequence[tuple[int, str, str]] = (),
) -> Response:
    staff, state = access.staff_of(request), request.state
    status = typed.wrong.problem.status if typed.wrong else 422 if typed.bad_lines else 200
    now = state["clock"]().astimezone(state["settings"].zone)
    approved = case.status is Status.APPROVED
    return state["pages"].html(
        request,
        template,
        status,
        case=case,
        points=shown,
        typed=typed,
        wrong=typed.wrong,
        field=typed.wrong.problem.facts.get("field", "") if typed.wrong else "",
        kinds=words.POINT_KINDS,
        followup_words=followup_words,
        relations=words.RELATIONS,
        now=now.strftime(LOCAL),
        most_unknown=MOST_UNKNOWN,
        staff=staff,
        areas=choices(desk_of(request, access_table.CASE_APPROVER).areas),
        all_tracers=to,
        may_give=approved and access.may(staff, access_table.CASE_APPROVER),
        may_add=approved and access.may(staff, access_table.CASE_OPENER),
    )


POINTS = "/desk/cases/{case_id:int}/points"
POINT = f"{POINTS}/{{point_id:int}}"

endpoints = [
    Endpoint("GET", POINTS, points_page, PointsQuery, page=True),
    Endpoint("POST", POINTS, add_point, FactsForm, page=True),
    Endpoint("GET", POINT, point_page, PointsQuery, page=True),
    Endpoint("POST", POINT, correct_point, FactsForm, page=True),
    Endpoint("POST", f"{POINT}/people", list_people, PeopleForm, page=True),
    Endpoint("POST", f"{POINT}/removals", remove_person, RemoveForm, page=True),
    Endpoint("POST", f"{POINT}/assignments", give_point, GivePointForm, page=True),
    Endpoint("POST", f"{POINT}/withdrawal", withdraw_point, WithdrawForm, page=True),
]
