"""What a gate kept while nothing answered: stored with its own time by the ledger's lane for
uploads. They went through, so nobody is turned away, compared or asked about any more."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias

from checkin import gate, gate_person, queries_gate, uploads
from checkin.credential import Credential
from checkin.document import Document
from checkin.gate import Showing
from checkin.model import NewPerson
from checkin.model_gate import Known, Lane
from checkin.state import State
from kit.db import connection
from kit.errors import Problem, Unavailable, Unprocessable


class OtherGate(Unprocessable):
    """This event was kept by a gate of another venue, or by one that was no longer to be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """`gate_id` is what the device was then: it may have been paired anew since. `shown` is a
    person where the guard had written one down."""

    gate_id: int
    shown: Credential | NewPerson
    asked: Showing

    @property
    def at(self) -> datetime:
        return self.asked.at


Turns: TypeAlias = "defaultdict[Credential | NewPerson | str, asyncio.Lock]"


async def take(
    state: State, lane: Lane, events: Sequence[Waited | Problem]
) -> list[bool | Problem]:
    """Of each, in order, whether it is new, and not there already or the repeat of a scan."""
    turns: Turns = defaultdict(asyncio.Lock)
    lanes = await _lanes(state, lane, events)
    return await uploads.take(state, events, partial(_taken, state, lanes, turns))


async def _lanes(state: State, lane: Lane, events: Sequence[Waited | Problem]) -> dict[int, Lane]:
    """By gate: this one, and what else of its venue the device was when it kept the events."""
    others = {event.gate_id for event in events if isinstance(event, Waited)} - {lane.gate_id}
    if not others:
        return {lane.gate_id: lane}
    async with connection(state["db"]) as db:
        former = await queries_gate.lanes_of_venue(db, lane.venue_id, sorted(others))
    return former | {lane.gate_id: lane}


def _lane_then(lanes: Mapping[int, Lane], event: Waited) -> Lane:
    lane = lanes.get(event.gate_id)
    if lane is None or (lane.revoked_at is not None and event.at >= lane.revoked_at):
        raise OtherGate
    return lane


async def _taken(state: State, lanes: Mapping[int, Lane], turns: Turns, event: Waited) -> bool:
    lane = _lane_then(lanes, event)
    way = gate.way_of(state, lane, event.asked)
    shown = event.shown
    # What one person showed is taken as it happened, so that repeats are seen.
    async with turns[shown.number if isinstance(shown, Document) else shown]:
        who = await _person(state, event)
        scan = gate.pending(state, lane, who, event.asked, way)
        if gate.repeated(scan, await gate.near_scans(state, scan)) is not None:
            return False
        stored = await state["ledger"].store(scan, late=True)
    if stored.revoked:  # the person's devices were signed out between two statements
        raise Unavailable(retry_after=1)
    if stored.created:
        gate.count(state, lane, scan)
        if who.typed:  # in the count of its own day; it went through, so nothing is refused
            await gate.count_typed(state, lane, scan.at)
    return stored.created


async def _person(state: State, event: Waited) -> Known:
    if isinstance(event.shown, NewPerson):
        await gate_person.add(state, event.shown)
        return await gate_person.known(state, event.shown.id, typed=False)
    found = await gate_person.find(state, event.shown, event.at)
    if found is None:
        return await gate_person.make(state, event.shown)
    return gate_person.as_shown(event.shown, found) if isinstance(event.shown, Document) else found
