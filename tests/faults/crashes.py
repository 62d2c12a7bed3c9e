"""C01 and C13: the service and the database ended while commits are in flight."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from checkin.verify import Reconciled
from tests.faults.crowd import Told, crowd
from tests.faults.guard import Guard
from tests.faults.house import ROOT, House, children, until
from tests.faults.verdict import Figures, judged, noticed

chance = random.Random()
SOME = 50_000  # bytes of acknowledged scans, some 150 of them, before anything is ended
SLOW_WAL = (
    # What a commit that need not wait leaves in memory; a kill of the server takes it along.
    "ALTER ROLE chot_app SET synchronous_commit = off",
    "ALTER SYSTEM SET wal_writer_delay = '10s'",
    "ALTER SYSTEM SET wal_writer_flush_after = '64MB'",
    "SELECT pg_reload_conf()",
)
WAIT_AGAIN = (
    "ALTER ROLE chot_app RESET synchronous_commit",
    "ALTER SYSTEM RESET ALL",
    "SELECT pg_reload_conf()",
)


class Verifying:
    """Holds the last round's scans against the database while the next round's load begins."""

    def __init__(self, house: House, totals: Counter[str], threads: ThreadPoolExecutor) -> None:
        self.house = house
        self.totals = totals
        self.threads = threads
        self.last: Future[Reconciled] | None = None

    def begin(self, file: Path) -> None:
        self.last = self.threads.submit(self.house.verify, file)

    def finish(self) -> None:
        if self.last is not None:
            found, self.last = self.last.result(), None
            for name in ("acknowledged", "lost", "doubled", "differing", "unreadable"):
                self.totals[name] += getattr(found, name)


@contextmanager
def verifying(house: House, totals: Counter[str]) -> Iterator[Verifying]:
    with ThreadPoolExecutor(1) as threads:
        yield (checks := Verifying(house, totals, threads))
        checks.finish()


def kills(house: House, count: int, seconds: float = 2.5) -> Figures:
    """C01: the service and the database in turn, each after at most so many seconds of load."""
    totals: Counter[str] = Counter()
    begun = time.monotonic()
    house.start_service()
    with verifying(house, totals) as checks:
        for n in range(count):
            target = "database" if n % 2 else "service"
            told = kill_once(house, target, chance.uniform(0.2, seconds), totals, checks)
            checks.begin(told.file)
            took = (time.monotonic() - begun) / (n + 1)
            rest = f"{took:.1f} s each, {took * (count - n - 1) / 60:.0f} min to go"
            print(f"  {n + 1} of {count}, {rest}: {figures(totals)}", flush=True)
    house.end_service()
    found = {
        "kills": count,
        "kills with a commit seen in the database": totals["active"],
        "kills with requests unanswered": totals["unanswered"],
        **figures(totals),
    }
    return judged(
        found,
        promises(totals)
        | {"nine kills in ten with commits in flight": totals["in flight"] >= 0.9 * count},
    )


def kill_once(
    house: House, target: str, after: float, totals: Counter[str], checks: Verifying
) -> Told:
    pid = house.cluster.pid
    assert house.service is not None
    pids = [pid, *children(pid)] if target == "database" else [house.service.pid]
    with crowd(house, traced=False) as people:
        until(lambda: people.file.stat().st_size > SOME)
        checks.finish()  # it asks the database that is about to be killed
        killed = killer(house, pids, after)
        if target == "database":
            house.wait_database_gone()
            house.start_database()
        else:
            house.end_service()
            house.start_service()
        told = people.end()
    totals["active"] += killed["active"] > 0
    totals["unanswered"] += told.most_unanswered > 0
    totals["in flight"] += killed["active"] > 0 or told.most_unanswered > 0
    totals["given up"] += told.given_up
    totals["failures"] += told.failures
    return told


def killer(house: House, pids: list[int], after: float) -> dict[str, float]:
    """A process of its own ends them."""
    killing = subprocess.run(
        [
            *(sys.executable, "-m", "tests.faults.killer", *map(str, pids)),
            *("--after", str(after), "--admin", house.cluster.admin_url),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, float] = json.loads(killing.stdout)
    return found


def forgetful(house: House, count: int) -> Figures:
    """The control of C01: the same, but commits do not wait for the disk."""
    totals: Counter[str] = Counter()
    house.execute(*SLOW_WAL, admin=True)
    house.without = Guard.SAFE_DATABASE
    house.start_service()
    with verifying(house, totals) as checks:
        for _ in range(count):
            told = kill_once(house, "database", chance.uniform(0.5, 1.0), totals, checks)
            checks.begin(told.file)
    house.end_service()
    house.without = None
    house.execute(*WAIT_AGAIN, admin=True)
    return noticed(judged({"kills": count, **figures(totals)}, promises(totals)), "none lost")


def terminations(house: House, count: int, number: signal.Signals = signal.SIGTERM) -> Figures:
    """C13: told to stop at full load."""
    totals: Counter[str] = Counter()
    slowest = 0.0
    house.start_service()
    with verifying(house, totals) as checks:
        for _ in range(count):
            with crowd(house) as people:
                until(lambda: people.file.stat().st_size > SOME)
                time.sleep(chance.uniform(0.2, 1.5))
                told_to_stop = time.monotonic()
                slowest = max(slowest, house.end_service(number))
                house.start_service()
                told = people.end()
            under_way = [r for r in told.requests if r.begun < told_to_stop < r.ended]
            totals["under way"] += len(under_way)
            totals["cut off"] += sum(r.status == 0 for r in under_way)
            totals["given up"] += told.given_up
            totals["failures"] += told.failures
            checks.finish()
            checks.begin(told.file)
    house.end_service()
    found = {
        "terminations": count,
        "slowest end, s": round(slowest, 2),
        "requests under way": totals["under way"],
        "of these without an answer": totals["cut off"],
        **figures(totals),
    }
    return judged(
        found,
        promises(totals)
        | {
            "whoever was heard is answered": totals["cut off"] == 0,
            "ended within 15 s": slowest <= 15,
        },
    )


def cut_off(house: House) -> Figures:
    """The control of C13: ended by SIGKILL, which no program can prepare for."""
    found = terminations(house, 1, signal.SIGKILL)
    return noticed(found, "whoever was heard is answered")


def figures(totals: Counter[str]) -> Figures:
    names = ("acknowledged", "lost", "doubled", "differing", "given up", "failures")
    return {name: totals[name] for name in names}


def promises(totals: Counter[str]) -> dict[str, bool]:
    return {
        "none lost": not totals["lost"],
        "none doubled": not totals["doubled"],
        "none differs": not (totals["differing"] or totals["unreadable"]),
        "every answer was «stored» or «send it again»": not totals["failures"],
        "all stored in the end": not totals["given up"],
    }


MOST = 128 * 1024 * 1024  # bytes of scans in one call of `chot verify`, which keeps them in memory


def verify_all(house: House) -> Figures:
    """`chot verify`, as an operator calls it, over everything that was acknowledged so far: what
    one crash left whole the next could have taken."""
    parts: list[Path] = []
    room = 0
    for path in house.files:
        if (size := path.stat().st_size) > room:
            parts.append(house.folder / f"all-{len(parts) + 1}.ndjson")
            room = MOST
        room -= size
        with parts[-1].open("ab") as out:
            out.write(path.read_bytes())
        path.unlink()  # a long campaign writes gigabytes
    with ThreadPoolExecutor(2) as threads:
        ran = list(threads.map(lambda part: chot_verify(house, part), parts))
    said = [line for one in ran for line in one.stdout.splitlines()]
    return judged({"said": said}, {"all is whole": not any(one.returncode for one in ran)})


def chot_verify(house: House, file: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "chot.py", "verify", str(file)]
    return subprocess.run(
        program, cwd=ROOT, env=house.environment(), stdout=subprocess.PIPE, text=True, check=False
    )
