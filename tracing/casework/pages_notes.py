"""Forms on the page of a case: a note, a hand-over, «seen», closing and opening again."""

from __future__ import annotations

from collections.abc import Awaitable

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from accounts.fields import Reason, StaffNumber
from kit.errors import Conflict, Unprocessable
from kit.http import Endpoint, see_other
from tracing import desk
from tracing.casework.pages import PATH, Shown, page
from tracing.desk import case_id_of, desk_of
from tracing.followup import notes
from tracing.followup.api_notes import Last, Text
from tracing.state import State


class NotePage(Struct, frozen=True):
    """`for_staff`: to whom the case is handed over; nobody where it is a note."""

    text: Text
    for_staff: StaffNumber | None = None


class SeenPage(Struct, frozen=True):
    event: Last
    note: Last
    run: Last


class ClosingPage(Struct, frozen=True):
    reason: Reason
    anyway: str = ""


async def write(request: Request[State], form: NotePage) -> Response:
    mine, case_id = desk_of(request), case_id_of(request)
    does = notes.write(request.state, mine, case_id, form.text, form.for_staff)
    return await _done(request, does, "#notes")


async def see(request: Request[State], form: SeenPage) -> Response:
    last = (form.event, form.note, form.run)
    does = notes.see(request.state, desk_of(request), case_id_of(request), last)
    return await _done(request, does, "")


async def close(request: Request[State], form: ClosingPage) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_APPROVER), case_id_of(request)
    does = notes.close(request.state, mine, case_id, form.reason, anyway=bool(form.anyway))
    return await _done(request, does, "", form.reason)


async def reopen(request: Request[State], form: ClosingPage) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_APPROVER), case_id_of(request)
    return await _done(request, notes.reopen(request.state, mine, case_id, form.reason), "")


async def _done(
    request: Request[State], does: Awaitable[object], place: str, typed: str = ""
) -> Response:
    case_id = case_id_of(request)
    try:
        await does
    except (Conflict, Unprocessable) as wrong:
        case = await desk.read_work(request.state, desk_of(request), case_id)
        return await page(request, case, Shown(purpose=case.purpose, wrong=wrong, typed=typed))
    return see_other(f"/desk/cases/{case_id}{place}")


endpoints = [
    Endpoint("POST", f"{PATH}/notes", write, NotePage, page=True),
    Endpoint("POST", f"{PATH}/seen", see, SeenPage, page=True),
    Endpoint("POST", f"{PATH}/closing", close, ClosingPage, page=True),
    Endpoint("POST", f"{PATH}/reopening", reopen, ClosingPage, page=True),
]
