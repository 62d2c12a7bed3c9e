"""The ledger on real PostgreSQL: one row a key, one statement a batch, a bad row alone."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import asyncpg
import pytest

from checkin.ledger import Ledger, LedgerFull, ScanRefused
from kit.db import make_pool
from settings import Settings
from tests.conftest import NOW, Service
from tests.make_batches import count, pending


async def test_a_thousand_scans_at_once_are_each_stored_and_answered(service: Service) -> None:
    scans = [pending() for _ in range(1_000)]

    stored = await asyncio.gather(*(service.state["ledger"].store(s) for s in scans))

    assert all(row.created for row in stored)
    assert await count(service.settings) == 1_000


async def test_two_workers_with_the_same_retries_in_opposite_order_store_each_once(
    service: Service,
) -> None:
    pool = await make_pool(service.settings.database_url, size=4, statement_seconds=5)
    other = Ledger(pool)
    other.start()
    scans = [pending() for _ in range(400)]
    shuffled = random.Random(7).sample(scans, len(scans))

    answers = await asyncio.gather(
        *(service.state["ledger"].store(s) for s in scans),
        *(other.store(s) for s in shuffled[::-1]),
        *(service.state["ledger"].store(s) for s in shuffled),
    )

    await other.drain()
    await pool.close()
    assert sum(row.created for row in answers) == 400
    assert await count(service.settings) == 400


async def test_the_row_stored_first_is_the_answer_to_a_changed_retry(service: Service) -> None:
    first = pending(party=2)

    await service.state["ledger"].store(first)
    again = await service.state["ledger"].store(first._replace(party=5))

    assert not again.created
    assert again.scan.party == 2


async def test_one_bad_row_spoils_no_other(service: Service) -> None:
    scans = [pending() for _ in range(20)]
    bad = pending(party=21)

    answers = await asyncio.gather(
        *(service.state["ledger"].store(s) for s in [*scans[:10], bad, *scans[10:]]),
        return_exceptions=True,
    )

    assert isinstance(answers[10], ScanRefused)
    assert sum(not isinstance(a, BaseException) for a in answers) == 20
    assert await count(service.settings) == 20


async def test_a_scan_of_a_day_without_partition_is_refused_alone(service: Service) -> None:
    scans = [pending(), pending(at=NOW - timedelta(days=100)), pending()]

    answers = await asyncio.gather(
        *(service.state["ledger"].store(s) for s in scans), return_exceptions=True
    )

    assert isinstance(answers[1], ScanRefused)
    assert await count(service.settings) == 2


async def test_a_revoked_device_writes_nothing(service: Service) -> None:
    db = await asyncpg.connect(service.settings.database_url)
    await db.execute(
        "INSERT INTO person (id, sealed, key_id, created) VALUES (7, '', 1, '2021-07-20 05:00Z')"
    )
    await db.execute("INSERT INTO standing (person_id, token_generation) VALUES (7, 1)")
    await db.close()

    stored = await service.state["ledger"].store(pending(person_id=7))

    assert stored.revoked
    assert await count(service.settings) == 0


async def test_a_batch_is_one_statement(service: Service) -> None:
    seen: list[str] = []

    def look(record: asyncpg.connection.LoggedQuery) -> None:
        seen.append(record.query)

    async with service.state["ledger"]._pool.acquire() as held:
        held.add_query_logger(look)
    scans = [pending() for _ in range(50)]
    await asyncio.gather(*(service.state["ledger"].store(s) for s in scans))

    inserts = [query for query in seen if "INSERT INTO scan" in query]
    assert 1 <= len(inserts) <= 3


async def test_a_draining_ledger_writes_what_waits_and_takes_no_more(settings: Settings) -> None:
    pool = await make_pool(settings.database_url, size=2, statement_seconds=5)
    ledger = Ledger(pool)
    ledger.start()
    waiting = [asyncio.create_task(ledger.store(pending())) for _ in range(100)]
    await asyncio.sleep(0)

    await ledger.drain()

    assert all(task.result().created for task in waiting)
    with pytest.raises(LedgerFull):
        await ledger.store(pending())
    await pool.close()
