"""Numbered SQL files, one numbering over all packages, applied once each in order by the owner
role."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

LOCK = 0x63686F74  # «chot»: two starts at once migrate one after the other
APP_ROLE = "chot_app"  # the name the files use; replaced by the role of one's own app address


class MigrationChanged(RuntimeError):
    """A migration that was applied has changed since; restore the file and write a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def find(folders: Iterable[Path]) -> list[Migration]:
    found = [
        Migration(number=int(path.name[:4]), name=path.stem, sql=path.read_text())
        for folder in folders
        for path in folder.glob("[0-9][0-9][0-9][0-9]_*.sql")
    ]
    found.sort(key=lambda m: m.number)
    # A hole is a file that comes later; it is applied then. Two of one number would be one of them.
    numbers = [m.number for m in found]
    if len(set(numbers)) < len(numbers):
        raise ValueError(f"migrations are numbered {numbers}: each number names one file")
    return found


async def migrate(
    owner: asyncpg.Connection[asyncpg.Record], files: list[Migration], app_role: str
) -> list[str]:
    """The names applied now; each file in a transaction of its own, all under one lock."""
    await owner.execute("SELECT pg_advisory_lock($1)", LOCK)
    try:
        await owner.execute(
            "CREATE TABLE IF NOT EXISTS migration (number integer PRIMARY KEY, name text NOT NULL, "
            "digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        done = {
            row["number"]: row
            for row in await owner.fetch("SELECT number, name, digest FROM migration")
        }
        applied = []
        for file in files:
            if file.number in done:
                if done[file.number]["digest"] != file.digest:
                    raise MigrationChanged(f"{file.name}: {MigrationChanged.__doc__}")
                continue
            async with owner.transaction():
                await owner.execute(re.sub(rf"\b{APP_ROLE}\b", _quoted(app_role), file.sql))
                await owner.execute(
                    "INSERT INTO migration (number, name, digest) VALUES ($1, $2, $3)",
                    file.number,
                    file.name,
                    file.digest,
                )
            applied.append(file.name)
        await owner.execute(f"GRANT SELECT ON migration TO {_quoted(app_role)}")
        return applied
    finally:
        await owner.execute("SELECT pg_advisory_unlock($1)", LOCK)


def _quoted(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'
