"""The log's lines, and what never gets into one."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest

from kit import log
from kit.log import Answered, Lines

SECRET = "0987654321"
SCAN = Answered(
    at=1626757200.9,
    request="ab12",
    method="POST",
    route="POST /v1/check-ins",
    status=201,
    seconds=0.00123,
    problem="",
)


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    return Lines(stream)


@pytest.fixture
def logger(lines: Lines) -> Iterator[logging.Logger]:
    found = logging.getLogger("chot.test")
    found.addHandler(lines)
    found.propagate = False
    yield found
    found.removeHandler(lines)


def written(lines: Lines, stream: io.StringIO) -> list[dict[str, Any]]:
    lines.flush()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line(lines: Lines, stream: io.StringIO) -> None:
    lines.answered(SCAN)
    lines.answered(SCAN._replace(status=422, problem="clock-wrong"))

    first, second = written(lines, stream)
    assert first == {
        "at": "2021-07-20T05:00:00Z",  # whole seconds
        "level": "info",
        "request": "ab12",
        "method": "POST",
        "route": "/v1/check-ins",
        "status": 201,
        "ms": 1.2,
    }
    assert second["problem"] == "clock-wrong"


def test_an_exception_is_told_by_class_and_place_and_not_by_its_text(
    lines: Lines, stream: io.StringIO, logger: logging.Logger
) -> None:
    try:
        try:
            int(f"no number {SECRET}")
        except ValueError as wrong:
            raise KeyError(SECRET) from wrong
    except KeyError:
        logger.exception("unexpected", extra={"request": "ab12"})

    (line,) = written(lines, stream)
    assert (line["error"], line["because"]["error"]) == ("KeyError", "ValueError")
    assert line["request"] == "ab12"
    assert "tests/test_kit_log.py" in line["where"][0]
    assert SECRET not in stream.getvalue()


def test_an_endless_recursion_is_told_by_its_ends(
    lines: Lines, stream: io.StringIO, logger: logging.Logger
) -> None:
    def deeper(left: int) -> None:
        if left == 0:
            raise RecursionError
        deeper(left - 1)

    try:
        deeper(300)
    except RecursionError:
        logger.exception("unexpected")

    (line,) = written(lines, stream)
    assert len(line["where"]) == log.FRAMES + 1
    assert "test_an_endless_recursion" in line["where"][0]
    assert line["where"][log.FRAMES // 2] == f"{302 - log.FRAMES} more"
    assert "deeper" in line["where"][-1]


@pytest.mark.parametrize(
    ("state", "said"), [("42501", "permission denied for table scan"), ("22P02", None)]
)
def test_the_database_is_quoted_where_it_quotes_nobody(
    lines: Lines, stream: io.StringIO, logger: logging.Logger, state: str, said: str | None
) -> None:
    message = said or f"invalid input syntax for type integer: {SECRET}"
    wrong = asyncpg.PostgresError.new({"C": state, "M": message, "D": f"Row contains {SECRET}"})
    try:
        raise wrong
    except asyncpg.PostgresError:
        logger.exception("the days ahead could not be made")

    (line,) = written(lines, stream)
    assert (line["sqlstate"], line.get("says")) == (state, said)
    assert SECRET not in stream.getvalue()


def test_a_lost_task_does_not_show_what_it_held(lines: Lines, stream: io.StringIO) -> None:
    logging.getLogger("asyncio").addHandler(lines)
    loop = asyncio.new_event_loop()
    try:
        loop.call_exception_handler({"message": "lost", "exception": ValueError(SECRET)})
    finally:
        logging.getLogger("asyncio").removeHandler(lines)
        loop.close()

    (line,) = written(lines, stream)
    assert (line["message"], line["error"]) == ("lost", "ValueError")
    assert SECRET not in stream.getvalue()


def test_nobody_waits_for_a_reader_who_does_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "LONGEST", 10)
    monkeypatch.setattr(log, "PATIENCE", 0.0)
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe:
        stuck = Lines(pipe)
        full = SCAN._replace(request="x" * 1_000_000)  # more than a pipe holds

        # given a thread that hangs in its write
        stuck.answered(full)
        stuck.flush()
        while stuck.waiting():
            os.sched_yield()

        # when ever more comes
        for _ in range(30):
            stuck.answered(SCAN)

        # then it is dropped, and said once somebody reads again
        os.set_blocking(reading, False)
        monkeypatch.setattr(log, "PATIENCE", 30.0)
        received = drained(reading, stuck)
    os.close(reading)

    assert b"20 lines were dropped" in received
    assert received.count(b'"request":"ab12"') == 10


def drained(reading: int, lines: Lines) -> bytes:
    received = b""
    flushing = asyncio.new_event_loop()
    try:
        done = flushing.run_in_executor(None, lines.flush)
        while not done.done():
            flushing.run_until_complete(asyncio.sleep(0))
            try:
                received += os.read(reading, 65536)
            except BlockingIOError:
                continue
    finally:
        flushing.run_until_complete(flushing.shutdown_default_executor())
        flushing.close()
    return received


def test_a_process_starts_its_log_once(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", root.level)

    assert log.start("off") is None
    first = log.start("info")

    assert first is not None
    assert log.start("error") is first
    assert root.level == logging.ERROR
