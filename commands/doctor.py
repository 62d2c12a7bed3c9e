"""What is wrong, and how to mend it."""

from __future__ import annotations

import argparse
import asyncio

import database
import doctor
from commands.terminal import Commands, say
from settings import Settings


def add(commands: Commands) -> None:
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
