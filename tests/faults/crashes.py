"""C01 and C13: the service and the database ended while commits are in flight."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from checkin.verify import Reconciled
from tests.faults.crowd import crowd
from tests.faults.house import ROOT, House, children, until

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


def kills(house: House, count: int, seconds: float = 2.5) -> dict[str, object]:
    """C01: the service and the database in turn."""
    totals: Counter[str] = Counter()
    house.start_service()
    for n in range(count):
        target = "database" if n % 2 else "service"
        found = kill_once(house, target, chance.uniform(0.2, seconds), totals)
        add(totals, found)
        print(f"  {n + 1} of {count}: {figures(totals)}", flush=True)
    house.end_service()
    return {
        "kills": count,
        "kills with a commit seen in the database": totals["active"],
        "kills with requests unanswered": totals["unanswered"],
        **figures(totals),
        "ok": not (totals["lost"] or totals["doubled"] or totals["differing"])
        and totals["in flight"] >= 0.9 * count
        and not totals["given up"]
        and not totals["failures"],
    }


def kill_once(house: House, target: str, after: float, totals: Counter[str]) -> Reconciled:
    pid = house.cluster.pid
    assert house.service is not None
    pids = [pid, *children(pid)] if target == "database" else [house.service.pid]
    with crowd(house) as people:
        until(lambda: people.file.stat().st_size > SOME)
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
    return house.verify(told.file)


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


def forgetful(house: House, count: int) -> dict[str, object]:
    """The negative control of C01: the same, but commits do not wait for the disk."""
    totals: Counter[str] = Counter()
    house.execute(*SLOW_WAL, admin=True)
    house.forgetful = True
    house.start_service()
    for _ in range(count):
        add(totals, kill_once(house, "database", chance.uniform(0.5, 1.0), totals))
    house.end_service()
    house.forgetful = False
    house.execute(*WAIT_AGAIN, admin=True)
    return {"kills": count, **figures(totals), "ok": totals["lost"] > 0}


def terminations(house: House, count: int) -> dict[str, object]:
    """C13: SIGTERM at full load."""
    totals: Counter[str] = Counter()
    slowest = 0.0
    house.start_service()
    for _ in range(count):
        with crowd(house) as people:
            until(lambda: people.file.stat().st_size > SOME)
            time.sleep(chance.uniform(0.2, 1.5))
            slowest = max(slowest, house.end_service(signal.SIGTERM))
            house.start_service()
            told = people.end()
        totals["given up"] += told.given_up
        totals["failures"] += told.failures
        add(totals, house.verify(told.file))
    house.end_service()
    return {
        "terminations": count,
        "slowest end, s": round(slowest, 2),
        **figures(totals),
        "ok": not (totals["lost"] or totals["doubled"] or totals["failures"]) and slowest <= 15,
    }


def add(totals: Counter[str], found: Reconciled) -> None:
    for name in ("acknowledged", "lost", "doubled", "differing", "unreadable"):
        totals[name] += getattr(found, name)


def figures(totals: Counter[str]) -> dict[str, object]:
    names = ("acknowledged", "lost", "doubled", "differing", "given up", "failures")
    return {name: totals[name] for name in names}


def verify_all(house: House) -> dict[str, object]:
    """`chot verify`, as an operator calls it, over everything that was acknowledged so far."""
    together = house.folder / "all.ndjson"
    with together.open("wb") as out:
        for path in house.files:
            out.write(Path(path).read_bytes())
    ran = subprocess.run(
        [sys.executable, "chot.py", "verify", str(together)],
        cwd=ROOT,
        env=house.environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return {"said": ran.stdout.splitlines(), "ok": ran.returncode == 0}
