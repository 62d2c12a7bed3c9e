"""`python -m bench.gate`: how many scans a second the gates of this machine take, and the processor
time of one. Paired devices send as fast as they are answered: chip cards of people who are known,
some of newcomers, some codes of other systems. All on 127.0.0.1, durable as in operation.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import httptools
import uvloop

import database as schema
from accounts.keydir import open_keys
from accounts.model import Gate
from accounts.tokens import GateTokens
from bench import candidates, machine
from bench.database import Database, started
from bench.machine import processor_seconds
from checkin.vault import IdentifierKind, Vault
from settings import Settings

GATES = 60
CONNECTIONS = 64
NEWCOMERS, FOREIGN = 0.05, 0.02
FOREIGN_CODE = "NZCOVIDTRACER:eyJ0eXAiOiJlbnRyeSJ9"
OK, UNPROCESSABLE, BUSY = 200, 422, 503
HEAD = (
    "POST /v1/gate/scans HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
)
PEOPLE = "SELECT id FROM person ORDER BY id"
DEVICES = """
INSERT INTO gate_device (checkpoint_id, name, pairing_until, made_by, made_at, paired_at)
SELECT id, 'Bench', $1, 0, $1, $1 FROM checkpoint ORDER BY id LIMIT $2
RETURNING id
"""


class Device(asyncio.Protocol):
    """Sends the next scan when the one before is answered."""

    def __init__(self, load: Load) -> None:
        self.load = load

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass
        self.send()

    def send(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.sent = time.perf_counter()
        self.transport.write(self.load.next())

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.load.times.append(time.perf_counter() - self.sent)
        self.load.answers[self.parser.get_status_code()] += 1
        if time.perf_counter() < self.load.until:
            self.send()
        else:
            self.transport.close()

    def connection_lost(self, wrong: Exception | None) -> None:
        self.load.open -= 1
        if not self.load.open:
            self.load.finished.set()


class Load:
    def __init__(self, tokens: list[str], people: int, first: int) -> None:
        self.chance = random.Random(2021)
        self.heads = itertools.cycle(tokens)
        self.known = ((first + n) % people for n in itertools.count())  # others than the run before
        self.new = itertools.count(first)
        self.newcomers = self.foreign = 0
        self.answers: Counter[int] = Counter()
        self.times: list[float] = []
        self.open = CONNECTIONS
        self.finished = asyncio.Event()

    def next(self) -> bytes:
        where = self.chance.random()
        if where < FOREIGN:
            self.foreign += 1
            shown = FOREIGN_CODE
        elif where < FOREIGN + NEWCOMERS:
            self.newcomers += 1
            shown = card(next(self.new))
        else:
            shown = card(next(self.known))
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        body = json.dumps({"credential": shown, "at": at}, ensure_ascii=False).encode()
        return HEAD.format(token=next(self.heads), length=len(body)).encode() + body

    async def run(self, url: str, seconds: float) -> float:
        """Returns how long it took."""
        begun = time.perf_counter()
        self.until = begun + seconds
        loop, (host, port) = asyncio.get_running_loop(), url.removeprefix("http://").split(":")
        for _ in range(CONNECTIONS):
            await loop.create_connection(lambda: Device(self), host, int(port))
        await self.finished.wait()
        return time.perf_counter() - begun


def card(number: int) -> str:
    """The text of a chip card of one of the bench's people, who all have the same name."""
    year = 50 + number % 50
    return (
        f"0920{year}{number:06}||Người Thử|0503{1900 + year}|Nam|"
        "12 đường 30 Tháng 4, Cái Khế, Ninh Kiều, Cần Thơ|20042021"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    gates: list[int]
    tokens: list[str]  # of the gates
    people: int


async def prepare(settings: Settings) -> Prepared:
    """Documents for the people of the bench, and devices at their doors."""
    keys, now = open_keys(settings.key_dir), datetime.now(UTC)
    vault, tokens, kind = Vault(keys), GateTokens(keys.tokens), IdentifierKind.CCCD
    async with schema.owner(settings) as db:
        people = [row["id"] for row in await db.fetch(PEOPLE)]
        await db.copy_records_to_table(
            "identifier",
            records=[
                (kind.value, vault.find(kind, number_of(n)), person_id, True)
                for n, person_id in enumerate(people)
            ],
            columns=["kind", "hmac", "person_id", "verified"],
        )
        devices = [row["id"] for row in await db.fetch(DEVICES, now, GATES)]
        # As in operation, where nobody has analysed the days to come: known to be empty, they would
        # be read whole by plans that are kept.
        await db.execute("ANALYZE identifier")
        await db.execute("TRUNCATE scan")
    return Prepared(
        gates=devices,
        tokens=[tokens.issue(Gate(gate_id=device), now) for device in devices],
        people=len(people),
    )


def number_of(number: int) -> str:
    return card(number).partition("|")[0]


def main() -> int:
    options = arguments()
    here = machine.describe()
    with started() as database:
        prepared = asyncio.run(prepare(database.settings))
        with candidates.ours(database.settings, options.workers) as ours:
            measure(ours, database, prepared, options.warm_up, 509_000)
            said = measure(ours, database, prepared, options.seconds, 600_000)
    print(said)
    print(
        f"{here.processor}, {here.cores} cores, Python {here.python}; service, database and "
        f"devices share it; load before {here.load:.1f}"
    )
    return 0


def measure(
    ours: candidates.Candidate, database: Database, prepared: Prepared, seconds: float, first: int
) -> str:
    """Rows are counted before and after: whoever answers must have stored."""
    load = Load(prepared.tokens, prepared.people, first)
    before = database.rows("scan")
    used = [processor_seconds(ours.pid), processor_seconds(database.pid)]
    gc.disable()
    took = uvloop.run(load.run(ours.url, seconds))
    gc.enable()
    now = [processor_seconds(ours.pid), processor_seconds(database.pid)]
    passed, stored = load.answers[OK], database.rows("scan") - before
    if set(load.answers) - {OK, UNPROCESSABLE, BUSY} or stored > passed:
        sys.exit(f"bench.gate: {dict(load.answers)}, {stored} rows: these figures mean nothing")
    all_times = sorted(load.times)
    service, postgres = (
        (after - first) / len(all_times) * 1e6 for first, after in zip(used, now, strict=True)
    )
    return (
        f"{len(all_times) / took:,.0f} gate scans a second "
        f"({load.newcomers} newcomers, {load.foreign} foreign, {load.answers[BUSY]} busy, "
        f"{stored} rows for {passed} let pass); processor time a scan: service {service:.0f} µs, "
        f"database {postgres:.0f} µs; p50 {at(all_times, 0.5)} ms, p99 {at(all_times, 0.99)} ms"
    )


def at(times: list[float], share: float) -> float:
    return round(times[min(len(times) - 1, int(len(times) * share))] * 1000, 1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8, help="of the measurement")
    parser.add_argument("--warm-up", type=float, default=1)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
