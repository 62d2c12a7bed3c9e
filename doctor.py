"""`chot doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import shutil
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

import database
from accounts import audit, heads, queries
from accounts.areas import is_scope
from accounts.keydir import FIRST, open_keys
from checkin.partitions import Owner, partitions
from checkin.pseudonym import DAYS_AHEAD, ServiceDays
from kit import migrate
from settings import Settings

VERSIONS = range(16, 19)
ROOM = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend` is empty where all is well."""

    what: str
    mend: str = ""


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Every finding, good ones too; one that makes the others impossible is the last."""
    for finding in (*_disk(settings), *_keys(settings), *_address(settings)):
        yield finding
    try:
        connection = await asyncpg.connect(settings.database_owner_url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as wrong:
        yield Finding(f"database: {wrong}", "start it, or correct DATABASE_OWNER_URL")
        return
    try:
        async for finding in _database(connection, settings):
            yield finding
    finally:
        await connection.close()


def _disk(settings: Settings) -> list[Finding]:
    folder = settings.data_dir if settings.data_dir.exists() else Path()
    free = shutil.disk_usage(folder).free
    mend = "" if free > ROOM else "make room: scans are answered with 503 while the disk is full"
    return [Finding(f"disk: {free // 1024**2} MiB free", mend)]


def _keys(settings: Settings) -> list[Finding]:
    if not settings.key_dir.exists():
        return [
            Finding(
                f"keys: no directory {settings.key_dir}",
                "the first start makes it; if there was data before, restore it from its backup",
            )
        ]
    closed = stat.S_IMODE(settings.key_dir.stat().st_mode) & 0o077 == 0
    mend = "" if closed else f"chmod -R go= {settings.key_dir}"
    who = "its owner only" if closed else "others too"
    found = [Finding(f"keys: {settings.key_dir}, readable by {who}", mend)]
    if settings.data_dir in settings.key_dir.parents and not settings.demo:
        found.append(Finding("keys: beside the database; back the two up apart from each other"))
    return found


def _address(settings: Settings) -> list[Finding]:
    local = any(h in settings.public_url for h in ("//localhost", "//127.0.0.1"))
    if settings.secure or local:
        return [Finding(f"address: {settings.public_url}")]
    mend = "phones open the camera over https only: put a TLS proxy before it (docker-compose.yml)"
    return [Finding(f"address: {settings.public_url} is plain http", mend)]


async def _database(connection: Owner, settings: Settings) -> AsyncIterator[Finding]:
    major = connection.get_server_version().major
    mend = "" if major in VERSIONS else "PostgreSQL 16, 17 or 18 is needed"
    yield Finding(f"database: PostgreSQL {major}", mend)
    yield await _safety(connection, "the owner")
    async for finding in _service(settings):
        yield finding
    skew = abs(await connection.fetchval("SELECT clock_timestamp()") - datetime.now(UTC))
    mend = "" if skew < timedelta(seconds=5) else "set both clocks by NTP"
    yield Finding(f"clock: {skew.total_seconds():.1f} s from the database's", mend)
    pending = await _pending(connection)
    yield Finding(
        "migrations: all applied" if not pending else f"migrations waiting: {', '.join(pending)}",
        "" if not pending else "chot serve applies them at its start",
    )
    if pending:
        return
    yield await _app_role(connection, settings)
    yield await _days(connection, settings)
    yield await grants(connection)
    key = open_keys(settings.key_dir).audit.key(FIRST)
    broken = await audit.first_broken(connection, key, heads.noted(settings.key_dir))
    yield Finding(
        "audit: the chain is whole" if broken is None else f"audit: broken at row {broken}",
        "" if broken is None else "somebody changed it outside the service: compare with a backup",
    )


async def _service(settings: Settings) -> AsyncIterator[Finding]:
    """By the account that answers requests: it can have settings and limits of its own."""
    try:
        connection = await asyncpg.connect(settings.database_url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as wrong:
        yield Finding(f"database: the service cannot connect: {wrong}", "correct DATABASE_URL")
        return
    try:
        yield await _safety(connection, "the service")
        yield await _connections(connection, settings)
    finally:
        await connection.close()


async def _safety(connection: Owner, who: str) -> Finding:
    try:
        await database.refuse_unsafe(connection)
    except database.UnsafeDatabase as wrong:
        return Finding(f"database: may lose what it has confirmed to {who}", str(wrong))
    return Finding(f"database: confirms to {who} only what is on disk")


async def _connections(connection: Owner, settings: Settings) -> Finding:
    found, bound = await database.room(connection)
    wanted = database.connections(settings.workers)
    mend = "" if found >= wanted else f"raise {bound} by {wanted - found}, or start fewer workers"
    return Finding(
        f"connections: {found}, {wanted} wanted by CHOT_WORKERS={settings.workers}", mend
    )


async def _pending(connection: Owner) -> list[str]:
    files = migrate.find(database.MIGRATIONS)
    if not await connection.fetchval("SELECT to_regclass('migration') IS NOT NULL"):
        return [file.name for file in files]
    done = {row["number"] for row in await connection.fetch("SELECT number FROM migration")}
    return [file.name for file in files if file.number not in done]


async def _app_role(connection: Owner, settings: Settings) -> Finding:
    role = database.app_role(settings)
    owned = await connection.fetchval(
        "SELECT count(*) FROM pg_class WHERE relowner = to_regrole($1) AND relkind IN ('r', 'p')",
        role,
    )
    mend = f"ALTER TABLE … OWNER TO the owner's role; {role} may own nothing" if owned else ""
    return Finding(f"rights: {role} owns {owned} tables", mend)


async def grants(connection: Owner) -> Finding:
    granted = await queries.granted_areas(connection)
    unknown = [f"{login} in {area!r}" for login, area in granted if not is_scope(area)]
    if unknown:
        return Finding(
            f"accounts: {len(unknown)} answer for an area that is not known: {', '.join(unknown)}",
            "chot admin disable LOGIN, and add another with --area '2025/92/' or the like",
        )
    return Finding("accounts: every area that one answers for is known")


async def _days(connection: Owner, settings: Settings) -> Finding:
    days = ServiceDays(open_keys(settings.key_dir).days, settings.zone)
    today = days.day(datetime.now(UTC))
    present = set(await partitions(connection))
    wanted = [today + timedelta(days=n) for n in range(DAYS_AHEAD)]
    missing = [day for day in wanted if day not in present or not days.readable(day)]
    dark = [day for day in present if not days.readable(day)]
    if missing:
        return Finding(
            f"days: {len(missing)} of the next {DAYS_AHEAD} are missing, from {missing[0]}",
            "restart chot serve; if it fails again, the log says why",
        )
    if dark:
        return Finding(
            f"days: {len(dark)} without a key, from {min(dark)}: their scans cannot be read",
            "if the key directory was lost, restore it; expired days go within the hour",
        )
    return Finding(f"days: {len(present)} present, {DAYS_AHEAD} ahead")
