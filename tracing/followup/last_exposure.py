"""When people were last exposed, over all cases that list them: quarantine counts from there."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from checkin.vault import unsealed
from kit.db import Connection
from kit.keys import KeyShelf
from tracing.facts import moment_of
from tracing.followup import queries_elsewhere
from tracing.followup.queries_elsewhere import OtherList
from tracing.runs import queries_contacts
from tracing.runs.block import Block
from tracing.runs.listing import FOUND, Line, opened_block
from tracing.state import State

CASES_AT_ONCE = 16  # whose lists are in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What other cases know of a contact: how many list them as close, whether somebody reached
    them there, and the last exposure there."""

    lists: int
    reached: bool
    last: datetime


async def elsewhere(
    db: Connection, state: State, case_id: int, lines: Sequence[Line]
) -> dict[int, Elsewhere]:
    """By person; whoever is on no other list is not among them."""
    people = [line.person_id for line in lines]
    by_case: dict[int, list[OtherList]] = defaultdict(list)
    for one in await queries_elsewhere.other_lists(db, people, case_id):
        by_case[one.case_id].append(one)
    others, cases = list(by_case.values()), state["keys"].cases
    found: dict[int, Elsewhere] = {}
    for begin in range(0, len(others), CASES_AT_ONCE):
        rows = list(chain.from_iterable(others[begin : begin + CASES_AT_ONCE]))
        runs = {row.run_id for row in rows if row.sealed is None}
        blocks = await queries_contacts.blocks(db, list(runs))
        last = await asyncio.to_thread(_last, cases, rows, blocks)
        for row, there in zip(rows, last, strict=True):
            known = found.get(row.person_id)
            found[row.person_id] = Elsewhere(
                lists=1 + (known.lists if known else 0),
                reached=row.reached or bool(known and known.reached),
                last=max(there, known.last) if known else there,
            )
    return found


def _last(
    cases: KeyShelf, rows: Sequence[OtherList], blocks: Mapping[int, bytes]
) -> list[datetime]:
    """Of each row, which is one person of one case."""
    opened: dict[int, Block] = {}
    found = []
    for row in rows:
        key = cases.key(row.number)
        if row.sealed is None:
            if row.run_id not in opened:
                opened[row.run_id] = opened_block(key, row.run_id, blocks[row.run_id])
            found.append(moment_of(opened[row.run_id].last_of(row.person_id)))
        else:
            told = FOUND.decode(unsealed(key, row.sealed, row.person_id.to_bytes(8)))["found"]
            found.append(told.last_exposure)
    return found
