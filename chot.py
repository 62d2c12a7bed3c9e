"""The command line of Chốt."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from commands import admin, bundle, demo, doctor, imports, retention, serve, trace, verify
from commands.terminal import say
from database import AlreadyRunning
from kit.postgres_home import PostgresTrouble
from settings import BadSetting, read_settings


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="chot", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for group in (serve, demo, doctor, admin, imports, trace, bundle, verify, retention):
        group.add(commands)
    options = parser.parse_args(arguments)
    end_as_by_ctrl_c()
    try:
        status: int = options.run(options, read_settings())
    except (BadSetting, PostgresTrouble, AlreadyRunning) as wrong:
        say(f"chot: {wrong}")
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


if __name__ == "__main__":
    sys.exit(main())
