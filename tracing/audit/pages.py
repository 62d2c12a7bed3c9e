"""The auditor's page: who did what when, newest first, without the names of people."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from kit.http import Endpoint
from tracing.audit import words
from tracing.audit.queries import Asked
from tracing.audit.reading import read
from tracing.state import State
from tracing.words import PURPOSES, translator

SHOWN = 50


class AuditPageQuery(Struct, frozen=True):
    """As it stands in an address. `staff`: the number of an account or its login, or both as the
    rows have it, «officer (2)». `since`, `until`: the first and the last day."""

    before: str = ""
    act: str = ""
    staff: str = ""
    case: str = ""
    since: str = ""
    until: str = ""
    lang: str = ""


async def audit_page(request: Request[State], form: AuditPageQuery) -> Response:
    staff, translate = access.staff_of(request), translator(request)
    typed = form.staff.strip()[:100]
    number = _number(typed.removesuffix(")").rpartition("(")[2], 9)
    since, until = _midnight(request, form.since, 0), _midnight(request, form.until, 1)
    no_day = any(typed and not day for typed, day in ((form.since, since), (form.until, until)))
    asked = Asked(
        areas=access.scope(staff, access_table.AUDITOR.roles).areas,
        before=_number(form.before, 18),
        act=form.act[:60],
        staff=number,
        login="" if number else typed,
        case=form.case.strip().upper()[:40],
        since=since,
        until=until,
        limit=0 if no_day else SHOWN,
    )
    found = await read(request.state, staff.id, asked)
    chosen = {"act": asked.act, "staff": typed, "case": asked.case}
    chosen |= {"since": form.since[:10], "until": form.until[:10]}
    shown = {name: value for name, value in chosen.items() if value}
    older = urlencode(shown | {"before": found[-1].seq}) if len(found) == SHOWN else ""
    return request.state["pages"].html(
        request,
        "tracing/audit.html",
        rows=[(row, words.told(translate, msgspec.json.decode(row.facts))) for row in found],
        chosen=chosen,
        newest=urlencode(shown) if asked.before else None,
        older=older,
        acts=words.chosen(),
        said=lambda act: words.said(translate, act),
        purposes=PURPOSES,
        staff=staff,
    )


def _midnight(request: Request[State], text: str, after: int) -> datetime | None:
    """Of a local day, or so many days after it; what is no day is none."""
    with suppress(ValueError, OverflowError):
        day = date.fromisoformat(text) + timedelta(days=after)
        return datetime.combine(day, time(), request.state["settings"].zone)
    return None


def _number(text: str, digits: int) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


endpoints = [Endpoint("GET", "/audit", audit_page, AuditPageQuery, page=True)]
