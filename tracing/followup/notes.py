"""What officers tell each other about a case, what changed since they looked, and how a case is
closed and opened again; the same for the JSON and for the pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checkin.vault import seal, unseal
from kit.db import Connection, connection, transaction
from kit.errors import Conflict, Unprocessable
from tracing import queries_clock
from tracing.acting import Acting, note
from tracing.case import AlreadyDecided, CaseFile
from tracing.desk import Desk, case_in, key_of, work_in
from tracing.followup import queries as followup_queries
from tracing.followup import queries_notes
from tracing.followup.queries_notes import Changed, Looker, NewNote
from tracing.state import State

BOUND = b"note of a case"


class NoteKind(StrEnum):
    NOTE = "note"
    HAND_OVER = "hand-over"
    CLOSING = "closing"
    REOPENING = "reopening"


class NotAnOfficer(Unprocessable):
    """This account does not read this case, so it cannot be handed to it."""


class WorkLeft(Conflict):
    """There are F1 left to reach or results to come; close it anyway, or do that first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    kind: NoteKind
    text: str
    by: str
    for_name: str | None
    made: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The notes of a case as a desk reads them, what changed, and to whom it can be handed."""

    notes: Sequence[Note]
    changed: Changed
    officers: Sequence[tuple[int, str]]


async def told(state: State, desk: Desk, case: CaseFile) -> Told:
    whole = desk.sees_whole(case)
    by = Looker(staff_id=desk.staff_id, areas=desk.areas, wards=desk.wards, whole=whole)
    async with connection(state["desk_db"]) as db:
        rows = await queries_notes.notes(db, case.id, whole, desk.staff_id)
        changed = await queries_notes.changed(db, case.id, by)
        officers = await queries_notes.officers(db, case.area) if whole else []
    key = key_of(state, case)
    notes = [
        Note(
            kind=NoteKind(row.kind),
            text=str(unseal(key, row.sealed, BOUND)["text"]),
            by=row.by,
            for_name=row.for_name,
            made=row.made,
        )
        for row in rows
    ]
    return Told(notes=notes, changed=changed, officers=officers)


async def write(
    state: State, desk: Desk, case_id: int, text: str, for_staff: int | None = None
) -> None:
    """A note, or a hand-over to another officer of the case."""
    async with transaction(state["desk_db"]) as db:
        if for_staff is None:
            await _add(db, state, desk, await work_in(db, case_id, desk), NoteKind.NOTE, text)
            return
        case = await case_in(db, case_id, desk)
        if for_staff not in dict(await queries_notes.officers(db, case.area)):
            raise NotAnOfficer
        await _add(db, state, desk, case, NoteKind.HAND_OVER, text, for_staff)


async def see(state: State, desk: Desk, case_id: int, last: tuple[int, int, int]) -> None:
    async with transaction(state["desk_db"]) as db:
        case = await work_in(db, case_id, desk)
        await queries_notes.see_case(db, case.id, desk.staff_id, last)


async def close(state: State, desk: Desk, case_id: int, reason: str, *, anyway: bool) -> CaseFile:
    """Its list is shut, nothing is deleted; what is left to do must be said to be left."""
    async with transaction(state["desk_db"]) as db:
        case = await case_in(db, case_id, desk)
        counted = await followup_queries.counters(db, [case_id], desk.areas, desk.wards)
        left = await queries_clock.f1_left(db, case_id)
        awaiting = counted[case_id].awaiting if case_id in counted else 0
        if (left or awaiting) and not anyway:
            raise WorkLeft(not_reached=left, awaiting=awaiting)
        if not await queries_notes.close_case(db, case_id, state["clock"]()):
            raise AlreadyDecided
        await _add(db, state, desk, case, NoteKind.CLOSING, reason)
        return await case_in(db, case_id, desk)


async def reopen(state: State, desk: Desk, case_id: int, reason: str) -> CaseFile:
    async with transaction(state["desk_db"]) as db:
        case = await case_in(db, case_id, desk)
        if not await queries_notes.reopen_case(db, case_id):
            raise AlreadyDecided
        await _add(db, state, desk, case, NoteKind.REOPENING, reason)
        return await case_in(db, case_id, desk)


AUDITED = {
    NoteKind.NOTE: "note-case",
    NoteKind.HAND_OVER: "hand-over-case",
    NoteKind.CLOSING: "close-case",
    NoteKind.REOPENING: "reopen-case",
}


async def _add(
    db: Connection,
    state: State,
    desk: Desk,
    case: CaseFile,
    kind: NoteKind,
    text: str,
    for_staff: int | None = None,
) -> None:
    sealed = seal(key_of(state, case), {"text": text.strip()}, BOUND)
    new = NewNote(
        case_id=case.id,
        kind=kind,
        sealed=sealed,
        for_staff=for_staff,
        made_by=desk.staff_id,
        now=state["clock"](),
    )
    note_id = await queries_notes.add_note(db, new)
    acting = Acting(db=db, state=state, desk=desk, case=case)
    await note(acting, AUDITED[kind], {"note": note_id, "to": for_staff})
