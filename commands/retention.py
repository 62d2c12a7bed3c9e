"""What is kept, and what is past its time."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime, timedelta

import database
from accounts.keydir import open_keys
from checkin import queries_retention, retention, retention_report
from checkin.pseudonym import ServiceDays
from commands.terminal import Commands, say
from settings import Settings
from tracing.queries_keeper import seen_alerts_left
from tracing.queries_retention import (
    CASE_FILES,
    case_files_left,
    case_files_past,
)
from tracing.retention import people_in_cases


def add(commands: Commands) -> None:
    parser = commands.add_parser("retention", help="what is kept, and what is past its time")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("status", help="what is left of each kind of record; 1 where some is past")
    acts.add_parser("clean", help="do now what the service does by itself every night")
    parser.set_defaults(run=retain)


def retain(options: argparse.Namespace, settings: Settings) -> int:
    with database.opened(settings, say) as opened:
        if options.act == "clean":
            return asyncio.run(clean(opened, datetime.now(UTC)))
        return asyncio.run(status(opened, datetime.now(UTC)))


async def clean(settings: Settings, now: datetime) -> int:
    if settings.archive:
        say("chot: CHOT_ARCHIVE=1 keeps everything")
        return 2
    keys = open_keys(settings.key_dir)
    days = ServiceDays(keys.days, settings.zone)
    async with database.owner(settings) as db:
        await database.keep(db, settings, now)
        await retention.forget_people(db, days, now, await people_in_cases(db, keys))
    return 0


async def status(settings: Settings, now: datetime) -> int:
    keys = open_keys(settings.key_dir)
    days = ServiceDays(keys.days, settings.zone)
    kept_days = None if settings.archive else settings.retention_days
    async with database.owner(settings) as db:
        by_day = await retention.left_days(db, days, now, kept_days)
        kinds = await retention.left(db, days, now, await people_in_cases(db, keys))
        kinds.append(await case_files_left(db, now))
        late = await case_files_past(db, now - CASE_FILES - retention.GRACE)
        holds = await queries_retention.holds_left(db, late)
        kinds.append(retention.Left(what="entry holds", limit=CASE_FILES, **holds))
        limit = timedelta(days=settings.retention_days)
        kinds.append(await seen_alerts_left(db, days.day(now - limit - retention.GRACE), limit))
    print(*retention_report.lines(by_day, kinds), sep="\n")
    past = any(day.past for day in by_day) or any(kind.past for kind in kinds)
    return 1 if past and not settings.archive else 0
