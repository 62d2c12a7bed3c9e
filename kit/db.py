"""PostgreSQL through asyncpg: pools whose every wait has a deadline, and what their failures
mean."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from kit.errors import Unavailable

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

ACQUIRE_SECONDS = 2.0
CLOSE_SECONDS = 2.0
# Server gone, out of room, shutting down, too many connections, internal: the same request may be
# sent again.
RETRY_STATES = ("08", "53", "57", "58", "XX", "40")

LOST = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that went away between two messages
    asyncpg.PostgresConnectionError,
)


class DatabaseAway(Unavailable):
    """The database does not answer just now; nothing was lost, send the same again."""


async def make_pool(url: str, *, size: int, statement_seconds: float) -> Pool:
    """To undo what a connection's last user set would be one more round trip for every use. An open
    transaction is undone; whoever sets anything else undoes it."""
    return await asyncpg.create_pool(
        url,
        reset=_leave,
        min_size=0,
        max_size=size,
        command_timeout=statement_seconds,
        timeout=5,
        # Citus looks at this one and plain PostgreSQL takes any name with a dot: one round trip
        # saved a connection. Compiling made a trace a quarter slower, starting parallel workers
        # (10 ms a statement) a tenth to a quarter; and they take processors from the door.
        server_settings={"application_name": "chot", "citus.override_table_visibility": "off"}
        | {"jit": "off", "max_parallel_workers_per_gather": "0"},
    )


async def _leave(held: Connection) -> None:
    """Nothing was set."""


async def close_pool(pool: Pool) -> None:
    """A server that does not answer keeps nobody from ending."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except TimeoutError:
        pool.terminate()


@asynccontextmanager
async def connection(pool: Pool) -> AsyncIterator[Connection]:
    """One connection without a transaction; asyncpg's own default waits for ever."""
    with translated():
        async with pool.acquire(timeout=ACQUIRE_SECONDS) as held:
            yield held


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    async with connection(pool) as held, held.transaction():
        yield held


class translated:  # noqa: N801  reads as a clause: `with translated():`
    """Turns a lost or overfull database into the problem that says «send the same again»."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, wrong: BaseException | None, trace: object) -> None:
        state = getattr(wrong, "sqlstate", None)
        if isinstance(wrong, LOST) or (
            isinstance(wrong, asyncpg.PostgresError) and state and state.startswith(RETRY_STATES)
        ):
            raise DatabaseAway(retry_after=2) from wrong
