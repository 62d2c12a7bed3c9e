"""`chot demo` as people start and end it: real processes, each ended by its own id."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import pytest

from demo import tls
from demo.start import demo_settings
from kit.postgres_process import lock

CHECKOUT = Path(__file__).parent.parent
LOGINS = ("venue", "officer", "approver", "tracer", "verifier", "auditor", "admin")
LONG = 120.0  # seconds; only a failure takes as long
begun: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A started demo; its output is in files, so that nothing waits for a reader."""

    process: subprocess.Popen[bytes]
    told: Path
    said: Path
    url: str

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(LONG)


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
    return port


def begin(place: Path, port: int, *options: str, python: list[str] | None = None) -> Demo:
    command = [*(python or [sys.executable]), "chot.py", "demo", "--people", "100"]
    kept = {name: text for name, text in os.environ.items() if not name.startswith("CHOT_")}
    told, said = place / f"told-{time.monotonic_ns()}", place / f"said-{time.monotonic_ns()}"
    with told.open("wb") as out, said.open("wb") as err:
        process = subprocess.Popen(
            [*command, "--port", str(port), *options],
            cwd=CHECKOUT,
            env=kept | {"CHOT_DATA_DIR": str(place / "data")},
            stdout=out,
            stderr=err,
        )
    begun.append(process)
    return Demo(process=process, told=told, said=said, url=f"http://127.0.0.1:{port}")


def until(holds: Callable[[], bool], demo: Demo) -> None:
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline, demo.said.read_text()
        assert demo.process.poll() is None, demo.said.read_text()
        time.sleep(0.05)


def answers(url: str, trusted: Path | None = None) -> bool:
    context = ssl.create_default_context(cafile=str(trusted)) if trusted else None
    try:
        with urllib.request.urlopen(f"{url}/ready", timeout=5, context=context) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def started(place: Path, port: int, *options: str) -> Demo:
    demo = begin(place, port, *options)
    # its own words first: another may still answer on the port
    until(lambda: bool(demo.told.read_text()) and answers(demo.url), demo)
    return demo


def has_server(place: Path) -> bool:
    """Whether a process of a database server is left on the data."""
    with lock(place / "data" / "postgres") as held:
        return held is None


def code_of(demo: Demo) -> str:
    found = re.search(r"/V/([0-9A-Z]{13})", demo.told.read_text())
    assert found
    return found[1]


@pytest.fixture
def place() -> Iterator[Path]:
    """Not `tmp_path`: the server's system user could not pass through it. What a failed test left
    running is ended."""
    path = Path(tempfile.mkdtemp(prefix="chot-test-"))
    path.chmod(0o711)
    yield path
    while begun:
        process = begun.pop()
        process.kill()
        process.wait(LONG)
    left = has_server(path) if (path / "data" / "postgres").exists() else False
    if left:
        last = (path / "data" / "postgres" / "pgdata" / "postmaster.pid").read_text().split()[0]
        os.kill(int(last), signal.SIGINT)
    shutil.rmtree(path, ignore_errors=True)
    assert not left, "a database server was left behind"


def test_starts_and_ends_leave_the_data_and_nothing_else(place: Path) -> None:
    # given a first start, which says where, who and what to try
    port = free_port()
    first = started(place, port)
    told = first.told.read_text()
    assert f"http://localhost:{port}/" in told
    assert "0950 000 000" in told
    assert all(login in told for login in LOGINS)
    code = code_of(first)
    # when Ctrl-C ends it, the end is clean
    assert first.end() == 0
    assert not has_server(place)
    # and when the next one is killed with the whole city in it
    second = started(place, port)
    assert "Making" not in second.said.read_text()
    assert code_of(second) == code
    second.end(signal.SIGKILL)
    assert has_server(place)
    # then one more start takes the orphaned database over, with the same data, and leaves nothing
    third = started(place, port)
    assert code_of(third) == code
    # whose terminal is closed this time
    assert third.end(signal.SIGHUP) == 0
    assert not has_server(place)


def test_a_kill_in_the_midst_of_the_first_start_is_made_good_by_the_next(place: Path) -> None:
    # given a start that was killed as soon as its database ran
    port = free_port()
    first = begin(place, port)
    until(lambda: (place / "data" / "postgres" / "pgdata").exists() and has_server(place), first)
    first.end(signal.SIGKILL)
    # when it is started again
    second = started(place, port)
    # then there is a whole city, and nothing is left at the end
    assert code_of(second)
    assert second.end() == 0
    assert not has_server(place)


def test_a_taken_port_is_said_before_anything_is_made(place: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        demo = begin(place, port)
        assert demo.process.wait(LONG) == 2
    assert f"port {port}" in demo.said.read_text()
    assert "--port" in demo.said.read_text()
    assert not (place / "data").exists()


def test_the_demo_ends_with_the_make_that_started_it(place: Path) -> None:
    # given a demo that is tied to a shell, as the Makefile ties it to make
    port = free_port()
    script = 'python=$1; shift; "$python" "$@" --tied $$ & wait'
    demo = begin(place, port, python=["sh", "-c", script, "sh", sys.executable])
    until(lambda: answers(demo.url), demo)
    # when the shell is killed
    demo.end(signal.SIGKILL)
    # then the demo ends too, and a new start finds port and data free
    again = started(place, port)
    assert again.end() == 0
    assert not has_server(place)


@pytest.mark.skipif(tls.lan_address() is None, reason="this machine is on no network")
def test_phones_get_https_and_a_qr_of_the_address(place: Path) -> None:
    # given a start for the network
    port = free_port()
    demo = begin(place, port, "--lan")
    trusted = place / "data" / "tls" / "certificate.pem"
    until(trusted.exists, demo)
    url = f"https://{tls.lan_address()}:{port}"
    # then it answers over https under its address and as localhost, to who trusts the certificate
    until(lambda: answers(url, trusted), demo)
    assert answers(f"https://localhost:{port}", trusted)
    # and the address is printed, as a QR too
    told = demo.told.read_text()
    assert url in told
    assert "█▀" in told or "▄█" in told
    # and a plain kill ends it as Ctrl-C does
    assert demo.end(signal.SIGTERM) == 0
    assert not has_server(place)


def test_settings_that_are_given_count_before_those_of_the_demo() -> None:
    # without any
    ours = demo_settings({}, lan=False, port=None)
    assert (ours.data_dir, ours.key_dir) == (Path("var/demo"), Path("var/demo/keys"))
    assert (ours.demo, ours.host, ours.port) == (True, "127.0.0.1", 8000)
    assert ours.public_url == "http://localhost:8000"
    # with some; but a demo is a demo
    given = {"CHOT_DATA_DIR": "/data", "CHOT_PORT": "8123", "CHOT_DEMO": "0", "CHOT_HOST": ""}
    theirs = demo_settings(given, lan=False, port=None)
    assert (theirs.data_dir, theirs.key_dir) == (Path("/data"), Path("/data/keys"))
    assert (theirs.demo, theirs.host, theirs.port) == (True, "127.0.0.1", 8123)
    # and the port of the command line before all
    assert demo_settings(given, lan=False, port=8124).public_url == "http://localhost:8124"
