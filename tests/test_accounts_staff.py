"""Accounts as the operator keeps them from the command line."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from dataclasses import replace

import pytest

import chot
import database
import doctor
from accounts import access, audit
from accounts.keydir import FIRST, open_keys
from accounts.model import Role, WrongLogin
from accounts.sessions import log_in
from commands import admin
from kit.db import connection
from settings import Settings
from tests.conftest import Service
from tests.make_venues import staff_client

OLD, NEW = "a long password", "another long password"
HERE = "192.0.2.1"


async def run(service: Service, act: str, login: str = "Lan") -> int:
    options = Namespace(
        act=act, login=login, name="Lan", role="auditor", area="", organisation=None, venue=None
    )
    command = admin.add_account if act == "add" else admin.change
    return await asyncio.to_thread(command, options, kept(service))


def kept(service: Service) -> Settings:
    """Commands go by the clock of this machine, by which the service's sessions ended long ago."""
    return replace(service.settings, archive=True)


@pytest.fixture
async def token(service: Service, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a session of an account that the command added."""
    monkeypatch.setenv("STAFF_PASSWORD", OLD)
    assert await run(service, "add") == 0
    return await log_in(service.state, "lan", OLD, HERE)


async def acts(service: Service) -> list[str]:
    async with connection(service.state["db"]) as db:
        rows = await db.fetch("SELECT act FROM audit ORDER BY seq")
        key = open_keys(service.settings.key_dir).audit.key(FIRST)
        assert await audit.first_broken(db, key) is None
    return [row["act"] for row in rows]


async def test_a_disabled_account_is_out_at_once_and_comes_back_with_a_new_session(
    service: Service, token: str
) -> None:
    assert await run(service, "disable") == 0

    assert await access.staff_of_token(service.state, token) is None
    with pytest.raises(WrongLogin):
        await log_in(service.state, "lan", OLD, HERE)
    assert await run(service, "enable") == 0
    assert await access.staff_of_token(service.state, token) is None
    assert await log_in(service.state, "lan", OLD, HERE)
    assert await acts(service) == ["staff-add", "staff-disable", "staff-enable"]


async def test_a_new_password_ends_the_sessions_of_the_old_one(
    service: Service, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAFF_PASSWORD", NEW)

    assert await run(service, "reset") == 0

    assert await access.staff_of_token(service.state, token) is None
    with pytest.raises(WrongLogin):
        await log_in(service.state, "lan", OLD, HERE)
    assert await log_in(service.state, "lan", NEW, HERE)
    assert await acts(service) == ["staff-add", "staff-reset"]


async def test_an_unlocked_account_has_no_wrong_passwords_against_it(
    service: Service, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(WrongLogin):
        await log_in(service.state, "lan", NEW, HERE)
    await asyncio.to_thread(admin.show, Namespace(), kept(service))
    assert "lan\tLan\tauditor in the whole country\t1 wrong passwords\n" in capsys.readouterr().out

    assert await run(service, "unlock") == 0

    await asyncio.to_thread(admin.show, Namespace(), kept(service))
    assert "\t0 wrong passwords\n" in capsys.readouterr().out
    assert await access.staff_of_token(service.state, token) is not None


async def test_an_unknown_account_is_said_and_leaves_no_row(service: Service) -> None:
    assert [await run(service, act, "nobody") for act in ("disable", "unlock", "reset")] == [1] * 3
    assert await acts(service) == []


def test_the_command_asks_for_an_act(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        chot.main(["admin"])
    assert "ACT" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("area", "hint"),
    [
        ("2025/9", "It is like '2025/92/'"),
        ("Phường An Bình, Cần Thơ", "'2025/92/31150/' Phường An Bình, Thành phố Cần Thơ"),
    ],
)
def test_an_area_that_is_none_is_refused_with_what_was_perhaps_meant(
    area: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["admin", "add", "lan", "--name", "Lan", "--role", "coordinator", "--area", area]

    assert chot.main(arguments) == 2

    said = capsys.readouterr().err
    assert "No province, district or ward has this path" in said
    assert hint in said


async def test_a_grant_for_an_area_that_is_none_reaches_nothing_and_the_doctor_says_so(
    service: Service,
) -> None:
    coordinator = await staff_client(service, Role.COORDINATOR, area="2025/9")

    cases = await coordinator.get("/v1/cases")

    assert (cases.status_code, cases.json()["cases"]) == (200, [])
    async with database.owner(service.settings) as owner:
        found = await doctor.grants(owner)
    assert "in '2025/9'" in found.what
    assert found.mend
