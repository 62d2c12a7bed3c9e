"""A case's own places and times as an officer asks for them, with the row in the audit."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from kit.db import transaction
from tracing.acting import Acting, note
from tracing.case import CaseFile
from tracing.desk import Desk, asked_of, key_of
from tracing.pictures.history import History, read_history
from tracing.runs import listing
from tracing.runs.listing import Index
from tracing.runs.queries_contacts import WHOLE
from tracing.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """`contacts`: by venue, how many of the F1 on the case's list were exposed there."""

    case: CaseFile
    history: History
    contacts: Mapping[int, int]


async def look(state: State, desk: Desk, case_id: int) -> Seen:
    """Of an approved case; the look stands in the audit, and is stored nowhere else.

    What nobody is given before its audit row is there is read meanwhile.
    """
    async with AsyncExitStack() as stack:
        async with transaction(state["desk_db"]) as db:
            case, asked = await asked_of(db, state, desk, case_id, 1)
            read = read_history(state["desk_db"], state["days"], asked, state["clock"]())
            reading = asyncio.create_task(read)
            stack.push_async_callback(_ended, reading)
            listed = await listing.index(db, key_of(state, case), case, WHOLE)
            await note(Acting(db=db, state=state, desk=desk, case=case), "look-at-history", {})
        contacts = _contacts(listed) if listed else {}
        return Seen(case=case, history=await reading, contacts=contacts)


async def _ended(reading: asyncio.Task[History]) -> None:
    reading.cancel()
    await asyncio.wait({reading})


def _contacts(listed: Index) -> Counter[int]:
    found: Counter[int] = Counter()
    places = listed.places
    first = (places.tier == 1) & ~places.brief
    for run_id, block in listed.blocks.items():
        found.update(block.met_at(places.person[first & (places.run == run_id)]))
    return found
