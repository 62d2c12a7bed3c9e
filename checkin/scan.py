"""A citizen's scan from the code's text to the stored row, the same for the JSON and for the
pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from accounts.model import Citizen, SignInFirst
from checkin import plausible, queries, queries_scans, rules
from checkin.model import (
    CheckpointClosed,
    ClockWrong,
    CodeRevoked,
    DayMissing,
    DeclarationNeeded,
    Doorway,
    Pending,
    Source,
    Stored,
    UnknownCode,
    Way,
    WrongDirection,
)
from checkin.pseudonym import subject_at
from checkin.state import State
from kit.db import connection
from kit.errors import Problem
from venues import display
from venues.code import SYMBOLS, BadCode, parse_shown


class Asked(NamedTuple):
    """A scan as a citizen's device asks for it, by JSON or by a page."""

    code: str
    at: datetime
    way: Way
    companions: int
    source: Source


async def doorway_of(state: State, text: str) -> Doorway:
    """Where a code leads, however it was typed; it may be closed, or its poster replaced."""
    try:
        shown = parse_shown(text)
    except BadCode:
        raise UnknownCode from None
    doorway = await state["doorways"].find(shown[:SYMBOLS])
    return doorway if shown == doorway.code else replace(doorway, code=shown)


async def recorded(
    state: State, citizen: Citizen, asked: Asked, *, late: bool = False
) -> tuple[Stored, Doorway]:
    """What stands under the scan's key counts before all that can be said against it: a retry
    finds its row, across midnight, a new poster or a closed door."""
    doorway = await doorway_of(state, asked.code)
    now = state["clock"]()
    pending = _pending(state, citizen, asked, doorway, now)
    against = _judge(pending, doorway, now)
    if against is not None:
        if (kept := await _kept(state, pending)) is None:
            raise against
        return await _where_kept(state, kept, doorway)
    stored = await state["ledger"].store(pending, late=late)
    if stored.revoked:
        raise SignInFirst
    if stored.undeclared:
        raise DeclarationNeeded
    if stored.created:
        return stored, doorway
    return await _where_kept(state, stored, doorway)


async def _where_kept(state: State, stored: Stored, doorway: Doorway) -> tuple[Stored, Doorway]:
    """A retry may come by another door of the venue; it is told of the one that stands."""
    kept = stored.scan.checkpoint_id
    if kept is None or kept == doorway.checkpoint_id:
        return stored, doorway
    async with connection(state["db"]) as db:
        checkpoint, zone_id, zone = await queries_scans.checkpoint(db, kept)
    there = replace(doorway, checkpoint_id=kept, checkpoint=checkpoint, zone_id=zone_id, zone=zone)
    return stored._replace(elsewhere=True), there


async def stored_scan(
    state: State, citizen: Citizen, doorway: Doorway, at: datetime
) -> tuple[Stored, Doorway] | None:
    """The citizen's scan of that moment at this venue, if there is one, and where it stands."""
    asked = Asked(code=doorway.code, at=at, way=Way.IN, companions=0, source=Source.POSTER)
    try:
        pending = _pending(state, citizen, asked, doorway, state["clock"]())
    except (ClockWrong, DayMissing):
        return None
    kept = await _kept(state, pending)
    return None if kept is None else await _where_kept(state, kept, doorway)


def _pending(
    state: State, citizen: Citizen, asked: Asked, doorway: Doorway, now: datetime
) -> Pending:
    at = rules.to_millisecond(asked.at)
    days = state["days"]
    subject = subject_at(days, citizen.person_id, at, now)
    return Pending(
        person_id=citizen.person_id,
        generation=citizen.generation,
        subject=subject,
        at=at,
        venue_id=doorway.venue_id,
        zone_id=doorway.zone_id,
        checkpoint_id=doorway.checkpoint_id,
        way=asked.way,
        party=asked.companions,
        late=rules.lateness(at, now),
        source=asked.source,
        flags=_flags(state, doorway, asked.way, days.local(at)),
        demanding=doorway.demands_declaration and asked.way is Way.IN,
    )


def _flags(state: State, doorway: Doorway, way: Way, local: datetime) -> int:
    """A plain number: asyncpg takes a Flag, which can be iterated, for an array."""

    def is_proven() -> bool:
        step = doorway.code[SYMBOLS:]
        return bool(step) and display.was_shown(state, doorway.screens, step, local)

    return int(plausible.flags(doorway, way, local, is_proven))


def _judge(scan: Pending, doorway: Doorway, now: datetime) -> Problem | None:
    """Code and door are judged at the scan's own time: a late upload of an old poster still
    counts."""
    if not rules.is_plausible_time(scan.at, now):
        return ClockWrong(server_time=now)
    if scan.source is Source.BUTTON:
        return None  # leaves wherever it came in, whatever has become of that door
    if doorway.valid_to is not None and scan.at >= doorway.valid_to:
        return CodeRevoked()
    if doorway.closed_at is not None and scan.at >= doorway.closed_at:
        return CheckpointClosed()
    if rules.way_at(doorway.direction, scan.way) is None:
        return WrongDirection()
    return None


async def _kept(state: State, pending: Pending) -> Stored | None:
    kept = await state["ledger"].kept(pending.key)
    if kept is None:
        return None
    async with connection(state["db"]) as db:
        person = await queries.person(db, pending.person_id)
    if person is None:
        return None
    if person.generation != pending.generation:
        raise SignInFirst
    return Stored(scan=kept, created=False, revoked=False, standing=person.standing)
