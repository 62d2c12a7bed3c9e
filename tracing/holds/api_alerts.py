"""JSON of alerts: scans of held people, and who saw them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing.desk import desk_of
from tracing.holds import alerts
from tracing.holds.alerts import Alert
from tracing.state import State

Reference = Annotated[str, Meta(max_length=24)]


class AlertsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`before`: the reference of the last one seen; `unseen`: only what nobody has seen."""

    before: Reference = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    unseen: bool = False


class AlertAnswer(Struct, frozen=True, kw_only=True):
    """`happened` is turned-away, checked-in or sent-late; `number` names the person inside the
    case, where their name can be revealed. `seen` is to the hour."""

    reference: str
    at: datetime
    venue: str
    zone: str | None
    happened: str
    case_id: int
    case_number: str
    hold_id: int
    number: str
    seen_by: str | None
    seen: datetime | None


class AlertsAnswer(Struct, frozen=True, kw_only=True):
    """`unseen` counts all of them; `next` goes into `before`."""

    alerts: list[AlertAnswer]
    next: str | None
    unseen: int


async def list_alerts(request: Request[State], form: AlertsQuery) -> Response:
    """Scans of people held red by a case of one's areas, newest first"""
    found = await alerts.alerts(request.state, desk_of(request))
    listed = [one for one in found if one.seen is None or not form.unseen]
    shown, following = part(listed, form.before, form.limit)
    answer = AlertsAnswer(
        alerts=[alert_answer(one) for one in shown],
        next=following,
        unseen=sum(one.seen is None for one in found),
    )
    return reply(answer)


def part(found: list[Alert], before: str, limit: int) -> tuple[list[Alert], str | None]:
    """What follows `before`, and the reference to go on from; NotFound where that one is gone."""
    start = 0
    if before:
        places = [place for place, one in enumerate(found) if one.reference == before]
        if not places:
            raise NotFound
        start = places[0] + 1
    shown = found[start : start + limit]
    return shown, shown[-1].reference if start + limit < len(found) else None


async def see_alert(request: Request[State]) -> Response:
    """Say that this alert was seen; the first one who does stays its reader"""
    mine, reference = desk_of(request), request.path_params["reference"]
    await alerts.see(request.state, mine, [reference])
    return reply(alert_answer(await alerts.alert(request.state, mine, reference)))


def alert_answer(one: Alert) -> AlertAnswer:
    return AlertAnswer(
        reference=one.reference,
        at=one.at,
        venue=one.venue,
        zone=one.zone,
        happened=one.happened,
        case_id=one.case_id,
        case_number=one.case_number,
        hold_id=one.hold_id,
        number=one.number,
        seen_by=one.seen_by,
        seen=one.seen,
    )


endpoints = [
    Endpoint(
        *("GET", "/v1/alerts", list_alerts, AlertsQuery, {200: AlertsAnswer}),
        problems=(NotFound, DatabaseAway),
    ),
    Endpoint(
        *("POST", "/v1/alerts/{reference}/seen", see_alert, None, {200: AlertAnswer}),
        problems=(NotFound, DatabaseAway),
    ),
]
