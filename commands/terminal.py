"""What every command says, and to whom."""

from __future__ import annotations

import sys
from typing import Any, TypeAlias

Commands: TypeAlias = Any  # argparse exports no name for what add_subparsers returns


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
