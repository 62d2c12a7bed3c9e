"""A contact who tests positive becomes a case of their own; the chain keeps where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kit.db import connection
from kit.errors import Conflict, NotFound
from tracing.case import CaseFile, approved_case
from tracing.desk import Desk, case_in, key_of
from tracing.names import opened
from tracing.opening import Opening, open_case
from tracing.runs import listing, queries_contacts
from tracing.runs.listing import Line
from tracing.state import State


class ContactNotPositive(Conflict):
    """Only a contact whose test is positive becomes a case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Becoming:
    """`policy` '': that of the case they were a contact of."""

    onset: date | None
    sampled: date | None
    policy: str
    lab_reference: str


async def positive(state: State, mine: Desk, case_id: int, number: str) -> tuple[CaseFile, Line]:
    """The contact whom this number names on the list of a case that is read whole."""
    async with connection(state["desk_db"]) as db:
        case = approved_case(await case_in(db, case_id, mine))
        line = await listing.line_of(db, key_of(state, case), case, number)
    if line is None:
        raise NotFound
    if line.test != "positive":
        raise ContactNotPositive
    return case, line


async def become(state: State, mine: Desk, case_id: int, number: str, asked: Becoming) -> CaseFile:
    """Opened like any other: it shows nobody before a second person approves it. It is about this
    person, whoever else is under the same phone. They met their source first when they were first
    exposed, as far as the list knows and their own days allow."""
    case, line = await positive(state, mine, case_id, number)
    async with connection(state["desk_db"]) as db:
        [row] = await queries_contacts.sealed_people(db, [line.person_id])
    person = opened(state["vault"], row)
    met = state["days"].day(line.found.first_exposure)
    anchor = asked.onset or asked.sampled
    own = bool(line.area) and line.area.startswith(tuple(mine.areas))
    opening = Opening(
        phone=person.phone,
        document="" if person.phone else person.document,
        onset=asked.onset,
        sampled=asked.sampled,
        isolated=None,
        policy=asked.policy or case.policy,
        lab_reference=asked.lab_reference.strip(),
        national_number=None,
        area=line.area if own else case.area,
        purpose=case.purpose,
        met_source=met if anchor and met <= anchor else None,
        person_id=line.person_id,
        source_id=case.id,
    )
    return await open_case(state, mine, opening)
