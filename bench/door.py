"""`make bench`: how many check-ins a second, and how long each, side by side on this machine: a
bare Starlette route that stores nothing, the textbook route (one INSERT a request), ours, and
pgbench inserting single rows. The machine may be busy with other things, so the candidates take
turns over several rounds, and only medians and ratios within a round are worth anything.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from operator import attrgetter
from pathlib import Path
from statistics import median

from bench import candidates, ceiling, machine
from bench.candidates import Candidate
from bench.ceiling import Run
from bench.database import Database, started

ROUNDS = 5
SECONDS = 4  # of one measurement
WARM_UP = 8  # until most people have come once: of those who come again the token is remembered
LATENCY_ROUNDS = 7
LATENCY_SECONDS = 5
BUSY = 0.25  # load of each core before the run, beyond which its figures say little
SHARE = 0.6  # of the ceiling, at which latency is measured
per_s, service_us, database_us = map(attrgetter, ("per_s", "service_us", "database_us"))
RESULT = Path(__file__).parent / "door.json"
NAMES = {"bare": candidates.bare, "textbook": candidates.textbook, "ours": candidates.ours}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One candidate with one number of workers; a run of each round."""

    candidate: Candidate
    runs: list[Run] = field(default_factory=list)

    @property
    def label(self) -> str:
        workers = self.candidate.workers
        return f"{self.candidate.name}, {workers} worker{'s' * (workers > 1)}"

    def middle(self, of: Callable[[Run], float]) -> float:
        return median(map(of, self.runs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    per_s: float
    p50_ms: float
    p99_ms: float
    late_p99_ms: float  # how late the generator itself was; it counts in the other two


def main() -> int:
    here = machine.describe()
    try:
        ceiling.require_wrk()
        with started() as database, all_running(database) as measured:
            singles = rounds(measured, database)
            best = {name: best_of(measured, name) for name in NAMES}
            at_share = {name: latency(best[name], database) for name in NAMES}
    except (ceiling.WrkMissing, ceiling.Dishonest) as wrong:
        print(f"bench: {wrong}", file=sys.stderr)
        return 1
    found = result(measured, best, singles, at_share) | {"machine": asdict(here)}
    RESULT.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    print(*table(measured, singles, at_share), sep="\n")
    print(f"ours / textbook {found['ours_over_textbook']}, ours / bare {found['ours_over_bare']}")
    print(
        f"{here.processor}, {here.cores} cores, {here.memory_gb} GB, Linux {here.kernel}, "
        f"Python {here.python}; wrk, database and services share it; load before {here.load:.1f}"
    )
    if here.load > here.cores * BUSY:
        print("Others were using the processors: run it again on a quiet machine.")
    return 0


@contextlib.contextmanager
def all_running(database: Database) -> Iterator[list[Measured]]:
    """Each with one worker and with as many as leave room for the database and the generator."""
    cores = len(os.sched_getaffinity(0))
    with contextlib.ExitStack() as stack:
        yield [
            Measured(candidate=stack.enter_context(start(database.settings, workers)))
            for start in NAMES.values()
            for workers in (1, max(2, cores // 2))
        ]


def rounds(measured: list[Measured], database: Database) -> list[float]:
    """Fills in the runs; returns pgbench's rows a second."""
    singles = []
    for one in measured:
        ceiling.run_wrk(one.candidate, WARM_UP, database)
    for number in range(ROUNDS):
        for one in measured[number:] + measured[:number]:
            one.runs.append(ceiling.measure(one.candidate, SECONDS, database))
        singles.append(ceiling.pgbench(database.settings.database_url, SECONDS))
        said = ", ".join(f"{one.label} {one.runs[-1].per_s:,.0f}" for one in measured)
        print(f"round {number + 1}: {said}, pgbench {singles[-1]:,.0f} a second", flush=True)
    return singles


def best_of(measured: list[Measured], name: str) -> Measured:
    return max(
        (one for one in measured if one.candidate.name == name), key=lambda one: one.middle(per_s)
    )


def latency(one: Measured, database: Database) -> Latency:
    rate = one.middle(per_s) * SHARE
    found = [open_loop(one.candidate, rate, database) for _ in range(LATENCY_ROUNDS)]
    return Latency(
        per_s=rate,
        p50_ms=median(each["p50_ms"] for each in found),
        p99_ms=median(each["p99_ms"] for each in found),
        late_p99_ms=median(each["late_p99_ms"] for each in found),
    )


def open_loop(candidate: Candidate, rate: float, database: Database) -> dict[str, float]:
    arguments = [candidate.url, str(database.people), f"{rate:.1f}", str(LATENCY_SECONDS)]
    command = [sys.executable, "-m", "bench.openloop", *arguments, str(next(database.runs))]
    ran = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=candidates.ROOT)
    found: dict[str, float] = json.loads(ran.stdout)
    if found["lost"] or found["wrong"]:
        raise ceiling.Dishonest(f"{candidate.name} at {rate:.0f} a second: {found}")
    return found


def over(one: Measured, other: Measured) -> float:
    """The median of the rounds' ratios: whatever else was running slowed both."""
    pairs = zip(one.runs, other.runs, strict=True)
    return round(median(a.per_s / b.per_s for a, b in pairs), 2)


def result(
    measured: list[Measured],
    best: dict[str, Measured],
    singles: list[float],
    at_share: dict[str, Latency],
) -> dict[str, object]:
    """Each candidate by its better number of workers."""
    return {
        **{f"{name}_per_s": round(one.middle(per_s)) for name, one in best.items()},
        "pgbench_per_s": round(median(singles)),
        "ours_over_textbook": over(best["ours"], best["textbook"]),
        "ours_over_bare": over(best["ours"], best["bare"]),
        "p99_ms_at_60": at_share["ours"].p99_ms,
        "latency": {name: asdict(found) for name, found in at_share.items()},
        "runs": {one.label: [asdict(run) for run in one.runs] for one in measured},
    }


def table(
    measured: list[Measured], singles: list[float], at_share: dict[str, Latency]
) -> Iterator[str]:
    """«Each» is processor time a request: of the service, and of PostgreSQL."""
    yield f"{'':24}{'a second':>10}{'µs each':>10}{'database':>10}{'p50 at 60 %':>14}{'p99':>10}"
    for one in measured:
        service, database = one.middle(service_us), one.middle(database_us)
        line = f"{one.label:24}{one.middle(per_s):10,.0f}{service:10.0f}{database:10.0f}"
        times = at_share[one.candidate.name]
        if times.per_s == one.middle(per_s) * SHARE:
            line += f"{times.p50_ms:11.1f} ms{times.p99_ms:7.1f} ms"
        yield line
    yield f"{'pgbench, single rows':24}{median(singles):10,.0f}"


if __name__ == "__main__":
    sys.exit(main())
