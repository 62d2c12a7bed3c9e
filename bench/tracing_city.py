"""Tracing in a city, beside two rivals: `make bench-tracing`, or
`python -m bench.tracing_city [--scans 6000000] [--cases 20]`.

Ours is `tracing.trace.trace`, which is what a run of the API calls: it reads pseudonyms, finds out
whose they are and when stays ended, and answers with ranks, paths and upper bounds. The rivals get
people and ends as a gift (bench/rivals.py). All answers must be equal, or the run fails. Every
measurement of ours is made by a process of its own, whose memory counts from zero.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from unittest.mock import patch

import asyncpg
import numpy as np

import database
from accounts.keydir import open_keys
from bench import machine, rivals
from bench.city_world import Built, build, server
from bench.rivals import Answer, Question
from checkin.partitions import Owner
from checkin.pseudonym import ServiceDays
from demo.crowd import CASE, SALE, SHOPPER
from kit.db import Pool, close_pool, connection, make_pool
from tracing import queries_columns
from tracing.facts import Facts, gather, milliseconds
from tracing.links import Links
from tracing.model import MINUTE
from tracing.period import infectious_period
from tracing.policies import VN_5053
from tracing.queries_columns import Columns, copied
from tracing.trace import Asked, Traced, trace, trace_back

RESULTS = Path(__file__).parent / "tracing.json"
POLICY = VN_5053  # no tail, nothing cumulative, one minimum: what a plain join can ask too
STATEMENT_SECONDS = 600
BEFORE = POLICY.days_before_symptomatic
WEEKS, DAYS = 14, 5  # of infectious days: for F1 by itself, for all tiers
TIMES = 3  # for what takes longer


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
    """Milliseconds of each trace; checksums by case and tier, of the last time."""

    walls: list[float]
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
    """In a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(_run, job).result()


def _run(job: Job) -> Measured:
    return asyncio.run(measured(job))


async def measured(job: Job) -> Measured:
    settings = job.built.settings
    days = ServiceDays(open_keys(settings.key_dir).days, settings.zone)
    pool = await make_pool(settings.database_url, size=2, statement_seconds=STATEMENT_SECONDS)
    walls, answers, found = [], [], []
    try:
        await _once(job, pool, days, job.cases[-1])  # a service has been running for a while
        for person in job.cases:
            for _ in range(job.times):
                begun = time.perf_counter()
                traced = await _once(job, pool, days, person)
                walls.append((time.perf_counter() - begun) * 1000)
            tiers = answers_of(traced, job.max_tier) if traced else {}
            answers.append({tier: one.checksum() for tier, one in tiers.items()})
            found.append({tier: len(one.person) for tier, one in tiers.items()})
        peak = peak_mib()
        rows, buffers = await _touched(job, pool, days, job.cases[0])
    finally:
        await close_pool(pool)
    return Measured(
        walls=walls, answers=answers, found=found, rows=rows, buffers=buffers, peak_mib=peak
    )


async def _once(job: Job, pool: Pool, days: ServiceDays, person: int) -> Traced | None:
    if job.history:
        await history(pool, days, job.built.days, person)
        return None
    if job.backward:
        await trace_back(pool, days, job.asked(person), job.built.moment)
        return None
    return await trace(pool, days, job.asked(person), job.built.moment)


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
    said: list[str] = []

    async def heard(db: Any, text: str, shape: Any) -> Columns:
        said.append(text)
        return await copied(db, text, shape)

    with patch.object(queries_columns, "copied", heard):
        await _once(job, pool, days, person)
    async with connection(pool) as db:
        found = [await explained(db.fetchval, text) for text in said]
    return sum(rows for rows, _ in found), sum(buffers for _, buffers in found)


async def explained(
    fetchval: Callable[..., Awaitable[Any]], text: str, *arguments: int
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


def question_of(job: Job, person: int) -> Question:
    asked = job.asked(person)
    offset = int(job.built.settings.zone.utcoffset(None).total_seconds() * 1000)
    moment = milliseconds(job.built.moment)
    period = infectious_period(asked.index_case(person), offset, asked.policy, moment)
    return Question(
        case=person,
        begins=period.start,
        ends=period.end,
        minimum=asked.policy.min_minutes_masked * MINUTE,
        longest=job.built.longest,
    )


async def textbook(owner: Owner, job: Job, tier: int) -> Measured:
    walls, answers, found = [], [], []
    for person in job.cases:
        asked = question_of(job, person)
        for _ in range(job.times):
            begun = time.perf_counter()
            answer = await rivals.by_textbook(owner, tier, asked)
            walls.append((time.perf_counter() - begun) * 1000)
        answers.append({tier: answer.checksum()})
        found.append({tier: len(answer.person)})
    asked = question_of(job, job.cases[0])
    rows, buffers = await explained(owner.fetchval, rivals.question(tier), *asked.arguments)
    return Measured(walls=walls, answers=answers, found=found, rows=rows, buffers=buffers)


def in_duckdb(job: Job, tier: int) -> Measured:
    walls, answers, found = [], [], []
    with rivals.opened(job.built.folder) as db:
        rivals.by_duckdb(db, tier, question_of(job, job.cases[-1]))
        for person in job.cases:
            asked = question_of(job, person)
            for _ in range(job.times):
                begun = time.perf_counter()
                answer = rivals.by_duckdb(db, tier, asked)
                walls.append((time.perf_counter() - begun) * 1000)
            answers.append({tier: answer.checksum()})
            found.append({tier: len(answer.person)})
    return Measured(walls=walls, answers=answers, found=found)


class DifferentAnswers(AssertionError):
    """Not the same contacts, or not at the same times."""


def require_equal(ours: Measured, other: Measured, tier: int) -> None:
    """By checksum, case by case."""
    for number, (own, theirs) in enumerate(zip(ours.answers, other.answers, strict=True)):
        if own[tier] != theirs[tier]:
            raise DifferentAnswers(f"F{tier} of case {number}: {own[tier]} and {theirs[tier]}")


async def compared(job: Job, ours: Measured, tier: int, name: str) -> dict[str, Any]:
    """The rivals' figures for that tier, after their answers were held against ours."""
    owner = await asyncpg.connect(job.built.settings.database_owner_url)
    try:
        slow = await textbook(owner, job, tier)
    finally:
        await owner.close()
    quick = await asyncio.to_thread(in_duckdb, job, tier)
    require_equal(ours, slow, tier)
    require_equal(ours, quick, tier)
    said = {f"{name}, textbook": slow.told(), f"{name}, DuckDB": quick.told()}
    for one in said.values():
        one["times_ours"] = round(one["median_ms"] / ours.told()["median_ms"], 2)
    return said


async def run(built: Built, cases: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Every figure, by name."""
    rng = np.random.default_rng(1)
    some = built.people[rng.integers(2, len(built.people), cases)].tolist()
    few = [int(built.people[CASE]), *some[:2]]
    plain = Job(built=built, cases=some, days=WEEKS, max_tier=1)
    f1 = replace(plain, times=TIMES)
    deep = Job(built=built, cases=few, days=DAYS, max_tier=2, times=TIMES)
    jobs = {
        "F0 history": replace(f1, history=True),
        "F1 of 14 days": f1,
        "F1 in the supermarket": replace(f1, cases=[int(built.people[SHOPPER])], days=DAYS),
        "F1 and F2": deep,
        "F1 to F3": replace(deep, cases=few[:1], max_tier=3, times=1),
        "backward": replace(plain, backward=True, days=BEFORE),
    }
    told: dict[str, Any] = {}
    for name, job in jobs.items():
        ours = await asyncio.to_thread(alone, job)
        told[name] = ours.told()
        say(f"{name}: {told[name]}")
        if built.compared and job in (jobs["F1 of 14 days"], jobs["F1 in the supermarket"], deep):
            beside = await compared(replace(job, times=1), ours, job.max_tier, name)
            told |= beside
            for other, figures in beside.items():
                say(f"{other}: {figures}")
    return told


async def bench(options: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    with server() as (settings, folder):
        now = datetime.now(UTC)
        await database.prepare(settings, now)
        begun = time.perf_counter()
        asked = (settings, folder, options.scans, options.seed, now)
        built = await build(*asked, compared=not options.alone)
        say(
            f"{built.scans:,} scans of {len(built.people):,} people, {built.visits:,} stays, "
            f"ready in {time.perf_counter() - begun:.0f} s"
        )
        return {
            "machine": asdict(machine.describe()),
            "scans": built.scans,
            "people": len(built.people),
            "stays": built.visits,
            "policy": POLICY.name,
            "figures": await run(built, options.cases, say),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--scans", type=int, default=6_000_000)
    parser.add_argument("--cases", type=int, default=20)
    parser.add_argument("--seed", type=int, default=2021)
    parser.add_argument("--alone", action="store_true", help="without the rivals")
    options = parser.parse_args()
    found = asyncio.run(bench(options, print))
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known[f"{options.scans}"] = found
    RESULTS.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
