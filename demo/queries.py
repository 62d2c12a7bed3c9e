"""All SQL of the demo beside its COPYs: one constant, one typed function, one round trip."""

from __future__ import annotations

from datetime import datetime

from kit.db import Connection

LOADED_AT = "SELECT created_at FROM staff WHERE demo AND login = $1 AND disabled_at IS NULL"


async def loaded_at(db: Connection, login: str) -> datetime | None:
    """When the city was loaded; the account is the last thing that its transaction adds."""
    found: datetime | None = await db.fetchval(LOADED_AT, login)
    return found


IN_USE = """
SELECT EXISTS (SELECT FROM person)
    OR EXISTS (SELECT FROM organisation) OR EXISTS (SELECT FROM staff)
"""


async def in_use(db: Connection) -> bool:
    return bool(await db.fetchval(IN_USE))


LOCK = "SELECT pg_advisory_xact_lock($1)"
DEMO = 0x64656D6F


async def one_at_a_time(db: Connection) -> None:
    await db.execute(LOCK, DEMO)


NEW_IDS = "SELECT nextval(pg_get_serial_sequence($1, 'id'))::int AS id FROM generate_series(1, $2)"


async def new_ids(db: Connection, table: str, wanted: int) -> list[int]:
    """For a COPY, which knows no default for an identity column."""
    return [row["id"] for row in await db.fetch(NEW_IDS, table, wanted)]


ENTRANCE = """
SELECT c.code, p.id FROM code c
JOIN checkpoint p ON p.id = c.checkpoint_id
JOIN venue v ON v.id = p.venue_id
WHERE v.name = $1 AND p.direction <> 'out' AND c.valid_to IS NULL AND p.closed_at IS NULL
ORDER BY p.id LIMIT 1
"""


async def entrance(db: Connection, venue: str) -> tuple[str, int] | None:
    """Code and number of a venue's first open door."""
    found = await db.fetchrow(ENTRANCE, venue)
    return None if found is None else (found["code"], found["id"])


ACCOUNTS = "SELECT login, id FROM staff WHERE demo"


async def accounts(db: Connection) -> dict[str, int]:
    """Number by log-in."""
    return {row["login"]: row["id"] for row in await db.fetch(ACCOUNTS)}


CASE_NUMBER = "SELECT number FROM case_file WHERE lab_reference = $1"


async def case_number(db: Connection, reference: str) -> str | None:
    found: str | None = await db.fetchval(CASE_NUMBER, reference)
    return found
