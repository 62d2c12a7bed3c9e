"""A service of its own for a benchmark, and coordinators who ask it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import httpx
from starlette.applications import Starlette

import app
from accounts import access, queries
from accounts.model import Grant, Role
from kit.db import transaction
from settings import Settings
from tracing.state import State

AREA = "2025/92/31135/"


async def signed_in(state: State, login: str) -> str:
    """The token of a new coordinator."""
    token, now = secrets.token_urlsafe(32), state["clock"]()
    async with transaction(state["db"]) as db:
        staff_id = await queries.add_staff(db, login, "Bench", "no password", False, now)
        if staff_id is None:
            raise ValueError(login)
        grant = Grant(role=Role.COORDINATOR, organisation_id=None, venue_id=None, area="2025/92/")
        await queries.add_grant(db, staff_id, grant, now)
        hmac = access.session_hmac(state, token)
        await queries.start_session(db, hmac, staff_id, now, now + timedelta(hours=10))
    return token


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The service in this process, without a server before it."""

    state: State
    application: Starlette
    stack: AsyncExitStack

    async def coordinator(self, login: str) -> httpx.AsyncClient:
        async def with_state(scope: Any, receive: Any, send: Any) -> None:
            scope["state"] = dict(self.state)
            await self.application(scope, receive, send)

        headers = {"Authorization": f"Bearer {await signed_in(self.state, login)}"}
        made = httpx.AsyncClient(
            transport=httpx.ASGITransport(with_state),
            base_url="http://testserver",
            headers=headers,
            timeout=60,
        )
        return await self.stack.enter_async_context(made)


@asynccontextmanager
async def office(
    settings: Settings, clock: Callable[[], datetime] = app.now
) -> AsyncIterator[Office]:
    application = app.build(settings, clock)
    async with application.router.lifespan_context(application) as given, AsyncExitStack() as stack:
        yield Office(state=cast("State", given), application=application, stack=stack)
