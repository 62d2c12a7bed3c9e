"""Pages of what a second account lets go: the requests of a case, and those that wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.fields import Words
from kit.db import connection
from kit.errors import Conflict, Unprocessable
from kit.http import Endpoint, see_other
from tracing import desk, queries_changes, releases, words
from tracing.case import Purpose
from tracing.desk import case_id_of, desk_of
from tracing.exports.api_releases import asking_desk, release_id_of
from tracing.exports.formats import RECIPES, ListFormat
from tracing.queries_releases import Release, Verdict
from tracing.releases import ReleaseStatus, What
from tracing.state import State
from venues.model import WordsMissing
from venues.rules import said

WHAT = {
    What.XLSX: "The whole list as a spreadsheet (XLSX)",
    What.CSV: "The whole list as CSV",
    **{What(one): RECIPES[one].title for one in ListFormat if RECIPES[one].names},
    What.MORE_NAMES: "More names to read than the quota of a day",
}
STATUS = {
    ReleaseStatus.WAITING: "Waits for a second person",
    ReleaseStatus.APPROVED: "Approved",
    ReleaseStatus.REFUSED: "Refused",
    ReleaseStatus.USED: "Used",
    ReleaseStatus.OVER: "Over",
}


class ReleasesQuery(Struct, frozen=True):
    """`what` and `purpose`: chosen already."""

    what: str = ""
    purpose: str = ""
    lang: str = ""


class AskForm(Struct, frozen=True, forbid_unknown_fields=True):
    what: What
    purpose: Purpose
    reason: Words = ""


class DecideForm(Struct, frozen=True, forbid_unknown_fields=True):
    approved: bool
    reason: Words = ""
    people: Annotated[int, Meta(ge=0)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the form shows, and what was wrong with it; `release_id` is 0 for a new request."""

    what: str = ""
    purpose: str = ""
    reason: str = ""
    wrong: Conflict | Unprocessable | None = None
    release_id: int = 0


async def releases_page(request: Request[State], form: ReleasesQuery) -> Response:
    return await _page(request, Typed(what=form.what, purpose=form.purpose))


async def ask(request: Request[State], form: AskForm) -> Response:
    mine, case_id = asking_desk(request, form.what), case_id_of(request)
    try:
        reason = said(form.reason)
        made = await releases.ask(request.state, mine, case_id, form.what, form.purpose, reason)
    except (Conflict, WordsMissing) as wrong:
        typed = Typed(what=form.what, purpose=form.purpose, reason=form.reason, wrong=wrong)
        return await _page(request, typed)
    return see_other(f"/desk/cases/{case_id}/releases#release-{made.id}")


async def decide(request: Request[State], form: DecideForm) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_APPROVER), case_id_of(request)
    release_id = release_id_of(request)
    try:
        answer = said(form.reason)
        verdict = Verdict(approved=form.approved, answer=answer, people=form.people)
        await releases.decide(request.state, mine, case_id, release_id, verdict)
    except (Conflict, WordsMissing) as wrong:
        typed = Typed(reason=form.reason, wrong=wrong, release_id=release_id)
        return await _page(request, typed)
    return see_other(f"/desk/cases/{case_id}/releases#release-{release_id}")


async def _page(request: Request[State], typed: Typed) -> Response:
    state, staff, case_id = request.state, access.staff_of(request), case_id_of(request)
    case = await desk.read_work(state, desk_of(request), case_id)
    found = await releases.releases_of(state, desk_of(request), case_id)
    now, sizes = state["clock"](), await releases.list_sizes(state, found)
    async with connection(state["desk_db"]) as db:
        untraced = await queries_changes.untraced(db, [case_id])
        deepest = await queries_changes.deepest(db, case_id)
    may_export = access.may(staff, access_table.CASE_OPENER)
    return state["pages"].html(
        request,
        "tracing/releases.html",
        200 if typed.wrong is None else typed.wrong.status,
        case=case,
        releases=[(one, releases.status(one, now)) for one in found],
        sizes=sizes.get(case_id, {}),
        untraced=untraced[case_id],
        deepest=deepest,
        may_run=may_export and desk_of(request).sees_whole(case),
        typed=typed,
        what={code: text for code, text in WHAT.items() if may_export or code is What.MORE_NAMES},
        titles=WHAT,
        statuses=STATUS,
        words=words,
        until=releases.stands_until,
        link=_link,
        may_decide=access.may(staff, access_table.CASE_APPROVER),
        second_person=state["settings"].second_person,
        quota=state["settings"].names_a_day,
        staff=staff,
    )


def _link(one: Release) -> str:
    """Where the list is fetched; '' for what is no list."""
    if one.what == What.MORE_NAMES:
        return ""
    if one.what in (What.XLSX, What.CSV):
        return f"/v1/cases/{one.case_id}/contacts.{one.what}?purpose={one.purpose}"
    return f"/v1/cases/{one.case_id}/export?format={one.what}&purpose={one.purpose}"


async def waiting(request: Request[State], form: ReleasesQuery) -> Response:
    """What somebody of these areas has to decide."""
    mine = desk_of(request, access_table.CASE_APPROVER)
    found = await releases.waiting(request.state, mine)
    return request.state["pages"].html(
        request,
        "tracing/waiting_releases.html",
        releases=found,
        sizes=await releases.list_sizes(request.state, found),
        titles=WHAT,
        words=words,
        staff=access.staff_of(request),
    )


PATH = "/desk/cases/{case_id:int}/releases"

endpoints = [
    Endpoint("GET", "/desk/releases", waiting, ReleasesQuery, page=True),
    Endpoint("GET", PATH, releases_page, ReleasesQuery, page=True),
    Endpoint("POST", PATH, ask, AskForm, page=True),
    Endpoint("POST", f"{PATH}/{{release_id:int}}/decision", decide, DecideForm, page=True),
]
