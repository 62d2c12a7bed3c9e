"""A case as somebody opens it: by a phone or a document, before anybody is looked up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from accounts import audit
from checkin.phone import normal_phone
from checkin.vault import IdentifierKind, seal, unseal
from kit.db import Connection, transaction
from tracing import queries
from tracing.area_choices import check_area
from tracing.case import (
    AreaUnknown,
    CaseFile,
    CaseOpenAlready,
    ContactIsCase,
    IdentityNeeded,
    NewCase,
    Purpose,
    check_days,
    check_isolation,
    check_references,
    document,
    new_number,
)
from tracing.desk import Desk, case_in, note, policy_of
from tracing.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A case as somebody asks to open it; `person_id` and `source_id` where it is a contact of
    another case."""

    phone: str
    document: str
    onset: date | None
    sampled: date | None
    isolated: datetime | None
    policy: str
    lab_reference: str
    national_number: str | None
    area: str
    purpose: Purpose
    met_source: date | None = None
    person_id: int | None = None
    source_id: int | None = None


async def open_case(state: State, desk: Desk, asked: Opening) -> CaseFile:
    """Opened whether the person is known here or not: nobody looks before the approval."""
    now = state["clock"]()
    today = state["days"].day(now)
    kind, value = identity(asked.phone, asked.document)
    check_days(asked.onset, asked.sampled, today, asked.met_source)
    check_references(asked.lab_reference, asked.national_number)
    isolated = asked.isolated and asked.isolated.replace(second=0, microsecond=0)
    check_isolation(isolated, now)
    check_area(asked.area)
    number = new_number(today)
    key = state["keys"].cases.make(number)
    told = {"kind": kind, "value": value, "person": asked.person_id}
    async with transaction(state["desk_db"]) as db:
        policy = await policy_of(db, asked.policy)
        new = NewCase(
            number=number,
            national_number=asked.national_number,
            disease=policy.disease,
            lab_reference=asked.lab_reference,
            onset=asked.onset,
            sampled=asked.sampled,
            isolated=isolated,
            met_source=asked.met_source,
            area=asked.area,
            policy=policy.name,
            policy_version=policy.version,
            purpose=asked.purpose,
            sealed=seal(key, told, number.encode()),
        )
        await _check_not_open(db, asked, desk)
        if asked.source_id is not None:
            await _check_not_a_case(db, state, asked.source_id, asked.person_id)
        case_id = await queries.open_case(db, new, desk.staff_id, desk.areas, now)
        if case_id is None:
            raise AreaUnknown
        if asked.source_id is not None:
            await queries.name_source(db, case_id, asked.source_id)
        entry = audit.Entry(
            act="open-case", staff_id=desk.staff_id, purpose=asked.purpose, case_id=case_id
        )
        await note(db, state, entry)
        return await case_in(db, case_id, desk)


def identity(phone: str, paper: str) -> tuple[IdentifierKind, str]:
    """Kind and normal form of the one that was given."""
    if bool(phone.strip()) == bool(paper.strip()):
        raise IdentityNeeded
    return document(paper) if paper.strip() else (IdentifierKind.PHONE, normal_phone(phone))


async def _check_not_open(db: Connection, asked: Opening, desk: Desk) -> None:
    """By the reference alone: to compare people, somebody would have to be looked up."""
    found = await queries.open_with_reference(db, asked.lab_reference, asked.area, desk.areas)
    if found is not None:
        case_id, number = found
        raise CaseOpenAlready(case_id=case_id, number=number)


async def _check_not_a_case(
    db: Connection, state: State, source_id: int, person_id: int | None
) -> None:
    """Of this contact, whatever the reference: two who press at once follow each other."""
    await queries.lock_case(db, source_id)
    for case_id, number, sealed in await queries.opened_from(db, source_id):
        told = unseal(state["keys"].cases.key(number), sealed, number.encode())
        if told.get("person") == person_id:
            raise ContactIsCase(case_id=case_id, number=number)
