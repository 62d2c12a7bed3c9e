"""The log: one JSON object a line, on standard error.

Nobody who answers requests waits for it: a thread of its own writes what has gathered, and lines
that nobody reads in time are dropped and counted. No text that somebody sent gets into a line: a
request is told by its route, an exception by its class and place.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TextIO, TypeAlias

import asyncpg
import msgspec

GATHER = 0.2  # seconds
LONGEST = 50_000  # lines waiting
PATIENCE = 2.0  # seconds that an end waits for whoever reads the log
FRAMES = 20  # of a traceback; the middle of an endless recursion says nothing new
QUOTING = "22"  # SQLSTATE class whose messages quote the value that was wrong

ENCODER = msgspec.json.Encoder()

LEVELS = {
    "off": logging.CRITICAL + 1,
    "error": logging.ERROR,
    "warning": logging.WARNING,
    "info": logging.INFO,  # one line a request, too
}


class Answered(NamedTuple):
    """One request and its answer."""

    at: float
    request: str
    method: str
    route: str  # 'POST /v1/check-ins', never the path itself; '-' where no route took it
    status: int  # 0: the caller went away before
    seconds: float
    problem: str


Line: TypeAlias = "Answered | dict[str, Any] | threading.Event"


class Lines(logging.Handler):
    """Of one process."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._dropped = 0
        self._stream = stream
        self._waiting: deque[Line] = deque()
        self._wake, self._hurry = threading.Event(), threading.Event()
        threading.Thread(target=self._write, daemon=True, name="log").start()

    def emit(self, record: logging.LogRecord) -> None:
        self._put(_of_record(record))

    def answered(self, answered: Answered) -> None:
        self._put(answered)

    def flush(self) -> None:
        """Returns when all that waits is written, or nobody reads it."""
        written = threading.Event()
        self._waiting.append(written)
        self._wake.set()
        self._hurry.set()
        written.wait(PATIENCE)

    def waiting(self) -> int:
        return len(self._waiting)

    def _put(self, line: Line) -> None:
        if len(self._waiting) >= LONGEST:
            self._dropped += 1
            return
        self._waiting.append(line)
        if not self._wake.is_set():
            self._wake.set()

    def _write(self) -> None:
        while self._wake.wait():
            self._hurry.wait(GATHER)
            self._hurry.clear()
            self._wake.clear()
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            self._write_out(lines)
            for line in lines:
                if isinstance(line, threading.Event):
                    line.set()

    def _write_out(self, lines: list[Line]) -> None:
        facts = [
            line if isinstance(line, dict) else _of_answer(line)
            for line in lines
            if not isinstance(line, threading.Event)
        ]
        if self._dropped:
            facts.append(
                _line("warning", time.time(), message=f"{self._dropped} lines were dropped")
            )
            self._dropped = 0
        with suppress(OSError, ValueError):  # a closed stream: there is nowhere left to say so
            self._stream.write(ENCODER.encode_lines(facts).decode())
            self._stream.flush()


def start(level: str) -> Lines | None:
    """This process logs from now on; once is enough, more do no harm. None: it is off."""
    root = logging.getLogger()
    root.setLevel(LEVELS[level])
    for handler in root.handlers:
        if isinstance(handler, Lines):
            return handler
    if level == "off":
        root.addHandler(logging.NullHandler())
        return None
    lines = Lines(sys.stderr)
    root.addHandler(lines)
    return lines


def _line(level: str, at: float, **facts: Any) -> dict[str, Any]:
    # Whole seconds: a finer time beside a stolen database would say which scan this was.
    return {"at": _second(int(at)), "level": level, **facts}


@lru_cache(maxsize=4)
def _second(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _of_answer(answered: Answered) -> dict[str, Any]:
    facts = _line(
        "info",
        answered.at,
        request=answered.request,
        method=answered.method,
        route=answered.route.rpartition(" ")[2],
        status=answered.status,
        ms=round(answered.seconds * 1000, 1),
    )
    return facts | {"problem": answered.problem} if answered.problem else facts


def _of_record(record: logging.LogRecord) -> dict[str, Any]:
    message = record.getMessage()
    if record.name == "asyncio":  # its further lines show what a task held
        message = message.partition("\n")[0]
    facts = _line(record.levelname.lower(), record.created, logger=record.name, message=message)
    if request := getattr(record, "request", None):
        facts["request"] = request
    wrong = record.exc_info[1] if record.exc_info else None
    return facts | _of_exception(wrong) if wrong else facts


def _of_exception(wrong: BaseException) -> dict[str, Any]:
    """Its text only where it cannot quote what somebody sent: a DETAIL holds the row, a ValueError
    the value."""
    facts: dict[str, Any] = {"error": type(wrong).__name__}
    if isinstance(wrong, asyncpg.PostgresError) and wrong.sqlstate:
        facts["sqlstate"] = wrong.sqlstate
        if not wrong.sqlstate.startswith(QUOTING):
            facts["says"] = str(wrong.args[0])
    elif isinstance(wrong, OSError):
        facts["says"] = str(wrong)
    frames = traceback.extract_tb(wrong.__traceback__)
    where = [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in frames]
    if len(where) > FRAMES:
        where[FRAMES // 2 : -FRAMES // 2] = [f"{len(where) - FRAMES} more"]
    facts["where"] = where
    if cause := wrong.__cause__ or wrong.__context__:
        facts["because"] = _of_exception(cause)
    return facts


def _short(filename: str) -> str:
    return "/".join(Path(filename).parts[-2:])
