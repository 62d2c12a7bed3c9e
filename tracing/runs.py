"""A trace of a case as it is stored: its numbers, its sealed list, who is on it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np

from accounts import audit
from accounts.keydir import FIRST
from checkin.vault import seal_bytes
from kit.db import transaction
from tracing import queries, queries_contacts
from tracing.block import packed
from tracing.case import CaseFile
from tracing.finding import numbers_of
from tracing.listing import bound
from tracing.queries_contacts import NewContacts, OffList, RunRow
from tracing.ranking import PLACES
from tracing.state import State
from tracing.trace import Traced
from tracing.worklist import Roll


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who had a case traced, how far, as of when."""

    staff_id: int
    max_tier: int
    moment: datetime


async def store(state: State, case: CaseFile, traced: Traced, order: Order) -> int:
    """The run and its list, with their audit row. Returns the run's number."""
    key, moment, staff_id = state["keys"].cases.key(case.number), order.moment, order.staff_id
    coverage, numbers = traced.answer.coverage, numbers_of(traced.answer)
    found, rows = await asyncio.to_thread(
        lambda: (packed(traced.roll, traced.names), _rows(traced.roll))
    )
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
        await queries_contacts.keep_contacts(db, case.id, run_id, rows)
        why = OffList.DAYS_MISSING if coverage.missing else OffList.NOT_EXPOSED
        await queries_contacts.take_off_list(db, case.id, run_id, order.max_tier, why)
        sealed = seal_bytes(key, found, bound(run_id))
        await queries_contacts.keep_block(db, case.id, run_id, sealed)
        entry = audit.Entry(
            act="trace-run",
            staff_id=staff_id,
            purpose=case.purpose,
            case_id=case.id,
            facts={"run": run_id, "policy": case.policy, "numbers": msgspec.to_builtins(numbers)},
        )
        await audit.record(db, state["keys"].audit.key(FIRST), entry, moment)
    return run_id


def _rows(roll: Roll) -> NewContacts:
    """In the order of people: where rows lie must not tell who stands where."""
    people = np.concatenate((roll.contacts.met.person, roll.brief.met.person))
    tier = np.concatenate((roll.contacts.tier, roll.brief.tier))
    rank = np.concatenate((roll.contacts.rank, roll.brief.rank))
    order = np.argsort(people)
    return NewContacts(
        person_id=people[order].tolist(),
        tier=tier[order].tolist(),
        rank=[PLACES[one].value for one in rank[order].tolist()],
    )
