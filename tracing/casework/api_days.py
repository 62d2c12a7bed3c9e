"""Corrections of the days a case counts from, as JSON and as a page."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.fields import Moment, Reason, Words
from kit.db import DatabaseAway, connection
from kit.errors import Conflict, NotFound, Problem, Unprocessable
from kit.http import Endpoint, reply, see_other
from tracing import words
from tracing.case import CaseClosed, CaseNotApproved, DayImplausible, DayNeeded, Status
from tracing.case_days import Days, days_of, doubts, widens
from tracing.casework import days
from tracing.casework.days import (
    Corrected,
    CorrectionDecided,
    CorrectionSecondPerson,
    CorrectionWaits,
    DaysUnchanged,
)
from tracing.desk import case_id_of, desk_of, id_of
from tracing.points.form import LOCAL, local_time, typed_day
from tracing.state import State
from venues.rules import said


class CorrectForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All three as they are right; null: no symptoms, no sample, not isolated."""

    onset: date | None = None
    sampled: date | None = None
    isolated: Moment | None = None
    reason: Reason


class SettleForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    approved: bool
    reason: Reason


class CorrectionAnswer(Struct, frozen=True, kw_only=True):
    """`state`: waits for a second account, done or refused."""

    id: int
    state: str
    onset: date | None
    sampled: date | None
    isolated: datetime | None
    reason: str
    asked_by: str
    decided_by: str | None
    answer: str


class CorrectionsAnswer(Struct, frozen=True, kw_only=True):
    """The days as they are now, and what was asked for, newest first. `traced`: the case was traced
    anew; null where nothing changed, false where another trace is under way: trace again."""

    onset: date | None
    sampled: date | None
    isolated: datetime | None
    corrections: list[CorrectionAnswer]
    traced: bool | None


class DaysPage(Struct, frozen=True, kw_only=True):
    onset: Annotated[str, Meta(max_length=10)] = ""
    sampled: Annotated[str, Meta(max_length=10)] = ""
    isolated: Annotated[str, Meta(max_length=16)] = ""
    reason: Words = ""


class SettlePage(Struct, frozen=True, kw_only=True):
    approved: bool
    reason: Words = ""


class DaysQuery(Struct, frozen=True):
    """`later`: the case could not be traced at once."""

    later: str = ""
    lang: str = ""


STATES = {None: "waits", True: "done", False: "refused"}


async def read_corrections(request: Request[State]) -> Response:
    """What was asked to be put right in the days of a case, and who agreed"""
    found = await days.corrections_of(request.state, desk_of(request), case_id_of(request))
    return reply(_answer(found))


async def correct_case(request: Request[State], form: CorrectForm) -> Response:
    """Put right the onset, sample or isolation of a case; it is traced anew

    What makes the infectious period longer waits for a second account, and so does what another
    account than a coordinator's asks for.
    """
    found = await _correct(request, days_asked(form), form.reason)
    return reply(_answer(found), 201)


def days_asked(form: CorrectForm) -> Days:
    return Days(onset=form.onset, sampled=form.sampled, isolated=form.isolated)


async def _correct(request: Request[State], asked: Days, reason: str) -> Corrected:
    mine = desk_of(request, access_table.CASE_OPENER)
    alone = access.may(access.staff_of(request), access_table.CASE_APPROVER)
    case_id = case_id_of(request)
    return await days.correct(request.state, mine, case_id, asked, reason.strip(), alone=alone)


async def settle_correction(request: Request[State], form: SettleForm) -> Response:
    """Agree to a correction that somebody else asked for, or refuse it; the case is traced anew"""
    mine, which = desk_of(request, access_table.CASE_APPROVER), id_of(request, "correction_id")
    case_id, answer = case_id_of(request), form.reason.strip()
    found = await days.decide(request.state, mine, case_id, which, form.approved, answer)
    return reply(_answer(found))


def _answer(found: Corrected) -> CorrectionsAnswer:
    return CorrectionsAnswer(
        onset=found.case.onset,
        sampled=found.case.sampled,
        isolated=found.case.isolated,
        corrections=[
            CorrectionAnswer(
                id=one.id,
                state=STATES[one.approved],
                onset=one.onset,
                sampled=one.sampled,
                isolated=one.isolated,
                reason=one.reason,
                asked_by=one.by,
                decided_by=one.decider or None,
                answer=one.answer,
            )
            for one in found.corrections
        ],
        traced=found.traced,
    )


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
        )
        found = await _correct(request, asked, said(form.reason))
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


V1 = "/v1/cases/{case_id:int}/corrections"
PAGE = "/desk/cases/{case_id:int}/days"
READ = (NotFound, DatabaseAway)
CHANGE = (*READ, CaseNotApproved, CaseClosed)
ANSWER = {200: CorrectionsAnswer}

endpoints = [
    Endpoint("GET", V1, read_corrections, None, ANSWER, READ),
    Endpoint(
        *("POST", V1, correct_case, CorrectForm, {201: CorrectionsAnswer}),
        problems=(*CHANGE, DayNeeded, DayImplausible, DaysUnchanged, CorrectionWaits),
    ),
    Endpoint(
        *("POST", f"{V1}/{{correction_id:int}}/decision", settle_correction, SettleForm, ANSWER),
        problems=(*CHANGE, CorrectionDecided, CorrectionSecondPerson),
    ),
    Endpoint("GET", PAGE, days_page, DaysQuery, page=True),
    Endpoint("POST", PAGE, correct_page, DaysPage, page=True),
    Endpoint("POST", f"{PAGE}/{{correction_id:int}}", settle_page, SettlePage, page=True),
]
