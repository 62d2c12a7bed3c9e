"""Service days made and destroyed: the key first, then the partition, both steps repeatable.

Runs as the owner role at start and hourly; one process at a time, under a lock of the database.
"""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from typing import TypeAlias

import asyncpg

from checkin import queries_days
from checkin.pseudonym import DAYS_AHEAD, ServiceDays

log = logging.getLogger("chot.days")

LOCK = 0x64617973
# Share of a day's scans that a trace may have to look up in the table, since no vacuum has seen
# them yet: of the others, the index tells everything. PostgreSQL's own is a fifth.
UNVACUUMED = 0.05
Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def keep_days(owner: Owner, days: ServiceDays, now: datetime, kept_days: int | None) -> None:
    """Makes the days from three back (late uploads) to 14 ahead; destroys those past `kept_days`
    (None: none)."""
    today = days.day(now)
    async with owner.transaction():
        await owner.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        await make_days(owner, days, today - timedelta(days=3), today + timedelta(days=DAYS_AHEAD))
    if kept_days is not None:
        await destroy_days(owner, days, today - timedelta(days=kept_days))


async def make_days(owner: Owner, days: ServiceDays, first: date, last: date) -> None:
    present = await partitions(owner)
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        if not days.readable(day):
            days.make(day)
        if day not in present:
            start, end = days.bounds(day)
            await owner.execute(
                f"CREATE TABLE IF NOT EXISTS {partition_name(day)} PARTITION OF scan "
                f"FOR VALUES FROM ('{start.isoformat()}') TO ('{end.isoformat()}') "
                f"WITH (autovacuum_vacuum_insert_scale_factor = {UNVACUUMED})"
            )


async def destroy_days(owner: Owner, days: ServiceDays, before: date) -> list[date]:
    """Days destroyed now. The key goes first: from then on the day is unreadable in every backup
    too. A partition
    that a scan holds locked is left for the next hour, so that scans never wait."""
    for day in days.known():
        if day < before:
            days.destroy(day)
    gone = []
    for day in await partitions(owner):
        if day >= before:
            continue
        start, end = days.bounds(day)
        try:
            async with owner.transaction():
                await owner.execute("SET LOCAL lock_timeout = '2s'")
                await owner.execute(f"DROP TABLE {partition_name(day)}")
                await owner.execute("DELETE FROM amendment WHERE at >= $1 AND at < $2", start, end)
                await owner.execute("DELETE FROM footfall WHERE day = $1", day)
        except asyncpg.LockNotAvailableError:
            log.warning("%s is in use; its partition is dropped in an hour, its key is gone", day)
        else:
            gone.append(day)
    return gone


async def partitions(owner: Owner) -> list[date]:
    """The days that have a partition, oldest first."""
    rows = await owner.fetch(queries_days.PARTITIONS)
    return [queries_days.day_of(row["relname"]) for row in rows]


def partition_name(day: date) -> str:
    return f"scan_{day:%Y%m%d}"
