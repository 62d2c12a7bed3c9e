"""The ledger on real PostgreSQL: one row a key, one statement a batch, a bad row alone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from checkin import ledger
from checkin.ledger import Ledger, LedgerFull, ScanRefused
from checkin.model import Late, Pending, Source, Way
from kit.db import DatabaseAway, make_pool
from kit.postgres import Cluster
from settings import Settings
from tests.conftest import NOW, Service
from tests.test_checkin_api import signed_up


def pending(**changes: object) -> Pending:
    scan = Pending(
        person_id=1,
        generation=0,
        subject=uuid4(),
        at=NOW,
        venue_id=1,
        zone_id=None,
        checkpoint_id=1,
        way=Way.IN,
        party=0,
        late=Late.MINUTES_10,
        source=Source.POSTER,
        flags=0,
    )
    return replace(scan, **changes)  # type: ignore[arg-type]


async def count(settings: Settings) -> int:
    db = await asyncpg.connect(settings.database_url)
    found: int = await db.fetchval("SELECT count(*) FROM scan")
    await db.close()
    return found


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
    again = await service.state["ledger"].store(replace(first, party=5))

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


# A database that goes away


async def blocked(service: Service) -> asyncpg.Connection[asyncpg.Record]:
    """Holds every batch up until it is closed; as the owner, who may lock."""
    db = await asyncpg.connect(service.settings.database_owner_url)
    await db.execute("BEGIN; LOCK TABLE scan IN SHARE MODE")
    return db


async def waiting_batch(db: asyncpg.Connection[asyncpg.Record]) -> int:
    """The process id of the batch that waits for the lock."""
    while True:
        found: int | None = await db.fetchval(
            "SELECT pid FROM pg_locks WHERE NOT granted AND relation = 'scan'::regclass"
        )
        if found is not None:
            return found


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
