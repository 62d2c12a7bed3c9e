"""Zones, checkpoints and their codes: who adds, closes and replaces what."""

from __future__ import annotations

from dataclasses import replace

import asyncpg

from accounts.model import Staff
from accounts.state import State
from kit.db import Connection, transaction
from kit.errors import NotFound
from venues import queries, queries_doors, rules
from venues.code import new_code
from venues.model import Checkpoint, Code, DoorClosed, NameTaken, WordsMissing, Zone, ZoneUnknown
from venues.queries_doors import Door, NewCheckpoint
from venues.register import note, scope_of


async def add_zone(state: State, staff: Staff, venue_id: int, name: str) -> Zone:
    name = _words(name)
    async with transaction(state["db"]) as db:
        await _lock_venue(db, staff, venue_id)
        zone = await queries_doors.add_zone(db, venue_id, name)
        if zone is None:
            raise NameTaken
        await note(db, state, staff, "zone added", state["clock"](), zone=zone.id)
    return zone


async def add_checkpoint(state: State, staff: Staff, new: NewCheckpoint) -> Checkpoint:
    """With its code."""
    new = replace(new, name=_words(new.name))
    now = state["clock"]()
    async with transaction(state["db"]) as db:
        await _lock_venue(db, staff, new.venue_id)
        try:
            door = await queries_doors.add_checkpoint(db, new, now)
        except asyncpg.ForeignKeyViolationError:
            raise ZoneUnknown from None
        if door is None:
            raise NameTaken
        await queries_doors.add_codes(db, [(new_code(), door)], now, staff.id)
        await note(db, state, staff, "checkpoint added", now, checkpoint=door)
        return await _checkpoint(db, new.venue_id, door)


async def close_checkpoint(state: State, staff: Staff, checkpoint_id: int) -> Checkpoint:
    """For good; one that is closed already stays as it is."""
    now = state["clock"]()
    async with transaction(state["db"]) as db:
        door = await locked_door(db, staff, checkpoint_id)
        if door.closed_at is None:
            await queries_doors.close_checkpoint(db, checkpoint_id, now)
            await note(db, state, staff, "checkpoint closed", now, checkpoint=checkpoint_id)
        return await _checkpoint(db, door.venue_id, checkpoint_id)


async def replace_code(state: State, staff: Staff, checkpoint_id: int, reason: str) -> Code:
    """A new code from the very moment the old one ends; its poster says from then on that it was
    replaced."""
    reason = _words(reason)
    async with transaction(state["db"]) as db:
        door = await locked_door(db, staff, checkpoint_id)
        if door.closed_at is not None:
            raise DoorClosed
        code = new_code()
        now = state["clock"]()
        since = await queries_doors.end_code(db, checkpoint_id, now, reason)
        await queries_doors.add_codes(db, [(code, checkpoint_id)], since, staff.id)
        facts = {"checkpoint": checkpoint_id, "reason": reason}
        await note(db, state, staff, "code replaced", now, **facts)
    return Code(code=code, valid_from=since, valid_to=None, reason="")


def _words(text: str) -> str:
    if words := rules.one_line(text):
        return words
    raise WordsMissing


async def _lock_venue(db: Connection, staff: Staff, venue_id: int) -> None:
    if await queries.locked_venue(db, scope_of(staff), venue_id) is None:
        raise NotFound


async def locked_door(db: Connection, staff: Staff, checkpoint_id: int) -> Door:
    """Only one of the venues that `staff` keeps: NotFound."""
    door = await queries_doors.locked_door(db, scope_of(staff), checkpoint_id)
    if door is None:
        raise NotFound
    return door


async def _checkpoint(db: Connection, venue_id: int, checkpoint_id: int) -> Checkpoint:
    found = await queries_doors.checkpoints(db, venue_id)
    return next(one for one in found if one.id == checkpoint_id)
