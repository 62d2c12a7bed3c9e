"""Stands between the service and its database and cuts connections around the commit of a batch of
scans, in a process of its own.

`python -m tests.faults.cut FOLDER --to FOLDER --every N --most M`: one of every N batches is cut,
in turn before the database gets it, at once after it was handed on, and when its answer has come
back. Says «done» after M cuts, and on SIGTERM how many there were. The folders hold the sockets.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

NAME = ".s.PGSQL.5432"
LEDGER = b"INSERT INTO scan"


class Cut(StrEnum):
    UNSENT = "before the database got it"
    SENT = "after it was handed on"
    ANSWERED = "before its answer was handed on"


@dataclass(slots=True)
class Reader:
    """Finds the batches in what a client sends: Parse names a statement, Bind uses it, Sync commits
    it."""

    buffer: bytes = b""
    started: bool = False
    ledger: set[bytes] = field(default_factory=set)
    bound: bool = False

    def commits(self, data: bytes) -> bool:
        self.buffer += data
        found = False
        for kind, body in self.messages():
            if kind == b"P" and LEDGER in body:
                self.ledger.add(body.split(b"\0", 1)[0])
            elif kind == b"B" and body.split(b"\0", 2)[1] in self.ledger:
                self.bound = True
            elif kind == b"S" and self.bound:
                self.bound, found = False, True
        return found

    def messages(self) -> Iterator[tuple[bytes, bytes]]:
        while True:
            head = 1 if self.started else 0  # the first message has no letter
            length = int.from_bytes(self.buffer[head : head + 4])
            if len(self.buffer) < head + 4 or len(self.buffer) < head + length:
                return
            kind, body = self.buffer[:head], self.buffer[head + 4 : head + length]
            self.buffer = self.buffer[head + length :]
            self.started = True
            yield kind, body


class Cutter:
    def __init__(self, target: str, every: int, most: int) -> None:
        self.target = target
        self.every = every
        self.most = most
        self.batches = itertools.count(1)
        self.kinds = itertools.cycle(Cut)
        self.done: Counter[str] = Counter()

    def next_cut(self) -> Cut | None:
        if next(self.batches) % self.every or self.done.total() == self.most:
            return None
        kind = next(self.kinds)
        self.done[kind] += 1
        if self.done.total() == self.most:
            print("done", flush=True)
        return kind

    async def connect(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            server, out = await asyncio.open_unix_connection(f"{self.target}/{NAME}")
        except OSError:
            back.close()
            return
        swallow = asyncio.Event()
        answers = asyncio.create_task(relay(server, back, swallow))
        with contextlib.suppress(OSError):
            await self.requests(client, out, swallow, answers)
        back.close()
        out.close()
        with contextlib.suppress(OSError):
            await answers

    async def requests(
        self,
        client: asyncio.StreamReader,
        out: asyncio.StreamWriter,
        swallow: asyncio.Event,
        answers: asyncio.Task[None],
    ) -> None:
        reader = Reader()
        while data := await client.read(65536):
            cut = self.next_cut() if reader.commits(data) else None
            if cut is Cut.UNSENT:
                return
            if cut is Cut.ANSWERED:
                swallow.set()
            out.write(data)
            await out.drain()
            if cut is Cut.ANSWERED:
                await answers
            if cut:
                return


async def relay(
    server: asyncio.StreamReader, back: asyncio.StreamWriter, swallow: asyncio.Event
) -> None:
    """Until either side ends; with `swallow`, until one answer has come and was kept back."""
    while data := await server.read(65536):
        if swallow.is_set():
            return
        back.write(data)
    back.close()


async def main(options: argparse.Namespace) -> None:
    cutter = Cutter(options.to, options.every, options.most)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    server = await asyncio.start_unix_server(cutter.connect, f"{options.folder}/{NAME}")
    print("ready", flush=True)
    await ended.wait()
    server.close()
    print(json.dumps(cutter.done), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--to", required=True)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--most", type=int, default=30)
    asyncio.run(main(parser.parse_args()))
