"""`python -m bench.tracing_door`: a desk that traces one large case again and again, beside a live
door. In one run the door's p99 with and without it, by turns; the live load is open-loop, at some
30 % of what the machine carries (bench/door.json).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import cast

import httpx

import app
from bench import candidates, machine, people
from bench.candidates import Candidate
from bench.database import Database, started
from bench.officers import AREA, signed_in
from bench.tracing_run import PHONE, make_world
from bench.uploads import Live, live
from settings import Settings
from tracing.state import State

THINKING = 2.0  # seconds that an officer looks at the list before the next trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The day of the supermarket, and the tokens of two officers."""

    day: date
    opener: str
    approver: str


async def prepare(settings: Settings) -> Prepared:
    application = app.build(settings)
    async with application.router.lifespan_context(application) as given:
        state = cast("State", given)
        return Prepared(
            day=await make_world(state, settings),
            opener=await signed_in(state, "opener"),
            approver=await signed_in(state, "approver"),
        )


def bearer(url: str, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=60)


async def approved(url: str, made: Prepared) -> str:
    """The address of the case's runs."""
    case = {"phone": PHONE, "onset": f"{made.day}", "policy": "vn-5053", "area": AREA}
    async with bearer(url, made.opener) as opener, bearer(url, made.approver) as approver:
        opened = await opener.post("/v1/cases", json=case | {"lab_reference": "B 1"})
        path = f"/v1/cases/{opened.raise_for_status().json()['id']}"
        decision = {"approved": True, "reason": "bench"}
        (await approver.post(f"{path}/approval", json=decision)).raise_for_status()
    return f"{path}/runs"


async def trace(url: str, runs: str, token: str, walls: list[float]) -> None:
    """Until cancelled."""
    async with bearer(url, token) as http:
        while True:
            begun = time.perf_counter()
            answer = await http.post(runs, json={})
            if answer.is_error:
                raise RuntimeError(answer.text)
            walls.append(time.perf_counter() - begun)
            await asyncio.sleep(THINKING)


async def rounds(
    ours: Candidate, database: Database, made: Prepared, options: argparse.Namespace
) -> tuple[Live, Live, list[float]]:
    """By turns, since neighbours disturb one minute more than another."""
    runs = await approved(ours.url, made)
    alone, beside, walls = list[dict[str, float]](), list[dict[str, float]](), list[float]()
    await live(ours, database, options.rate, 2)
    for number in range(options.rounds):
        alone.append(await live(ours, database, options.rate, options.seconds))
        tracing = asyncio.create_task(trace(ours.url, runs, made.opener, walls))
        beside.append(await live(ours, database, options.rate, options.seconds))
        tracing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tracing
        print(
            f"round {number + 1}: p99 {alone[-1]['p99_ms']} ms without, "
            f"{beside[-1]['p99_ms']} ms with a desk; {len(walls)} traces so far",
            flush=True,
        )
    return alone, beside, walls


def main() -> int:
    options = arguments()
    here = machine.describe()
    people.PEOPLE = 20_001
    with started() as database:
        made = asyncio.run(prepare(database.settings))
        with candidates.ours(database.settings, options.workers) as ours:
            alone, beside, walls = asyncio.run(rounds(ours, database, made, options))
    p99, p99_beside = (median(each["p99_ms"] for each in side) for side in (alone, beside))
    print(
        f"live door, {options.rate} a second: p99 {p99} ms without, {p99_beside} ms with a desk "
        f"({p99_beside / p99:.2f} times); a trace {median(walls) * 1000:,.0f} ms beside it"
    )
    print(f"{here.processor}, {here.cores} cores; load before {here.load:.1f}")
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=3_000, help="live scans a second")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=8, help="of each measurement")
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
