"""A service for the length of a load test, with staff accounts and venues."""

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

ROOT = Path(__file__).parent.parent
CHOT = [sys.executable, str(ROOT / "chot.py")]
PASSWORD = "a password for the load test"  # noqa: S105  of a service that lives for minutes
STAFF = {"load": "admin", "opener": "coordinator", "approver": "coordinator"}
PATIENCE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    url: str
    environment: dict[str, str]  # with which other commands find its database


@contextlib.contextmanager
def running(folder: Path, workers: int) -> Iterator[Running]:
    folder.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "CHOT_DATA_DIR": str(folder / "data"),
        "CHOT_PORT": str(port),
        "CHOT_PUBLIC_URL": url,
        "STAFF_PASSWORD": PASSWORD,
    }
    serve = [*CHOT, "serve", "--workers", str(workers)]
    # A session of its own, so that Ctrl-C reaches the scenario first and the service last.
    process = subprocess.Popen(serve, env=environment, start_new_session=True)
    try:
        wait_until_ready(url, process)
        for login, role in STAFF.items():
            account = ["admin", "add", login, "--name", login.title(), "--role", role, "--area", ""]
            subprocess.run([*CHOT, *account], env=environment, check=True)
        yield Running(url=url, environment=environment)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=PATIENCE)


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/ready").status_code == httpx.codes.OK:
                return
        time.sleep(0.2)
    raise TimeoutError("the service did not become ready; what it says stands above")


def new_codes(url: str, venues: int) -> list[str]:
    """The codes of as many new venues, the most visited first."""
    with httpx.Client(base_url=url, timeout=30) as http:
        session = http.post("/v1/sessions", json={"login": "load", "password": PASSWORD})
        http.headers["Authorization"] = f"Bearer {session.raise_for_status().json()['token']}"
        return [new_code(http, number) for number in range(1, venues + 1)]


def new_code(http: httpx.Client, number: int) -> str:
    venue = {
        "organisation": "Load test",
        "name": f"Siêu thị Tải {number}",
        "kind": "supermarket",
        "address": f"{number} Đường Thử",
    }
    made = http.post("/v1/venues", json=venue).raise_for_status().json()
    return str(made["checkpoints"][0]["codes"][0]["code"])
