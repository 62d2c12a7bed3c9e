"""The audit as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.fields import StaffNumber
from kit.db import DatabaseAway
from kit.http import Endpoint, reply
from tracing.audit.queries import Asked, AuditRow
from tracing.audit.reading import read
from tracing.desk import BIGGEST_ID
from tracing.state import State


class AuditQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`staff`: the number of an account; `case`: that of a case file."""

    before: Annotated[int, Meta(ge=1, le=BIGGEST_ID)] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    act: Annotated[str, Meta(max_length=60)] = ""
    staff: StaffNumber | None = None
    case: Annotated[str, Meta(max_length=40, examples=["F0-210720-7K3QD"])] = ""


class ActorAnswer(Struct, frozen=True):
    id: int
    login: str
    name: str


class AuditRowAnswer(Struct, frozen=True, kw_only=True):
    """`by` is null for commands of the operator and for gates. `person` is the same for the same
    person and tells no more. `facts` hold reasons as they were typed."""

    number: int
    at: datetime
    by: ActorAnswer | None
    act: str
    purpose: str | None
    case_id: int | None
    case: str | None
    person: str | None
    facts: dict[str, Any]


class AuditAnswer(Struct, frozen=True):
    """`next` goes into `before` for the older ones."""

    rows: list[AuditRowAnswer]
    next: int | None


async def read_audit(request: Request[State], form: AuditQuery) -> Response:
    """Who did what when, newest first; the reading itself is recorded

    An auditor of an area sees what was done about its cases; one of the country everything.
    Readings are listed with `act=read-audit` alone.
    """
    staff = access.staff_of(request)
    asked = Asked(
        areas=access.scope(staff, access_table.AUDITOR.roles).areas,
        before=form.before,
        act=form.act,
        staff=form.staff,
        case=form.case,
        limit=form.limit,
    )
    found = await read(request.state, staff.id, asked)
    following = found[-1].seq if len(found) == form.limit else None
    return reply(AuditAnswer([_answer(row) for row in found], following))


def _answer(row: AuditRow) -> AuditRowAnswer:
    by = None
    if row.staff_id is not None:
        by = ActorAnswer(row.staff_id, row.login or "", row.name or "")
    return AuditRowAnswer(
        number=row.seq,
        at=row.at,
        by=by,
        act=row.act,
        purpose=row.purpose,
        case_id=row.case_id,
        case=row.case_number,
        person=row.person,
        facts=msgspec.json.decode(row.facts),
    )


endpoints = [
    Endpoint("GET", "/v1/audit", read_audit, AuditQuery, {200: AuditAnswer}, (DatabaseAway,))
]
