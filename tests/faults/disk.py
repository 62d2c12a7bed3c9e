"""C14: the disk full under load."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tests.faults.crowd import counted, crowd, first_stored, is_sound
from tests.faults.house import Db, House, house
from tests.faults.verdict import Figures, judged, noticed


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


@contextlib.contextmanager
def house_on_small_disk() -> Iterator[House]:
    with (
        tempfile.TemporaryDirectory(prefix="chot-faults-") as folder,
        small_disk(Path(folder) / "disk", 300) as disk,
        house(SMALL, database_folder=disk) as made,
    ):
        yield made


def full_disk(made: House) -> Figures:
    """C14: the disk of the database fills up under load, and gets room again. It must be a small
    one."""
    disk = made.cluster.data_dir.parent
    ballast = disk / "ballast"
    made.start_service()
    with crowd(made) as people:
        time.sleep(1)
        fill(ballast, shutil.disk_usage(disk).free - 512 * 1024)
        full_at = time.monotonic()
        keep_full(made, ballast, disk)
        died = made.is_database_gone()
        ballast.unlink()
        if died:
            made.start_database()
        roomy_at = time.monotonic()
        time.sleep(5)
        told = people.end()
    made.end_service()
    found = made.verify(told.file)
    damaged = made.ask(damage, admin=True)
    meanwhile = [r for r in told.requests if full_at <= r.begun < roomy_at]
    recovery = first_stored(told.requests, roomy_at)
    return judged(
        {
            "requests while full": len(meanwhile),
            "of these 503": sum(r.status == 503 for r in meanwhile),
            "the database had to be started again": died,
            "first scan stored with room again, s": round(recovery, 2),
            **counted(told),
            "lost": found.lost,
            "doubled": found.doubled,
        },
        {
            "who finds it full hears of it": any(r.status == 503 for r in meanwhile),
            "every answer was «stored» or «send it again»": is_sound(told),
            "none lost, none doubled": found.whole,
            UNDAMAGED: not damaged,
            "scans are stored within 5 s of there being room": recovery <= 5,
        },
    )


def damaged_by_hand(made: House) -> Figures:
    """The control of C14's look at the indexes: one of today's misses the scans of a while."""
    index = f"scan_{datetime.now(made.settings.zone):%Y%m%d}_venue_id_at_subject_way_zone_id_idx"
    made.execute(IGNORE.format(index=index, kept="false"), admin=True)
    made.start_service()
    with crowd(made) as people:
        time.sleep(1)
        told = people.end()
    made.end_service()
    made.execute(IGNORE.format(index=index, kept="true"), admin=True)
    damaged = made.ask(damage, admin=True)
    return noticed(judged(counted(told), {UNDAMAGED: not damaged}), UNDAMAGED)


UNDAMAGED = "every index knows every row"
IGNORE = "UPDATE pg_index SET indisready = {kept} WHERE indexrelid = '{index}'::regclass"


def fill(path: Path, size: int) -> None:
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(size, 1))


def keep_full(made: House, ballast: Path, disk: Path) -> None:
    """The table grows into what is left; the ballast takes whatever is freed meanwhile."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not made.is_database_gone():
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
