"""How long at a given load: an open-loop generator. `python -m bench.openloop URL PEOPLE RATE
SECONDS RUN` prints one line of JSON.

People do not wait for each other, so neither do the requests: each has a time at which it is meant
to go (a Poisson process), chosen before, and its latency counts from that time, whether or not the
generator or a free connection was late. So a stalled service cannot hide its stall.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import random
import sys
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import httptools
import uvloop

from bench import people

CONNECTIONS = 256  # opened before the first request, as a proxy in front of the service does
HEAD = (
    "POST /v1/check-ins HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    'Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{{"code":"{code}","at":"'
)
CREATED = 201
PATIENCE = 10.0  # seconds for the last answers
# What is due goes once in a millisecond, which counts as lateness: woken for each request, the
# generator took twice as long for it, of a machine that it shares with the service.
TICK = 0.001


class Connection(asyncio.Protocol):
    """One request at a time; tells the load when it was answered."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.meant = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass
        self.parser = httptools.HttpResponseParser(self)
        self.load.free.append(self)

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.load.answered(self, self.parser.get_status_code() == CREATED)

    def connection_lost(self, wrong: Exception | None) -> None:
        self.load.broken += self not in self.load.free
        self.load.finish()

    def send(self, meant: float, request: bytes) -> None:
        self.meant = meant
        self.transport.write(request)


class Load:
    def __init__(
        self, visitors: list[people.Visitor], rate: float, seconds: float, run: int
    ) -> None:
        self.rate, self.seconds = rate, seconds
        self.turn, self.cycle = run * 7919 % len(visitors), run * 50 % 1000
        self.heads = [head(visitor) for visitor in visitors]
        self.free: deque[Connection] = deque()
        self.due: deque[tuple[float, bytes]] = deque()
        self.latencies: list[float] = []
        self.late: list[float] = []  # how much after its time the generator made a request
        self.wrong = self.broken = self.sent = 0
        self.second, self.clock = 0, b""
        self.all_sent = False
        self.finished = asyncio.Event()

    async def run(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            await loop.create_connection(lambda: Connection(self), host, port)
        chance = random.Random(7)  # a benchmark must be repeatable
        meant = begun = time.perf_counter()
        while meant < begun + self.seconds:
            while meant <= (now := time.perf_counter()):
                self.late.append(now - meant)
                self.due.append((meant, self.request()))
                meant += chance.expovariate(self.rate)
            self.pump()
            await asyncio.sleep(max(TICK, meant - time.perf_counter()))
        self.all_sent = True
        self.finish()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.finished.wait(), PATIENCE)

    def finish(self) -> None:
        if self.all_sent and len(self.latencies) + self.broken >= self.sent:
            self.finished.set()

    def request(self) -> bytes:
        self.sent += 1
        self.turn += 1
        if self.turn >= len(self.heads):
            self.turn, self.cycle = 0, (self.cycle + 1) % 1000
        now = int(time.time())
        if now != self.second:
            self.second = now
            self.clock = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H:%M:%S}".encode()
        return b'%b%b.%03dZ"}' % (self.heads[self.turn], self.clock, self.cycle)

    def pump(self) -> None:
        while self.due and self.free:
            self.free.popleft().send(*self.due.popleft())

    def answered(self, connection: Connection, created: bool) -> None:
        self.latencies.append(time.perf_counter() - connection.meant)
        self.wrong += not created
        self.free.append(connection)
        self.pump()
        self.finish()


def head(visitor: people.Visitor) -> bytes:
    length = len(f'{{"code":"{visitor.code}","at":"2021-07-20T12:00:00.000Z"}}')
    return HEAD.format(token=visitor.token, code=visitor.code, length=length).encode()


def percentile(values: list[float], share: float) -> float:
    """In ms."""
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000, 2)


def main() -> None:
    url, path, rate, seconds, run = sys.argv[1:]
    load = Load(people.read(Path(path)), float(rate), float(seconds), int(run))
    gc.disable()  # a pause of the generator would count as one of the service
    host, _, port = url.removeprefix("http://").partition(":")
    uvloop.run(load.run(host, int(port)))
    found = {
        "sent": load.sent,
        "lost": load.sent - len(load.latencies),
        "wrong": load.wrong,
        "p50_ms": percentile(load.latencies, 0.5),
        "p99_ms": percentile(load.latencies, 0.99),
        "late_p99_ms": percentile(load.late, 0.99),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
