"""The service itself."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import database
from commands.terminal import Commands, say
from serving import run_server
from settings import Settings


def add(commands: Commands) -> None:
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
