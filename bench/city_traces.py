"""What a trace in the city takes: its time, the rows and buffers of its statements, its memory."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any, TypeVar
from unittest.mock import patch

import numpy as np
import uvloop

from accounts.keydir import open_keys
from bench.city_world import Built
from bench.rivals import Answer
from checkin.pseudonym import ServiceDays
from demo.crowd import SALE, SHOPPER
from kit.db import Pool, close_pool, connection, make_pool
from tracing import queries_columns, queries_facts
from tracing.engine.links import Links
from tracing.engine.policies import VN_5053
from tracing.facts import Facts, gather
from tracing.queries_columns import Columns, copied, unpacked
from tracing.trace import Asked, Traced, hops, trace_back

POLICY = VN_5053  # no tail, nothing cumulative, one minimum: what a plain join can ask too
STATEMENT_SECONDS = 600
BEFORE = POLICY.days_before_symptomatic
WEEKS, DAYS = 14, 5  # of infectious days: for F1 by itself, for all tiers
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a process measures: the traces of these cases, each `times`."""

    built: Built
    cases: Sequence[int]
    days: int
    max_tier: int
    times: int = 1
    backward: bool = False
    history: bool = False

    def asked(self, person: int) -> Asked:
        """Ill so that the days end with the last of the city, or with the sale."""
        days = self.built.days
        last = days[SALE] if person == self.built.people[SHOPPER] else days[-1]
        onset = last - timedelta(days=self.days - 1 - BEFORE)
        return Asked(
            people=[person],
            onset=onset,
            sampled=None,
            isolated=None,
            policy=POLICY,
            max_tier=self.max_tier,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Milliseconds of each list, and until it was counted how many more there may be; checksums by
    case and tier, of the last time."""

    walls: list[float]
    counted: Sequence[float] = ()
    answers: list[dict[int, str]]
    found: list[dict[int, int]]
    rows: float = 0
    buffers: float = 0
    peak_mib: float = 0

    def told(self) -> dict[str, Any]:
        costs = {"rows_touched": self.rows, "buffers": self.buffers, "peak_mib": self.peak_mib}
        return {
            "median_ms": round(median(self.walls), 1),
            "p95_ms": round(p95(self.walls), 1),
            **({"counted_ms": round(median(self.counted), 1)} if self.counted else {}),
            "times": len(self.walls),
            "contacts": {
                tier: round(median(one.get(tier, 0) for one in self.found))
                for tier in sorted({tier for one in self.found for tier in one})
            },
            **{name: round(cost) for name, cost in costs.items() if cost},
        }


def p95(walls: Sequence[float]) -> float:
    return quantiles(walls, n=20, method="inclusive")[-1] if len(walls) > 1 else walls[0]


def alone(job: Job) -> Measured:
    return by_itself(_run, job)


def by_itself(work: Callable[[Job], Result], job: Job) -> Result:
    """In a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(work, job).result()


def _run(job: Job) -> Measured:
    return uvloop.run(measured(job))


async def measured(job: Job) -> Measured:
    settings = job.built.settings
    days = ServiceDays(open_keys(settings.key_dir).days, settings.zone)
    pool = await make_pool(settings.database_url, size=2, statement_seconds=STATEMENT_SECONDS)
    walls, counted, answers, found = [], [], [], []
    try:
        await _once(job, pool, days, job.cases[-1])  # a service has been running for a while
        for person in job.cases:
            for _ in range(job.times):
                traced, took = await _once(job, pool, days, person)
                walls.append(took[0])
                counted += took[1:]
            tiers = answers_of(traced, job.max_tier) if traced else {}
            answers.append({tier: one.checksum() for tier, one in tiers.items()})
            found.append({tier: len(one.person) for tier, one in tiers.items()})
        peak = peak_mib()
        rows, buffers = await _touched(job, pool, days, job.cases[0])
    finally:
        await close_pool(pool)
    return Measured(
        walls=walls,
        counted=counted,
        answers=answers,
        found=found,
        rows=rows,
        buffers=buffers,
        peak_mib=peak,
    )


async def _once(
    job: Job, pool: Pool, days: ServiceDays, person: int
) -> tuple[Traced | None, list[float]]:
    """The list, and the milliseconds until it was there and until all was counted."""
    begun, took = time.perf_counter(), list[float]()

    def passed() -> None:
        took.append((time.perf_counter() - begun) * 1000)

    if job.history or job.backward:
        if job.history:
            await history(pool, days, job.built.days, person)
        else:
            await trace_back(pool, days, job.asked(person), job.built.moment)
        passed()
        return None, took
    async with hops(pool, days, job.asked(person), job.built.moment) as made:
        traced = await made.contacts()
        passed()
        await made.upper_bound_adds()
        passed()
    return traced, took


async def history(pool: Pool, days: ServiceDays, kept: Sequence[date], person: int) -> Facts:
    """All scans of one person, with the places, as a trace reads those of its case."""
    facts = Facts(days=days, links=Links([]))
    async with connection(pool) as db:
        await gather(db, facts, {day: np.array([person]) for day in kept})
    return facts


def answers_of(traced: Traced, max_tier: int) -> dict[int, Answer]:
    """The contacts of each tier, without the brief ones."""
    met, tier = traced.roll.contacts.met, traced.roll.contacts.tier
    return {
        number: Answer(
            person=met.person[tier == number],
            since=met.since[tier == number],
            last=met.last[tier == number],
            together=met.together[tier == number],
        )
        for number in range(1, max_tier + 1)
    }


async def _touched(job: Job, pool: Pool, days: ServiceDays, person: int) -> tuple[float, float]:
    """Rows and buffers of the statements of one trace that read scans."""
    said: list[tuple[Any, ...]] = []

    async def heard(db: Any, text: str, shape: Any) -> Columns:
        said.append((text,))
        return await copied(db, text, shape)

    async def prepared(db: Any, text: str, shape: Any, *arguments: object) -> Columns:
        said.append((text, *arguments))
        return await unpacked(db, text, shape, *arguments)

    with (
        patch.object(queries_columns, "copied", heard),
        patch.object(queries_facts, "unpacked", prepared),
    ):
        await _once(job, pool, days, person)
    async with connection(pool) as db:
        found = [await explained(db.fetchval, *one) for one in said]
    return sum(rows for rows, _ in found), sum(buffers for _, buffers in found)


async def explained(
    fetchval: Callable[..., Awaitable[Any]], text: str, *arguments: object
) -> tuple[float, float]:
    """Rows that were looked at, and buffers, by EXPLAIN."""
    told = await fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}", *arguments)
    plan = json.loads(told)[0]["Plan"]
    return _rows_of(plan), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def _rows_of(node: dict[str, Any]) -> float:
    own = 0.0
    if "Scan" in node["Node Type"] and "Relation Name" in node:
        removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0)
        own = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return own + sum(_rows_of(child) for child in node.get("Plans", []))


def peak_mib() -> float:
    """The most memory this process ever had; of its own, which `getrusage` does not say after a
    fork."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
