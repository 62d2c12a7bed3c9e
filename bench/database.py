"""The benchmark's own PostgreSQL, on a disk and with the settings that the service has."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from bench import people
from bench.routes import TABLE
from kit import postgres
from settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    settings: Settings
    pid: int
    people: Path  # «token, code» a line
    runs: Iterator[int] = field(default_factory=itertools.count)  # a number for each

    def rows(self, table: str | None) -> int:
        """How many there are; 0 without a table."""
        return asyncio.run(self._rows(table)) if table else 0

    async def _rows(self, table: str) -> int:
        db = await asyncpg.connect(self.settings.database_owner_url)
        try:
            found: int = await db.fetchval(f"SELECT count(*) FROM {table}")
        finally:
            await db.close()
        return found


@contextlib.contextmanager
def started() -> Iterator[Database]:
    # Not /tmp: in memory on many systems, where durable would cost nothing.
    folder = Path(tempfile.mkdtemp(prefix="chot-bench-", dir="/var/tmp"))
    folder.chmod(0o755)
    cluster = postgres.start(folder / "db", say=print, settings={"max_connections": "1200"})
    try:
        settings = Settings(
            key_dir=folder / "keys",
            database_url=cluster.app_url,
            database_owner_url=cluster.owner_url,
        )
        visitors = folder / "people.tsv"
        asyncio.run(_prepare(settings, visitors))
        yield Database(settings=settings, pid=cluster.pid, people=visitors)
    finally:
        postgres.stop(cluster)
        shutil.rmtree(folder, ignore_errors=True)


async def _prepare(settings: Settings, visitors: Path) -> None:
    await people.make(settings, visitors)
    db = await asyncpg.connect(settings.database_owner_url)
    await db.execute(TABLE)
    await db.close()
