"""JSON of a positive contact who becomes a case."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing.case import (
    CaseClosed,
    CaseNotApproved,
    CaseOpenAlready,
    ContactIsCase,
    DayImplausible,
    DayNeeded,
    IdentityNeeded,
    PolicyUnknown,
)
from tracing.casework import succession
from tracing.casework.succession import Becoming, ContactNotPositive
from tracing.desk import case_id_of, contact_number_of, desk_of
from tracing.state import State

LabReference = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]


class BecomeForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A day of onset or of the sample is needed; `policy`: the source case's, if none is given."""

    onset: date | None = None
    sampled: date | None = None
    policy: Annotated[str, Meta(max_length=40)] = ""
    lab_reference: LabReference


class BecameAnswer(Struct, frozen=True):
    """The case that was opened; it waits for a second person."""

    id: int
    number: str
    source_case_id: int


async def open_from_contact(request: Request[State], form: BecomeForm) -> Response:
    """Open a case from a contact whose test is positive; the chain keeps its source"""
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    asked = Becoming(
        onset=form.onset,
        sampled=form.sampled,
        policy=form.policy,
        lab_reference=form.lab_reference,
    )
    case = await succession.become(request.state, mine, case_id, contact_number_of(request), asked)
    return reply(BecameAnswer(case.id, case.number, case_id), 201)


PROBLEMS = (
    *(NotFound, CaseNotApproved, CaseClosed, ContactNotPositive, DayNeeded, DayImplausible),
    *(IdentityNeeded, PolicyUnknown, CaseOpenAlready, ContactIsCase, DatabaseAway),
)

endpoints = [
    Endpoint(
        *("POST", "/v1/cases/{case_id:int}/contacts/{number}/case", open_from_contact),
        *(BecomeForm, {201: BecameAnswer}, PROBLEMS),
    ),
]
