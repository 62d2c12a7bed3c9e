"""JSON of a case's notes, of what changed since an officer looked, and of its closing."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from accounts.fields import Reason, StaffNumber
from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing import desk
from tracing.case import AlreadyDecided
from tracing.desk import BIGGEST_ID, case_id_of, desk_of
from tracing.followup import notes
from tracing.followup.notes import NotAnOfficer, WorkLeft
from tracing.state import State

Text = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"\S")]
Last = Annotated[int, Meta(ge=0, le=BIGGEST_ID)]


class NoteForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`for_staff`: the case is handed over to this account, who reads it too."""

    text: Text
    for_staff: StaffNumber | None = None


class SeenForm(Struct, frozen=True, forbid_unknown_fields=True):
    """As they stood in the answer about changes."""

    event: Last
    note: Last
    run: Last


class ClosingForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`anyway`: though F1 are left to reach or results to come."""

    reason: Reason
    anyway: bool = False


class ReopeningForm(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class NoteAnswer(Struct, frozen=True, kw_only=True):
    """`kind` is note, hand-over, closing or reopening; `at` is its hour."""

    kind: str
    text: str
    by: str
    for_name: str | None
    at: datetime


class SinceSeenAnswer(Struct, frozen=True, kw_only=True):
    """Since this account last said to have seen the case. `event`, `note` and `run` are the last
    ones, to say that they were seen."""

    contacts: int
    worked: int
    notes: int
    runs: int
    event: int
    note: int
    run: int


class OfficerAnswer(Struct, frozen=True):
    id: int
    name: str


class NotesAnswer(Struct, frozen=True, kw_only=True):
    """Newest first. `officers`: to whom the case can be handed over."""

    notes: list[NoteAnswer]
    changed: SinceSeenAnswer
    officers: list[OfficerAnswer]


class CaseStatusAnswer(Struct, frozen=True):
    id: int
    status: str


async def list_notes(request: Request[State]) -> Response:
    """The notes of a case, and what changed since this account looked"""
    return await _answer(request, 200)


async def _answer(request: Request[State], status: int) -> Response:
    state, mine = request.state, desk_of(request)
    case = await desk.read_work(state, mine, case_id_of(request))
    found = await notes.told(state, mine, case)
    answer = NotesAnswer(
        notes=[
            NoteAnswer(kind=one.kind, text=one.text, by=one.by, for_name=one.for_name, at=one.made)
            for one in found.notes
        ],
        changed=SinceSeenAnswer(**asdict(found.changed)),
        officers=[OfficerAnswer(*one) for one in found.officers],
    )
    return reply(answer, status)


async def write_note(request: Request[State], form: NoteForm) -> Response:
    """Write a note on a case, or hand it over; nobody can change it later"""
    mine = desk_of(request)
    await notes.write(request.state, mine, case_id_of(request), form.text, form.for_staff)
    return await _answer(request, 201)


async def see_case(request: Request[State], form: SeenForm) -> Response:
    """Say that the case was seen as far as this; what comes after is new"""
    last = (form.event, form.note, form.run)
    await notes.see(request.state, desk_of(request), case_id_of(request), last)
    return await _answer(request, 200)


async def close_case(request: Request[State], form: ClosingForm) -> Response:
    """Close an approved case, with a reason; nothing is deleted"""
    mine = desk_of(request, access_table.CASE_APPROVER)
    case_id, state = case_id_of(request), request.state
    case = await notes.close(state, mine, case_id, form.reason, anyway=form.anyway)
    return reply(CaseStatusAnswer(case.id, case.status))


async def reopen_case(request: Request[State], form: ReopeningForm) -> Response:
    """Open a closed case again, with a reason"""
    mine = desk_of(request, access_table.CASE_APPROVER)
    case = await notes.reopen(request.state, mine, case_id_of(request), form.reason)
    return reply(CaseStatusAnswer(case.id, case.status))


CASE = "/v1/cases/{case_id:int}"
READ = (NotFound, DatabaseAway)
NOTED = {200: NotesAnswer}
CLOSED = {200: CaseStatusAnswer}

endpoints = [
    Endpoint("GET", f"{CASE}/notes", list_notes, None, NOTED, READ),
    Endpoint(
        *("POST", f"{CASE}/notes", write_note, NoteForm, {201: NotesAnswer}),
        problems=(NotAnOfficer, *READ),
    ),
    Endpoint("POST", f"{CASE}/seen", see_case, SeenForm, NOTED, READ),
    Endpoint(
        *("POST", f"{CASE}/closing", close_case, ClosingForm, CLOSED),
        problems=(WorkLeft, AlreadyDecided, *READ),
    ),
    Endpoint(
        *("POST", f"{CASE}/reopening", reopen_case, ReopeningForm, CLOSED),
        problems=(AlreadyDecided, *READ),
    ),
]
