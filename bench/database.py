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
from chot import end_as_by_ctrl_c
from kit import postgres
from kit.postgres import Cluster
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
def server(**settings: str) -> Iterator[tuple[Cluster, Path]]:
    """PostgreSQL with these settings in a folder of its own; both are gone at the end, a plain kill
    of this process included."""
    end_as_by_ctrl_c()
    # Not /tmp: in memory on many systems, where durable would cost nothing.
    folder = Path(tempfile.mkdtemp(prefix="chot-bench-", dir="/var/tmp"))
    try:
        folder.chmod(0o755)
        cluster = postgres.start(folder / "db", say=print, settings=settings)
        try:
            yield cluster, folder
        finally:
            postgres.stop(cluster)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def settings_of(cluster: Cluster, folder: Path) -> Settings:
    return Settings(
        key_dir=folder / "keys",
        database_url=cluster.app_url,
        database_owner_url=cluster.owner_url,
    )


@contextlib.contextmanager
def started() -> Iterator[Database]:
    with server(max_connections="1200") as (cluster, folder):
        settings, visitors = settings_of(cluster, folder), folder / "people.tsv"
        asyncio.run(_prepare(settings, visitors))
        yield Database(settings=settings, pid=cluster.pid, people=visitors)


async def _prepare(settings: Settings, visitors: Path) -> None:
    await people.make(settings, visitors)
    db = await asyncpg.connect(settings.database_owner_url)
    await db.execute(TABLE)
    await db.close()
