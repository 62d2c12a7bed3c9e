"""The list of a run as it is stored: a sealed block of all that was found, and a row a person for
what people find out about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from checkin.vault import seal_bytes, unsealed
from kit.db import Connection
from tracing.engine.ranking import PLACES
from tracing.engine.worklist import Roll
from tracing.queries_columns import array
from tracing.runs import queries_contacts, queries_keeping
from tracing.runs.block import packed
from tracing.runs.listing import bound
from tracing.runs.queries_contacts import OffList
from tracing.runs.queries_keeping import NewContacts, Stored
from tracing.trace import Traced

RANKS = [one.value for one in PLACES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """`why` others are no longer on the list."""

    block: bytes
    rows: NewContacts
    why: OffList


def kept(traced: Traced) -> Kept:
    missing = traced.answer.coverage.missing
    return Kept(
        block=packed(traced.roll, traced.names),
        rows=_rows(traced.roll),
        why=OffList.DAYS_MISSING if missing else OffList.NOT_EXPOSED,
    )


async def keep_list(db: Connection, key: bytes, run: Stored, found: Kept) -> None:
    """In a transaction that holds the case's row."""
    if await queries_keeping.take_off_list(db, run, found.rows.people, found.why):
        blocks = await queries_contacts.blocks(db, [run.home])
        before = unsealed(key, blocks[run.home], bound(run.home))
        await _keep_block(db, key, run.run_id, before)
    await _keep_block(db, key, run.home, found.block)
    await queries_keeping.keep_contacts(db, run, found.rows)
    await queries_keeping.drop_blocks(db, run.case_id)


async def _keep_block(db: Connection, key: bytes, run_id: int, block: bytes) -> None:
    await queries_keeping.keep_block(db, run_id, seal_bytes(key, block, bound(run_id)))


def _rows(roll: Roll) -> NewContacts:
    """In the order of people: where rows lie must not tell who stands where."""
    people = np.concatenate((roll.contacts.met.person, roll.brief.met.person))
    tier = np.concatenate((roll.contacts.tier, roll.brief.tier))
    rank = np.concatenate((roll.contacts.rank, roll.brief.rank))
    order = np.argsort(people)
    return NewContacts(
        people=people[order],
        person_id=array(people[order].tolist()),
        tier=array(tier[order].tolist()),
        rank=array(RANKS[one] for one in rank[order].tolist()),
        brief=array((order >= len(roll.contacts.tier)).tolist()),
    )
