"""A bundle that left a case, held against what it says of itself."""

from __future__ import annotations

import argparse
from pathlib import Path

from commands.terminal import Commands, say
from settings import Settings
from tracing.exports.bundle import BundleDamaged
from tracing.exports.bundle_links import checked


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "check-bundle", help="whether a ZIP of lists is whole: its counts, checksums and numbers"
    )
    parser.add_argument("file", type=Path, help="as it was exported")
    parser.set_defaults(run=check)


def check(options: argparse.Namespace, settings: Settings) -> int:
    try:
        with options.file.open("rb") as file:
            manifest = checked(file)
    except OSError as wrong:
        say(f"chot: {wrong}")
        return 2
    except BundleDamaged as wrong:
        say(f"chot: {options.file}: {wrong}")
        return 1
    for name, value in manifest.about.items():
        say(f"{name}: {value}")
    for one in manifest.files:
        say(f"{one.name}: {one.rows} rows, SHA-256 {one.sha256}")
    say("Whole: every file, row and checksum is there, and every number leads somewhere.")
    return 0
