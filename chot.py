"""The command line of Chốt."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import secrets
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from getpass import getpass
from typing import Any, TypeAlias

import uvicorn

import database
from accounts import queries
from accounts.model import Grant, Role
from accounts.password import MINIMUM, hash_password
from kit.postgres_home import PostgresTrouble
from settings import NAMES, BadSetting, Settings, read_settings

HOUR = 3600


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="chot", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (add_serve, add_admin):
        add(commands)
    options = parser.parse_args(arguments)
    try:
        status: int = options.run(options, read_settings())
    except (BadSetting, PostgresTrouble, database.AlreadyRunning) as wrong:
        print(f"chot: {wrong}", file=sys.stderr)
        return 2
    return status


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


def run_server(settings: Settings, **tls: str) -> None:
    """Until a signal ends it. The owner's address stays in this process: a thread keeps the days
    with it."""
    os.environ.update(environment(settings))
    os.environ.pop("DATABASE_OWNER_URL", None)
    ended = threading.Event()
    keeper = threading.Thread(target=keep_days, args=(settings, ended), daemon=True)
    keeper.start()
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        uvicorn.run(
            "app:from_environment",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=10,
            ssl_certfile=tls.get("certificate"),
            ssl_keyfile=tls.get("key"),
        )
    except KeyboardInterrupt:
        pass
    finally:
        ended.set()
        keeper.join(timeout=10)


def environment(settings: Settings) -> dict[str, str]:
    """The settings as the workers read them again."""
    hours, minutes = divmod(abs(settings.utc_offset_minutes), 60)
    sign = "-" if settings.utc_offset_minutes < 0 else "+"
    found = {NAMES[field]: str(getattr(settings, field)) for field in NAMES}
    found |= {"CHOT_UTC_OFFSET": f"{sign}{hours:02}:{minutes:02}"}
    found |= {NAMES[f]: str(int(getattr(settings, f))) for f in ("archive", "demo")}
    return found


def keep_days(settings: Settings, ended: threading.Event) -> None:
    """Hourly, so that a day is never missing; a failure is an alarm in the log and is tried
    again."""
    while not ended.wait(HOUR):
        try:
            asyncio.run(_days_ahead(settings))
        except Exception:
            logging.getLogger("chot.days").exception("the days ahead could not be made")


async def _days_ahead(settings: Settings) -> None:
    async with database.owner(settings) as connection:
        await database.days_ahead(connection, settings, datetime.now(UTC))


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
    password = os.environ.get("CHOT_PASSWORD") or (
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
    if added and not sys.stdin.isatty() and "CHOT_PASSWORD" not in os.environ:
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


if __name__ == "__main__":
    sys.exit(main())
