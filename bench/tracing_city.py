"""Tracing in a city, beside two rivals: `make bench-tracing`, or
`python -m bench.tracing_city [--scans 6000000] [--cases 20]`.

Ours is `tracing.trace.hops`, which is what a run of the API calls: it reads pseudonyms, finds out
whose they are and when stays ended, and answers with ranks, paths and reasons; then, on a clock of
its own, how many more there may be. The rivals get people as a gift, and once more the ends too
(bench/rivals.py). All answers must be equal, or the run fails. Every measurement of ours is made by
a process of its own, whose memory counts from zero.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np

import database
from bench import machine, rivals
from bench.city_api import through_api
from bench.city_traces import (
    BEFORE,
    DAYS,
    POLICY,
    WEEKS,
    Job,
    Measured,
    alone,
    explained,
)
from bench.city_world import Built, build, city_server
from bench.rivals import Question
from checkin.partitions import Owner
from demo.crowd import CASE, SHOPPER
from tracing.engine.columns import milliseconds
from tracing.engine.model import MINUTE
from tracing.engine.period import infectious_period

RESULTS = Path(__file__).parent / "tracing.json"
TIERS = 2  # the rivals' texts answer
TIMES = 3  # for what takes longer
GIVENS = (rivals.OF_SCANS, rivals.OF_STAYS)
EVERYBODY = "F1 and F2 of the supermarket"


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
        moment=moment,
    )


async def textbook(owner: Owner, job: Job, given: str, tier: int) -> Measured:
    walls, answers, found = [], [], []
    for person in job.cases:
        asked = question_of(job, person)
        for _ in range(job.times):
            begun = time.perf_counter()
            answer = await rivals.by_textbook(owner, given, tier, asked)
            walls.append((time.perf_counter() - begun) * 1000)
        answers.append({tier: answer.checksum()})
        found.append({tier: len(answer.person)})
    asked = question_of(job, job.cases[0])
    text = rivals.question(given, tier)
    rows, buffers = await explained(owner.fetchval, text, *asked.arguments(given))
    return Measured(walls=walls, answers=answers, found=found, rows=rows, buffers=buffers)


def in_duckdb(job: Job, given: str, tier: int) -> Measured:
    walls, answers, found = [], [], []
    with rivals.opened(job.built.folder) as db:
        rivals.by_duckdb(db, given, tier, question_of(job, job.cases[-1]))
        for person in job.cases:
            asked = question_of(job, person)
            for _ in range(job.times):
                begun = time.perf_counter()
                answer = rivals.by_duckdb(db, given, tier, asked)
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


async def compared(
    job: Job, ours: Measured, tier: int, name: str, givens: Sequence[str] = GIVENS
) -> dict[str, Any]:
    """The rivals' figures for that tier, after their answers were held against ours."""
    owner, said = await asyncpg.connect(job.built.settings.database_owner_url), dict[str, Any]()
    try:
        for given in givens:
            both = {
                f"{name}, textbook {given}": await textbook(owner, job, given, tier),
                f"{name}, DuckDB {given}": await asyncio.to_thread(in_duckdb, job, given, tier),
            }
            for rival, measured in both.items():
                require_equal(ours, measured, tier)
                said[rival] = measured.told()
                times = said[rival]["median_ms"] / ours.told()["median_ms"]
                said[rival]["times_ours"] = round(times, 2)
    finally:
        await owner.close()
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
    if built.compared:  # in a larger city it is most of it
        everybody = replace(deep, cases=[int(built.people[SHOPPER])], times=1)
        jobs[EVERYBODY] = everybody
    told: dict[str, Any] = {}
    for name, figures in (await asyncio.to_thread(through_api, f1)).items():
        told[name] = figures
        say(f"{name}: {figures}")
    for name, job in jobs.items():
        ours = await asyncio.to_thread(alone, job)
        told[name] = ours.told()
        say(f"{name}: {told[name]}")
        if built.compared and not job.history and not job.backward and job.max_tier <= TIERS:
            # of scans, a billion pairs without an index had not ended after six minutes
            givens = GIVENS[1:] if name == EVERYBODY else GIVENS
            beside = await compared(replace(job, times=1), ours, job.max_tier, name, givens)
            told |= beside
            for other, figures in beside.items():
                say(f"{other}: {figures}")
    return told


async def bench(options: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    with city_server() as (settings, folder):
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
