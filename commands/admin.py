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
from accounts import queries, staff
from accounts.areas import UnknownArea, full_name, is_scope, search
from accounts.keydir import FIRST, open_keys
from accounts.model import Grant, Role
from accounts.password import MINIMUM
from commands.terminal import Commands, say
from settings import BadSetting, Settings

HELP = {
    staff.Act.DISABLE: "log out everywhere, and in nowhere",
    staff.Act.ENABLE: "take that back",
    staff.Act.UNLOCK: "forget the wrong passwords",
    staff.Act.RESET: "a new password; log out everywhere",
}


def add(commands: Commands) -> None:
    parser = commands.add_parser("admin", help="staff accounts: add, list, disable, reset …")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    add_new(acts)
    acts.add_parser("list", help="every account, its roles and state").set_defaults(run=show)
    for act, does in HELP.items():
        changing = acts.add_parser(act.value, help=does)
        changing.add_argument("login")
        changing.set_defaults(run=change)


def add_new(acts: Commands) -> None:
    parser = acts.add_parser("add", help="an account with a role in a scope")
    parser.add_argument("login")
    parser.add_argument("--name", required=True)
    parser.add_argument("--role", choices=[role.value for role in Role], required=True)
    scope = parser.add_mutually_exclusive_group(required=True)
    scope.add_argument(
        "--area", help="path of a province, district or ward ('2025/92/'); '' for all"
    )
    scope.add_argument("--organisation", type=int, help="its number")
    scope.add_argument("--venue", type=int, help="its number")
    parser.set_defaults(run=add_account)


def add_account(options: argparse.Namespace, settings: Settings) -> int:
    if options.area is not None and not is_scope(options.area):
        raise BadSetting(f"--area {options.area!r}: {UnknownArea.__doc__} {_hint(options.area)}")
    password, shown = new_password()
    new = staff.NewStaff(
        login=options.login,
        name=options.name,
        password=password,
        grant=Grant(
            role=Role(options.role),
            organisation_id=options.organisation,
            venue_id=options.venue,
            area=options.area,
        ),
    )
    with database.opened(settings, say) as opened:
        added = asyncio.run(_add(opened, new))
    say(f"added {options.login}" if added else f"chot: there is an account {options.login} already")
    if added and shown:
        print(password)
    return 0 if added else 1


async def _add(settings: Settings, new: staff.NewStaff) -> bool:
    now = datetime.now(UTC)
    await database.prepare(settings, now)
    async with database.owner(settings) as db:
        return await staff.add(db, open_keys(settings.key_dir).audit.key(FIRST), new, now)


def _hint(area: str) -> str:
    """Paths of what was perhaps meant, by its name."""
    found = [f"{one.path!r} {full_name(one.path)}" for one in search(area, limit=3)]
    return f"Perhaps {', or '.join(found)}." if found else "It is like '2025/92/', with a / behind."


def change(options: argparse.Namespace, settings: Settings) -> int:
    act = staff.Act(options.act)
    password, shown = new_password() if act is staff.Act.RESET else ("", False)
    with database.opened(settings, say) as opened:
        changed = asyncio.run(_change(opened, act, options.login, password))
    say(f"{act}: {options.login}" if changed else f"chot: there is no account {options.login}")
    if changed and shown:
        print(password)
    return 0 if changed else 1


async def _change(settings: Settings, act: staff.Act, login: str, password: str) -> bool:
    now = datetime.now(UTC)
    await database.prepare(settings, now)
    async with database.owner(settings) as db:
        key = open_keys(settings.key_dir).audit.key(FIRST)
        return await staff.change(db, key, act, login, now, password)


def show(options: argparse.Namespace, settings: Settings) -> int:
    with database.opened(settings, say) as opened:
        asyncio.run(_show(opened))
    return 0


async def _show(settings: Settings) -> None:
    await database.prepare(settings, datetime.now(UTC))
    async with database.owner(settings) as db:
        for one in await queries.accounts(db):
            state = "disabled" if one.disabled_at else f"{one.failures} wrong passwords"
            print("\t".join([one.login, one.name, "; ".join(one.roles) or "no role", state]))


def new_password() -> tuple[str, bool]:
    """From the environment, else asked for, else made here: then it has to be shown once."""
    given = os.environ.get("STAFF_PASSWORD") or (
        getpass("Password: ") if sys.stdin.isatty() else ""
    )
    password = given or secrets.token_urlsafe(12)
    if len(password) < MINIMUM:
        raise BadSetting(f"a password has at least {MINIMUM} characters")
    return password, not given
