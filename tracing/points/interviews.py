"""What a contact said of meeting the case: masks, physical contact, and whom they are to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kit.db import Connection, transaction
from kit.errors import NotFound
from tracing import queries_changes, queries_points
from tracing.acting import Acting, note_people, run_again
from tracing.case import CaseFile, approved_case, contact_number
from tracing.desk import Desk, key_of, work_in
from tracing.followup import queries as followup_queries
from tracing.points import queries_interviews
from tracing.points.queries_interviews import Said
from tracing.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """`traced`: anew, at once; else once the trace under way has ended."""

    said: Said
    traced: bool


async def said_by(
    state: State, mine: Desk, case_id: int, number: str
) -> tuple[CaseFile, int, Said]:
    """The case, the contact of this number, and what they said so far."""
    async with transaction(state["desk_db"]) as db:
        case = approved_case(await work_in(db, case_id, mine))
        person = await contact_of(db, state, mine, case, number)
        return case, person, await queries_interviews.said(db, case.id, person)


async def hear(state: State, mine: Desk, case_id: int, number: str, said: Said) -> Heard:
    """In place of what was said before."""
    async with transaction(state["desk_db"]) as db:
        case = approved_case(await work_in(db, case_id, mine))
        await queries_changes.count_change(db, case.id)
        person = await contact_of(db, state, mine, case, number)
        await queries_interviews.hear(db, case.id, person, said)
        acting = Acting(db=db, state=state, desk=mine, case=case)
        await note_people(acting, "interview-contact", [person], {})
    # Whoever wrote it down, the whole case is traced with it.
    whole = replace(mine, areas=[case.area])
    return Heard(said=said, traced=await run_again(state, whole, case.id))


async def contact_of(db: Connection, state: State, mine: Desk, case: CaseFile, number: str) -> int:
    """On the list or no longer; of this desk."""
    meant = await meant_by(db, state, case, number)
    found = await followup_queries.lock_contacts(db, case.id, meant, mine.areas, mine.wards)
    if not found:
        raise NotFound
    return found[0]


async def meant_by(db: Connection, state: State, case: CaseFile, number: str) -> list[int]:
    """The one of this number, of whichever desk; nobody where the case has none."""
    key = key_of(state, case)
    everybody = await queries_points.contact_people(db, case.id)
    return [one for one in everybody if contact_number(key, one) == number]
