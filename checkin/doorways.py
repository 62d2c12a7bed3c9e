"""Where a code leads, in memory: a scan asks the database only for a code not seen for some
seconds."""

from __future__ import annotations

import time

from checkin import queries
from checkin.model import Doorway, UnknownCode
from kit.db import Pool, connection

FRESH = 5.0  # seconds: how long a revoked code may still be taken for valid by another worker
MISS = 2.0
REMEMBERED = 50_000


class Doorways:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[str, tuple[Doorway | None, float]] = {}

    async def find(self, code: str) -> Doorway:
        found, until = self._known.get(code, (None, 0.0))
        if time.monotonic() >= until:
            async with connection(self._pool) as db:
                found = await queries.doorway(db, code)
            if len(self._known) >= REMEMBERED:
                self._known.clear()  # a search through random codes must not grow the memory
            self._known[code] = found, time.monotonic() + (FRESH if found else MISS)
        if found is None:
            raise UnknownCode
        return found

    def forget(self, code: str) -> None:
        self._known.pop(code, None)
