"""The accounts of the demo, whose passwords are printed, exist only where the demo runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import asyncpg
import httpx
import pytest

from accounts import queries
from accounts.access import staff_of_token
from accounts.password import hash_password
from accounts.sessions import log_in
from tests.conftest import NOW, Service

LOGIN = {"login": "officer", "password": "demo-chot-2021"}


@pytest.fixture
async def known(service: Service) -> None:
    """A demo account that was left behind in the database."""
    owner = await asyncpg.connect(service.settings.database_owner_url)
    password = hash_password(LOGIN["password"])
    assert await queries.add_staff(owner, LOGIN["login"], "Cán bộ", password, True, NOW)
    await owner.close()


async def logged_in(service: Service) -> httpx.Response:
    return await (await service.client()).post("/v1/sessions", json=LOGIN)


async def test_a_demo_account_logs_in_where_the_demo_runs(service: Service, known: None) -> None:
    service.state["settings"] = replace(service.settings, demo=True)
    assert (await logged_in(service)).status_code == 201


async def test_a_demo_account_is_unknown_elsewhere(service: Service, known: None) -> None:
    answer = await logged_in(service)
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/wrong-login"


async def test_a_session_of_the_demo_ends_with_the_demo(service: Service, known: None) -> None:
    # given a session begun in the demo
    state = service.state
    state["settings"] = replace(service.settings, demo=True)
    token = await log_in(state, LOGIN["login"], LOGIN["password"], "192.0.2.1")
    assert await staff_of_token(state, token) is not None
    # when the same database serves without it, well within the session's time
    service.clock.now = NOW + timedelta(minutes=1)
    state["settings"] = replace(service.settings, demo=False)
    # then the session is nobody's
    assert await staff_of_token(state, token) is None
