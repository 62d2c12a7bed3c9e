"""The page on which a positive contact becomes a case: it asks for the laboratory's result."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.areas import area_name
from kit.errors import NotFound, Problem
from kit.http import Endpoint, see_other
from tracing.casework import succession
from tracing.casework.succession import Becoming, ContactNotPositive
from tracing.desk import case_id_of, contact_number_of, desk_of
from tracing.points.form import typed_day
from tracing.state import State


class BecomePage(Struct, frozen=True):
    onset: str = ""
    sampled: str = ""
    lab_reference: str = ""


class LanguageQuery(Struct, frozen=True):
    lang: str = ""


async def form_page(request: Request[State], form: LanguageQuery) -> Response:
    return await _page(request, BecomePage(), None)


async def _page(request: Request[State], typed: BecomePage, wrong: Problem | None) -> Response:
    state, mine = request.state, desk_of(request, access_table.CASE_OPENER)
    case, line = await succession.positive(
        state, mine, case_id_of(request), contact_number_of(request)
    )
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
        case_id, number = case_id_of(request), contact_number_of(request)
        case = await succession.become(state, mine, case_id, number, asked)
    except Problem as wrong:
        if wrong.status >= 500 or isinstance(wrong, NotFound | ContactNotPositive):
            raise
        return await _page(request, form, wrong)
    return see_other(f"/desk/cases/{case.id}")


ONE = "/desk/cases/{case_id:int}/contacts/{number}/case"

endpoints = [
    Endpoint("GET", ONE, form_page, LanguageQuery, page=True),
    Endpoint("POST", ONE, open_page, BecomePage, page=True),
]
