"""Embedded servers started for a test, callers in processes of their own, and how they ended."""

from __future__ import annotations

import asyncio
import os
import select
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from kit import postgres, postgres_process
from kit.postgres import Cluster

QUICK = {"fsync": "off", "shared_buffers": "16MB"}
ROOT = os.geteuid() == 0
CHECKOUT = Path(__file__).parent.parent
CALLER = """
import os, signal, sys
from pathlib import Path
from kit import postgres
cluster = postgres.start(
    Path(sys.argv[1]), say=lambda line: None, settings={"fsync": "off", "shared_buffers": "16MB"}
)
print(cluster.pid, flush=True)
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """Not `tmp_path`: the server's system user could not pass through it."""
    path = Path(tempfile.mkdtemp(prefix="chot-test-"))
    path.chmod(0o711)
    yield path
    left = [file.parent for file in path.rglob("lock") if not nothing_runs_on(file.parent)]
    shutil.rmtree(path)
    assert left == [], "a server was left behind"


def start(data_dir: Path, **settings: str) -> Cluster:
    return postgres.start(data_dir, say=lambda _: None, settings=QUICK | settings)


def ask(url: str, *statements: str) -> object:
    """The last statement's first value."""

    async def run() -> object:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(run())


def call(script: str, data_dir: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(data_dir)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
    )


def wait_for_the_end_of(pid: int) -> None:
    with suppress(ProcessLookupError):
        process = os.pidfd_open(pid)
        ended, _, _ = select.select([process], [], [], 20)
        os.close(process)
        assert ended, f"process {pid} still runs"


def nothing_runs_on(data_dir: Path) -> bool:
    with postgres_process.lock(data_dir.resolve()) as held:
        return held is not None


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
