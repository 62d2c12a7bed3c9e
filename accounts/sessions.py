"""Staff sessions: short, and ended at once by revoking the row; the token itself is never
stored."""

from __future__ import annotations

import math
import secrets
from datetime import timedelta

from accounts import access, password, queries
from accounts.model import LoginLocked, WrongLogin
from accounts.staff import plain
from accounts.state import State
from kit.db import connection, transaction

LIFETIME = timedelta(hours=10)  # a shift


async def log_in(state: State, login: str, given: str, address: str) -> str:
    """The new session's token. A wrong login and a wrong password look alike and take as long."""
    now, login = state["clock"](), plain(login)
    if wait := state["attempts"].wait(login, address, now):
        raise LoginLocked(retry_after=math.ceil(wait.total_seconds()))
    # Before the password is looked at: many tries at once would else all be the first.
    state["attempts"].note(login, address, now)
    async with connection(state["db"]) as db:
        known = await queries.credential(db, login, state["settings"].demo)
    good = await password.matches(given, None if known is None else known.password)
    async with transaction(state["db"]) as db:
        if known is None:
            raise WrongLogin
        if good:
            state["attempts"].forget(login, address)
            token = secrets.token_urlsafe(32)
            hmac = access.session_hmac(state, token)
            await queries.start_session(db, hmac, known.id, now, now + LIFETIME)
            return token
        await queries.note_failure(db, known.id)
    raise WrongLogin


async def log_out(state: State, token: str) -> None:
    async with connection(state["db"]) as db:
        await queries.end_session(db, access.session_hmac(state, token), state["clock"]())
