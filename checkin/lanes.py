"""Which device stands at which door, and how many passed there, in memory for some seconds."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import datetime

from accounts.model import Gate, SignInFirst
from checkin import queries_gate
from checkin.model import Way
from checkin.model_gate import Lane, Tally
from kit.db import Pool, connection

FRESH = 5.0  # seconds: how long a revoked device may still be taken by another worker
REMEMBERED = 20_000


class Lanes:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lanes: dict[int, tuple[Lane, float]] = {}
        self._counting = asyncio.Lock()
        self._tallies: dict[tuple[int, datetime], tuple[Tally, float]] = {}

    async def find(self, gate: Gate) -> Lane:
        """Raises SignInFirst for a device that was revoked."""
        lane, until = self._lanes.get(gate.gate_id, (None, 0.0))
        if lane is None or time.monotonic() >= until:
            async with connection(self._pool) as db:
                lane = await queries_gate.lane(db, gate.gate_id)
            if lane is None:
                self.forget(gate.gate_id)
                raise SignInFirst
            if len(self._lanes) >= REMEMBERED:
                self._lanes.clear()
            self._lanes[gate.gate_id] = lane, time.monotonic() + FRESH
        return lane

    def forget(self, gate_id: int) -> None:
        self._lanes.pop(gate_id, None)

    async def tally(self, lane: Lane, day: tuple[datetime, datetime]) -> Tally:
        """Of the lane's checkpoint on a service day; what other workers stored comes a little
        later."""
        key = lane.checkpoint_id, day[0]
        if (found := self._fresh(key)) is None:
            async with self._counting:  # else all who find it old in one moment count anew
                if (found := self._fresh(key)) is None:
                    found = await self._count(lane, day)
                    if len(self._tallies) >= REMEMBERED:
                        self._tallies.clear()
                    self._tallies[key] = found, time.monotonic() + FRESH
        return found

    async def _count(self, lane: Lane, day: tuple[datetime, datetime]) -> Tally:
        async with connection(self._pool) as db:
            return await queries_gate.tally(db, lane.venue_id, lane.checkpoint_id, *day)

    def _fresh(self, key: tuple[int, datetime]) -> Tally | None:
        found, until = self._tallies.get(key, (None, 0.0))
        return found if time.monotonic() < until else None

    def count(self, lane: Lane, day_start: datetime, way: Way, people: int) -> None:
        """So that a guard sees the person who just passed counted."""
        found, until = self._tallies.get((lane.checkpoint_id, day_start), (None, 0.0))
        if found is not None:
            self._tallies[lane.checkpoint_id, day_start] = _added(found, way, people), until

    def recount(self, lane: Lane) -> None:
        for key in [key for key in self._tallies if key[0] == lane.checkpoint_id]:
            del self._tallies[key]


def _added(tally: Tally, way: Way, people: int) -> Tally:
    if way is Way.IN:
        return replace(tally, entered=tally.entered + people)
    if way is Way.OUT:
        return replace(tally, left=tally.left + people)
    return replace(tally, refused=tally.refused + people)
