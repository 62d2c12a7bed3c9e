"""Pages of entry holds: those of a case, the proposal for one of its people, and what waits for
somebody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.fields import Words
from checkin.holds import LONGEST, HoldReason, HoldTooLong
from checkin.model import Colour
from kit.db import connection
from kit.errors import NotFound, Problem
from kit.http import Endpoint, see_other
from tracing import desk
from tracing.case import contact_number
from tracing.desk import case_id_of, desk_of
from tracing.holds import desk as holds_desk
from tracing.holds import queries_waiting
from tracing.holds.api import HoldColour, hold_id_of
from tracing.holds.desk import HoldStatus, Proposal
from tracing.names import NOBODY, masked_people
from tracing.state import State
from venues.rules import said

USUAL_DAYS = 14  # the quarantine of most policies: a date to begin from, chosen by the officer
REASONS = {
    HoldReason.CONFIRMED_CASE: "A confirmed case",
    HoldReason.CLOSE_CONTACT: "A contact of the case",
}
STATUS = {
    HoldStatus.PROPOSED: "Waits for a second person",
    HoldStatus.STANDING: "Stands",
    HoldStatus.REFUSED: "Refused",
    HoldStatus.LIFTED: "Lifted",
    HoldStatus.OVER: "Over",
}
COLOURS = {Colour.RED: "RED", Colour.AMBER: "AMBER"}


class HoldsQuery(Struct, frozen=True):
    """`number`: for whom a hold is to be proposed."""

    number: str = ""
    lang: str = ""


class ProposeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Texts as typed; `until` is the hold's last day."""

    number: Annotated[str, Meta(min_length=8, max_length=8)]
    colour: HoldColour = HoldColour.RED
    until: str = ""
    note: Words = ""


class DecideHoldForm(Struct, frozen=True, forbid_unknown_fields=True):
    approved: bool
    reason: Words = ""


class LiftForm(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Words = ""


class AnswerForm(Struct, frozen=True, forbid_unknown_fields=True):
    upheld: bool
    answer: Words = ""


class Wrong(Struct, frozen=True):
    """What was wrong, at which hold (0: the proposal), and the words typed there."""

    problem: Problem
    hold_id: int
    typed: str


async def holds_page(request: Request[State], form: HoldsQuery) -> Response:
    today = request.state["days"].day(request.state["clock"]())
    until = (today + timedelta(days=USUAL_DAYS)).isoformat()
    return await _page(request, ProposeForm(number=form.number, until=until), None)


async def _page(request: Request[State], typed: ProposeForm, wrong: Wrong | None) -> Response:
    state, mine, case_id = request.state, desk_of(request), case_id_of(request)
    case = await desk.read_case(state, mine, case_id)
    shown = await holds_desk.holds_of(state, mine, case_id)
    chosen = await holds_desk.holdable(state, mine, case_id, typed.number) if typed.number else None
    people = {one.hold.person_id for one in shown} | ({chosen[0]} if chosen else set())
    acted = {
        one
        for each in shown
        for one in (each.hold.proposed_by, each.hold.decided_by)
        if one is not None
    }
    async with connection(state["desk_db"]) as db:
        staff_names = await queries_waiting.staff_names(db, acted)
    known = await masked_people(state, sorted(people))
    today, staff = state["days"].day(state["clock"]()), access.staff_of(request)
    return state["pages"].html(
        request,
        "tracing/holds.html",
        200 if wrong is None else wrong.problem.status,
        case=case,
        holds=sorted(shown, key=_waits, reverse=True),
        known=lambda person: known.get(person, NOBODY),
        chosen=chosen,
        typed=typed,
        wrong=wrong,
        until=lambda one: _until(request, one.until),
        first_day=today,
        last_day=today + LONGEST - timedelta(days=1),
        reasons=REASONS,
        statuses=STATUS,
        colours=COLOURS,
        staff_names=staff_names,
        staff=staff,
        may_open=access.may(staff, access_table.CASE_OPENER),
        may_decide=access.may(staff, access_table.CASE_APPROVER),
    )


def _waits(one: holds_desk.ShownHold) -> bool:
    """For somebody's decision or answer; these come first, the others newest first."""
    return one.status is HoldStatus.PROPOSED or any(each.upheld is None for each in one.objections)


async def propose(request: Request[State], form: ProposeForm) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    try:
        asked = Proposal(
            number=form.number,
            colour=Colour[form.colour.name],
            until=_end_of_day(request, form.until),
            note=said(form.note),
        )
        made = await holds_desk.propose(request.state, mine, case_id, asked)
    except Problem as problem:
        return await _again(request, form, Wrong(problem, 0, form.note))
    return see_other(f"/desk/cases/{case_id}/holds#hold-{made.hold.id}")


async def decide(request: Request[State], form: DecideHoldForm) -> Response:
    rule = access_table.CASE_APPROVER
    return await _said(request, rule, form.reason, holds_desk.decide, form.approved)


async def lift(request: Request[State], form: LiftForm) -> Response:
    return await _said(request, access_table.CASE_OPENER, form.reason, holds_desk.lift)


async def answer(request: Request[State], form: AnswerForm) -> Response:
    rule = access_table.CASE_APPROVER
    return await _said(request, rule, form.answer, holds_desk.answer, form.upheld)


async def _said(
    request: Request[State],
    rule: access_table.Rule,
    typed: str,
    act: Callable[..., Awaitable[object]],
    *verdict: bool,
) -> Response:
    """One act on one hold, with the words that it needs."""
    mine, case_id, hold_id = desk_of(request, rule), case_id_of(request), hold_id_of(request)
    try:
        await act(request.state, mine, case_id, hold_id, *verdict, said(typed))
    except Problem as problem:
        return await _again(request, ProposeForm(""), Wrong(problem, hold_id, typed))
    return see_other(f"/desk/cases/{case_id}/holds#hold-{hold_id}")


async def _again(request: Request[State], typed: ProposeForm, wrong: Wrong) -> Response:
    """The page says what is wrong; what is not there or not theirs is no matter of this page."""
    if isinstance(wrong.problem, NotFound) or wrong.problem.status >= 500:
        raise wrong.problem
    return await _page(request, typed, wrong)


def _until(request: Request[State], at: datetime) -> str:
    """As it was chosen: the last day of a hold that ends with a day, else its last minute."""
    ends = at.astimezone(request.state["settings"].zone)
    if ends.time() == time():
        return f"{ends.date() - timedelta(days=1):%d/%m/%Y}"
    return f"{ends:%H:%M %d/%m/%Y}"


def _end_of_day(request: Request[State], text: str) -> datetime:
    """Midnight after the local day that was chosen."""
    try:
        last = date.fromisoformat(text)
        midnight = datetime.combine(last, time(), request.state["settings"].zone)
        return midnight + timedelta(days=1)
    except (ValueError, OverflowError):
        raise HoldTooLong from None


async def waiting(request: Request[State], form: HoldsQuery) -> Response:
    """What somebody of these areas has to decide or answer."""
    state, mine = request.state, desk_of(request)
    async with connection(state["desk_db"]) as db:
        found = await queries_waiting.waiting_holds(db, mine.areas, state["clock"]())
        staff_names = await queries_waiting.staff_names(db, {one.proposed_by for one in found})
    keys = state["keys"].cases
    return state["pages"].html(
        request,
        "tracing/waiting.html",
        holds=[(one, contact_number(keys.key(one.case_number), one.person_id)) for one in found],
        until=lambda one: _until(request, one.until),
        reasons=REASONS,
        colours=COLOURS,
        staff_names=staff_names,
        staff=access.staff_of(request),
    )


HOLDS = "/desk/cases/{case_id:int}/holds"
HOLD = f"{HOLDS}/{{hold_id:int}}"

endpoints = [
    Endpoint("GET", "/desk/holds", waiting, HoldsQuery, page=True),
    Endpoint("GET", HOLDS, holds_page, HoldsQuery, page=True),
    Endpoint("POST", HOLDS, propose, ProposeForm, page=True),
    Endpoint("POST", f"{HOLD}/decision", decide, DecideHoldForm, page=True),
    Endpoint("POST", f"{HOLD}/end", lift, LiftForm, page=True),
    Endpoint("POST", f"{HOLD}/objection", answer, AnswerForm, page=True),
]
