"""The list of a case's contacts: stored by a run under the case's own key, read, and revealed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from accounts import audit
from accounts.keydir import FIRST
from checkin.vault import seal, unseal
from kit.db import Connection, connection, transaction
from tracing import queries, queries_contacts
from tracing.case import CaseFile, contact_number
from tracing.model import Contact, Coverage, Ended, Rank, Why
from tracing.queries_contacts import ContactRow, NewContact, RunRow
from tracing.state import State
from tracing.trace import Traced, moment_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One exposure, with the names of the place as they were."""

    venue: str
    zone: str | None
    same_zone: bool
    start: datetime
    end: datetime
    ended: tuple[Ended, Ended]
    masked: bool
    reached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a run found of one contact, as it is sealed; `place` is the place on its list."""

    place: int
    brief: bool
    minutes: int
    minimum: int
    first_exposure: datetime
    last_exposure: datetime
    venue: str
    why: tuple[Why, ...]
    meetings: tuple[Meeting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Of one run: people by rank, those too brief, and how many more the upper bound would add."""

    high: int
    medium: int
    low: int
    brief: int
    upper_bound_adds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    id: int
    policy: str
    policy_version: int
    moment: datetime
    coverage: Coverage
    numbers: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A contact on the list; `number` names the person inside this case only."""

    number: str
    person_id: int
    tier: int
    state: str
    rank: Rank
    area: str
    found: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    run: Run
    lines: Sequence[Line]


async def store(
    state: State, case: CaseFile, traced: Traced, moment: datetime, staff_id: int
) -> int:
    """The run and its list, with their audit row. Returns the run's number."""
    key = state["keys"].cases.key(case.number)
    answer = traced.answer
    found = await asyncio.to_thread(_all_sealed, key, traced)
    numbers = {rank.value: sum(one.rank is rank for one in answer.contacts) for rank in Rank}
    numbers |= {"brief": len(answer.brief), "upper_bound_adds": answer.upper_bound_adds}
    run = RunRow(
        id=0,
        policy=case.policy,
        policy_version=case.policy_version,
        moment=moment,
        coverage=msgspec.json.encode(answer.coverage).decode(),
        numbers=json.dumps(numbers),
    )
    async with transaction(state["desk_db"]) as db:
        await queries.lock_case(db, case.id)
        run_id = await queries_contacts.add_run(db, case.id, run, staff_id)
        await queries_contacts.keep_contacts(db, case.id, run_id, found)
        entry = audit.Entry(
            act="trace-run",
            staff_id=staff_id,
            purpose=case.purpose,
            case_id=case.id,
            facts={"run": run_id, "policy": case.policy, **numbers},
        )
        await audit.record(db, state["keys"].audit.key(FIRST), entry, moment)
    return run_id


def _all_sealed(key: bytes, traced: Traced) -> list[NewContact]:
    answer = traced.answer
    return [
        NewContact(
            person_id=one.person,
            rank=one.rank,
            sealed=_sealed(key, one, _finding(one, traced, place, place >= len(answer.contacts))),
        )
        for place, one in enumerate([*answer.contacts, *answer.brief])
    ]


def _finding(contact: Contact, traced: Traced, place: int, brief: bool) -> Finding:
    reason = contact.reasons[0]
    return Finding(
        place=place,
        brief=brief,
        minutes=contact.minutes,
        minimum=reason.minimum,
        first_exposure=moment_of(contact.first_exposure),
        last_exposure=moment_of(contact.last_exposure),
        venue=traced.venues[reason.venue],
        why=tuple(one.why for one in contact.reasons),
        meetings=tuple(
            Meeting(
                venue=traced.venues[one.venue],
                zone=None if one.zone is None else traced.zones.get(one.zone),
                same_zone=one.same_zone,
                start=moment_of(one.start),
                end=moment_of(one.end),
                ended=one.ended,
                masked=one.masked,
                reached=one.reached,
            )
            for one in contact.exposures
        ),
    )


def _sealed(key: bytes, contact: Contact, found: Finding) -> bytes:
    return seal(key, {"found": found}, contact.person.to_bytes(8))


async def listing(state: State, case: CaseFile) -> Listing | None:
    """The list of the last run, in the order to work it; None before the first run."""
    async with connection(state["desk_db"]) as db:
        return await read_listing(db, state["keys"].cases.key(case.number), case)


async def read_listing(db: Connection, key: bytes, case: CaseFile) -> Listing | None:
    run = await queries_contacts.last_run(db, case.id)
    if run is None:
        return None
    rows = await queries_contacts.contacts(db, case.id)
    return Listing(run=_run(run), lines=await asyncio.to_thread(_lines, key, rows))


def _lines(key: bytes, rows: Sequence[ContactRow]) -> list[Line]:
    """In a thread: a list of ten thousand takes a while to open, and the door must not wait."""
    lines = [
        Line(
            number=contact_number(key, row.person_id),
            person_id=row.person_id,
            tier=row.tier,
            state=row.state,
            rank=Rank(row.rank),
            area=row.area,
            found=_opened(key, row),
        )
        for row in rows
    ]
    return sorted(lines, key=lambda line: line.found.place)


def _opened(key: bytes, row: ContactRow) -> Finding:
    facts = unseal(key, row.sealed, row.person_id.to_bytes(8))
    return msgspec.convert(facts["found"], Finding)


def _run(row: RunRow) -> Run:
    return Run(
        id=row.id,
        policy=row.policy,
        policy_version=row.policy_version,
        moment=row.moment,
        coverage=msgspec.json.decode(row.coverage, type=Coverage),
        numbers=msgspec.json.decode(row.numbers, type=Numbers),
    )
