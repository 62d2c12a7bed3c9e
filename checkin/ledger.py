"""The ledger: the scans of a few milliseconds go to PostgreSQL as one statement and are answered
after its commit.

Why: a commit costs the same for one row as for hundreds. The batch is sorted by key, because two
workers with the same retries in opposite order would deadlock. The natural key makes a retry
harmless: the row stored first is the answer to every retry. A batch that fails on data is split
until the bad row is alone. Scans that come late, in uploads, wait in a lane of their own.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import TypeAlias

import asyncpg

from checkin import queries_scans
from checkin.model import Kept, Key, Pending, Stored
from kit.db import Pool, connection, translated
from kit.errors import Unavailable, Unprocessable
from kit.metrics import Histogram

BATCH = 500
LATE_SHARE = 40  # of a batch, for uploads: each row makes those who stand there wait
STATEMENTS = 2  # batches under way at once: one commits while the next gathers
# Seconds that a batch waits for its other rows. Where CROWD of them came in that time it waits on,
# unless it has ENOUGH: a batch costs nearly the same whatever its size, and at half of the most
# that a machine carries, eight rows at a time left the processors no rest.
GATHER, CROWD, CROWD_GATHER, ENOUGH = 0.002, 4, 0.003, 60
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, BATCH)  # of batches, as they are counted
QUEUE = 10_000  # scans of a lane
# A batch slower than SLOW makes the queue as short as is written in PATIENCE at its pace, so that
# whoever is let in is answered soon, and does so while it is still under way; each quicker one
# doubles it again. A few rows prove no pace, neither a slow one nor, with a full queue, a quick
# one.
SLOW, PATIENCE, SHORTEST = 0.15, 0.2, 32
STATEMENT_SECONDS = 2.0
DRAIN_SECONDS = 5.0

Waiting: TypeAlias = tuple[Pending, "asyncio.Future[Stored]"]


class LedgerFull(Unavailable):
    """More people scan than can be written just now; the phone sends it again by itself."""


class ScanRefused(Unprocessable):
    """The database does not take this scan; it was not stored."""


class Ledger:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._live: deque[Waiting] = deque()
        self._late: deque[Waiting] = deque()
        self._longest = QUEUE
        self._under_way: list[tuple[int, float]] = []  # batches: their rows, and since when
        self.batches = Histogram(SIZES)
        self._wake = asyncio.Event()
        self._gathering = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run()) for _ in range(STATEMENTS)]

    async def drain(self) -> None:
        """Writes what waits, then ends; scans that come later are refused with «send it again», as
        are those that a database without answer leaves waiting."""
        self._closing = True
        self._wake.set()
        _, late = await asyncio.wait(self._tasks, timeout=DRAIN_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for _, done in [*self._live, *self._late]:
            _fail(done, LedgerFull(retry_after=2))

    def require_room(self, *, late: bool = False) -> None:
        lane, longest = (self._late, QUEUE) if late else (self._live, self._room())
        if self._closing or len(lane) >= longest:
            raise LedgerFull(retry_after=2)

    def _room(self) -> int:
        """A batch that is slow already says so before it ends: until then thousands would be let
        in, to be told after their deadline to come again."""
        now, longest = time.monotonic(), self._longest
        for rows, since in self._under_way:
            if now - since > SLOW and rows >= SHORTEST:
                longest = min(longest, _soon(rows, now - since))
        return longest

    async def store(self, scan: Pending, *, late: bool = False) -> Stored:
        """The row that stands for this scan: its own, or the one stored first under its key. A
        caller that goes away leaves it out, or stored whole."""
        self.require_room(late=late)
        done: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        (self._late if late else self._live).append((scan, done))
        self._wake.set()
        return await done

    def waiting(self) -> dict[str, int]:
        """By lane."""
        return {"live": len(self._live), "late": len(self._late)}

    async def kept(self, key: Key) -> Kept | None:
        """What stands under a key already."""
        async with connection(self._pool) as db:
            return (await queries_scans.scans_by_key(db, [key])).get(key)

    async def _run(self) -> None:
        while batch := await self._next_batch():
            started = time.monotonic()
            self._under_way.append((len(batch), started))
            await self._write(batch)
            self._under_way.remove((len(batch), started))
            took = time.monotonic() - started
            if took <= SLOW:
                if len(batch) >= SHORTEST or len(self._live) < self._longest:
                    self._longest = min(2 * self._longest, QUEUE)
            elif len(batch) >= SHORTEST:
                self._longest = _soon(len(batch), took)

    async def _next_batch(self) -> list[Waiting]:
        """Sorted by key; empty at the end."""
        async with self._gathering:
            while True:
                while not self._live and not self._late:
                    if self._closing:
                        return []
                    self._wake.clear()
                    await self._wake.wait()
                if len(self._live) < BATCH and not self._closing:
                    await asyncio.sleep(GATHER)
                if CROWD <= len(self._live) < ENOUGH and not self._closing:
                    await asyncio.sleep(CROWD_GATHER)
                late = min(len(self._late), LATE_SHARE)
                live = min(len(self._live), BATCH - late)
                batch = [self._late.popleft() for _ in range(late)]
                batch += [self._live.popleft() for _ in range(live)]
                if batch := [pair for pair in batch if not pair[1].done()]:
                    batch.sort(key=_key)
                    return batch

    async def _write(self, batch: Sequence[Waiting]) -> None:
        try:
            with translated():
                stored = await self._store([scan for scan, _ in batch])
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
            await self._split(batch)
        except asyncio.CancelledError:  # by the end of the service: nobody knows what was stored
            for _, done in batch:
                _fail(done, LedgerFull(retry_after=2))
            raise
        except Exception as wrong:
            for _, done in batch:
                _fail(done, wrong)
        else:
            for (_, done), row in zip(batch, stored, strict=True):
                if not done.done():
                    done.set_result(row)

    async def _split(self, batch: Sequence[Waiting]) -> None:
        if len(batch) == 1:
            _fail(batch[0][1], ScanRefused())
            return
        middle = len(batch) // 2
        await self._write(batch[:middle])
        await self._write(batch[middle:])

    async def _store(self, scans: list[Pending]) -> list[Stored]:
        async with connection(self._pool) as db:
            stored = await queries_scans.store_scans(db, scans)
        self.batches.add(len(scans))
        return stored


def _soon(rows: int, took: float) -> int:
    """How many are written in PATIENCE at that pace."""
    return max(int(PATIENCE * rows / took), SHORTEST)


def _key(waiting: Waiting) -> Key:
    return waiting[0].key


def _fail(done: asyncio.Future[Stored], wrong: Exception) -> None:
    if not done.done():
        done.set_exception(wrong)
