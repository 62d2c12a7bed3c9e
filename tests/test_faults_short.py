"""The short form of `make faults`: counts only, no times. That the harness sees the faults is
proved by services and databases that commit them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import database
from tests.faults import cancels, crashes, database_away, retries, uploads
from tests.faults.house import PUSHED, House, house

SMALL = PUSHED | {"shared_buffers": "32MB"}


@pytest.fixture(scope="module")
def place() -> Iterator[House]:
    with house(SMALL) as made:
        yield made


def test_no_acknowledged_scan_is_lost_when_service_and_database_are_killed(place: House) -> None:
    found = crashes.kills(place, 2, seconds=0.5)

    assert found["ok"], found


def test_an_unknown_commit_is_answered_by_the_retry(place: House) -> None:
    found = database_away.cuts(place, 6)

    assert found["ok"], found


def test_scans_kept_offline_arrive_once_in_any_order(place: House) -> None:
    found = uploads.offline(place, 150, kills=1)

    assert found["ok"], found


def test_clients_that_hang_up_leave_nothing_behind(place: House) -> None:
    found = cancels.hung_up(place, 150)

    assert found["ok"], found


def test_a_scan_sent_again_to_another_worker_is_the_same_scan(
    place: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "settings", replace(place.settings, workers=2))

    found = retries.resent(place, 150, over_midnight=False)

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

    assert found["ok"], found
