"""The auditor's page: who did what when, newest first, without the names of people."""

from __future__ import annotations

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
    """As it stands in an address: what is no number chooses all."""

    before: str = ""
    act: str = ""
    staff: str = ""
    case: str = ""
    lang: str = ""


async def audit_page(request: Request[State], form: AuditPageQuery) -> Response:
    staff, translate = access.staff_of(request), translator(request)
    asked = Asked(
        areas=access.scope(staff, access_table.AUDITOR.roles).areas,
        before=_number(form.before, 18),
        act=form.act[:60],
        staff=_number(form.staff, 9),
        case=form.case.strip().upper()[:40],
        limit=SHOWN,
    )
    found = await read(request.state, staff.id, asked)
    chosen = {"act": asked.act, "staff": asked.staff or "", "case": asked.case}
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


def _number(text: str, digits: int) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


endpoints = [Endpoint("GET", "/audit", audit_page, AuditPageQuery, page=True)]
