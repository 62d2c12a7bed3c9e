"""The list of a run as it is stored: a sealed block of all that was found, and a row a person for
what people find out about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from checkin.vault import seal_bytes, unsealed
from kit.db import Connection
from tracing.aside import aside
from tracing.engine.columns import Ints, distinct, ints, one_of, take
from tracing.engine.ranking import PLACES
from tracing.engine.worklist import Roll
from tracing.runs import queries_contacts, queries_keeping
from tracing.runs.block import packed
from tracing.runs.listing import bound
from tracing.runs.queries_contacts import OffList
from tracing.runs.queries_keeping import NewContacts, Place, Standing
from tracing.trace import Traced

RANKS = np.array([one.value for one in PLACES])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A run whose list is stored."""

    case_id: int
    run_id: int
    max_tier: int


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
    standing = await queries_keeping.standing(db, run.case_id)
    home = _home(standing, run.max_tier) or run.run_id
    place = Place(case_id=run.case_id, run_id=run.run_id, home=home)
    # Compared here: PostgreSQL, which knows nothing yet of a case's first rows, plans for few and
    # compared them pair by pair.
    size = sum(len(one.people) for one in standing) + len(found.rows.person)
    gone, changed = await aside(size, _compared, standing, found.rows, run.max_tier, home)
    if len(gone) and await queries_keeping.take_off_list(db, place, gone, found.why):
        blocks = await queries_contacts.blocks(db, [home])
        before = unsealed(key, blocks[home], bound(home))
        await _keep_block(db, key, run.run_id, before)
    await _keep_block(db, key, home, found.block)
    if len(changed.person):
        await queries_keeping.keep_contacts(db, place, changed)
    await queries_keeping.drop_blocks(db, run.case_id)


def _home(standing: Sequence[Standing], max_tier: int) -> int | None:
    """The run in whose block everybody on the list stands and nobody else, if a run of so many
    tiers finds all of them again or takes them off it. Tracing a case again changes few of its
    contacts, so the next block takes its place, and rows that stand where they stood stay."""
    inside = [one for one in standing if one.in_block]
    runs = {one.run_id for one in inside if one.listed}
    if len(runs) != 1 or max(one.tier for one in inside if one.listed) > max_tier:
        return None
    [home] = runs
    return None if any(one.run_id == home and not one.listed for one in inside) else home


def _compared(
    standing: Sequence[Standing], rows: NewContacts, max_tier: int, home: int
) -> tuple[Ints, NewContacts]:
    """Who is on the list and was not found, of the tiers that were looked for; and whose row would
    not be the same."""
    listed = [one.people for one in standing if one.listed and one.tier <= max_tier]
    before = distinct(np.concatenate((ints(), *listed)))
    gone = before[~one_of(before, rows.person)]
    same = np.zeros(len(rows.person), np.bool_)
    for one in standing:
        if one.listed and one.in_block and one.run_id == home:
            alike = (rows.tier == one.tier) & (rows.rank == one.rank) & (rows.brief == one.brief)
            same |= alike & one_of(rows.person, one.people)
    return gone, take(rows, ~same)


async def _keep_block(db: Connection, key: bytes, run_id: int, block: bytes) -> None:
    await queries_keeping.keep_block(db, run_id, seal_bytes(key, block, bound(run_id)))


def _rows(roll: Roll) -> NewContacts:
    """In the order of people: where rows lie must not tell who stands where."""
    people = np.concatenate((roll.contacts.met.person, roll.brief.met.person))
    tier = np.concatenate((roll.contacts.tier, roll.brief.tier))
    rank = np.concatenate((roll.contacts.rank, roll.brief.rank))
    order = np.argsort(people)
    return NewContacts(
        person=people[order],
        tier=tier[order],
        rank=RANKS[rank[order]],
        brief=order >= len(roll.contacts.tier),
    )
