"""The page of alerts: who of the held was scanned where, seen or not, and the name when needed."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access
from kit.errors import Conflict, NotFound
from kit.http import Endpoint, see_other
from tracing import words
from tracing.case import Purpose
from tracing.desk import desk_of
from tracing.holds import alerts
from tracing.holds.alerts import Alert, Happened
from tracing.holds.api_alerts import part
from tracing.names import Named, Wish, reveal
from tracing.state import State

SHOWN = 50
HAPPENED = {
    Happened.TURNED_AWAY: "turned away at the gate",
    Happened.CHECKED_IN: "checked in with their phone: they are in",
    Happened.SENT_LATE: "was in; told later, without network",
}


class AlertsPage(Struct, frozen=True):
    """`before` as it stands in an address: what is no alert of this desk is the newest ones."""

    before: str = ""
    lang: str = ""


class SeenForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`references`: one, or all of the page, blanks between."""

    references: Annotated[str, Meta(max_length=2000)]
    before: str = ""


class RevealAlertForm(Struct, frozen=True, forbid_unknown_fields=True):
    reference: Annotated[str, Meta(max_length=24)]
    purpose: Purpose
    before: str = ""


class Opened(Struct, frozen=True):
    """The name that was asked for, or why it cannot be shown."""

    reference: str
    purpose: Purpose
    person: Named | None
    wrong: Conflict | None = None


async def alerts_page(request: Request[State], form: AlertsPage) -> Response:
    return await _page(request, form.before, None)


async def _page(request: Request[State], before: str, opened: Opened | None) -> Response:
    found = await alerts.alerts(request.state, desk_of(request))
    shown, following = _part(found, before)
    return request.state["pages"].html(
        request,
        "tracing/alerts.html",
        409 if opened and opened.wrong else 200,
        alerts=shown,
        older=following,
        before=before,
        unseen=sum(one.seen is None for one in found),
        new_here=[one.reference for one in shown if one.seen is None],
        happened=HAPPENED,
        opened=opened,
        purposes=words.PURPOSES,
        staff=access.staff_of(request),
    )


def _part(found: list[Alert], before: str) -> tuple[list[Alert], str | None]:
    try:
        return part(found, before, SHOWN)
    except NotFound:
        return part(found, "", SHOWN)


async def see(request: Request[State], form: SeenForm) -> Response:
    await alerts.see(request.state, desk_of(request), form.references.split())
    return see_other(f"/desk/alerts?before={form.before}" if form.before else "/desk/alerts")


async def reveal_name(request: Request[State], form: RevealAlertForm) -> Response:
    """The page once more with one name, opened as on the page of its case; to see it is to have
    seen the alert."""
    state, mine = request.state, desk_of(request)
    asked = await alerts.alert(state, mine, form.reference)
    wish = Wish(
        staff_id=mine.staff_id,
        areas=mine.areas,
        case_id=asked.case_id,
        purpose=form.purpose,
        numbers=[asked.number],
    )
    try:
        _, names = await reveal(state, wish)
    except Conflict as wrong:
        opened = Opened(form.reference, form.purpose, None, wrong)
    else:
        opened = Opened(form.reference, form.purpose, names[asked.number])
        await alerts.see(state, mine, [form.reference])
    return await _page(request, form.before, opened)


endpoints = [
    Endpoint("GET", "/desk/alerts", alerts_page, AlertsPage, page=True),
    Endpoint("POST", "/desk/alerts/seen", see, SeenForm, page=True),
    Endpoint("POST", "/desk/alerts/reveal", reveal_name, RevealAlertForm, page=True),
]
