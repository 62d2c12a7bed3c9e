"""A run beside the request that began it: how far it is, cancelled, without its worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from kit.db import connection
from tests.conftest import Service
from tests.make_cases import Officers, approved_case, contacts_of, make_golden_world, make_officers
from tests.make_people import audit_acts
from tracing.runs import background
from tracing.trace import Hops


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "TELL", 0.01)


@asynccontextmanager
async def held_up(service: Service) -> AsyncIterator[None]:
    """No trace gets past its first facts."""
    owner = await asyncpg.connect(service.settings.database_owner_url)
    try:
        async with owner.transaction():
            await owner.execute("LOCK TABLE venue IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await owner.close()


async def a_case(service: Service) -> tuple[Officers, str]:
    await make_golden_world(service)
    officers = await make_officers(service)
    return officers, f"/v1/cases/{await approved_case(officers)}"


async def begun(
    officers: Officers, path: str, monkeypatch: pytest.MonkeyPatch, max_tier: int = 2
) -> int:
    """A run that did not end while it was waited for."""
    with monkeypatch.context() as quick:
        quick.setattr(background, "QUICK", 0.1)
        answer = await officers.opener.post(f"{path}/runs", json={"max_tier": max_tier})
    assert answer.status_code == 202, answer.text
    run_id: int = answer.json()["id"]
    return run_id


async def look(officers: Officers, path: str, run_id: int) -> dict[str, Any]:
    answer = await officers.opener.get(f"{path}/runs/{run_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_run_that_is_not_quick_goes_on_and_says_how_far_it_is(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    officers, path = await a_case(service)
    async with held_up(service):
        run_id = await begun(officers, path, monkeypatch)
        during = await look(officers, path, run_id)
        page = await officers.opener.get(path.replace("/v1", "/desk"))
        second = await officers.approver.post(f"{path}/runs", json={})
        listed = (await contacts_of(officers.opener, int(path.split("/")[-1])))["run"]["id"]
    await finished(service)

    after = await look(officers, path, run_id)
    assert (during["state"], during["max_tier"], during["result"]) == ("running", 2, None)
    assert "Đang truy vết đến F2" in page.text
    assert f"/runs/{run_id}/cancel" in page.text
    assert (second.status_code, second.json()["type"]) == (409, "/problems/run-under-way")
    assert listed < run_id, "the list of the run before stands until this one is done"
    assert (after["state"], after["why"], after["days_read"]) == ("done", None, after["days"])
    assert after["result"]["max_tier"] == 2
    assert [one["tier"] for one in after["result"]["tiers"]] == [1, 2]


async def finished(service: Service) -> None:
    """Whatever came of it."""
    await asyncio.gather(*service.state["workers"].tasks, return_exceptions=True)


async def test_the_list_is_there_before_it_is_counted_how_many_more_there_may_be(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    officers, path = await a_case(service)
    counting, go_on, count = asyncio.Event(), asyncio.Event(), Hops.upper_bound_adds

    async def held_back(made: Hops) -> Any:
        counting.set()
        await go_on.wait()
        return await count(made)

    monkeypatch.setattr(Hops, "upper_bound_adds", held_back)
    first = await officers.opener.post(f"{path}/runs", json={})
    await counting.wait()
    listed = await contacts_of(officers.opener, int(path.rpartition("/")[2]))
    page = await officers.opener.get(path.replace("/v1", "/desk"))
    second = await officers.opener.post(f"{path}/runs", json={"max_tier": 2})
    go_on.set()
    await finished(service)
    after = [await look(officers, path, one.json()["id"]) for one in (first, second)]

    assert (first.status_code, second.status_code) == (201, 201), "it holds up no other run"
    assert first.json()["upper_bound_adds"] is None
    assert [one["upper_bound_adds"] for one in first.json()["tiers"]] == [None]
    assert listed["run"]["id"] == first.json()["id"]
    assert len(listed["contacts"]) == 4
    assert "đang được đếm" in page.text
    for one in after:
        assert one["result"]["upper_bound_adds"] == 0
        assert {tier["upper_bound_adds"] for tier in one["result"]["tiers"]} == {0}


async def test_a_list_stands_where_it_cannot_be_counted_how_many_more_there_may_be(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a snapshot that the database has given up when the list is stored
    officers, path = await a_case(service)
    count = Hops.upper_bound_adds

    async def given_up(made: Hops) -> Any:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await made.db.execute("SELECT 1 / 0")
        return await count(made)

    monkeypatch.setattr(Hops, "upper_bound_adds", given_up)
    answer = await officers.opener.post(f"{path}/runs", json={})
    await finished(service)
    after = await look(officers, path, answer.json()["id"])

    assert (answer.status_code, after["state"]) == (201, "done")
    assert after["result"]["upper_bound_adds"] is None
    assert len((await contacts_of(officers.opener, int(path.rpartition("/")[2])))["contacts"]) == 4


async def test_a_cancelled_run_changes_no_list_and_another_can_begin(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    officers, path = await a_case(service)
    async with held_up(service):
        run_id = await begun(officers, path, monkeypatch)
        cancelled = await officers.approver.post(f"{path}/runs/{run_id}/cancel")
        again = await officers.approver.post(f"{path}/runs/{run_id}/cancel")
        other = await officers.approver.post(f"{path}/runs/{run_id + 1}/cancel")
        await finished(service)
    left = await locked_by(service)
    page = await officers.opener.get(path.replace("/v1", "/desk"))

    after = await officers.opener.post(f"{path}/runs", json={})

    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert left == [], "its worker lets go of the case"
    assert (again.status_code, again.json()["type"]) == (409, "/problems/run-ended")
    assert other.status_code == 404
    assert "đã bị hủy" in page.text
    assert after.status_code == 201
    assert len(await audit_acts(service, "cancel-run")) == 1
    assert len(await audit_acts(service, "trace-run")) == 2, "the approval's and the last"


async def locked_by(service: Service) -> list[int]:
    """The database's processes that hold a lock of a name, as a run does."""
    owner = await asyncpg.connect(service.settings.database_owner_url)
    rows = await owner.fetch(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    await owner.close()
    return [row["pid"] for row in rows]


async def test_a_run_without_its_worker_has_failed_and_can_begin_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a run whose connection the database ended, and one whose process died
    officers, path = await a_case(service)
    async with held_up(service):
        cut = await begun(officers, path, monkeypatch)
        [pid] = await locked_by(service)
        async with connection(service.state["db"]) as db:
            assert await db.fetchval("SELECT pg_terminate_backend($1)", pid)
        await finished(service)
    first = await look(officers, path, cut)
    async with connection(service.state["db"]) as db:
        died = await db.fetchval(
            "INSERT INTO run (case_id, policy, policy_version, moment, mode, state) "
            "SELECT case_id, policy, policy_version, moment, mode, 'running' FROM run LIMIT 1 "
            "RETURNING id"
        )
    page = await officers.opener.get(path.replace("/v1", "/desk"))
    second = await look(officers, path, died)

    again = await officers.opener.post(f"{path}/runs", json={})

    assert (first["state"], first["why"]) == ("failed", "worker-gone")
    assert (second["state"], second["why"]) == ("failed", "worker-gone")
    assert "không hoàn tất" in page.text
    assert again.status_code == 201


async def test_a_service_that_ends_marks_what_it_worked_on(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    officers, path = await a_case(service)
    async with held_up(service):
        run_id = await begun(officers, path, monkeypatch)
        await service.state["workers"].close()

        found = await look(officers, path, run_id)

    assert (found["state"], found["why"]) == ("failed", "worker-gone")
