"""JSON of corrections of the days a case counts from."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.fields import Moment, Reason
from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing.case import CaseClosed, CaseNotApproved, DayImplausible, DayNeeded
from tracing.case_days import Days
from tracing.casework import days
from tracing.casework.days import (
    Corrected,
    CorrectionDecided,
    CorrectionSecondPerson,
    CorrectionWaits,
    DaysUnchanged,
)
from tracing.desk import case_id_of, desk_of, id_of
from tracing.state import State


class CorrectForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All of them as they are right; null: no symptoms, no sample, not isolated, source not
    known."""

    onset: date | None = None
    sampled: date | None = None
    isolated: Moment | None = None
    met_source: date | None = None
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
    met_source: date | None
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
    met_source: date | None
    corrections: list[CorrectionAnswer]
    traced: bool | None


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
    found = await corrected(request, days_asked(form), form.reason)
    return reply(_answer(found), 201)


def days_asked(form: CorrectForm) -> Days:
    return Days(
        onset=form.onset,
        sampled=form.sampled,
        isolated=form.isolated,
        met_source=form.met_source,
    )


async def corrected(request: Request[State], asked: Days, reason: str) -> Corrected:
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
        met_source=found.case.met_source,
        corrections=[
            CorrectionAnswer(
                id=one.id,
                state=STATES[one.approved],
                onset=one.onset,
                sampled=one.sampled,
                isolated=one.isolated,
                met_source=one.met_source,
                reason=one.reason,
                asked_by=one.by,
                decided_by=one.decider or None,
                answer=one.answer,
            )
            for one in found.corrections
        ],
        traced=found.traced,
    )


V1 = "/v1/cases/{case_id:int}/corrections"
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
]
