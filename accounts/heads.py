"""The head of the audit chain, noted outside the database: rows cut off at its end leave no gap
there, and whoever owns the database can set its own head back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from accounts import queries
from kit.db import Connection

NAME = "audit.heads"  # in the key directory: a line an hour, of a number and a MAC


async def note(db: Connection, folder: Path) -> None:
    """Appended, where it is another than before."""
    head = await db.fetchrow(queries.AUDIT_HEAD)
    assert head is not None  # noqa: S101  the migration made the one row
    line, path = f"{head['seq']} {head['mac'].hex()}\n", folder / NAME
    if head["seq"] and not (path.exists() and path.read_text().endswith("\n" + line)):
        _append(path, "\n" + line)  # on a line of its own, even behind one that was cut


def _append(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def noted(folder: Path) -> Mapping[int, bytes]:
    """The MAC of each row that was once the last. The first that was noted counts: a chain that
    was cut and went on has others."""
    found: dict[int, bytes] = {}
    path = folder / NAME
    for line in path.read_text().splitlines() if path.exists() else ():
        seq, _, mac = line.partition(" ")
        if seq.isdecimal() and len(mac) == 64:
            found.setdefault(int(seq), bytes.fromhex(mac))
    return found
