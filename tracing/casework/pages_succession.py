"""A positive contact becomes a case: JSON, and the form that asks for the laboratory's result."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.areas import area_name
from kit.db import DatabaseAway
from kit.errors import NotFound, Problem
from kit.http import Endpoint, reply, see_other
from tracing.case import (
    CaseClosed,
    CaseNotApproved,
    CaseOpenAlready,
    ContactIsCase,
    DayImplausible,
    DayNeeded,
    IdentityNeeded,
    PolicyUnknown,
)
from tracing.casework import succession
from tracing.casework.succession import Becoming, ContactNotPositive
from tracing.desk import case_id_of, desk_of
from tracing.points.form import typed_day
from tracing.state import State

LabReference = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]


class BecomeForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A day of onset or of the sample is needed; `policy`: the source case's, if none is given."""

    onset: date | None = None
    sampled: date | None = None
    policy: Annotated[str, Meta(max_length=40)] = ""
    lab_reference: LabReference


class BecomePage(Struct, frozen=True):
    onset: str = ""
    sampled: str = ""
    lab_reference: str = ""


class LanguageQuery(Struct, frozen=True):
    lang: str = ""


class BecameAnswer(Struct, frozen=True):
    """The case that was opened; it waits for a second person."""

    id: int
    number: str
    source_case_id: int


def _number(request: Request[State]) -> str:
    found: str = request.path_params["number"]
    return found


async def open_from_contact(request: Request[State], form: BecomeForm) -> Response:
    """Open a case from a contact whose test is positive; the chain keeps its source"""
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    asked = Becoming(
        onset=form.onset,
        sampled=form.sampled,
        policy=form.policy,
        lab_reference=form.lab_reference,
    )
    case = await succession.become(request.state, mine, case_id, _number(request), asked)
    return reply(BecameAnswer(case.id, case.number, case_id), 201)


async def form_page(request: Request[State], form: LanguageQuery) -> Response:
    return await _page(request, BecomePage(), None)


async def _page(request: Request[State], typed: BecomePage, wrong: Problem | None) -> Response:
    state, mine = request.state, desk_of(request, access_table.CASE_OPENER)
    case, line = await succession.positive(state, mine, case_id_of(request), _number(request))
    return state["pages"].html(
        request,
        "tracing/become.html",
        200 if wrong is None else wrong.status,
        case=case,
        number=line.number,
        area=area_name(line.area or case.area),
        typed=typed,
        wrong=wrong,
        today=state["days"].day(state["clock"]()),
        staff=access.staff_of(request),
    )


async def open_page(request: Request[State], form: BecomePage) -> Response:
    state, mine = request.state, desk_of(request, access_table.CASE_OPENER)
    try:
        asked = Becoming(
            onset=typed_day("onset", form.onset),
            sampled=typed_day("sampled", form.sampled),
            policy="",
            lab_reference=form.lab_reference,
        )
        case_id, number = case_id_of(request), _number(request)
        case = await succession.become(state, mine, case_id, number, asked)
    except Problem as wrong:
        if wrong.status >= 500 or isinstance(wrong, NotFound | ContactNotPositive):
            raise
        return await _page(request, form, wrong)
    return see_other(f"/desk/cases/{case.id}")


PROBLEMS = (
    *(NotFound, CaseNotApproved, CaseClosed, ContactNotPositive, DayNeeded, DayImplausible),
    *(IdentityNeeded, PolicyUnknown, CaseOpenAlready, ContactIsCase, DatabaseAway),
)
ONE = "/desk/cases/{case_id:int}/contacts/{number}/case"

api_endpoints = [
    Endpoint(
        *("POST", "/v1/cases/{case_id:int}/contacts/{number}/case", open_from_contact),
        *(BecomeForm, {201: BecameAnswer}, PROBLEMS),
    ),
]
endpoints = [
    Endpoint("GET", ONE, form_page, LanguageQuery, page=True),
    Endpoint("POST", ONE, open_page, BecomePage, page=True),
]
