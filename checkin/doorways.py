"""Where a code leads, in memory: the database is asked for a code not read for some seconds, and
for all that are asked for at once in one statement."""

from __future__ import annotations

import asyncio
import time

from checkin import queries_scans
from checkin.model import Doorway, UnknownCode
from kit.db import Pool, connection

FRESH = 2.0  # seconds: how long a revoked code may still be taken for valid by another worker
REMEMBERED = 50_000


class Doorways:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[str, tuple[Doorway | None, float]] = {}
        self._asked: set[str] = set()
        self._reading = asyncio.Lock()

    async def find(self, code: str) -> Doorway:
        if not self._is_fresh(code):
            await self._read(code)
        found, _ = self._known[code]
        if found is None:
            raise UnknownCode
        return found

    def forget(self, code: str) -> None:
        self._known.pop(code, None)

    def _is_fresh(self, code: str) -> bool:
        return code in self._known and time.monotonic() < self._known[code][1]

    async def _read(self, code: str) -> None:
        """One statement at a time, for all codes that were asked for during the one before."""
        self._asked.add(code)
        async with self._reading:
            if self._is_fresh(code):
                return
            codes, self._asked = self._asked | {code}, set()
            async with connection(self._pool) as db:
                found = await queries_scans.doorways(db, sorted(codes))
            if len(self._known) + len(codes) > REMEMBERED:
                self._known.clear()  # a search through random codes must not grow the memory
            until = time.monotonic() + FRESH
            self._known |= {each: (found.get(each), until) for each in codes}
