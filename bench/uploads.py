"""`python -m bench.uploads`: offline scans uploaded beside a live door. In one run the door's p99
with and without them, by turns, and how long 20,000 of them take. `--gates`: sealed ones of gates
instead of phones'. The live load is open-loop, as in bench/openloop.py.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

import httpx

from accounts.keydir import open_keys
from bench import candidates, machine, people
from bench.candidates import Candidate
from bench.database import Database, started
from bench.gate import Prepared, card, prepare
from checkin.seal import newest_key, sealed

EVENTS = 20_000
PIECE = 1_000  # events of one upload
AT_ONCE = 4  # uploads under way
OLDEST = timedelta(hours=70)
PATHS = {"phones": "/v1/uploads", "gates": "/v1/gate/uploads"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    token: str
    body: bytes


@dataclass(slots=True, kw_only=True)
class Uploaded:
    events: int = 0
    seconds: float = 0.0

    @property
    def per_20000(self) -> float:
        return EVENTS * self.seconds / max(1, self.events)


def main() -> int:
    options = arguments()
    here = machine.describe()
    with started() as database:
        prepared = asyncio.run(prepare(database.settings))
        with candidates.ours(database.settings, options.workers) as ours:
            found = asyncio.run(rounds(ours, database, prepared, options))
    alone, beside, uploaded = found
    p99, p99_beside = (median(each["p99_ms"] for each in side) for side in (alone, beside))
    print(f"{options.kind}: 20,000 events in {median(one.per_20000 for one in uploaded):.1f} s")
    print(
        f"live door, {options.rate} a second: p99 {p99} ms without, {p99_beside} ms with "
        f"({p99_beside / p99:.2f} times); p50 {median(each['p50_ms'] for each in alone)} and "
        f"{median(each['p50_ms'] for each in beside)} ms; the generator itself was late by "
        f"{median(each['late_p99_ms'] for each in (*alone, *beside))} ms (p99)"
    )
    print(f"{here.processor}, {here.cores} cores; load before {here.load:.1f}")
    return 0


Live = list[dict[str, float]]


async def rounds(
    ours: Candidate, database: Database, prepared: Prepared, options: argparse.Namespace
) -> tuple[Live, Live, list[Uploaded]]:
    """By turns, since neighbours disturb one minute more than another."""
    made = gate_uploads(database, prepared) if options.kind == "gates" else phone_uploads(database)
    alone, beside, uploaded = [], [], []
    await live(ours, database, options.rate, 2)
    for number in range(options.rounds):
        ready = [next(made) for _ in range(options.ready)]
        alone.append(await live(ours, database, options.rate, options.seconds))
        done = Uploaded()
        sending = asyncio.create_task(send(ours.url + PATHS[options.kind], ready, done))
        beside.append(await live(ours, database, options.rate, options.seconds))
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        uploaded.append(done)
        print(
            f"round {number + 1}: p99 {alone[-1]['p99_ms']} ms without, {beside[-1]['p99_ms']} ms "
            f"with {done.events} events in {done.seconds:.1f} s",
            flush=True,
        )
    return alone, beside, uploaded


async def live(ours: Candidate, database: Database, rate: int, seconds: float) -> dict[str, float]:
    """The open-loop load in a process of its own."""
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.openloop", ours.url, str(database.people)),
        *(str(rate), str(seconds), str(next(database.runs))),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await run.communicate()
    found: dict[str, float] = json.loads(said)
    if found["lost"] or found["wrong"]:
        sys.exit(f"bench.uploads: the live door failed: {found}")
    return found


async def send(url: str, ready: list[Upload], done: Uploaded) -> None:
    """Until cancelled, or everything is sent; only what was stored counts."""
    waiting, begun = iter(ready), time.perf_counter()

    async def one(http: httpx.AsyncClient) -> None:
        for upload in waiting:
            head = {
                "Authorization": f"Bearer {upload.token}",
                "Content-Type": "application/x-ndjson",
            }
            answer = await http.post(url, content=upload.body, headers=head)
            events = answer.raise_for_status().json()["events"]
            done.events += sum(event["status"] == "stored" for event in events)
            done.seconds = time.perf_counter() - begun

    async with httpx.AsyncClient(timeout=60) as http:
        await asyncio.gather(*(one(http) for _ in range(AT_ONCE)))


def phone_uploads(database: Database) -> Iterator[Upload]:
    """A phone each, with scans at many doors."""
    visitors = people.read(database.people)
    chance = random.Random(2021)
    codes = sorted({visitor.code for visitor in visitors})
    for visitor in visitors:
        events = [
            {"code": chance.choice(codes), "at": past(chance), "way": "in"} for _ in range(PIECE)
        ]
        yield Upload(token=visitor.token, body=lines(events))


def gate_uploads(database: Database, prepared: Prepared) -> Iterator[Upload]:
    """A gate each, with people who are known."""
    key, chance = newest_key(open_keys(database.settings.key_dir).gates), random.Random(2021)
    known = itertools.cycle(range(prepared.people))
    for gate, token in itertools.cycle(zip(prepared.gates, prepared.tokens, strict=True)):
        events = []
        for number in itertools.islice(known, PIECE):
            scan = {"credential": card(number), "at": past(chance)}
            text = json.dumps({"gate": gate, "scan": scan}, ensure_ascii=False).encode()
            events.append({"key": key.id, "sealed": sealed(key, text)})
        yield Upload(token=token, body=lines(events))


def past(chance: random.Random) -> str:
    return (datetime.now(UTC) - OLDEST * chance.random()).isoformat(timespec="milliseconds")


def lines(events: list[dict[str, str]]) -> bytes:
    return "\n".join(map(json.dumps, events)).encode()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gates", action="store_const", const="gates", dest="kind")
    parser.add_argument("--rate", type=int, default=1_000, help="live scans a second")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement")
    parser.add_argument("--ready", type=int, default=40, help="uploads prepared for a round")
    parser.add_argument("--workers", type=int, default=2)
    parser.set_defaults(kind="phones")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
