"""When a contact was isolated, as JSON and as a page."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.fields import Moment
from kit.db import DatabaseAway
from kit.errors import NotFound, Problem, Unprocessable
from kit.http import Endpoint, reply, see_other
from tracing.case import CaseClosed, CaseNotApproved
from tracing.desk import Desk, case_id_of, desk_of, id_of
from tracing.names import NOBODY, masked_people
from tracing.points import isolation
from tracing.points.api_interviews import number_of
from tracing.points.form import local_time
from tracing.points.isolation import (
    Isolated,
    IsolatedAlready,
    Isolating,
    IsolationImplausible,
    Place,
)
from tracing.state import State


class IsolationForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    starts: Moment
    ends: Moment
    place: Place


class IsolationAnswer(Struct, frozen=True, kw_only=True):
    """`own`: entered from this case, where it can be taken back; `by` whom."""

    id: int
    starts: datetime
    ends: datetime
    place: str
    own: bool
    by: str


class IsolationsAnswer(Struct, frozen=True, kw_only=True):
    """From whichever case they were entered. `traced`: the case was traced anew; null where nothing
    was changed, false where another trace is under way: once it has ended, it is traced again."""

    number: str
    isolations: list[IsolationAnswer]
    traced: bool | None


class IsolationPage(Struct, frozen=True, kw_only=True):
    starts: str = ""
    ends: str = ""
    place: Place = Place.HOME


class LanguageQuery(Struct, frozen=True):
    lang: str = ""


async def read_isolations(request: Request[State]) -> Response:
    """When a contact was isolated"""
    mine, number = desk_of(request), number_of(request)
    found = await isolation.isolations_of(request.state, mine, case_id_of(request), number)
    return reply(_answer(number, found))


async def isolate_contact(request: Request[State], form: IsolationForm) -> Response:
    """Enter when a contact was isolated; the case is traced anew

    Meanwhile they carry nobody further, in the trace of any case.
    """
    mine, number = desk_of(request, access_table.INTERVIEWER), number_of(request)
    asked = Isolating(starts=form.starts, ends=form.ends, place=form.place)
    found = await isolation.isolate(request.state, mine, case_id_of(request), number, asked)
    return reply(_answer(number, found), 201)


async def take_isolation_back(request: Request[State]) -> Response:
    """Take back an isolation that was entered from this case; the case is traced anew"""
    mine, number = desk_of(request, access_table.INTERVIEWER), number_of(request)
    which = id_of(request, "isolation_id")
    found = await isolation.take_back(request.state, mine, case_id_of(request), number, which)
    return reply(_answer(number, found))


def _answer(number: str, found: Isolated) -> IsolationsAnswer:
    return IsolationsAnswer(
        number=number,
        isolations=[
            IsolationAnswer(
                id=one.id,
                starts=one.starts,
                ends=one.ends,
                place=one.place,
                own=one.own,
                by=one.by,
            )
            for one in found.isolations
        ],
        traced=found.traced,
    )


async def isolation_page(request: Request[State], form: LanguageQuery) -> Response:
    return await _page(request, desk_of(request, access_table.INTERVIEWER), IsolationPage(), None)


async def _page(
    request: Request[State], mine: Desk, typed: IsolationPage, wrong: Problem | None
) -> Response:
    state, number = request.state, number_of(request)
    found = await isolation.isolations_of(state, mine, case_id_of(request), number)
    known = await masked_people(state, [found.person_id])
    return state["pages"].html(
        request,
        "tracing/isolation.html",
        200 if wrong is None else wrong.status,
        case=found.case,
        number=number,
        person=known.get(found.person_id, NOBODY),
        isolations=found.isolations,
        places=list(Place),
        typed=typed,
        wrong=wrong,
        staff=access.staff_of(request),
    )


async def isolate_page(request: Request[State], form: IsolationPage) -> Response:
    mine, number = desk_of(request, access_table.INTERVIEWER), number_of(request)
    try:
        starts = local_time(request, "starts", form.starts)
        ends = local_time(request, "ends", form.ends)
        if starts is None or ends is None:
            raise IsolationImplausible
        asked = Isolating(starts=starts, ends=ends, place=form.place)
        await isolation.isolate(request.state, mine, case_id_of(request), number, asked)
    except (Unprocessable, IsolatedAlready) as wrong:
        return await _page(request, mine, form, wrong)
    return see_other(f"/desk/cases/{case_id_of(request)}#{number}")


async def take_back_page(request: Request[State]) -> Response:
    mine, number = desk_of(request, access_table.INTERVIEWER), number_of(request)
    which, case_id = id_of(request, "isolation_id"), case_id_of(request)
    await isolation.take_back(request.state, mine, case_id, number, which)
    return see_other(f"/desk/cases/{case_id}/contacts/{number}/isolations")


PATH = "/cases/{case_id:int}/contacts/{number}/isolations"
BACK = f"{PATH}/{{isolation_id:int}}/withdrawal"
READ = (NotFound, CaseNotApproved, CaseClosed, DatabaseAway)
ANSWER = {200: IsolationsAnswer}

endpoints = [
    Endpoint("GET", f"/v1{PATH}", read_isolations, None, ANSWER, READ),
    Endpoint(
        *("POST", f"/v1{PATH}", isolate_contact, IsolationForm, {201: IsolationsAnswer}),
        problems=(IsolationImplausible, IsolatedAlready, *READ),
    ),
    Endpoint("POST", f"/v1{BACK}", take_isolation_back, None, ANSWER, READ),
    Endpoint("GET", f"/desk{PATH}", isolation_page, LanguageQuery, page=True),
    Endpoint("POST", f"/desk{PATH}", isolate_page, IsolationPage, page=True),
    Endpoint("POST", f"/desk{BACK}", take_back_page, page=True),
]
