"""Staff accounts, by whoever holds the machine."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
from datetime import UTC, datetime
from getpass import getpass

import database
from accounts import queries
from accounts.model import Grant, Role
from accounts.password import MINIMUM, hash_password
from commands.terminal import Commands, say
from settings import Settings


def add(commands: Commands) -> None:
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
