"""C04, C08, C09 and C10: the database cut off at a commit, stalled, gone, restarted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from tests.faults.crowd import counted, crowd, first_stored, is_sound
from tests.faults.guard import Guard
from tests.faults.house import ROOT, Db, House
from tests.faults.verdict import Figures, judged, noticed

LEAKED = """
SELECT count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS open_transactions,
    count(*) AS connections
FROM pg_stat_activity WHERE usename = 'chot_app'
"""
MOST_CONNECTIONS = 30  # of all pools of one worker, generously
PROMPT = 8.0  # seconds: request deadlines with the machine's own slowness


def cuts(house: House, count: int, every: int = 5, *phones: str) -> Figures:
    """C04: of every N batches the connection of one is cut around its commit."""
    folder = house.folder / "cut"
    folder.mkdir(exist_ok=True)
    sockets = house.settings.database_url.partition("host=")[2].partition("&")[0]
    cutting = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.faults.cut", str(folder)),
            *("--to", sockets, "--every", str(every), "--most", str(count)),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert cutting.stdout is not None
    assert cutting.stdout.readline() == "ready\n"
    house.start_service(house.settings.database_url.replace(sockets, str(folder)))
    with crowd(house, *phones) as people:
        assert cutting.stdout.readline() == "done\n"
        told = people.end()
    house.end_service()
    cutting.terminate()
    done = json.loads(cutting.communicate()[0])
    found = house.verify(told.file)
    return judged(
        {
            "cuts": done,
            "answered 503": told.statuses.get(503, 0),
            "of these without Retry-After": told.without_retry_after,
            "retries that found their row": told.statuses.get(200, 0),
            **counted(told),
            "lost": found.lost,
            "doubled": found.doubled,
        },
        {
            "as many cuts as wanted": sum(done.values()) >= count,
            "who is cut off hears of it": told.statuses.get(503, 0) > 0,
            "a retry finds the row": told.statuses.get(200, 0) > 0,
            "every answer was «stored» or «send it again»": is_sound(told),
            "none lost, none doubled": found.whole,
        },
    )


def gullible(house: House) -> Figures:
    """The control of C04: phones that take 503 for «done»."""
    return noticed(cuts(house, 6, 2, "--gullible"), "none lost, none doubled")


def stall(house: House, seconds: float) -> Figures:
    """C08: every process of the database stands still."""
    return away(
        house,
        seconds,
        lambda: house.signal_database(signal.SIGSTOP),
        lambda: house.signal_database(signal.SIGCONT),
    )


def vanish(house: House, seconds: float) -> Figures:
    """C09: the database is killed and comes back later."""
    return away(house, seconds, house.kill_database, house.start_database)


def restart(house: House, seconds: float) -> Figures:
    """C10: the database is stopped in order and started again."""
    return away(house, seconds, house.stop_database, house.start_database)


def endless_wait(house: House) -> Figures:
    """The control of C08: no acquire, statement or request has a deadline."""
    house.without = Guard.DEADLINES
    return noticed(stall(house, PROMPT + 2), PROMPTLY)


def dishonest(scenario: Callable[[House], Figures], house: House) -> Figures:
    """The control of C09 and C10: that the database is away is an error like any other."""
    house.without = Guard.HONEST_ANSWERS
    return noticed(scenario(house), HONESTLY)


PROMPTLY = f"every request answered within {PROMPT:.0f} s"
HONESTLY = "every answer was «stored» or «send it again»"


def away(
    house: House, seconds: float, leave: Callable[[], None], back: Callable[[], None]
) -> Figures:
    house.start_service()
    with crowd(house) as people:
        time.sleep(1)
        leave()
        left = time.monotonic()
        time.sleep(seconds)
        back()
        returned = time.monotonic()
        time.sleep(6)
        told = people.end()
    leaked = leaks(house)
    house.end_service()
    found = house.verify(told.file)
    during = [r.seconds for r in told.requests if r.begun < returned and left < r.ended]
    recovery = first_stored(told.requests, returned)
    return judged(
        {
            "away, s": round(returned - left, 1),
            "requests meanwhile": len(during),
            "slowest answer meanwhile, s": round(max(during, default=0.0), 2),
            "first scan stored after its return, s": round(recovery, 2),
            **leaked,
            **counted(told),
            "lost": found.lost,
            "doubled": found.doubled,
        },
        {
            HONESTLY: is_sound(told),
            "none lost, none doubled": found.whole,
            "scans are stored within 5 s of its return": recovery <= 5,
            PROMPTLY: max(during, default=0.0) <= PROMPT,
            "no connection is left behind": leaked["connections"] <= MOST_CONNECTIONS,
            "no transaction is left open": not leaked["open transactions"],
        },
    )


def leaks(house: House) -> dict[str, int]:
    async def look(db: Db) -> dict[str, int]:
        row = await db.fetchrow(LEAKED)
        assert row is not None
        return {"open transactions": row[0], "connections": row[1]}

    return house.ask(look, admin=True)
