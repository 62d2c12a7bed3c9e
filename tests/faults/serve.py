"""`chot serve` with one guard left out, for negative controls; and, with or without, a look at
every
pooled connection before it is closed, for settings that a request left behind.

Each worker imports this anew, and finds the guard's name in its environment.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Any

from starlette.requests import Request

import app
import chot
import database
import kit.db
import kit.http
from checkin import ledger
from kit.db import Connection, Pool
from tests.faults.guard import SWITCH, Guard

FOREVER = 1e6  # seconds, or scans
SETTINGS_LEFT = """
SELECT count(*) FROM pg_settings WHERE source = 'session' AND name <> 'jit'
"""
make_pool, close_pool, read_body = kit.db.make_pool, kit.db.close_pool, kit.http.read_body


def leave_out(guard: Guard) -> None:
    if guard is Guard.SAFE_DATABASE:
        database.NEEDED_ON = ()
    elif guard is Guard.BOUNDED_QUEUE:
        ledger.QUEUE = ledger.SHORTEST = int(FOREVER)
        forget_deadlines()
    elif guard is Guard.DEADLINES:
        forget_deadlines()
    elif guard is Guard.HONEST_ANSWERS:
        kit.db.LOST, kit.db.RETRY_STATES = (), ("none",)  # type: ignore[assignment]
    elif guard is Guard.OWN_POOLS:
        app.make_pool = OnePool()  # type: ignore[attr-defined]
    elif guard is Guard.BODY_FIRST:
        kit.http.read_body = body_in_transaction


def forget_deadlines() -> None:
    app.endpoints[:] = [replace(e, seconds=FOREVER) for e in app.endpoints]
    app.make_pool = patient_pool  # type: ignore[attr-defined]
    kit.db.ACQUIRE_SECONDS = FOREVER


async def patient_pool(url: str, *, size: int, statement_seconds: float) -> Pool:
    return await make_pool(url, size=size, statement_seconds=FOREVER)


class OnePool:
    """Of the desk's size, for all."""

    def __init__(self) -> None:
        self.pool: Pool | None = None

    async def __call__(self, url: str, **_: Any) -> Pool:
        if self.pool is None:
            self.pool = await make_pool(url, size=database.POOLS["desk"], statement_seconds=60)
        return self.pool


async def body_in_transaction(request: Request[Any], limit: int) -> bytes:
    """Whoever hangs up before the body is whole leaves the transaction behind."""
    held = await request.state["db"].acquire()
    await held.execute("BEGIN")
    body = await read_body(request, limit)
    await held.execute("COMMIT")
    await request.state["db"].release(held)
    return body


async def close_after_look(pool: Pool) -> None:
    """Says «settings left: N of M connections» in the log of the service."""
    held: list[Connection] = []
    while pool.get_idle_size():
        held.append(await pool.acquire(timeout=5))
    left = [await connection.fetchval(SETTINGS_LEFT, timeout=5) for connection in held]
    print(f"settings left: {sum(left)} of {len(held)} connections", flush=True)
    for connection in held:
        await pool.release(connection)  # type: ignore[arg-type]
    await close_pool(pool)


app.close_pool = close_after_look  # type: ignore[attr-defined]
leave_out(Guard(os.environ[SWITCH]))

if __name__ == "__main__":
    sys.exit(chot.main(["serve"]))
