"""The services that are measured, each in processes of its own on a loopback port."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from settings import Settings

ROOT = Path(__file__).parent.parent
PATIENCE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    name: str
    workers: int
    url: str
    pid: int
    table: str | None  # where its rows are counted; None stores nothing


@contextlib.contextmanager
def bare(settings: Settings, workers: int) -> Iterator[Candidate]:
    with running("bare", workers, None, uvicorn("bare", workers), settings) as found:
        yield found


@contextlib.contextmanager
def textbook(settings: Settings, workers: int) -> Iterator[Candidate]:
    command = uvicorn("textbook", workers)
    with running("textbook", workers, "textbook_scan", command, settings) as found:
        yield found


@contextlib.contextmanager
def ours(settings: Settings, workers: int) -> Iterator[Candidate]:
    """The service as an operator starts it; the port comes from the settings."""
    command = [sys.executable, str(ROOT / "chot.py"), "serve", "--workers", str(workers)]
    with running("ours", workers, "scan", command, settings) as found:
        yield found


def uvicorn(route: str, workers: int) -> list[str]:
    return [
        *(sys.executable, "-m", "uvicorn", f"bench.routes:{route}", "--workers", str(workers)),
        *("--host", "127.0.0.1", "--log-level", "warning", "--no-access-log"),
        *("--no-server-header", "--loop", "uvloop", "--http", "httptools"),
        *("--timeout-worker-healthcheck", "30"),
    ]


@contextlib.contextmanager
def running(
    name: str, workers: int, table: str | None, command: list[str], settings: Settings
) -> Iterator[Candidate]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "CHOT_KEY_DIR": str(settings.key_dir),
        "DATABASE_URL": settings.database_url,
        "DATABASE_OWNER_URL": settings.database_owner_url,
        "CHOT_PUBLIC_URL": url,
        "CHOT_PORT": str(port),
        "CHOT_LOG": "warning",  # the other candidates log no requests either
    }
    if name != "ours":
        command = [*command, "--port", str(port)]
        del environment["DATABASE_OWNER_URL"]
    log = settings.key_dir.with_name("log")
    with log.open("ab") as stderr:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=stderr)
    try:
        wait_until_answering(url, process, log)
        yield Candidate(name=name, workers=workers, url=url, pid=process.pid, table=table)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=PATIENCE)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def wait_until_answering(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/ready").status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                return
        time.sleep(0.1)
    said = log.read_text()[-2000:]
    raise TimeoutError(f"a service under test did not answer; it said:\n{said}")
