"""JSON of entry holds: proposed for one person of a case, decided by a second account, lifted, and
objections answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from accounts.fields import Moment, Reason
from checkin.api_standing import ObjectionAnswer, objection_answer
from checkin.holds import (
    AlreadyHeld,
    HoldDecided,
    HoldNotStanding,
    HoldSecondPerson,
    HoldsTooMany,
    HoldTooLong,
    ObjectionAnswered,
    ObjectionThirdPerson,
)
from checkin.model import Colour
from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing.case import CaseClosed, CaseNotApproved
from tracing.desk import case_id_of, desk_of, id_of
from tracing.holds import desk as holds_desk
from tracing.holds.desk import Proposal, ShownHold
from tracing.state import State


class HoldColour(StrEnum):
    AMBER = "amber"
    RED = "red"


class ProposeHold(Struct, frozen=True, forbid_unknown_fields=True):
    """For one person, by their number in the case: there is no way to name several. `note` is told
    to the person: what to do and whom to call, the number of the order."""

    number: Annotated[str, Meta(min_length=8, max_length=8)]
    colour: HoldColour
    until: Moment
    note: Reason


class DecideHold(Struct, frozen=True, forbid_unknown_fields=True):
    approved: bool
    reason: Reason


class LiftHold(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class AnswerObjection(Struct, frozen=True, forbid_unknown_fields=True):
    """`upheld` lifts the hold; `answer` is told to the person."""

    upheld: bool
    answer: Reason


class HoldAnswer(Struct, frozen=True, kw_only=True):
    """`number` names the person inside this case; `status` is proposed, standing, refused, lifted
    or over."""

    id: int
    number: str
    colour: str
    reason: str
    note: str
    until: datetime
    status: str
    objections: list[ObjectionAnswer]


class HoldsAnswer(Struct, frozen=True):
    holds: list[HoldAnswer]


async def propose_hold(request: Request[State], form: ProposeHold) -> Response:
    """Propose an entry hold for one person of an approved case

    Nobody is held before another account approves it.
    """
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    asked = Proposal(
        number=form.number,
        colour=Colour[form.colour.name],
        until=form.until,
        note=form.note.strip(),
    )
    return reply(_hold_answer(await holds_desk.propose(request.state, mine, case_id, asked)), 201)


async def list_holds(request: Request[State]) -> Response:
    """The entry holds of a case and the objections to them, newest first"""
    found = await holds_desk.holds_of(request.state, desk_of(request), case_id_of(request))
    return reply(HoldsAnswer([_hold_answer(one) for one in found]))


async def decide_hold(request: Request[State], form: DecideHold) -> Response:
    """Approve or refuse a hold that somebody else proposed"""
    mine, case_id = desk_of(request, access_table.CASE_APPROVER), case_id_of(request)
    found = await holds_desk.decide(
        request.state, mine, case_id, hold_id_of(request), form.approved, form.reason
    )
    return reply(_hold_answer(found))


async def lift_hold(request: Request[State], form: LiftHold) -> Response:
    """Lift a hold, or withdraw one that nobody decided"""
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    found = await holds_desk.lift(request.state, mine, case_id, hold_id_of(request), form.reason)
    return reply(_hold_answer(found))


async def answer_objection(request: Request[State], form: AnswerObjection) -> Response:
    """Answer the open objection to a hold

    Whoever proposed or approved the hold may uphold it, but not turn it down.
    """
    mine, case_id = desk_of(request, access_table.CASE_APPROVER), case_id_of(request)
    found = await holds_desk.answer(
        request.state, mine, case_id, hold_id_of(request), form.upheld, form.answer.strip()
    )
    return reply(_hold_answer(found))


def hold_id_of(request: Request[State]) -> int:
    return id_of(request, "hold_id")


def _hold_answer(one: ShownHold) -> HoldAnswer:
    return HoldAnswer(
        id=one.hold.id,
        number=one.number,
        colour=one.hold.colour.name.lower(),
        reason=one.hold.reason,
        note=one.note,
        until=one.hold.until,
        status=one.status,
        objections=[objection_answer(each) for each in one.objections],
    )


CASE_HOLDS = "/v1/cases/{case_id:int}/holds"
CASE_HOLD = f"{CASE_HOLDS}/{{hold_id:int}}"
COMMON = (NotFound, CaseNotApproved, CaseClosed, DatabaseAway)
DECISION = (HoldDecided, HoldSecondPerson, HoldNotStanding, AlreadyHeld, HoldsTooMany)
DECIDED = {200: HoldAnswer}

endpoints = [
    Endpoint("GET", CASE_HOLDS, list_holds, None, {200: HoldsAnswer}, (NotFound, DatabaseAway)),
    Endpoint(
        *("POST", CASE_HOLDS, propose_hold, ProposeHold, {201: HoldAnswer}),
        problems=(HoldTooLong, HoldsTooMany, *COMMON),
    ),
    Endpoint(
        *("POST", f"{CASE_HOLD}/decision", decide_hold, DecideHold, DECIDED),
        problems=(*DECISION, *COMMON),
    ),
    Endpoint(
        *("POST", f"{CASE_HOLD}/end", lift_hold, LiftHold, DECIDED),
        problems=(HoldNotStanding, *COMMON),
    ),
    Endpoint(
        *("POST", f"{CASE_HOLD}/objection", answer_objection, AnswerObjection, DECIDED),
        problems=(ObjectionAnswered, ObjectionThirdPerson, HoldNotStanding, *COMMON),
    ),
]
