"""The command line of Chốt."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import signal
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from getpass import getpass
from pathlib import Path
from typing import Any, TypeAlias, get_args

import database
import doctor
from accounts import queries
from accounts.keydir import open_keys
from accounts.model import Grant, Role
from accounts.password import MINIMUM, hash_password
from accounts.tokens import DeviceTokens
from checkin import import_visits as visits
from checkin import retention, retention_report, visit_report
from checkin import verify as acknowledged
from checkin.pseudonym import ServiceDays
from checkin.visit_rows import ImportRefused
from demo import start
from kit.errors import Problem
from kit.page import LANGUAGES
from kit.postgres_home import PostgresTrouble
from kit.table import Encoding, TableUnreadable
from serving import run_server
from settings import BadSetting, Settings, read_settings
from tracing.break_glass import Order, TraceRefused, break_glass
from tracing.case import Purpose
from tracing.queries_retention import case_files_left, people_in_cases
from venues import load
from venues.report import lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="chot", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (
        add_serve,
        add_demo,
        add_doctor,
        add_admin,
        add_import,
        add_trace,
        add_verify,
        add_retention,
    ):
        add(commands)
    options = parser.parse_args(arguments)
    end_as_by_ctrl_c()
    try:
        status: int = options.run(options, read_settings())
    except (BadSetting, PostgresTrouble, database.AlreadyRunning) as wrong:
        print(f"chot: {wrong}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        say("chot: stopped")
        return 130
    return status


def end_as_by_ctrl_c() -> None:
    """A closed terminal and a plain kill would else end this process alone and leave the database
    server behind."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # nohup has it ignored, and means it
            signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


Commands: TypeAlias = Any  # argparse exports no name for what add_subparsers returns


def add_serve(commands: Commands) -> None:
    parser = commands.add_parser(
        "serve", help="start the service (and its own database, if none is given)"
    )
    parser.add_argument("--workers", type=int, help="processes that answer requests")
    parser.set_defaults(run=serve)


def serve(options: argparse.Namespace, settings: Settings) -> int:
    if options.workers:
        settings = replace(settings, workers=options.workers)
    with database.opened(settings, say, alone=True) as opened:
        for name in asyncio.run(database.prepare(opened, datetime.now(UTC))):
            say(f"migrated {name}")
        run_server(opened)
    return 0


def add_demo(commands: Commands) -> None:
    parser = commands.add_parser(
        "demo", help="start an invented city with an outbreak to trace, and open log-ins"
    )
    parser.add_argument("--lan", action="store_true", help="https for phones on the same network")
    parser.add_argument("--port", type=int, help="instead of 8000, with --lan 8443")
    parser.add_argument("--seed", type=int, default=2021, help="of another city, when it is made")
    parser.add_argument("--people", type=int, default=30_000, help="who live there, from 100 on")
    parser.add_argument(
        "--tied", type=int, metavar="PID", help="end with the process that started this, as make is"
    )
    parser.set_defaults(run=demo)


def demo(options: argparse.Namespace, _: Settings) -> int:
    if options.people < start.FEWEST:
        raise BadSetting(f"--people {options.people}: at least {start.FEWEST} are needed")
    if options.tied:
        start.end_with(options.tied)
    settings = start.demo_settings(os.environ, lan=options.lan, port=options.port)
    start.run(settings, seed=options.seed, people=options.people, lan=options.lan, say=say)
    return 0


def add_doctor(commands: Commands) -> None:
    parser = commands.add_parser("doctor", help="what is wrong, and how to mend it")
    parser.set_defaults(run=examine)


def examine(options: argparse.Namespace, settings: Settings) -> int:
    with database.opened(settings, say) as opened:
        return asyncio.run(_examine(opened))


async def _examine(settings: Settings) -> int:
    status = 0
    async for finding in doctor.examine(settings):
        print(f"{'✗' if finding.mend else '✓'} {finding.what}")
        if finding.mend:
            print(f"  → {finding.mend}")
            status = 1
    return status


def add_admin(commands: Commands) -> None:
    parser = commands.add_parser("admin", help="add a staff account with a role in a scope")
    parser.add_argument("login")
    parser.add_argument("--name", required=True)
    parser.add_argument("--role", choices=[role.value for role in Role], required=True)
    scope = parser.add_mutually_exclusive_group(required=True)
    scope.add_argument(
        "--area", help="path of a province, district or ward ('2025/92/'); '' for all"
    )
    scope.add_argument("--organisation", type=int, help="its number")
    scope.add_argument("--venue", type=int, help="its number")
    parser.set_defaults(run=admin)


def admin(options: argparse.Namespace, settings: Settings) -> int:
    password = os.environ.get("STAFF_PASSWORD") or (
        getpass("Password: ") if sys.stdin.isatty() else secrets.token_urlsafe(12)
    )
    if len(password) < MINIMUM:
        say(f"chot: a password has at least {MINIMUM} characters")
        return 2
    grant = Grant(
        role=Role(options.role),
        organisation_id=options.organisation,
        venue_id=options.venue,
        area=options.area,
    )
    with database.opened(settings, say) as opened:
        added = asyncio.run(_add_staff(opened, options, password, grant))
    say(f"added {options.login}" if added else f"chot: there is an account {options.login} already")
    if added and not sys.stdin.isatty() and "STAFF_PASSWORD" not in os.environ:
        print(password)
    return 0 if added else 1


async def _add_staff(
    settings: Settings, options: argparse.Namespace, password: str, grant: Grant
) -> bool:
    now = datetime.now(UTC)
    await database.prepare(settings, now)
    async with database.owner(settings) as db, db.transaction():
        login = options.login.strip().lower()
        staff_id = await queries.add_staff(
            db, login, options.name, hash_password(password), False, now
        )
        if staff_id is not None:
            await queries.add_grant(db, staff_id, grant, now)
    return staff_id is not None


def add_import(commands: Commands) -> None:
    parser = commands.add_parser("import", help="take in lists made elsewhere, as CSV or XLSX")
    lists = parser.add_subparsers(dest="list", required=True, metavar="LIST")
    for add in (add_import_venues, add_import_visits):
        add(lists)


def add_import_venues(lists: Commands) -> None:
    parser = lists.add_parser("venues", help="venues, each with a first checkpoint and its code")
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--organisation", default="", metavar="NAME", help="of the rows that name none"
    )
    parser.set_defaults(run=import_venues)


def import_venues(options: argparse.Namespace, settings: Settings) -> int:
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
    parser.add_argument("file", type=Path)
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
    async with database.owner(settings) as db, database.owner(settings) as days_db:
        target = visits.Target(db=db, days_db=days_db, days=days, keys=keys)
        return await visits.import_visits(target, wanted, say)


def add_trace(commands: Commands) -> None:
    parser = commands.add_parser(
        "trace", help="the operator's own trace of one person, recorded before it begins"
    )
    person = parser.add_mutually_exclusive_group(required=True)
    person.add_argument("--phone", default="")
    person.add_argument("--document", default="", help="CCCD, CMND, health insurance, passport")
    day = parser.add_mutually_exclusive_group(required=True)
    day.add_argument("--onset", type=date.fromisoformat, help="first day of symptoms, 2021-07-10")
    day.add_argument("--sampled", type=date.fromisoformat, help="of the sample, without symptoms")
    parser.add_argument(
        "--isolated", type=datetime.fromisoformat, help="since when, 2021-07-11T12:00+07:00"
    )
    parser.add_argument("--policy", required=True, help="name of a policy, vn-3638")
    parser.add_argument("--max-tier", type=int, default=1, help="1, for F1, is what there is")
    parser.add_argument("--purpose", choices=[one.value for one in Purpose], required=True)
    parser.add_argument("--language", choices=LANGUAGES, default="vi")
    parser.add_argument("--output", type=Path, required=True, help="a CSV file not there yet")
    parser.set_defaults(run=trace)


def trace(options: argparse.Namespace, settings: Settings) -> int:
    if options.max_tier != 1:
        raise BadSetting(f"--max-tier {options.max_tier}: only F1 is traced so far, so say 1")
    isolated = options.isolated
    if isolated and isolated.tzinfo is None:
        isolated = isolated.replace(tzinfo=settings.zone)
    order = Order(
        phone=options.phone,
        document=options.document,
        onset=options.onset,
        sampled=options.sampled,
        isolated=isolated,
        policy=options.policy,
        purpose=Purpose(options.purpose),
        output=options.output,
        language=options.language,
    )
    try:
        with database.opened(settings, say) as opened:
            count = asyncio.run(break_glass(opened, order, datetime.now(UTC)))
    except (TraceRefused, Problem) as wrong:
        say(f"chot: {wrong}")
        return 2
    say(f"{count} people in {options.output}; the audit says who asked and why")
    return 0


def add_verify(commands: Commands) -> None:
    parser = commands.add_parser(
        "verify", help="hold acknowledged scans, as a load test wrote them, against the database"
    )
    parser.add_argument("file", type=Path, help='lines of {"token", "at", "way", "code"}')
    parser.set_defaults(run=verify)


def verify(options: argparse.Namespace, settings: Settings) -> int:
    try:
        with options.file.open("rb") as lines, database.opened(settings, say) as opened:
            found = asyncio.run(_verify(opened, lines))
    except OSError as wrong:
        say(f"chot: {wrong}")
        return 2
    print(*found.lines(), sep="\n")
    return 0 if found.whole else 1


async def _verify(settings: Settings, lines: Iterable[bytes]) -> acknowledged.Reconciled:
    keys = open_keys(settings.key_dir)
    tokens, days = DeviceTokens(keys.tokens), ServiceDays(keys.days, settings.zone)
    async with database.owner(settings) as db:
        return await acknowledged.reconcile(db, lines, tokens, days)


def add_retention(commands: Commands) -> None:
    parser = commands.add_parser("retention", help="what is kept, and what is past its time")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    acts.add_parser("status", help="what is left of each kind of record; 1 where some is past")
    acts.add_parser("clean", help="do now what the service does by itself every night")
    parser.set_defaults(run=retain)


def retain(options: argparse.Namespace, settings: Settings) -> int:
    with database.opened(settings, say) as opened:
        if options.act == "clean":
            return asyncio.run(_clean(opened, datetime.now(UTC)))
        return asyncio.run(_retention_status(opened, datetime.now(UTC)))


async def _clean(settings: Settings, now: datetime) -> int:
    if settings.archive:
        say("chot: CHOT_ARCHIVE=1 keeps everything")
        return 2
    days = ServiceDays(open_keys(settings.key_dir).days, settings.zone)
    async with database.owner(settings) as db:
        await database.keep(db, settings, now)
        await retention.forget_people(db, days, now, await people_in_cases(db))
    return 0


async def _retention_status(settings: Settings, now: datetime) -> int:
    days = ServiceDays(open_keys(settings.key_dir).days, settings.zone)
    kept_days = None if settings.archive else settings.retention_days
    async with database.owner(settings) as db:
        by_day = await retention.left_days(db, days, now, kept_days)
        kinds = await retention.left(db, days, now, await people_in_cases(db))
        kinds.append(await case_files_left(db, now))
    print(*retention_report.lines(by_day, kinds), sep="\n")
    past = any(day.past for day in by_day) or any(kind.past for kind in kinds)
    return 1 if past and not settings.archive else 0


if __name__ == "__main__":
    sys.exit(main())
