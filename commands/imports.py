"""Lists made elsewhere, as CSV or XLSX."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import get_args

import database
from accounts.keydir import open_keys
from checkin import import_visits as visits
from checkin import visit_report
from checkin.pseudonym import ServiceDays
from checkin.visit_rows import ImportRefused
from checkin.visit_sample import sample
from commands.terminal import Commands, say
from kit.table import Encoding, TableUnreadable
from settings import Settings
from venues import load
from venues.report import lines


def add(commands: Commands) -> None:
    parser = commands.add_parser("import", help="take in lists made elsewhere, as CSV or XLSX")
    lists = parser.add_subparsers(dest="list", required=True, metavar="LIST")
    for add_list in (add_import_venues, add_import_visits):
        add_list(lists)


def _add_file(parser: argparse.ArgumentParser) -> None:
    given = parser.add_mutually_exclusive_group(required=True)
    given.add_argument("file", type=Path, nargs="?", help="docs/imports.md says what it may hold")
    given.add_argument("--sample", action="store_true", help="print a file to fill in, and end")


def add_import_venues(lists: Commands) -> None:
    parser = lists.add_parser("venues", help="venues, each with a first checkpoint and its code")
    _add_file(parser)
    parser.add_argument(
        "--organisation", default="", metavar="NAME", help="of the rows that name none"
    )
    parser.set_defaults(run=import_venues)


def import_venues(options: argparse.Namespace, settings: Settings) -> int:
    if options.sample:
        print(load.SAMPLE.read_text(encoding="utf-8"), end="")
        return 0
    try:
        reading = load.read(options.file, options.file.name, options.organisation)
    except (OSError, TableUnreadable) as wrong:
        say(f"chot: {wrong}")
        return 1
    with database.opened(settings, say) as opened:
        report = asyncio.run(_import_venues(opened, reading))
    print(*lines(report), sep="\n")
    return 0


async def _import_venues(settings: Settings, reading: load.Reading) -> load.Report:
    now = datetime.now(UTC)
    await database.prepare(settings, now)
    keys = open_keys(settings.key_dir)
    async with database.owner(settings) as db, db.transaction():
        return await load.import_all(db, keys, reading, now)


def add_import_visits(lists: Commands) -> None:
    parser = lists.add_parser("visits", help="visits of the past, as another system kept them")
    _add_file(parser)
    parser.add_argument("--bad-rows", type=Path, metavar="FILE", help="else beside the file")
    parser.add_argument(
        "--encoding", choices=get_args(Encoding), help="else by the file's first bytes"
    )
    parser.add_argument("--create-venues", action="store_true", help="those that are not known yet")
    parser.add_argument(
        "--organisation", default="Nhập dữ liệu", metavar="NAME", help="whose they become"
    )
    parser.add_argument("--archive", action="store_true", help="for research: visits of any age")
    parser.set_defaults(run=import_visits)


def import_visits(options: argparse.Namespace, settings: Settings) -> int:
    if options.sample:
        print(sample(datetime.now(settings.zone)), end="")
        return 0
    if options.archive and not settings.archive:
        say("chot: --archive needs CHOT_ARCHIVE=1, now and whenever the service runs on this")
        say("database: else its next hourly cleaning deletes what is older than the retention")
        return 2
    wanted = visits.Wanted(
        path=options.file,
        bad_rows=options.bad_rows or options.file.with_name(f"{options.file.stem}.bad.csv"),
        encoding=options.encoding,
        kept_days=None if settings.archive else settings.retention_days,
        owner=options.organisation if options.create_venues else None,
        now=datetime.now(UTC),
    )
    try:
        with database.opened(settings, say) as opened:
            report = asyncio.run(_import_visits(opened, wanted))
    except (OSError, TableUnreadable, ImportRefused) as wrong:
        say(f"chot: nothing was stored: {wrong}")
        return 2
    print(*visit_report.lines(report, wanted.kept_days, wanted.bad_rows), sep="\n")
    return 0 if report.complete else 1


async def _import_visits(settings: Settings, wanted: visits.Wanted) -> visit_report.Report:
    await database.prepare(settings, wanted.now)
    keys = open_keys(settings.key_dir)
    days = ServiceDays(keys.days, settings.zone)
    owner = partial(database.owner, settings)
    async with owner() as db, owner() as more_db, owner() as people_db, owner() as days_db:
        target = visits.Target(
            db=db, more_db=more_db, people_db=people_db, days_db=days_db, days=days, keys=keys
        )
        return await visits.import_visits(target, wanted, say)
