"""The audit chain: whole after use, broken by any change, and never apart from the act it
records."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

import database
import doctor
from accounts import audit, heads
from accounts.audit import Entry
from accounts.keydir import FIRST
from kit.db import transaction
from settings import Settings
from tests.conftest import NOW, Service

KEY = bytes(range(32))
TAMPERINGS = 60


def looks(count: int) -> list[Entry]:
    return [
        Entry(act="reveal", staff_id=1, purpose="trace", case_id=n, person_id=n + 1)
        for n in range(count)
    ]


async def write(service: Service, count: int) -> None:
    for entry in looks(count):
        async with transaction(service.state["db"]) as db:
            await audit.record(db, KEY, entry, NOW)


async def write_at_once(service: Service, count: int) -> None:
    async with transaction(service.state["db"]) as db:
        await audit.record_all(db, KEY, looks(count), NOW)


async def owner(settings: Settings) -> asyncpg.Connection[asyncpg.Record]:
    return await asyncpg.connect(settings.database_owner_url)


async def test_an_untouched_chain_is_whole(service: Service) -> None:
    await write(service, 25)

    db = await owner(service.settings)
    assert await audit.first_broken(db, KEY) is None
    await db.close()


@pytest.mark.parametrize("written", [write, write_at_once])
async def test_every_tampering_is_found(
    service: Service, written: Callable[[Service, int], Awaitable[None]]
) -> None:
    """Each column changed, rows removed, swapped and added: by somebody with the owner's rights
    but no key."""
    await written(service, 12)
    chance = random.Random(5)
    db = await owner(service.settings)
    changes = [
        "UPDATE audit SET staff_id = 2 WHERE seq = $1",
        "UPDATE audit SET act = 'looked' WHERE seq = $1",
        "UPDATE audit SET purpose = NULL WHERE seq = $1",
        "UPDATE audit SET case_id = case_id + 1 WHERE seq = $1",
        "UPDATE audit SET about = NULL WHERE seq = $1",
        "UPDATE audit SET facts = '{\"a\": 1}' WHERE seq = $1",
        "UPDATE audit SET at = at + interval '1 second' WHERE seq = $1",
        "UPDATE audit SET previous = '\\x00' WHERE seq = $1",
        "DELETE FROM audit WHERE seq = $1",
        "DELETE FROM audit WHERE seq >= $1",
    ]
    found = 0
    for n in range(TAMPERINGS):
        seq = chance.randint(1, 12)
        undo = db.transaction()
        await undo.start()
        await db.execute(changes[n % len(changes)], seq)
        found += await audit.first_broken(db, KEY) == seq
        await undo.rollback()

    assert found == TAMPERINGS
    assert await audit.first_broken(db, KEY) is None
    await db.close()


async def test_rows_cut_off_at_the_end_are_found_by_the_heads_that_were_noted(
    service: Service, tmp_path: Path
) -> None:
    # given a chain that was noted twice, by somebody with the owner's rights and no key
    db = await owner(service.settings)
    for count in (5, 3, 0, 2):
        await write(service, count)
        await heads.note(db, tmp_path)
    noted = heads.noted(tmp_path)
    assert list(noted) == [5, 8, 10]
    assert await audit.first_broken(db, KEY, noted) is None
    # when
    await db.execute("DELETE FROM audit WHERE seq > 6")
    await db.execute(
        "UPDATE audit_head SET (seq, mac) = (SELECT seq, mac FROM audit WHERE seq = 6)"
    )
    # then: the chain in itself is whole, and shorter than it was
    assert await audit.first_broken(db, KEY) is None
    assert await audit.first_broken(db, KEY, noted) == 7
    # then: nor is it hidden by going on from there, noted anew or not
    await write(service, 7)
    await heads.note(db, tmp_path)
    with (tmp_path / heads.NAME).open("a") as file:
        file.write("14 ab")  # a power cut
    assert await audit.first_broken(db, KEY) is None
    assert await audit.first_broken(db, KEY, heads.noted(tmp_path)) == 8
    await db.close()


async def test_the_hourly_keeping_notes_the_head_and_the_doctor_compares(service: Service) -> None:
    # given
    async with transaction(service.state["db"]) as held:
        await audit.record_all(held, service.state["keys"].audit.key(FIRST), looks(3), NOW)
    db = await owner(service.settings)
    await database.keep(db, service.settings, NOW)
    # when
    await db.execute("DELETE FROM audit WHERE seq > 2")
    await db.execute(
        "UPDATE audit_head SET (seq, mac) = (SELECT seq, mac FROM audit WHERE seq = 2)"
    )
    await db.close()
    # then
    assert "audit: broken at row 3" in [one.what async for one in doctor.examine(service.settings)]


async def test_rows_written_at_once_are_those_that_would_be_written_one_by_one(
    service: Service,
) -> None:
    await write(service, 3)
    async with transaction(service.state["db"]) as db:
        nothing = await audit.record_all(db, KEY, [], NOW)
        last = await audit.record_all(db, KEY, looks(4), NOW)
        one = await audit.record(db, KEY, Entry(act="export", staff_id=None), NOW)
        rows = await db.fetch("SELECT seq, case_id, about FROM audit ORDER BY seq")

    assert (nothing, last, one) == (3, 7, 8)
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [row["about"] for row in rows[3:7]] == [audit.reference(KEY, n) for n in (1, 2, 3, 4)]
    assert [row["case_id"] for row in rows] == [0, 1, 2, 0, 1, 2, 3, None]
    db = await owner(service.settings)
    assert await audit.first_broken(db, KEY) is None
    await db.close()


async def test_a_row_written_without_the_key_is_found(service: Service) -> None:
    await write(service, 3)
    async with transaction(service.state["db"]) as held:
        await audit.record(held, bytes(32), Entry(act="reveal", staff_id=1), NOW)

    db = await owner(service.settings)
    assert await audit.first_broken(db, KEY) == 4
    await db.close()


async def test_the_service_itself_cannot_change_or_remove_a_row(service: Service) -> None:
    await write(service, 1)

    for statement in ("UPDATE audit SET act = ''", "DELETE FROM audit", "TRUNCATE audit"):
        async with service.state["db"].acquire() as db:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.execute(statement)


async def test_an_audit_row_outside_a_transaction_is_refused(service: Service) -> None:
    async with service.state["db"].acquire() as db:
        with pytest.raises(RuntimeError, match="transaction"):
            await audit.record(db, KEY, Entry(act="reveal", staff_id=1), NOW)


async def test_a_person_is_named_by_an_hmac_only(service: Service) -> None:
    await write(service, 1)

    async with service.state["db"].acquire() as db:
        about: bytes = await db.fetchval("SELECT about FROM audit")

    assert about == audit.reference(KEY, 1)
    assert about != audit.reference(bytes(32), 1)
