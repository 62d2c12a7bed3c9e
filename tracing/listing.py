"""The list of a case's contacts: stored by a run under the case's own key, read, and revealed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

import msgspec

from accounts import audit
from accounts.keydir import FIRST
from checkin.vault import seal, unsealed
from kit.db import Connection, connection, transaction
from tracing import queries, queries_contacts
from tracing.case import CaseFile, contact_number
from tracing.contact import Contact, Coverage, Rank
from tracing.facts import Told, milliseconds
from tracing.finding import Finding, Numbers, finding_of, numbers_of
from tracing.model import Interview, Verdict
from tracing.queries_contacts import ContactRow, NewContact, OffList, RunRow, WorkedOn
from tracing.state import State
from tracing.trace import Traced


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
    do those on the `path` from the case, this person's own the last."""

    number: str
    person_id: int
    tier: int
    state: str
    rank: Rank
    area: str
    off_list: str
    path: tuple[str, ...]
    found: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    run: Run
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who had a case traced, how far, as of when."""

    staff_id: int
    max_tier: int
    moment: datetime


FOUND = msgspec.json.Decoder(dict[str, Finding])


async def store(state: State, case: CaseFile, traced: Traced, order: Order) -> int:
    """The run and its list, with their audit row. Returns the run's number."""
    key, moment, staff_id = state["keys"].cases.key(case.number), order.moment, order.staff_id
    coverage, numbers = traced.answer.coverage, numbers_of(traced.answer)
    found = await asyncio.to_thread(_all_sealed, key, traced)
    run = RunRow(
        id=0,
        policy=case.policy,
        policy_version=case.policy_version,
        moment=moment,
        max_tier=order.max_tier,
        coverage=msgspec.json.encode(coverage).decode(),
        numbers=msgspec.json.encode(numbers).decode(),
    )
    async with transaction(state["desk_db"]) as db:
        await queries.lock_case(db, case.id)
        run_id = await queries_contacts.add_run(db, case.id, run, staff_id)
        await queries_contacts.keep_contacts(db, case.id, run_id, found)
        why = OffList.DAYS_MISSING if coverage.missing else OffList.NOT_EXPOSED
        await queries_contacts.take_off_list(db, case.id, run_id, order.max_tier, why)
        entry = audit.Entry(
            act="trace-run",
            staff_id=staff_id,
            purpose=case.purpose,
            case_id=case.id,
            facts={"run": run_id, "policy": case.policy, "numbers": msgspec.to_builtins(numbers)},
        )
        await audit.record(db, state["keys"].audit.key(FIRST), entry, moment)
    return run_id


def _all_sealed(key: bytes, traced: Traced) -> list[NewContact]:
    answer = traced.answer
    return [
        NewContact(
            person_id=one.person,
            tier=one.tier,
            rank=one.rank,
            sealed=_sealed(key, one, finding_of(one, traced, place)),
        )
        for place, one in enumerate(chain(answer.contacts, answer.brief))
    ]


def _sealed(key: bytes, contact: Contact, found: Finding) -> bytes:
    return seal(key, {"found": found}, contact.person.to_bytes(8))


async def last_run(state: State, case: CaseFile) -> Run | None:
    async with connection(state["desk_db"]) as db:
        row = await queries_contacts.last_run(db, case.id)
    return None if row is None else _run(row)


async def listing(state: State, case: CaseFile, *, listed: bool = True) -> Listing | None:
    """The list of the last run, in the order to work it; None before the first run. Or those whom
    an earlier one listed and the last did not."""
    async with connection(state["desk_db"]) as db:
        key = state["keys"].cases.key(case.number)
        return await read_listing(db, key, case, listed=listed)


async def read_listing(
    db: Connection, key: bytes, case: CaseFile, *, listed: bool = True
) -> Listing | None:
    run = await queries_contacts.last_run(db, case.id)
    if run is None:
        return None
    rows = await queries_contacts.contacts(db, case.id, listed=listed)
    return Listing(run=_run(run), lines=await asyncio.to_thread(_lines, key, rows))


def _lines(key: bytes, rows: Sequence[ContactRow]) -> list[Line]:
    """In a thread: a list of ten thousand takes a while to open, and the door must not wait."""
    numbers: dict[int, str] = {}  # thousands may have met the same few
    lines = [_line(key, row, numbers) for row in rows]
    # Tiers that the last run did not look for keep their places of the run before.
    return sorted(lines, key=lambda line: (line.found.brief, line.tier, line.found.place))


def _line(key: bytes, row: ContactRow, numbers: dict[int, str]) -> Line:
    found = _opened(key, row)

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
        path=tuple(number(step.person_id) for step in found.path),
        found=found,
    )


async def told(db: Connection, key: bytes, case: CaseFile) -> Told:
    """What people found out about contacts, as the next run must know it."""
    rows = await queries_contacts.worked_on(db, case.id)
    return Told(
        interviews={
            row.person_id: Interview(masked=row.masked, physical=row.physical)
            for row in rows
            if row.masked is not None or row.physical
        },
        rejected=[row.person_id for row in rows if row.state == "rejected"],
        confirmed={
            row.person_id: Verdict(
                tier=row.tier, since=milliseconds(_opened(key, row).first_exposure)
            )
            for row in rows
            if row.state == "confirmed"
        },
    )


def _opened(key: bytes, row: ContactRow | WorkedOn) -> Finding:
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
