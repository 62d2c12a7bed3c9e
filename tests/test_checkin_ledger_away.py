"""The ledger while its database stalls or goes away, and how long a queue may be meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from checkin import ledger
from checkin.ledger import Ledger, LedgerFull
from kit.db import DatabaseAway, make_pool
from kit.postgres import Cluster
from tests.conftest import Service
from tests.make_batches import blocked, count, pending, waiting_batch
from tests.make_phones import signed_up


async def test_a_connection_lost_in_a_batch_is_said_and_the_retry_finds_the_truth(
    service: Service, cluster: Cluster
) -> None:
    scans = [pending() for _ in range(5)]
    lock = await blocked(service)
    admin = await asyncpg.connect(cluster.admin_url)
    tasks = [asyncio.create_task(service.state["ledger"].store(s)) for s in scans]

    await admin.execute("SELECT pg_terminate_backend($1)", await waiting_batch(lock))
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    await lock.close()
    await admin.close()
    again = await asyncio.gather(*(service.state["ledger"].store(s) for s in scans))

    assert all(isinstance(a, DatabaseAway) and a.headers()["Retry-After"] for a in answers)
    assert all(row.created for row in again)
    assert await count(service.settings) == 5


async def test_a_database_that_stalls_is_left_after_a_while_and_used_again(
    service: Service,
) -> None:
    pool = await make_pool(service.settings.database_url, size=2, statement_seconds=0.2)
    book = Ledger(pool)
    book.start()
    scan, lock = pending(), await blocked(service)

    with pytest.raises(DatabaseAway):
        await book.store(scan)
    await lock.close()
    again = await book.store(scan)

    assert again.created
    await book.drain()
    await pool.close()


async def test_a_batch_whose_askers_went_away_is_stored_whole(service: Service) -> None:
    gone, patient = [pending() for _ in range(5)], pending()
    lock = await blocked(service)
    tasks = [asyncio.create_task(service.state["ledger"].store(s)) for s in [*gone, patient]]
    await waiting_batch(lock)

    for task in tasks[:-1]:
        task.cancel()
    await lock.close()

    assert (await tasks[-1]).created
    again = await asyncio.gather(*(service.state["ledger"].store(s) for s in gone))
    assert not any(row.created for row in again)


async def test_who_goes_away_before_the_batch_is_left_out(service: Service) -> None:
    book = Ledger(service.state["db"])
    tasks = [asyncio.create_task(book.store(pending())) for _ in range(5)]
    await asyncio.sleep(0)
    for task in tasks[:3]:
        task.cancel()
    await asyncio.sleep(0)

    book.start()
    await book.drain()

    assert await count(service.settings) == 2


async def test_an_ending_does_not_wait_for_a_database_that_does_not_answer(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "DRAIN_SECONDS", 0.1)
    book = Ledger(service.state["db"])
    book.start()
    lock = await blocked(service)
    tasks = [asyncio.create_task(book.store(pending())) for _ in range(1_200)]
    await waiting_batch(lock)

    await book.drain()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    await lock.close()

    assert all(isinstance(a, LedgerFull) for a in answers)


# A queue that is as long as can be written soon


async def test_a_full_ledger_refuses_before_the_body_is_read(service: Service) -> None:
    read = []

    async def body() -> AsyncIterator[bytes]:
        read.append("the body")
        yield b"{}"

    phone = await signed_up(service)
    json = {"content-type": "application/json"}
    assert (await phone.post("/v1/check-ins", content=body(), headers=json)).status_code == 422
    assert read.pop() == "the body"
    service.state["ledger"]._longest = 0

    answer = await phone.post("/v1/check-ins", content=body(), headers=json)

    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert not read


async def test_a_slow_batch_shortens_the_queue_and_quick_ones_lengthen_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "SLOW", 0.0)
    await asyncio.gather(*(service.state["ledger"].store(pending()) for _ in range(500)))
    short = service.state["ledger"]._longest

    monkeypatch.setattr(ledger, "SLOW", 60.0)
    await service.state["ledger"].store(pending())

    assert ledger.SHORTEST <= short < ledger.QUEUE
    assert service.state["ledger"]._longest == min(2 * short, ledger.QUEUE)


async def test_a_batch_that_is_not_written_shortens_the_queue_before_it_ends(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, lock = service.state["ledger"], await blocked(service)
    tasks = [asyncio.create_task(book.store(pending())) for _ in range(200)]
    await waiting_batch(lock)
    book.require_room()
    waiting = [asyncio.create_task(book.store(pending())) for _ in range(200)]
    await asyncio.sleep(0)
    monkeypatch.setattr(ledger, "SLOW", 0.0)
    monkeypatch.setattr(ledger, "PATIENCE", 0.0)

    answers = await asyncio.gather(
        *(book.store(pending()) for _ in range(200)), return_exceptions=True
    )

    assert all(isinstance(answer, LedgerFull) for answer in answers)
    await lock.close()
    stored = await asyncio.gather(*tasks, *waiting)
    assert all(row.created for row in stored)
