"""How much at most: closed-loop runs of wrk against a service, and of pgbench with single rows."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.candidates import Candidate
from bench.database import Database
from bench.machine import processor_seconds
from kit.postgres_home import binaries

SCRIPT = Path(__file__).parent / "scan.lua"
CONNECTIONS = 512  # a rush at many doors; the textbook is as quick with 64 as with these
THREADS = max(1, len(os.sched_getaffinity(0)) // 4)  # wrk shares the machine with the rest
MOST_REFUSED = 0.05  # of the requests; beyond it the rate is one of refusals
CLIENTS = 64  # of pgbench, more than the cores can fill
RESULT = re.compile(r"^RESULT (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)
# `person` is drawn by pgbench; a subject of its own makes every row new, as with the others.
ROW = """\\set person random(1, 20000)
\\set venue random(1, 300)
INSERT INTO textbook_scan
    (subject, at, venue_id, zone_id, checkpoint_id, way, party, late, source, flags)
VALUES (gen_random_uuid(), now(), :venue, NULL, :person, 1, 0, 0, 1, 0);
"""


class WrkMissing(RuntimeError):
    """The load generator wrk is missing. Install it (Debian: sudo apt-get install wrk)."""


class Dishonest(RuntimeError):
    """A service refused requests or answered more than it stored: its rate means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    per_s: float
    refused: int  # «busy, send it again»
    service_us: float  # processor time a request, of the service's processes
    database_us: float
    generator_us: float


def require_wrk() -> str:
    if (found := shutil.which("wrk")) is None:
        raise WrkMissing(WrkMissing.__doc__)
    return found


def measure(candidate: Candidate, seconds: int, database: Database) -> Run:
    """Rows are counted before and after: whoever answers must have stored."""
    before = database.rows(candidate.table)
    used = [processor_seconds(candidate.pid), processor_seconds(database.pid), children_seconds()]
    requests, microseconds, refused, broken = run_wrk(candidate, seconds, database)
    now = [processor_seconds(candidate.pid), processor_seconds(database.pid), children_seconds()]
    stored = database.rows(candidate.table) - before
    answered = requests - refused
    # what was under way when wrk hung up is stored too, and answered to nobody
    honest = candidate.table is None or answered <= stored <= requests + 2 * CONNECTIONS
    if broken or not honest or refused > requests * MOST_REFUSED:
        raise Dishonest(
            f"{candidate.name}: {answered} answers, {refused} refused, {broken} broken, "
            f"{stored} rows"
        )
    each = [(after - first) / answered * 1e6 for first, after in zip(used, now, strict=True)]
    return Run(
        per_s=answered / microseconds * 1e6,
        refused=refused,
        service_us=each[0],
        database_us=each[1],
        generator_us=each[2],
    )


def run_wrk(candidate: Candidate, seconds: int, database: Database) -> tuple[int, ...]:
    """Requests, microseconds, answers above 399, connections that broke or waited 10 s."""
    arguments = [str(database.people), str(THREADS), str(next(database.runs))]
    command = [
        *(require_wrk(), f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout=10s"),
        *("-s", str(SCRIPT), candidate.url, "--", *arguments),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    found = RESULT.search(ran.stdout)
    if found is None:
        raise Dishonest(f"wrk said no result: {ran.stdout} {ran.stderr}")
    return tuple(map(int, found.groups()))


def pgbench(url: str, seconds: int) -> float:
    """Rows a second."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(ROW)
        script.flush()
        command = [
            *(str(binaries() / "pgbench"), "--no-vacuum", "--protocol=prepared"),
            *(f"--client={CLIENTS}", "--jobs=1", f"--time={seconds}", f"--file={script.name}", url),
        ]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", ran.stdout)
    if ran.returncode or found is None:
        raise Dishonest(f"pgbench: {ran.stderr[-500:]}")
    return float(found[1])


def children_seconds() -> float:
    """Processor time of the programs that this process has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
