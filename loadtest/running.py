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
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent
CHOT = [sys.executable, str(ROOT / "chot.py")]
PASSWORD = "a password for the load test"  # noqa: S105  of a service that lives for minutes
STAFF = {"load": "admin", "opener": "coordinator", "approver": "coordinator"}
PATIENCE = 120
GATES = 10  # of a venue


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
        "CHOT_LOG": "warning",  # it shares this terminal
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
    with staff(url) as http:
        return [code_of(new_venue(http, number)) for number in range(1, venues + 1)]


def new_gates(url: str, venues: int) -> list[str]:
    """«device's number, its token, code of its door» of the gates of as many new venues."""
    with staff(url) as http:
        made = [new_venue(http, number) for number in range(1, venues + 1)]
        return [new_gate(http, venue, lane) for venue in made for lane in range(GATES)]


@contextlib.contextmanager
def staff(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=30) as http:
        session = http.post("/v1/sessions", json={"login": "load", "password": PASSWORD})
        http.headers["Authorization"] = f"Bearer {session.raise_for_status().json()['token']}"
        yield http


def new_venue(http: httpx.Client, number: int) -> dict[str, Any]:
    venue = {
        "organisation": "Load test",
        "name": f"Siêu thị Tải {number}",
        "kind": "supermarket",
        "address": f"{number} Đường Thử",
    }
    made: dict[str, Any] = http.post("/v1/venues", json=venue).raise_for_status().json()
    return made


def code_of(venue: dict[str, Any]) -> str:
    return str(venue["checkpoints"][0]["codes"][0]["code"])


def new_gate(http: httpx.Client, venue: dict[str, Any], lane: int) -> str:
    """Offered by the staff and paired by the device."""
    path = f"/v1/checkpoints/{venue['checkpoints'][0]['id']}/gates"
    offer = http.post(path, json={"name": f"Máy {lane}"}).raise_for_status().json()
    pairing = http.post("/v1/gate/pairings", json={"code": offer["code"]})
    return f"{offer['id']} {pairing.raise_for_status().json()['token']} {code_of(venue)}"
