"""When a contact was isolated: as long as that they carry nobody further, in the trace of any
case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from checkin.queries import linked_people
from kit.db import Connection, transaction
from kit.errors import Conflict, NotFound, Unprocessable
from tracing import queries_changes
from tracing.acting import Acting, note_people, run_again
from tracing.case import OLDEST_CASE, CaseFile, approved_case
from tracing.desk import Desk, work_in
from tracing.points import queries_isolation
from tracing.points.interviews import contact_of, meant_by
from tracing.points.queries_isolation import Isolation, NewIsolation
from tracing.state import State

SOON, LONGEST = timedelta(days=1), timedelta(days=60)


class Place(StrEnum):
    """A kind of place and no address: it stands beside the person in a table."""

    HOME = "Tại nhà"
    CENTRE = "Khu cách ly tập trung"
    HOTEL = "Khách sạn"
    HOSPITAL = "Cơ sở y tế"


class IsolationImplausible(Unprocessable):
    """An isolation began at most 90 days ago, or begins within a day, and lasts at most 60 days."""


class IsolationEndsFirst(Unprocessable):
    """An isolation ends after it begins."""


class IsolatedAlready(Conflict):
    """This isolation was entered already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolating:
    starts: datetime
    ends: datetime
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolated:
    """What stands of a contact. `traced`: anew, at once; None where nothing was changed, False
    where it is once the trace under way has ended."""

    case: CaseFile
    person_id: int
    isolations: Sequence[Isolation]
    traced: bool | None = None


async def isolations_of(state: State, mine: Desk, case_id: int, number: str) -> Isolated:
    """From whichever case they were entered, of whichever record of the contact."""
    async with transaction(state["desk_db"]) as db:
        case, person = await _contact(db, state, mine, case_id, number)
        people = sorted(await linked_people(db, [person]))
        found = await queries_isolation.isolations(db, people, case.id)
    return Isolated(case=case, person_id=person, isolations=found)


async def isolate(
    state: State, mine: Desk, case_id: int, number: str, asked: Isolating
) -> Isolated:
    now = state["clock"]()
    starts, ends = (one.replace(second=0, microsecond=0) for one in (asked.starts, asked.ends))
    if ends <= starts:
        raise IsolationEndsFirst
    if not now - OLDEST_CASE <= starts <= now + SOON or ends > starts + LONGEST:
        raise IsolationImplausible
    async with transaction(state["desk_db"]) as db:
        case, person = await _changed(db, state, mine, case_id, number)
        new = NewIsolation(
            person_id=person,
            starts=starts,
            ends=ends,
            place=asked.place,
            case_id=case.id,
            made_by=mine.staff_id,
        )
        found = await queries_isolation.isolate(db, new, now)
        if found is None:
            raise IsolatedAlready
        acting = Acting(db=db, state=state, desk=mine, case=case)
        await note_people(acting, "isolate-contact", [person], {"isolation": found})
    return await _traced(state, mine, case, number)


async def take_back(
    state: State, mine: Desk, case_id: int, number: str, isolation_id: int
) -> Isolated:
    """One that was entered from this case."""
    async with transaction(state["desk_db"]) as db:
        case, person = await _changed(db, state, mine, case_id, number)
        which = queries_isolation.Which(id=isolation_id, case_id=case.id, person_id=person)
        if not await queries_isolation.take_back(db, which, mine.staff_id, state["clock"]()):
            raise NotFound
        acting = Acting(db=db, state=state, desk=mine, case=case)
        await note_people(acting, "undo-isolate-contact", [person], {"isolation": isolation_id})
    return await _traced(state, mine, case, number)


async def _contact(
    db: Connection, state: State, mine: Desk, case_id: int, number: str
) -> tuple[CaseFile, int]:
    case = approved_case(await work_in(db, case_id, mine))
    return case, await contact_of(db, state, mine, case, number)


async def _changed(
    db: Connection, state: State, mine: Desk, case_id: int, number: str
) -> tuple[CaseFile, int]:
    """Every list they are on is changed by it."""
    case = approved_case(await work_in(db, case_id, mine))
    people = await linked_people(db, await meant_by(db, state, case, number))
    await queries_changes.count_change(db, case.id, sorted(people))
    return case, await contact_of(db, state, mine, case, number)


async def _traced(state: State, mine: Desk, case: CaseFile, number: str) -> Isolated:
    # Whoever wrote it down, the whole case is traced with it.
    traced = await run_again(state, replace(mine, areas=[case.area]), case.id)
    return replace(await isolations_of(state, mine, case.id, number), traced=traced)
