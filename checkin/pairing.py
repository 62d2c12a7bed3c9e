"""Gate devices are paired once, by a short-lived code that the venue's staff show as a QR, and can
be revoked."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.keydir import FIRST
from accounts.model import Gate, Staff
from checkin import queries_gate
from checkin.model_gate import GateLine, PairingWrong
from checkin.queries_gate import NewGate
from checkin.state import State
from kit.db import connection, transaction
from kit.errors import NotFound
from venues import queries
from venues.code import BadCode, address, new_code, parse_code
from venues.doors import locked_door
from venues.model import DoorClosed
from venues.register import note, scope_of

LASTS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """`code` is shown once and stored only as its HMAC."""

    gate_id: int
    code: str
    until: datetime


def pairing_address(public_url: str, code: str) -> str:
    return address(public_url, code, "G")


def read_pairing(text: str) -> str:
    """The code of what was typed, or of the QR's address that a gun typed. Raises PairingWrong."""
    return _code(text.rpartition("/")[2])


async def offer(state: State, staff: Staff, checkpoint_id: int, name: str) -> Offer:
    code, now = new_code(), state["clock"]()
    until = now + LASTS
    async with transaction(state["db"]) as db:
        door = await locked_door(db, staff, checkpoint_id)
        if door.closed_at is not None:
            raise DoorClosed
        new = NewGate(
            checkpoint_id=checkpoint_id,
            name=name,
            pairing=_hmac(state, code),
            pairing_until=until,
            made_by=staff.id,
        )
        gate_id = await queries_gate.add_gate(db, new, now)
        await note(db, state, staff, "gate offered", now, gate=gate_id, checkpoint=checkpoint_id)
    return Offer(gate_id=gate_id, code=code, until=until)


async def offered(state: State, text: str) -> GateLine:
    """What a code would pair with; it is not used up."""
    async with connection(state["db"]) as db:
        found = await queries_gate.offered_gate(db, _hmac(state, _code(text)), state["clock"]())
    if found is None:
        raise PairingWrong
    return found


async def pair(state: State, text: str) -> str:
    """The token of this device from now on; the code is used up."""
    now = state["clock"]()
    async with connection(state["db"]) as db:
        gate_id = await queries_gate.pair_gate(db, _hmac(state, _code(text)), now)
    if gate_id is None:
        raise PairingWrong
    return state["gate_tokens"].issue(Gate(gate_id=gate_id), now)


async def gates(state: State, staff: Staff, venue_id: int) -> list[GateLine]:
    async with connection(state["db"]) as db:
        if await queries.venue(db, scope_of(staff), venue_id) is None:
            raise NotFound
        return await queries_gate.gates(db, venue_id, state["clock"]())


async def revoke(state: State, staff: Staff, gate_id: int) -> None:
    """For good; the device is nobody within seconds."""
    now = state["clock"]()
    async with transaction(state["db"]) as db:
        if not await queries_gate.revoke_gate(db, scope_of(staff), gate_id, now):
            raise NotFound
        await note(db, state, staff, "gate revoked", now, gate=gate_id)
    state["lanes"].forget(gate_id)


def _code(text: str) -> str:
    try:
        return parse_code(text)
    except BadCode:
        raise PairingWrong from None


def _hmac(state: State, code: str) -> bytes:
    key = state["keys"].tokens.key(FIRST)
    return hmac.digest(key, b"pairing" + code.encode(), hashlib.sha256)
