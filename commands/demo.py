"""An invented city with an outbreak to trace."""

from __future__ import annotations

import argparse
import os

from commands.terminal import Commands, say
from demo import start
from demo.crowd import SCANS
from kit.orphan import end_with
from settings import BadSetting, Settings


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "demo", help="start an invented city with an outbreak to trace, and open log-ins"
    )
    parser.add_argument("--lan", action="store_true", help="https for phones on the same network")
    parser.add_argument("--port", type=int, help="instead of 8000, with --lan 8443")
    parser.add_argument("--seed", type=int, default=2021, help="of another city, when it is made")
    parser.add_argument("--people", type=int, default=30_000, help="who live there, from 100 on")
    parser.add_argument(
        "--scale",
        choices=("small", "city"),
        default="small",
        help="city: 1.2 million people and 28 days, about 60 million scans and 20 GB",
    )
    parser.add_argument(
        "--scans", type=int, help="of a city, about so many; fewer people live there"
    )
    parser.add_argument(
        "--tied", type=int, metavar="PID", help="end with the process that started this, as make is"
    )
    parser.set_defaults(run=demo)


def demo(options: argparse.Namespace, _: Settings) -> int:
    if options.people < start.FEWEST:
        raise BadSetting(f"--people {options.people}: at least {start.FEWEST} are needed")
    if options.tied:
        end_with(options.tied)
    whole = options.scale == "city"
    scans = (options.scans or SCANS) if whole else None
    settings = start.demo_settings(os.environ, lan=options.lan, port=options.port, whole=whole)
    start.run(
        settings, seed=options.seed, people=options.people, scans=scans, lan=options.lan, say=say
    )
    return 0
