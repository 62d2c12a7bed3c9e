"""From settings to a database that is up, migrated and has its days: for the service and for every
command."""

from __future__ import annotations

import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from accounts import heads
from accounts.keydir import open_keys
from accounts.queries import forget_sessions
from checkin.declaration import POLICY
from checkin.ledger import STATEMENTS
from checkin.partitions import keep_days
from checkin.pseudonym import ServiceDays
from checkin.queries_epidemic import keep_policy
from checkin.queries_holds import spread_holds
from checkin.retention import forget_declarations, forget_people
from checkin.seal import keep_keys
from checkin.shuffle import shuffle_newcomers
from kit import migrate, postgres
from settings import BadSetting, Settings
from tracing.engine.policies import POLICIES, QUARANTINE_RULES
from tracing.queries import keep_policies
from tracing.queries_keeper import drop_seen_alerts
from tracing.retention import drop_case_files, people_in_cases

ROOT = Path(__file__).parent
MIGRATIONS = [ROOT / package / "sql" for package in ("accounts", "venues", "checkin", "tracing")]

QUIET_HOUR = 3  # local: who came is looked up in every kept day, once a day
SHUFFLED_BACK = timedelta(hours=3)  # each hour is laid down anew at least twice

# kill -9 cannot see `fsync = off`, so this look at the start is the only guard.
NEEDED_ON: tuple[str, ...] = ("fsync", "full_page_writes", "synchronous_commit")


class AlreadyRunning(RuntimeError):
    """Chốt already runs on this data directory; stop it first, or use another CHOT_DATA_DIR."""


# What a worker may hold at once, by pool. The door's are its own: neither a page nor a trace can
# take them.
POOLS = {"pages": 8, "desk": 6, "door": STATEMENTS + 4}
MOST, RESERVED = "max_connections", 3  # PostgreSQL keeps three for superusers
BESIDE = 6  # for the keeper and for commands while the service runs

MIB = 1 << 20
FEWEST_BUFFERS, MOST_BUFFERS = 128 * MIB, 8192 * MIB
OF_CONTAINER = Path("/sys/fs/cgroup/memory.max")

ROOM = """
SELECT current_setting('max_connections')::int AS most,
    current_setting('superuser_reserved_connections')::int
        + current_setting('reserved_connections')::int AS reserved,
    (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user) AS of_role,
    (SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS of_database
"""

# How to undo a setting, by where it comes from; `pg_settings` says that of the connection asking.
UNDO = {
    "user": "ALTER ROLE {role} RESET {name}",
    "database": "ALTER DATABASE {database} RESET {name}",
    "database user": "ALTER ROLE {role} IN DATABASE {database} RESET {name}",
    "global": "ALTER ROLE ALL RESET {name}",
}


class UnsafeDatabase(BadSetting):
    """This database could lose what it has confirmed."""


class TooFewConnections(BadSetting):
    """The database takes fewer connections than the workers may open."""


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
        cluster = postgres.start(
            settings.data_dir / "postgres", say=say, settings=server_settings(settings.workers)
        )
        try:
            yield replace(
                settings, database_url=cluster.app_url, database_owner_url=cluster.owner_url
            )
        finally:
            if held or _try_lock(lock.fileno()):
                postgres.stop(cluster)


def server_settings(workers: int) -> dict[str, str]:
    """What the embedded server is started with for so many, on this machine."""
    most = max(connections(workers) + RESERVED, int(postgres.SETTINGS[MOST]))
    return {MOST: str(most), "shared_buffers": f"{buffers(memory_here()) // MIB}MB"}


def buffers(memory: int) -> int:
    """Bytes the server keeps pages in: a quarter, as PostgreSQL's manual advises. What is not used
    is not taken."""
    return min(max(memory // 4, FEWEST_BUFFERS), MOST_BUFFERS)


def memory_here(limit: Path = OF_CONTAINER) -> int:
    """Bytes that this machine, or the container around this process, has."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    allowed = limit.read_text().strip() if limit.exists() else ""
    return min(whole, int(allowed)) if allowed.isdecimal() else whole


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
        await refuse_unsafe(connection)
    async with owner(settings) as connection:
        await refuse_unsafe(connection)
        files = migrate.find(MIGRATIONS)
        applied = await migrate.migrate(connection, files, app_role(settings))
        await keep_policies(connection, POLICIES, QUARANTINE_RULES)
        await keep_policy(connection, POLICY, None, now)
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
    await heads.note(connection, settings.key_dir)
    if not settings.archive:
        await forget_sessions(connection, now)
        await forget_declarations(connection, now)
        await drop_case_files(connection, keys, now)
        await drop_seen_alerts(connection, days.day(now) - timedelta(days=settings.retention_days))
        if now.astimezone(settings.zone).hour == QUIET_HOUR:
            await forget_people(connection, days, now, await people_in_cases(connection, keys))
    await spread_holds(connection, now)
    await shuffle_newcomers(connection, now, SHUFFLED_BACK)


def app_role(settings: Settings) -> str:
    return urlsplit(settings.database_url).username or migrate.APP_ROLE


async def refuse_unsafe(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """By what holds on this very connection: a role and a database can have settings of their
    own."""
    found = await connection.fetch(
        "SELECT name, setting, source, current_user AS role, current_database() AS database"
        " FROM pg_settings WHERE name = ANY($1)",
        NEEDED_ON,
    )
    for name, setting, source, role, database in found:
        if setting == "off":
            mend = UNDO.get(source, "turn it on and restart the database")
            mend = mend.format(name=name, role=role, database=database)
            raise UnsafeDatabase(f"{name} is off for {role}: {UnsafeDatabase.__doc__} {mend}")


def connections(workers: int) -> int:
    """That the service may need at once."""
    return workers * sum(POOLS.values()) + BESIDE


async def room(connection: asyncpg.Connection[asyncpg.Record]) -> tuple[int, str]:
    """Connections that this account can get, and the name of what bounds them."""
    row = await connection.fetchrow(ROOM)
    assert row is not None  # noqa: S101  for the type checker
    bounds = [(row["most"] - row["reserved"], "max_connections")]
    if row["of_role"] >= 0:
        bounds.append((row["of_role"], "the CONNECTION LIMIT of its role"))
    if row["of_database"] >= 0:
        bounds.append((row["of_database"], "the CONNECTION LIMIT of its database"))
    return min(bounds)


async def refuse_too_few_connections(settings: Settings) -> None:
    """Else a worker would find out at the busiest moment."""
    async with _connected(settings.database_url) as connection:
        found, bound = await room(connection)
    wanted = connections(settings.workers)
    if found < wanted:
        raise TooFewConnections(
            f"CHOT_WORKERS={settings.workers} may open {wanted} connections, but {bound} leaves"
            f" {found}: raise it by {wanted - found}, or start fewer workers"
        )
