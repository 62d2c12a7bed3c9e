"""Acknowledged scans against the database."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterable
from pathlib import Path

import database
from accounts.keydir import open_keys
from accounts.tokens import DeviceTokens
from checkin import verify as acknowledged
from checkin.pseudonym import ServiceDays
from checkin.vault import Vault
from commands.terminal import Commands, say
from settings import Settings


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "verify", help="hold acknowledged scans, as a load test wrote them, against the database"
    )
    parser.add_argument(
        "file", type=Path, help='lines of {"token" or "document", "at", "way", "code"}'
    )
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
        return await acknowledged.reconcile(db, lines, tokens, days, Vault(keys))
