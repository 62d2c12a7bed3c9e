"""The page on which the days that a case counts from are put right."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.fields import Words
from kit.db import connection
from kit.errors import Conflict, Problem, Unprocessable
from kit.http import Endpoint, see_other
from tracing import words
from tracing.case import Status
from tracing.case_days import Days, days_of, doubts, widens
from tracing.casework import days
from tracing.casework.api_days import corrected
from tracing.casework.days import Corrected
from tracing.desk import case_id_of, desk_of, id_of
from tracing.points.form import LOCAL, local_time, typed_day
from tracing.state import State
from venues.rules import said


class DaysPage(Struct, frozen=True, kw_only=True):
    onset: Annotated[str, Meta(max_length=10)] = ""
    sampled: Annotated[str, Meta(max_length=10)] = ""
    isolated: Annotated[str, Meta(max_length=16)] = ""
    met_source: Annotated[str, Meta(max_length=10)] = ""
    reason: Words = ""


class SettlePage(Struct, frozen=True, kw_only=True):
    approved: bool
    reason: Words = ""


class DaysQuery(Struct, frozen=True):
    """`later`: the case could not be traced at once."""

    later: str = ""
    lang: str = ""


async def days_page(request: Request[State], form: DaysQuery) -> Response:
    return await _page(request, None, None, bool(form.later))


async def _page(
    request: Request[State], typed: DaysPage | None, wrong: Problem | None, later: bool = False
) -> Response:
    state, mine = request.state, desk_of(request, access_table.CASE_OPENER)
    found = await days.corrections_of(state, mine, case_id_of(request))
    case, zone, staff = found.case, state["settings"].zone, access.staff_of(request)
    async with connection(state["desk_db"]) as db:
        ruler = await days.ruler_of(db, state, case)
    now = days_of(case)
    stored = DaysPage(
        onset=case.onset.isoformat() if case.onset else "",
        sampled=case.sampled.isoformat() if case.sampled else "",
        isolated=case.isolated.astimezone(zone).strftime(LOCAL) if case.isolated else "",
        met_source=case.met_source.isoformat() if case.met_source else "",
    )
    waits = next((one for one in found.corrections if one.approved is None), None)
    return state["pages"].html(
        request,
        "tracing/days.html",
        200 if wrong is None else wrong.status,
        case=case,
        corrections=found.corrections,
        waits=waits,
        longer=waits is not None and widens(now, waits.days, ruler),
        doubts=[words.DAY_DOUBTS[one] for one in doubts(now, ruler)],
        asked_doubts=[words.DAY_DOUBTS[one] for one in doubts(waits.days, ruler)] if waits else [],
        states=words.CORRECTIONS,
        typed=typed or stored,
        wrong=wrong,
        later=later,
        today=state["days"].day(state["clock"]()),
        may_correct=case.status in (Status.OPENED, Status.APPROVED),
        may_agree=access.may(staff, access_table.CASE_APPROVER),
        staff=staff,
    )


async def correct_page(request: Request[State], form: DaysPage) -> Response:
    try:
        asked = Days(
            onset=typed_day("onset", form.onset),
            sampled=typed_day("sampled", form.sampled),
            isolated=local_time(request, "isolated", form.isolated),
            met_source=typed_day("met_source", form.met_source),
        )
        found = await corrected(request, asked, said(form.reason))
    except (Conflict, Unprocessable) as wrong:
        return await _page(request, form, wrong)
    return _next(case_id_of(request), found)


async def settle_page(request: Request[State], form: SettlePage) -> Response:
    mine, which = desk_of(request, access_table.CASE_APPROVER), id_of(request, "correction_id")
    case_id = case_id_of(request)
    try:
        found = await days.decide(
            request.state, mine, case_id, which, form.approved, said(form.reason)
        )
    except (Conflict, Unprocessable) as wrong:
        return await _page(request, None, wrong)
    return _next(case_id, found)


def _next(case_id: int, found: Corrected) -> Response:
    later = "?later=1" if found.traced is False else ""
    return see_other(f"/desk/cases/{case_id}/days{later}")


PAGE = "/desk/cases/{case_id:int}/days"

endpoints = [
    Endpoint("GET", PAGE, days_page, DaysQuery, page=True),
    Endpoint("POST", PAGE, correct_page, DaysPage, page=True),
    Endpoint("POST", f"{PAGE}/{{correction_id:int}}", settle_page, SettlePage, page=True),
]
