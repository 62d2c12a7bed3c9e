"""Ends a process at a random moment, from a process of its own; says what the database was doing.

`python -m tests.faults.killer PID … --after SECONDS --admin URL`: after that time it waits, at most
a second, until a statement of the ledger is under way, and sends SIGKILL to every PID in order.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import time

import asyncpg

UNDER_WAY = """
SELECT count(*) FROM pg_stat_activity
WHERE state = 'active' AND query LIKE '%INSERT INTO scan%' AND pid <> pg_backend_pid()
"""
MOMENT = 1.0


async def main(options: argparse.Namespace) -> None:
    db = await asyncpg.connect(options.admin, timeout=10)
    look = await db.prepare(UNDER_WAY)
    await asyncio.sleep(options.after)
    deadline = time.monotonic() + MOMENT
    while not (active := await look.fetchval()) and time.monotonic() < deadline:
        pass
    for pid in options.pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    print(json.dumps({"active": active, "at": time.monotonic()}), flush=True)
    db.terminate()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pids", type=int, nargs="+")
    parser.add_argument("--after", type=float, required=True)
    parser.add_argument("--admin", required=True)
    asyncio.run(main(parser.parse_args()))
