"""The short form of `make faults`: counts only, no times. What it counts with is proved by a
database that does lose commits."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

import database
from tests.faults import crashes, database_away
from tests.faults.house import PUSHED, House, house


@pytest.fixture(scope="module")
def place() -> Iterator[House]:
    with house(PUSHED | {"shared_buffers": "32MB"}) as made:
        yield made


def test_no_acknowledged_scan_is_lost_when_service_and_database_are_killed(place: House) -> None:
    found = crashes.kills(place, 2, seconds=0.5)

    assert found["ok"], found


def test_an_unknown_commit_is_answered_by_the_retry(place: House) -> None:
    found = database_away.cuts(place, 6)

    assert found["ok"], found


def test_the_service_refuses_a_role_that_may_lose_commits(
    place: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "NEEDED_ON", ("synchronous_commit",))
    now = datetime.now(UTC)
    place.execute("ALTER ROLE chot_app SET synchronous_commit = off", admin=True)

    with pytest.raises(database.UnsafeDatabase, match="synchronous_commit"):
        asyncio.run(database.prepare(place.settings, now))

    place.execute("ALTER ROLE chot_app RESET synchronous_commit", admin=True)
    asyncio.run(database.prepare(place.settings, now))


def test_a_database_that_forgets_is_found_out(place: House) -> None:
    found = crashes.forgetful(place, 1)

    assert found["lost"], found
