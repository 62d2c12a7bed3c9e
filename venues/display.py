"""Codes on screens: behind the poster's code stands a step that changes every 30 seconds, so that a
photo of the screen is soon worth no more than the poster.

The step is made from a secret that only this screen and the service know, so a screen without
network goes on. A scan is judged at its own time, not at the time it arrives.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.keydir import FIRST
from accounts.model import SignInFirst, Staff
from accounts.state import State
from kit.db import connection, transaction
from kit.errors import NotFound
from venues import queries_display
from venues.code import STEP_SYMBOLS, symbols
from venues.doors import locked_door
from venues.model import Display, DoorClosed, Screen, Shown
from venues.register import note, scope_of

STEP_SECONDS = 30
# Between reading the code and pressing «check in» a newcomer signs up and declares.
STEPS_BEFORE = 10
STEPS_AFTER = 2  # the clock of the screen, or of the phone, runs ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    display: Display
    token: str


def step_at(at: datetime) -> int:
    return int(at.timestamp()) // STEP_SECONDS


def step_symbols(secret: bytes, step: int) -> str:
    """The first 30 bits of an HMAC, five a symbol; display.js does the same."""
    bits = int.from_bytes(hmac.digest(secret, step.to_bytes(8), hashlib.sha256)[:4]) >> 2
    return symbols(bits, STEP_SYMBOLS)


def secret_of(state: State, display_id: int) -> bytes:
    key = state["keys"].tokens.key(FIRST)
    return hmac.digest(key, b"presence" + display_id.to_bytes(8), hashlib.sha256)


def was_shown(state: State, screens: Iterable[Screen], symbols: str, at: datetime) -> bool:
    """Whether one of the door's screens showed this step around `at`."""
    now = step_at(at)
    return any(
        hmac.compare_digest(step_symbols(secret, step), symbols)
        for screen in screens
        if screen.since <= at and (screen.until is None or at < screen.until)
        for secret in (secret_of(state, screen.id),)
        for step in range(max(now - STEPS_BEFORE, 0), now + STEPS_AFTER + 1)
    )


def token_hmac(state: State, token: str) -> bytes:
    key = state["keys"].tokens.key(FIRST)
    return hmac.digest(key, b"display" + token.encode(errors="replace"), hashlib.sha256)


async def pair(state: State, staff: Staff, checkpoint_id: int) -> Paired:
    """A new screen at this door; its token is given once and never stored."""
    token, now = secrets.token_urlsafe(32), state["clock"]()
    async with transaction(state["db"]) as db:
        door = await locked_door(db, staff, checkpoint_id)
        if door.closed_at is not None:
            raise DoorClosed
        hashed = token_hmac(state, token)
        display = await queries_display.add_display(db, checkpoint_id, hashed, now, staff.id)
        await note(db, state, staff, "screen paired", now, checkpoint=checkpoint_id)
    return Paired(display=display, token=token)


async def revoke(state: State, staff: Staff, display_id: int) -> Display:
    """For good; one that is revoked already stays as it is."""
    now = state["clock"]()
    async with transaction(state["db"]) as db:
        found = await queries_display.locked_display(db, scope_of(staff), display_id)
        if found is None:
            raise NotFound
        if found.revoked_at is None:
            found = await queries_display.revoke_display(db, display_id, now)
            await note(db, state, staff, "screen revoked", now, display=display_id)
    return found


async def demand(state: State, staff: Staff, checkpoint_id: int, demanded: bool) -> None:
    """Whether a check-in by the bare code of this door is marked from now on."""
    now = state["clock"]()
    async with transaction(state["db"]) as db:
        await locked_door(db, staff, checkpoint_id)
        if await queries_display.demand_presence(db, checkpoint_id, now if demanded else None):
            act = "presence demanded" if demanded else "presence no longer demanded"
            await note(db, state, staff, act, now, checkpoint=checkpoint_id)


async def displays(state: State, staff: Staff, checkpoint_id: int) -> list[Display]:
    """Newest first; the revoked ones of the last days too."""
    async with connection(state["db"]) as db:
        if await queries_display.screen_door(db, scope_of(staff), checkpoint_id) is None:
            raise NotFound
        return await queries_display.displays(db, checkpoint_id)


async def shown_on(state: State, token: str) -> Shown:
    """What the screen of this token shows."""
    async with connection(state["db"]) as db:
        found = await queries_display.shown(db, token_hmac(state, token)) if token else None
    if found is None:
        raise SignInFirst
    return found
