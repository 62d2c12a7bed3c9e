"""What the database holds, read and changed behind the service's back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

import database
from checkin.partitions import Owner
from kit.db import connection
from tests.conftest import Service


@asynccontextmanager
async def owner_of(service: Service) -> AsyncIterator[Owner]:
    async with database.owner(service.settings) as db:
        yield db


async def change(service: Service, statement: str, *values: object) -> None:
    """As the owner; what the service remembers of doors is forgotten."""
    async with owner_of(service) as db:
        await db.execute(statement, *values)
    service.state["doorways"]._known.clear()


async def value(service: Service, statement: str, *values: object) -> object:
    async with owner_of(service) as db:
        return await db.fetchval(statement, *values)


async def count(service: Service) -> int:
    async with connection(service.state["db"]) as db:
        found: int = await db.fetchval("SELECT count(*) FROM scan")
    return found


async def rows(service: Service, table: str = "scan") -> list[asyncpg.Record]:
    async with connection(service.state["db"]) as db:
        return await db.fetch(f"SELECT * FROM {table}")


async def live_scans(service: Service) -> list[tuple[int, int]]:
    """(way, party) of what is not void, oldest first."""
    async with connection(service.state["db"]) as db:
        found = await db.fetch(
            "SELECT way, party FROM scan s WHERE NOT EXISTS (SELECT FROM amendment a WHERE a.void"
            " AND (a.subject, a.at, a.venue_id) = (s.subject, s.at, s.venue_id)) ORDER BY at"
        )
    return [(row["way"], row["party"]) for row in found]
