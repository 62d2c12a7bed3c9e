"""The ledger: concurrent scans of a few milliseconds go to PostgreSQL as one statement and are
answered after its
commit.

Why: a commit costs the same for one row as for hundreds. The batch is sorted by key, because two
workers with the
same retries in opposite order would deadlock. The natural key makes a retry harmless: the row
stored first is the
answer to every retry. A batch that fails on data is split until the bad row is alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

import asyncpg

from checkin import queries
from checkin.model import Pending, Stored
from kit.db import Pool, connection, translated
from kit.errors import Unavailable, Unprocessable

BATCH = 500
QUEUE = 10_000
STATEMENTS = 2  # batches under way at once: one commits while the next gathers


class LedgerFull(Unavailable):
    """More people scan than can be written just now; the phone sends it again by itself."""


class ScanRefused(Unprocessable):
    """The database does not take this scan; it was not stored."""


class Ledger:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queue: deque[tuple[Pending, asyncio.Future[Stored]]] = deque()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run()) for _ in range(STATEMENTS)]

    async def drain(self) -> None:
        """Writes what waits, then ends; scans that come later are refused with «send it again»."""
        self._closing = True
        self._wake.set()
        await asyncio.gather(*self._tasks)

    def full(self) -> bool:
        return self._closing or len(self._queue) >= QUEUE

    async def store(self, scan: Pending) -> Stored:
        """The row that stands for this scan: its own, or the one stored first under its key."""
        if self.full():
            raise LedgerFull(retry_after=2)
        done: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        self._queue.append((scan, done))
        self._wake.set()
        return await done

    async def _run(self) -> None:
        while True:
            if not self._queue:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                continue
            batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            waiting = [(scan, done) for scan, done in batch if not done.done()]
            waiting.sort(key=lambda pair: pair[0].key)
            await self._write(waiting)

    async def _write(self, batch: Sequence[tuple[Pending, asyncio.Future[Stored]]]) -> None:
        if not batch:
            return
        try:
            with translated():
                stored = await self._store([scan for scan, _ in batch])
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
            await self._split(batch)
        except Exception as wrong:
            for _, done in batch:
                _fail(done, wrong)
        else:
            for (_, done), row in zip(batch, stored, strict=True):
                if not done.done():
                    done.set_result(row)

    async def _split(self, batch: Sequence[tuple[Pending, asyncio.Future[Stored]]]) -> None:
        if len(batch) == 1:
            _fail(batch[0][1], ScanRefused())
            return
        middle = len(batch) // 2
        await self._write(batch[:middle])
        await self._write(batch[middle:])

    async def _store(self, scans: list[Pending]) -> list[Stored]:
        async with connection(self._pool) as db:
            return await queries.store_scans(db, scans)


def _fail(done: asyncio.Future[Stored], wrong: Exception) -> None:
    if not done.done():
        done.set_exception(wrong)
