"""People who scan as fast as they are answered, in a process of its own; a scan that gets no answer
is sent again with the same body, as phones do.

`python -m tests.faults.load` reads its tokens, says «ready», scans until it gets a line or the end
of its input, sends again what is still unanswered, and prints what it saw as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

READ_SECONDS = 20.0  # beyond every deadline the service promises
PAUSE = 0.05
GIVE_UP = 60.0  # for what is unanswered at the end


@dataclass(slots=True)
class Scan:
    token: str
    at: str


@dataclass(slots=True)
class Seen:
    """What happened; `trace` has a row a request: begin, end (monotonic), status or 0."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0  # requests whose connection went away or that were never answered
    without_retry_after: int = 0  # among 503
    most_unanswered: int = 0
    given_up: int = 0
    trace: list[tuple[float, float, int]] = field(default_factory=list)


class Crowd:
    def __init__(self, options: argparse.Namespace, file: IO[str]) -> None:
        self.options = options
        self.file = file
        self.tokens = itertools.cycle(Path(options.tokens).read_text().split())
        self.again: deque[Scan] = deque()
        self.seen = Seen()
        self.stopping = False
        self.give_up_at = float("inf")
        self.under_way = 0
        self.begun = time.monotonic()
        self.sent = itertools.count()

    def stop(self) -> None:
        self.stopping = True
        self.give_up_at = time.monotonic() + GIVE_UP

    def next(self) -> Scan | None:
        if self.again:
            return self.again.popleft()
        if self.stopping:
            return None
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        return Scan(next(self.tokens), now)

    async def phone(self) -> None:
        """One connection, made anew when it breaks."""
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while True:
            await self.pace()
            scan = self.next()
            if scan is None:
                if self.under_way == 0 or time.monotonic() > self.give_up_at:
                    break
                await asyncio.sleep(PAUSE)
                continue
            begun, status, after = time.monotonic(), 0, ""
            self.under_way += 1
            try:
                if streams is None:
                    streams = await asyncio.open_connection("127.0.0.1", self.options.port)
                status, after = await asyncio.wait_for(
                    exchange(*streams, self.request(scan)), READ_SECONDS
                )
            except (OSError, EOFError, TimeoutError, ValueError, asyncio.IncompleteReadError):
                if streams:
                    streams[1].close()
                streams = None
            self.under_way -= 1
            self.note(scan, begun, status, after)
            if status not in (200, 201) and not self.options.once:
                await asyncio.sleep(PAUSE)
        if streams:
            streams[1].close()

    async def pace(self) -> None:
        if self.options.rate and not self.stopping:
            due = self.begun + next(self.sent) / self.options.rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def request(self, scan: Scan) -> bytes:
        body = json.dumps({"code": self.options.code, "at": scan.at})
        head = (
            "POST /v1/check-ins HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {scan.token}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return (head + body).encode()

    def note(self, scan: Scan, begun: float, status: int, after: str) -> None:
        seen = self.seen
        seen.statuses[status] += 1
        seen.trace.append((begun, time.monotonic(), status))
        if status == 503 and not after.isdigit():
            seen.without_retry_after += 1
        answered = status in (200, 201)
        if not answered:
            seen.broken += status == 0
            seen.most_unanswered = max(seen.most_unanswered, self.under_way + len(self.again) + 1)
            may_retry = not self.options.once and status in (0, 503)
            if may_retry and time.monotonic() < self.give_up_at:
                self.again.append(scan)
            else:
                seen.given_up += 1
        line = {"token": scan.token, "at": scan.at, "way": "in", "code": self.options.code}
        self.file.write(json.dumps(line if answered else line | {"answered": False}) + "\n")


async def exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, str]:
    """(status, Retry-After)"""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    first, *lines = head.split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    await reader.readexactly(int(fields.get("content-length", "0")))
    if fields.get("connection") == "close":
        writer.close()
    return int(first.split()[1]), fields.get("retry-after", "")


async def main(options: argparse.Namespace) -> None:
    with open(options.file, "w", buffering=1, encoding="utf-8") as file:
        crowd = Crowd(options, file)
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin.fileno(), stop, crowd)
        print("ready", flush=True)
        await asyncio.gather(*(crowd.phone() for _ in range(options.phones)))
    seen = crowd.seen
    if options.trace:
        rows = (f"{begun:.4f} {ended:.4f} {status}\n" for begun, ended, status in seen.trace)
        Path(options.trace).write_text("".join(rows))
    told = {
        "statuses": {str(status): count for status, count in sorted(seen.statuses.items())},
        "broken": seen.broken,
        "without_retry_after": seen.without_retry_after,
        "most_unanswered": seen.most_unanswered,
        "given_up": seen.given_up,
    }
    print(json.dumps(told), flush=True)


def stop(crowd: Crowd) -> None:
    asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
    crowd.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--code", required=True)
    parser.add_argument("--tokens", required=True)
    parser.add_argument("--file", required=True, help="where answered and unanswered scans go")
    parser.add_argument("--trace", help="where begin, end and status of each request go")
    parser.add_argument("--phones", type=int, default=64)
    parser.add_argument("--rate", type=float, help="scans a second; else as fast as answered")
    parser.add_argument("--once", action="store_true", help="nothing is sent again")
    asyncio.run(main(parser.parse_args()))
