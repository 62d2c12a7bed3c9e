"""What a gate looks up for each scan, many people's at once."""

from __future__ import annotations

from collections.abc import Sequence

from checkin import queries_gate
from checkin.model_gate import Near, Span
from checkin.queries_gate import Meant
from checkin.together import Together
from kit.db import Pool, connection


class Looks:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.people = Together(self._people)
        self.near = Together(self._near)

    async def _people(self, documents: list[Sequence[tuple[int, bytes]]]) -> list[Meant]:
        async with connection(self._pool) as db:
            return await queries_gate.people_of_documents(db, documents)

    async def _near(self, spans: list[Span]) -> list[list[Near]]:
        async with connection(self._pool) as db:
            return await queries_gate.near_scans(db, spans)
