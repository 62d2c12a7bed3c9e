"""`make load`: a service of its own, one venue, the supermarket's day by Locust, and whether every
acknowledged scan is
there once. Everything on 127.0.0.1."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent
REPORT = ROOT / "report"
PASSWORD = "a password for the load test"  # noqa: S105  of a service that lives for minutes
SAMPLE = 500  # people whose visits are asked for and compared
PATIENCE = 60


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=120, help="into which the day is compressed")
    parser.add_argument("--phones", type=int, default=200, help="connections at once")
    options = parser.parse_args()
    REPORT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chot-load-") as folder, service(Path(folder)) as url:
        code = new_code(url)
        status = locust(url, code, options)
        lost, doubled, asked = reconcile(url, REPORT / "acknowledged.ndjson")
    print(f"of {asked} people asked: {lost} scans lost, {doubled} doubled")
    print(f"report: {REPORT / 'supermarket.html'}")
    return 1 if status or lost or doubled else 0


@contextlib.contextmanager
def service(folder: Path) -> Iterator[str]:
    folder.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    settings = os.environ | {
        "CHOT_DATA_DIR": str(folder / "data"),
        "CHOT_PORT": str(port),
        "CHOT_PUBLIC_URL": url,
        "STAFF_PASSWORD": PASSWORD,
    }
    chot = [sys.executable, str(ROOT / "chot.py")]
    account = ["admin", "add", "load", "--name", "Load", "--role", "admin", "--area", ""]
    subprocess.run([*chot, *account], env=settings, check=True)
    running = subprocess.Popen([*chot, "serve"], env=settings)
    try:
        wait_until_ready(url, running)
        yield url
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(timeout=PATIENCE)


def wait_until_ready(url: str, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and running.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/ready").status_code == httpx.codes.OK:
                return
        time.sleep(0.2)
    raise TimeoutError("the service did not become ready; what it says stands above")


def new_code(url: str) -> str:
    with httpx.Client(base_url=url) as http:
        session = http.post("/v1/sessions", json={"login": "load", "password": PASSWORD})
        http.headers["Authorization"] = f"Bearer {session.raise_for_status().json()['token']}"
        venue = {
            "organisation": "Load test",
            "name": "Siêu thị Tải",
            "kind": "supermarket",
            "address": "1 Đường Thử",
        }
        made = http.post("/v1/venues", json=venue).raise_for_status().json()
    return str(made["checkpoints"][0]["codes"][0]["code"])


def locust(url: str, code: str, options: argparse.Namespace) -> int:
    settings = os.environ | {
        "LOAD_CODE": code,
        "LOAD_PEOPLE": str(options.people),
        "LOAD_SECONDS": str(options.seconds),
        "LOAD_ACKNOWLEDGED": str(REPORT / "acknowledged.ndjson"),
    }
    command = [
        *(sys.executable, "-m", "locust", "-f", str(ROOT / "loadtest" / "supermarket.py")),
        *("--headless", "--host", url, "--users", str(options.phones)),
        *("--spawn-rate", str(options.phones), "--run-time", f"{options.seconds + 15}s"),
        *("--html", str(REPORT / "supermarket.html"), "--only-summary"),
    ]
    return subprocess.run(command, env=settings, check=False).returncode


def reconcile(url: str, acknowledged: Path) -> tuple[int, int, int]:
    """(lost, doubled, people asked), by what the service itself tells a sample of the people."""
    expected: dict[str, list[str]] = defaultdict(list)
    for line in acknowledged.read_text().splitlines():
        scan = json.loads(line)
        expected[scan["token"]].append(scan["at"])
    sample = random.sample(sorted(expected), min(SAMPLE, len(expected)))
    lost = doubled = 0
    with httpx.Client(base_url=url) as http:
        for token in sample:
            head = {"Authorization": f"Bearer {token}"}
            visits = http.get("/v1/me/visits", headers=head).raise_for_status().json()["visits"]
            times = [v[end] for v in visits for end in ("arrived_at", "left_at") if v[end]]
            found = {datetime.fromisoformat(at) for at in times}
            wanted = {datetime.fromisoformat(at) for at in expected[token]}
            lost += len(wanted - found)
            doubled += max(0, len(times) - len(wanted))
    return lost, doubled, len(sample)


if __name__ == "__main__":
    sys.exit(main())
