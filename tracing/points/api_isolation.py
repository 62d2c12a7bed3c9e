"""JSON of when a contact was isolated."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from accounts.fields import Moment
from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing.case import CaseClosed, CaseNotApproved
from tracing.desk import case_id_of, contact_number_of, desk_of, id_of
from tracing.points import isolation
from tracing.points.isolation import (
    Isolated,
    IsolatedAlready,
    Isolating,
    IsolationEndsFirst,
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


async def read_isolations(request: Request[State]) -> Response:
    """When a contact was isolated"""
    mine, number = desk_of(request), contact_number_of(request)
    found = await isolation.isolations_of(request.state, mine, case_id_of(request), number)
    return reply(_answer(number, found))


async def isolate_contact(request: Request[State], form: IsolationForm) -> Response:
    """Enter when a contact was isolated; the case is traced anew

    Meanwhile they carry nobody further, in the trace of any case.
    """
    mine, number = desk_of(request, access_table.INTERVIEWER), contact_number_of(request)
    asked = Isolating(starts=form.starts, ends=form.ends, place=form.place)
    found = await isolation.isolate(request.state, mine, case_id_of(request), number, asked)
    return reply(_answer(number, found), 201)


async def take_isolation_back(request: Request[State]) -> Response:
    """Take back an isolation that was entered from this case; the case is traced anew"""
    mine, number = desk_of(request, access_table.INTERVIEWER), contact_number_of(request)
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


PATH = "/v1/cases/{case_id:int}/contacts/{number}/isolations"
BACK = f"{PATH}/{{isolation_id:int}}/withdrawal"
READ = (NotFound, CaseNotApproved, CaseClosed, DatabaseAway)
ANSWER = {200: IsolationsAnswer}

endpoints = [
    Endpoint("GET", PATH, read_isolations, None, ANSWER, READ),
    Endpoint(
        *("POST", PATH, isolate_contact, IsolationForm, {201: IsolationsAnswer}),
        problems=(IsolationImplausible, IsolationEndsFirst, IsolatedAlready, *READ),
    ),
    Endpoint("POST", BACK, take_isolation_back, None, ANSWER, READ),
]
