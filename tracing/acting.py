"""One act of one account on one case, inside its transaction, with its audit row; and the trace
that follows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from accounts import audit
from accounts.keydir import FIRST
from kit.db import Connection, connection
from tracing import queries_changes
from tracing.case import CaseFile, RunUnderWay, TracingBusy
from tracing.desk import Desk, key_of, run
from tracing.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    db: Connection
    state: State
    desk: Desk
    case: CaseFile

    @property
    def key(self) -> bytes:
        """Of the case."""
        return key_of(self.state, self.case)


async def note(acting: Acting, act: str, facts: Mapping[str, object], purpose: str = "") -> None:
    """One row, however many the act was about; `purpose` where it is not that of the case."""
    entry = _entry(acting, act, facts)
    await _record(acting, [replace(entry, purpose=purpose or entry.purpose)])


async def note_people(
    acting: Acting, act: str, people: Sequence[int], facts: Mapping[str, object]
) -> None:
    """One row for each of them."""
    entry = _entry(acting, act, facts)
    await _record(acting, [replace(entry, person_id=person) for person in people])


def _entry(acting: Acting, act: str, facts: Mapping[str, object]) -> audit.Entry:
    return audit.Entry(
        act=act,
        staff_id=acting.desk.staff_id,
        purpose=acting.case.purpose,
        case_id=acting.case.id,
        facts=facts,
    )


async def _record(acting: Acting, entries: Sequence[audit.Entry]) -> None:
    state = acting.state
    await audit.record_all(acting.db, state["keys"].audit.key(FIRST), entries, state["clock"]())


async def run_again(state: State, mine: Desk, case_id: int) -> bool:
    """As far as the list goes, after something was found out. False where another trace is under
    way, which is followed by one that knows of it, or all slots are taken: it can be traced
    later."""
    async with connection(state["desk_db"]) as db:
        max_tier = await queries_changes.deepest(db, case_id)
    with suppress(TracingBusy, RunUnderWay):
        await run(state, mine, case_id, max_tier)
        return True
    return False
