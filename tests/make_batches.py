"""Scans as the ledger takes them, and a lock that holds its batches up."""

from __future__ import annotations

from uuid import uuid4

import asyncpg

from checkin.model import Late, Pending, Source, Way
from settings import Settings
from tests.conftest import NOW, Service


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
    return scan._replace(**changes)  # type: ignore[arg-type]


async def count(settings: Settings) -> int:
    db = await asyncpg.connect(settings.database_url)
    found: int = await db.fetchval("SELECT count(*) FROM scan")
    await db.close()
    return found


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
