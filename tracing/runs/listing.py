"""The list of a case's contacts, opened as far as somebody reads it.

What a run found stands in one sealed block for all its rows, with their order; tiers that a later
run did not look for, and people it took off, still rest on the block of the run before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
import numpy as np

from checkin.vault import unsealed
from kit.db import Connection, connection
from tracing.case import CaseFile, contact_number
from tracing.engine.columns import Bools, Ints, ints, milliseconds, one_of, stacked, take
from tracing.engine.contact import Coverage, Rank
from tracing.engine.model import Interview, Verdict
from tracing.finding import Finding, Numbers
from tracing.runs import block, queries_contacts
from tracing.runs.block import Block
from tracing.runs.queries_contacts import WHOLE, Chosen, ContactRow, ListedIn, RunRow
from tracing.state import State
from tracing.told import Told

BY_ITSELF = 0
"""In place of a run: what was found is sealed in the contact's own row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    id: int
    policy: str
    policy_version: int
    moment: datetime
    max_tier: int
    coverage: Coverage
    numbers: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A contact on the list, or why no longer. `number` names the person inside this case only, as
    do those on the `path` from the case, this person's own the last. `close`: counts as a close
    contact, for it was found or confirmed, and nobody rejected it."""

    number: str
    person_id: int
    tier: int
    state: str
    rank: Rank
    area: str
    off_list: str
    given_to: str
    tracer: str | None
    reached: bool
    tries: int
    test: str
    vaccinated: bool | None
    close: bool
    path: tuple[str, ...]
    found: Finding

    @property
    def brief(self) -> bool:
        return self.found.brief and not self.close


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    run: Run
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Who stands where: the run in whose block and which row of it."""

    run: Ints
    row: Ints
    person: Ints
    tier: Ints
    brief: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """Everybody on a list in the order to work it, nobody's finding made yet.

    `by_itself`: what was found of the people who are in no block.
    """

    run: Run
    case_id: int
    places: Places
    blocks: Mapping[int, Block]
    by_itself: Mapping[int, Finding]

    def __len__(self) -> int:
        return len(self.places.person)

    def people(self) -> list[int]:
        found: list[int] = self.places.person.tolist()
        return found

    def of_tier(self, tier: int | None) -> Index:
        if tier is None:
            return self
        return replace(self, places=take(self.places, self.places.tier == tier))


FOUND = msgspec.json.Decoder(dict[str, Finding])


async def done_run(state: State, case_id: int, run_id: int) -> Run | None:
    async with connection(state["desk_db"]) as db:
        row = await queries_contacts.last_run(db, case_id, run_id)
    return None if row is None else _run(row)


async def index(db: Connection, key: bytes, case: CaseFile, by: Chosen) -> Index | None:
    """The list of the last run, or who was chosen of it; None before the first one. Or those whom
    an earlier run listed and the last did not."""
    run = await queries_contacts.last_run(db, case.id)
    if run is None:
        return None
    groups = await queries_contacts.listed(db, case.id, by)
    alone = [person for one in groups if not one.in_block for person in one.people.tolist()]
    rows = await queries_contacts.contacts(db, case.id, alone) if alone else []
    blocks = await _blocks(db, key, {one.run_id for one in groups if one.in_block})
    by_itself = {row.person_id: _opened(key, row) for row in rows}
    parts = [_in_block(blocks[one.run_id], one) for one in groups if one.in_block]
    parts.append(_by_themselves(rows, by_itself))
    found = stacked(parts)
    # Tiers that the last run did not look for keep their places of the run before.
    order = np.lexsort((found.row, found.tier, found.brief))
    return Index(
        run=_run(run),
        case_id=case.id,
        places=take(found, order),
        blocks=blocks,
        by_itself=by_itself,
    )


async def _blocks(db: Connection, key: bytes, runs: set[int]) -> dict[int, Block]:
    sealed = await queries_contacts.blocks(db, list(runs))
    return {
        run_id: await asyncio.to_thread(opened_block, key, run_id, one)
        for run_id, one in sealed.items()
    }


def opened_block(key: bytes, run_id: int, sealed: bytes) -> Block:
    return block.opened(unsealed(key, sealed, bound(run_id)))


def bound(run_id: int) -> bytes:
    """What the sealed block of a run is bound to."""
    return b"run" + run_id.to_bytes(8)


def _in_block(found: Block, group: ListedIn) -> Places:
    row = np.flatnonzero(one_of(found.person, group.people))
    return Places(
        run=np.full(len(row), group.run_id),
        row=row,
        person=found.person[row],
        tier=found.tier[row],
        brief=found.brief[row] & ~one_of(found.person[row], group.confirmed),
    )


def _by_themselves(rows: Sequence[ContactRow], found: Mapping[int, Finding]) -> Places:
    findings = [found[row.person_id] for row in rows]
    return Places(
        run=np.full(len(rows), BY_ITSELF),
        row=ints(one.place for one in findings),
        person=ints(row.person_id for row in rows),
        tier=ints(row.tier for row in rows),
        brief=np.array(
            [findings[place].brief and not row.close for place, row in enumerate(rows)], np.bool_
        ),
    )


async def lines(
    db: Connection, key: bytes, found: Index, start: int = 0, limit: int | None = None
) -> list[Line]:
    """Some of them, with what people found out since."""
    some = take(found.places, slice(start, None if limit is None else start + limit))
    rows = await queries_contacts.contacts(db, found.case_id, some.person.tolist())
    # In a thread: a list of ten thousand takes a while, and the door must not wait.
    return await asyncio.to_thread(_lines, key, found, some, rows)


def _lines(key: bytes, found: Index, some: Places, rows: Sequence[ContactRow]) -> list[Line]:
    findings = dict(found.by_itself)
    for run_id, one in found.blocks.items():
        mine = take(some, some.run == run_id)
        findings |= zip(mine.person.tolist(), one.findings(mine.row), strict=True)
    numbers: dict[int, str] = {}  # thousands may have met the same few
    by_person = {row.person_id: row for row in rows}
    return [
        _line(key, by_person[person], findings[person], numbers) for person in some.person.tolist()
    ]


def _line(key: bytes, row: ContactRow, found: Finding, numbers: dict[int, str]) -> Line:
    def number(person: int) -> str:
        if person not in numbers:
            numbers[person] = contact_number(key, person)
        return numbers[person]

    return Line(
        number=number(row.person_id),
        person_id=row.person_id,
        tier=row.tier,
        state=row.state,
        rank=Rank(row.rank),
        area=row.area,
        off_list=row.off_list,
        given_to=row.given_to,
        tracer=row.tracer,
        reached=row.reached,
        tries=row.tries,
        test=row.test,
        vaccinated=row.vaccinated,
        close=row.close,
        path=tuple(number(step.person_id) for step in found.path),
        found=found,
    )


async def line_of(db: Connection, key: bytes, case: CaseFile, number: str) -> Line | None:
    """The contact whom this number names, where one on the list is."""
    found = await index(db, key, case, WHOLE)
    if found is None:
        return None
    for place, person in enumerate(found.people()):
        if contact_number(key, person) == number:
            [line] = await lines(db, key, found, place, 1)
            return line
    return None


async def told(db: Connection, key: bytes, case: CaseFile) -> Told:
    """What people found out about contacts, as the next run must know it."""
    rows = await queries_contacts.contacts(db, case.id, worked_on=True)
    confirmed = [row for row in rows if row.state == "confirmed"]
    blocks = await _blocks(db, key, {row.run_id for row in confirmed if row.sealed is None})
    return Told(
        interviews={
            row.person_id: Interview(masked=row.masked, physical=row.physical)
            for row in rows
            if row.masked is not None or row.physical
        },
        rejected=[row.person_id for row in rows if row.state == "rejected"],
        confirmed={
            row.person_id: Verdict(tier=row.tier, since=_since(key, row, blocks))
            for row in confirmed
        },
    )


def _since(key: bytes, row: ContactRow, blocks: Mapping[int, Block]) -> int:
    if row.sealed is not None:
        return milliseconds(_opened(key, row).first_exposure)
    return blocks[row.run_id].since_of(row.person_id)


def _opened(key: bytes, row: ContactRow) -> Finding:
    """Of one who is in no block."""
    if row.sealed is None:
        raise ValueError(f"what was found stands in the block of run {row.run_id}")
    return FOUND.decode(unsealed(key, row.sealed, row.person_id.to_bytes(8)))["found"]


def _run(row: RunRow) -> Run:
    return Run(
        id=row.id,
        policy=row.policy,
        policy_version=row.policy_version,
        moment=row.moment,
        max_tier=row.max_tier,
        coverage=msgspec.json.decode(row.coverage, type=Coverage),
        numbers=msgspec.json.decode(row.numbers, type=Numbers),
    )
