"""An import by two processes over several connections: the same answer, stopped, cut off, two at
once."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import anyio.to_thread
import asyncpg
import pytest

from accounts.queries import LOCK_AUDIT
from checkin import visit_process
from checkin.visit_reading import Job, chunks
from checkin.visit_rows import ImportRefused, milliseconds
from kit.table import TableCut
from tests.conftest import NOW
from tests.make_imports import HEADER, LAN, MORNING, PLACES, Importer, importer

__all__ = ["importer"]  # the fixture


def odd_file(folder: Path) -> Path:
    """Quoted line breaks, bad and old rows, known and new people, over several chunks."""
    rows = [
        f'"Người\n{n % 70}",{"x" if n % 7 == 0 else "0912345678"},,'
        f"{'Chợ Cái Răng' if n % 5 else 'Quán lạ'},,"
        f"2021-07-{n % 25 + 1:02}T08:{n % 60:02}:00+07:00,"
        for n in range(500)
    ]
    path = folder / "odd.csv"
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return path


def test_another_process_judges_a_file_as_this_one_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    path = odd_file(tmp_path)
    oldest = milliseconds(datetime(2021, 7, 5, tzinfo=UTC))
    latest = milliseconds(NOW)
    job = Job(path=path, encoding=None, places=PLACES, oldest=oldest, latest=latest)
    [here] = chunks(job)

    # when
    monkeypatch.setattr(visit_process, "SMALL", 0)
    with visit_process.read_chunks(job) as found:
        [there] = found

    # then
    assert there == here
    assert (here.rows, here.line) == (500, 1000)
    assert (len(here.old), len(here.people), len(here.bad)) == (80, 56, 160)


def test_what_another_process_refuses_is_refused_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    path = tmp_path / "cut.csv"
    path.write_text(f"{HEADER}\n{LAN},{MORNING}\nTrần Văn Bình,09", encoding="utf-8")
    job = Job(path=path, encoding=None, places=PLACES, oldest=0, latest=0)
    monkeypatch.setattr(visit_process, "SMALL", 0)

    # when / then
    with pytest.raises(TableCut) as refused, visit_process.read_chunks(job) as found:
        list(found)
    assert refused.value.facts == {"name": "cut.csv", "line": 3}


async def test_an_import_that_is_stopped_stores_nothing_and_leaves_no_process(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given an import of two processes that waits for a table
    monkeypatch.setattr(visit_process, "SMALL", 0)
    async with importer.days_db.transaction():
        await importer.days_db.execute("LOCK TABLE identifier IN ACCESS EXCLUSIVE MODE")
        task = asyncio.create_task(importer.rows(f"{LAN},{MORNING}"))
        await until(importer.days_db, WAITING)

        # when
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    # then
    assert task.cancelled()
    assert not readers()
    assert [await importer.count(t) for t in ("scan", "person", "venue", "audit")] == [0] * 4
    assert (await importer.rows(f"{LAN},{MORNING}")).arrivals == 1


WAITING = """
SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'identifier'::regclass)
"""


def readers() -> list[Path]:
    """The processes that judge files for this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
            if (
                int(parent) == os.getpid()
                and b"visit_process" in (process / "cmdline").read_bytes()
            ):
                found.append(process)
    return found


async def until(db: asyncpg.Connection[asyncpg.Record], question: str) -> None:
    with anyio.fail_after(30):
        while not await db.fetchval(question):
            pass


async def test_an_import_cut_off_between_people_and_scans_is_mended_by_a_second_run(
    importer: Importer,
) -> None:
    # given an import whose people are stored, and whose scans wait to write their audit row
    rows = [f"{LAN},{MORNING}", f"Trần Văn Bình,,,Quán Ngon,,{MORNING}"]
    async with importer.days_db.transaction():
        await importer.days_db.execute(LOCK_AUDIT)
        task = asyncio.create_task(importer.rows(*rows))
        await until(importer.days_db, "SELECT count(*) FROM person")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [await importer.count(t) for t in ("person", "scan")] == [2, 0]

    # when
    report = await importer.rows(*rows)

    # then
    assert (report.arrivals, report.departures) == (2, 2)
    assert [await importer.count(t) for t in ("person", "scan", "venue")] == [2, 4, 2]


async def test_two_imports_at_once_are_one_after_the_other(importer: Importer) -> None:
    async with importer.days_db.transaction():
        await importer.days_db.execute("SELECT pg_advisory_xact_lock(x'696d706f'::bigint)")
        with pytest.raises(ImportRefused, match="another import"):
            await importer.rows(f"{LAN},{MORNING}")
