"""The operator's own trace of one person."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import database
from commands.terminal import Commands, say
from kit.errors import Problem
from kit.page import LANGUAGES
from kit.progress import Progress
from settings import Settings
from tracing.break_glass import Order, TraceRefused, break_glass
from tracing.case import Purpose


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "trace", help="the operator's own trace of one person, recorded before it begins"
    )
    person = parser.add_mutually_exclusive_group(required=True)
    person.add_argument("--phone", default="")
    person.add_argument("--document", default="", help="CCCD, CMND, health insurance, passport")
    day = parser.add_mutually_exclusive_group(required=True)
    day.add_argument("--onset", type=day_of, help="first day of symptoms, 10/07/2021 or 2021-07-10")
    day.add_argument("--sampled", type=day_of, help="of the sample, without symptoms")
    parser.add_argument(
        "--isolated", type=datetime.fromisoformat, help="since when, 2021-07-11T12:00+07:00"
    )
    parser.add_argument("--policy", required=True, help="name of a policy, vn-3638")
    parser.add_argument(
        "--max-tier",
        type=int,
        default=1,
        help="how far: 2 for F1 and F2, at most what the policy names",
    )
    parser.add_argument("--purpose", choices=[one.value for one in Purpose], required=True)
    parser.add_argument("--language", choices=LANGUAGES, default="vi")
    parser.add_argument("--output", type=Path, required=True, help="a CSV file not there yet")
    parser.set_defaults(run=trace)


class Bars:
    """How far the reading of each tier has come."""

    def __init__(self) -> None:
        self._bars: dict[int, Progress] = {}

    def __call__(self, tier: int, done: int, total: int) -> None:
        bar = self._bars.setdefault(tier, Progress(f"F{tier}", total))
        bar.advance()
        if done == total:
            bar.finish()


def day_of(text: str) -> date:
    """As it is written in Vietnam, or as computers do."""
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        with suppress(ValueError):
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
    raise argparse.ArgumentTypeError(f"{text!r} is no day: write 10/07/2021 or 2021-07-10")


def trace(options: argparse.Namespace, settings: Settings) -> int:
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
        max_tier=options.max_tier,
        language=options.language,
    )
    try:
        with database.opened(settings, say) as opened:
            found = asyncio.run(break_glass(opened, order, datetime.now(UTC), Bars()))
    except (TraceRefused, Problem) as wrong:
        say(f"chot: {wrong}")
        return 2
    say(f"{found.count} people in {options.output}; the audit says who asked and why")
    say(found.coverage)
    if not found.count and not found.complete:
        say("chot: this is no all-clear: of the days that are missing nothing is known")
        return 1
    return 0
