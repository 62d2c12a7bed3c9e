"""C04, C08, C09, C10 and C14: the database cut off at a commit, stalled, gone, restarted, full."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults.crowd import Told, crowd, first_stored, worst
from tests.faults.house import ROOT, Db, House

LEAKED = """
SELECT count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS open_transactions,
    count(*) AS connections
FROM pg_stat_activity WHERE usename = 'chot_app'
"""
MOST_CONNECTIONS = 30  # of all pools of one worker, generously
PROMPT = 8.0  # seconds: request deadlines with the machine's own slowness


def cuts(house: House, count: int, every: int = 5) -> dict[str, object]:
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
    with crowd(house) as people:
        assert cutting.stdout.readline() == "done\n"
        told = people.end()
    house.end_service()
    cutting.terminate()
    done = json.loads(cutting.communicate()[0])
    found = house.verify(told.file)
    return {
        "cuts": done,
        "answered 503": told.statuses.get(503, 0),
        "of these without Retry-After": told.without_retry_after,
        "retries that found their row": told.statuses.get(200, 0),
        **counted(told),
        "lost": found.lost,
        "doubled": found.doubled,
        "ok": sum(done.values()) >= count
        and told.statuses.get(503, 0) > 0
        and told.statuses.get(200, 0) > 0
        and is_sound(told)
        and found.whole,
    }


def stall(house: House, seconds: float) -> dict[str, object]:
    """C08: every process of the database stands still."""
    return away(
        house,
        seconds,
        lambda: house.signal_database(signal.SIGSTOP),
        lambda: house.signal_database(signal.SIGCONT),
    )


def vanish(house: House, seconds: float) -> dict[str, object]:
    """C09: the database is killed and comes back later."""
    return away(house, seconds, house.kill_database, house.start_database)


def restart(house: House, seconds: float) -> dict[str, object]:
    """C10: the database is stopped in order and started again."""
    return away(house, seconds, house.stop_database, house.start_database)


def away(
    house: House, seconds: float, leave: Callable[[], None], back: Callable[[], None]
) -> dict[str, object]:
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
    during = [r.seconds for r in told.requests if left <= r.begun < returned]
    recovery = first_stored(told.requests, returned)
    return {
        "away, s": round(returned - left, 1),
        "requests meanwhile": len(during),
        "slowest answer meanwhile, s": round(max(during, default=0.0), 2),
        "first scan stored after its return, s": round(recovery, 2),
        **leaked,
        **counted(told),
        "lost": found.lost,
        "doubled": found.doubled,
        "ok": is_sound(told)
        and found.whole
        and recovery <= 5
        and max(during, default=0.0) <= PROMPT
        and leaked["connections"] <= MOST_CONNECTIONS
        and not leaked["open transactions"],
    }


def leaks(house: House) -> dict[str, int]:
    async def look(db: Db) -> dict[str, int]:
        row = await db.fetchrow(LEAKED)
        assert row is not None
        return {"open transactions": row[0], "connections": row[1]}

    return house.ask(look, admin=True)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of its own in memory; only root may mount one."""
    folder.parent.chmod(0o755)
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
    subprocess.run(mount, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


SMALL = {"max_wal_size": "64MB", "min_wal_size": "32MB", "shared_buffers": "32MB"}


def full_disk(house: House, disk: Path) -> dict[str, object]:
    """C14: the disk of the database fills up under load, and gets room again. The house's database
    must live on `disk`."""
    ballast = disk / "ballast"
    house.start_service()
    with crowd(house) as people:
        time.sleep(1)
        fill(ballast, shutil.disk_usage(disk).free - 512 * 1024)
        full_at = time.monotonic()
        keep_full(house, ballast, disk)
        died = house.is_database_gone()
        ballast.unlink()
        if died:
            house.start_database()
        roomy_at = time.monotonic()
        time.sleep(5)
        told = people.end()
    house.end_service()
    found = house.verify(told.file)
    damaged = house.ask(damage, admin=True)
    meanwhile = [r for r in told.requests if full_at <= r.begun < roomy_at]
    return {
        "requests while full": len(meanwhile),
        "of these 503": sum(r.status == 503 for r in meanwhile),
        "the database had to be started again": died,
        "first scan stored with room again, s": round(first_stored(told.requests, roomy_at), 2),
        "damaged indexes": damaged,
        **counted(told),
        "lost": found.lost,
        "doubled": found.doubled,
        "ok": is_sound(told)
        and found.whole
        and any(r.status == 503 for r in meanwhile)
        and not damaged
        and first_stored(told.requests, roomy_at) <= 5,
    }


def fill(path: Path, size: int) -> None:
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(size, 1))


def keep_full(house: House, ballast: Path, disk: Path) -> None:
    """The table grows into what is left; the ballast takes whatever is freed meanwhile."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not house.is_database_gone():
        free = shutil.disk_usage(disk).free
        if free > 64 * 1024:
            with contextlib.suppress(OSError):
                fill(ballast, ballast.stat().st_size + free)
        time.sleep(0.5)


async def damage(db: Db) -> int:
    """Pages whose checksum is wrong raise here; an index must know every row of its table."""
    await db.execute("SET enable_indexscan = off; SET enable_indexonlyscan = off")
    await db.execute("SET enable_bitmapscan = off")
    by_table = await db.fetchval("SELECT count(*) FROM scan")
    await db.execute("RESET ALL; SET enable_seqscan = off; SET enable_bitmapscan = off")
    by_index = await db.fetchval("SELECT count(*) FROM scan WHERE venue_id > 0")
    return int(by_table != by_index)


def counted(told: Told) -> dict[str, object]:
    stored = [r.seconds for r in told.requests if r.stored]
    return {
        "stored": told.stored,
        "answers": {str(status): n for status, n in told.statuses.items()},
        "p99 of stored, ms": round(worst(stored, 0.99) * 1000),
    }


def is_sound(told: Told) -> bool:
    """Every answer was «stored» or an honest «send it again», and in the end all were stored."""
    return not (told.failures or told.given_up or told.without_retry_after)
