"""People who scan as fast as they are answered, or so many a second, in a process of its own; a
scan that gets no answer is sent again with the same body, as phones do.

`python -m tests.faults.load` reads its tokens, says «ready», scans until it gets a line or the end
of its input, sends again what is still unanswered, and prints what it saw as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import json
import os
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import uvloop

from tests.faults.wire import LOST, Answer, Wire, dial, post

READ_SECONDS = 20.0  # beyond every deadline the service promises
PAUSE = 0.05
REDIAL = 0.25  # a service that starts needs the processor more than sixty phones do
GIVE_UP = 60.0  # for what is unanswered at the end
TICK = 0.01
STORED, AGAIN = (200, 201), (0, 503)


@dataclass(slots=True)
class Scan:
    token: str
    at: str


@dataclass(slots=True)
class Seen:
    """What happened; `trace` has a row a request: when it was meant to go, when it went, when it
    was answered (monotonic), the status or 0."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0  # requests whose connection went away or that were never answered
    without_retry_after: int = 0  # among 503
    most_unanswered: int = 0
    given_up: int = 0
    trace: list[tuple[float, float, float, int]] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)  # by how much this loop was late, each TICK


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
        self.good = (*STORED, 503) if options.gullible else STORED

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

    async def all(self) -> None:
        """An open loop begins when everybody is connected: else their first scans would come at
        once."""
        phones, port = range(self.options.phones), self.options.port
        wires = [await dial(port) if self.options.rate else None for _ in phones]
        self.begun = time.monotonic()
        await asyncio.gather(*map(self.phone, wires))

    async def phone(self, wire: Wire | None) -> None:
        """One connection, made anew when it breaks."""
        while True:
            meant = await self.pace()
            scan = self.next()
            if scan is None:
                if self.under_way == 0 or time.monotonic() > self.give_up_at:
                    break
                await asyncio.sleep(PAUSE)
                continue
            begun, answer = time.monotonic(), None
            self.under_way += 1
            try:
                async with asyncio.timeout(READ_SECONDS):
                    if wire is None or wire.closed:
                        wire = await dial(self.options.port)
                    begun = time.monotonic()
                    answer = await wire.ask(self.request(scan))
            except LOST:
                if wire:
                    wire.hang_up()
                wire = None
            self.under_way -= 1
            self.note(scan, (meant or begun, begun, time.monotonic()), answer)
            if answer is None:
                await asyncio.sleep(REDIAL)
            elif answer.status not in STORED and not self.options.once:
                await asyncio.sleep(PAUSE)
        if wire:
            wire.hang_up()

    async def pace(self) -> float:
        """When the next scan is meant to go; 0: at once."""
        if not self.options.rate or self.stopping:
            return 0.0
        due: float = self.begun + next(self.sent) / self.options.rate
        if (early := due - time.monotonic()) > 0:
            await asyncio.sleep(early)
        return due

    def request(self, scan: Scan) -> bytes:
        body = f'{{"code":"{self.options.code}","at":"{scan.at}"}}'
        return post("/v1/check-ins", scan.token, body.encode())

    def note(self, scan: Scan, times: tuple[float, float, float], answer: Answer | None) -> None:
        seen, status = self.seen, answer.status if answer else 0
        seen.statuses[status] += 1
        if self.options.trace:
            seen.trace.append((*times, status))
        if answer and status == 503 and not answer.retry_after.isdigit():
            seen.without_retry_after += 1
        good = status in self.good
        if not good:
            seen.broken += status == 0
            seen.most_unanswered = max(seen.most_unanswered, self.under_way + len(self.again) + 1)
            may_retry = not self.options.once and status in AGAIN
            if may_retry and time.monotonic() < self.give_up_at:
                self.again.append(scan)
            else:
                seen.given_up += 1
        self.file.write(line(scan, self.options.code, good))

    async def watch_itself(self) -> None:
        while True:
            begun = time.monotonic()
            await asyncio.sleep(TICK)
            self.seen.lags.append(time.monotonic() - begun - TICK)


def line(scan: Scan, code: str, answered: bool) -> str:
    """What `chot verify` reads."""
    end = "}\n" if answered else ',"answered":false}\n'
    return f'{{"token":"{scan.token}","at":"{scan.at}","way":"in","code":"{code}"{end}'


async def main(options: argparse.Namespace) -> None:
    with open(options.file, "w", encoding="utf-8") as file:
        crowd = Crowd(options, file)
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin.fileno(), stop, crowd)
        print("ready", flush=True)
        watching = asyncio.create_task(crowd.watch_itself())
        await crowd.all()
        watching.cancel()
    seen = crowd.seen
    if options.trace:
        rows = (f"{m:.4f} {b:.4f} {e:.4f} {status}\n" for m, b, e, status in seen.trace)
        Path(options.trace).write_text("".join(rows))
    lags = sorted(seen.lags) or [0.0]
    told = {
        "statuses": {str(status): count for status, count in sorted(seen.statuses.items())},
        "broken": seen.broken,
        "without_retry_after": seen.without_retry_after,
        "most_unanswered": seen.most_unanswered,
        "given_up": seen.given_up,
        "lag_p99": lags[int(len(lags) * 0.99)],
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
    parser.add_argument("--trace", help="where the times and the status of each request go")
    parser.add_argument("--phones", type=int, default=64)
    parser.add_argument("--rate", type=float, help="scans a second; else as fast as answered")
    parser.add_argument("--once", action="store_true", help="nothing is sent again")
    parser.add_argument("--gullible", action="store_true", help="503 is taken for «done»")
    parser.add_argument("--core", type=int, help="the only processor core it runs on")
    given = parser.parse_args()
    if given.core is not None:
        os.sched_setaffinity(0, {given.core})
    gc.freeze()
    gc.disable()  # a pause of the generator would count as one of the service
    uvloop.run(main(given))
