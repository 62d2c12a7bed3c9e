"""From settings to a database that is up, migrated and has its days: for the service and for every
command."""

from __future__ import annotations

import fcntl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from accounts.keydir import open_keys
from checkin.partitions import keep_days
from checkin.pseudonym import ServiceDays
from checkin.retention import forget_declarations, forget_people
from checkin.seal import keep_keys
from checkin.shuffle import shuffle_newcomers
from kit import migrate, postgres
from settings import BadSetting, Settings
from tracing.policies import POLICIES, QUARANTINE_RULES
from tracing.queries import keep_policies
from tracing.queries_retention import people_in_cases

ROOT = Path(__file__).parent
MIGRATIONS = [ROOT / package / "sql" for package in ("accounts", "venues", "checkin", "tracing")]

QUIET_HOUR = 3  # local: who came is looked up in every kept day, once a day
SHUFFLED_BACK = timedelta(hours=3)  # each hour is laid down anew at least twice

# kill -9 cannot see `fsync = off`, so this look at the start is the only guard.
NEEDED_ON: tuple[str, ...] = ("fsync", "full_page_writes", "synchronous_commit")


class AlreadyRunning(RuntimeError):
    """Chốt already runs on this data directory; stop it first, or use another CHOT_DATA_DIR."""


class UnsafeDatabase(BadSetting):
    """This database could lose what it has confirmed; turn the setting on and restart it."""


@contextmanager
def opened(
    settings: Settings, say: Callable[[str], None], *, alone: bool = False
) -> Iterator[Settings]:
    """The settings with both addresses filled in. An embedded server that a running service holds
    is used and left
    alone; one started here is stopped again. `alone`: for the service itself, which wants to hold
    it."""
    if not settings.embedded:
        yield settings
        return
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        raise BadSetting(
            f"CHOT_DATA_DIR={settings.data_dir}: the folder cannot be made: {wrong.strerror}"
        ) from None
    with (settings.data_dir / "serving.lock").open("w") as lock:
        held = _try_lock(lock.fileno())
        if alone and not held:
            raise AlreadyRunning(AlreadyRunning.__doc__)
        cluster = postgres.start(settings.data_dir / "postgres", say=say)
        try:
            yield replace(
                settings, database_url=cluster.app_url, database_owner_url=cluster.owner_url
            )
        finally:
            if held or _try_lock(lock.fileno()):
                postgres.stop(cluster)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def owner(
    settings: Settings,
) -> AbstractAsyncContextManager[asyncpg.Connection[asyncpg.Record]]:
    """A connection of the role that owns the tables; requests never get one."""
    return _connected(settings.database_owner_url)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        yield connection
    finally:
        await connection.close()


async def prepare(settings: Settings, now: datetime) -> list[str]:
    """Migrations, then days; safe to repeat. Returns the migrations applied now."""
    async with _connected(settings.database_url) as connection:
        await refuse_unsafe(connection)  # a role can have settings of its own
    async with owner(settings) as connection:
        await refuse_unsafe(connection)
        files = migrate.find(MIGRATIONS)
        applied = await migrate.migrate(connection, files, app_role(settings))
        await keep_policies(connection, POLICIES, QUARANTINE_RULES)
        await keep(connection, settings, now)
    return applied


async def keep(
    connection: asyncpg.Connection[asyncpg.Record], settings: Settings, now: datetime
) -> None:
    """What must happen at the start and every hour: days ahead, what has expired gone, newcomers
    shuffled."""
    keys = open_keys(settings.key_dir)
    days = ServiceDays(keys.days, settings.zone)
    keep_keys(keys.gates, days.day(now))
    await keep_days(connection, days, now, None if settings.archive else settings.retention_days)
    if not settings.archive:
        await forget_declarations(connection, now)
        if now.astimezone(settings.zone).hour == QUIET_HOUR:
            await forget_people(connection, days, now, await people_in_cases(connection))
    await shuffle_newcomers(connection, now, SHUFFLED_BACK)


def app_role(settings: Settings) -> str:
    return urlsplit(settings.database_url).username or migrate.APP_ROLE


async def refuse_unsafe(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    for name in NEEDED_ON:
        if await connection.fetchval("SELECT current_setting($1)", name) == "off":
            raise UnsafeDatabase(f"{name} is off: {UnsafeDatabase.__doc__}")
