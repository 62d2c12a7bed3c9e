"""`chot serve` and `chot doctor` as an operator runs them, on a database of one's own and behind
the TLS proxy."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import asyncpg
import httpx
import pytest

import database
from kit import postgres
from settings import Settings

ROOT = Path(__file__).parent.parent
PATIENCE = 60
Environment = Mapping[str, str]


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="chot-serve-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def own_database(place: Path, **settings: str) -> Iterator[postgres.Cluster]:
    cluster = postgres.start(place / "db", say=lambda text: None, settings=settings)
    try:
        yield cluster
    finally:
        postgres.stop(cluster)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def environment(place: Path, cluster: postgres.Cluster, port: int) -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("CHOT_", "DATABASE_"))}
    return kept | {
        "DATABASE_URL": cluster.app_url,
        "DATABASE_OWNER_URL": cluster.owner_url,
        "CHOT_DATA_DIR": str(place / "data"),
        "CHOT_PORT": str(port),
        "CHOT_PUBLIC_URL": f"http://localhost:{port}",
    }


def chot(settings: Environment, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "chot.py"), *arguments]
    return subprocess.run(
        command, env=dict(settings), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@contextlib.contextmanager
def serving(settings: Environment) -> Iterator[str]:
    command = [sys.executable, str(ROOT / "chot.py"), "serve"]
    running = subprocess.Popen(command, env=dict(settings), stderr=subprocess.PIPE)
    url = f"http://127.0.0.1:{settings['CHOT_PORT']}"
    try:
        deadline = time.monotonic() + PATIENCE
        while not answers(f"{url}/ready"):
            assert running.poll() is None, running.stderr and running.stderr.read()
            assert time.monotonic() < deadline, "the service did not become ready"
        yield url
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=PATIENCE)
    assert running.returncode == 0


def answers(url: str, **options: ssl.SSLContext) -> bool:
    try:
        return httpx.get(url, **options).is_success  # type: ignore[arg-type]
    except httpx.TransportError:
        return False


def test_it_serves_on_a_database_of_ones_own_and_leaves_that_running(place: Path) -> None:
    with own_database(place) as cluster:
        settings = environment(place, cluster, free_port())
        with serving(settings) as url:
            person = {"full_name": "Nguyễn Thị Hoa", "phone": "0912345678"}
            signed = httpx.post(f"{url}/v1/people", json=person)
        examined = chot(settings, "doctor")

    assert signed.status_code == 201
    assert examined.returncode == 0, examined.stdout
    assert "✗" not in examined.stdout
    assert "14 ahead" in examined.stdout
    assert not (place / "data" / "postgres").exists()


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_it_refuses_a_database_that_could_lose_what_it_confirms(place: Path, name: str) -> None:
    with own_database(place, **{name: "off"}) as cluster:
        refused = chot(environment(place, cluster, free_port()), "serve")

    assert refused.returncode == 2
    assert f"{name} is off" in refused.stderr


async def test_it_refuses_a_database_with_too_few_connections_and_the_doctor_finds_what_a_role_has(
    place: Path,
) -> None:
    with own_database(place, max_connections="20") as cluster:
        settings = environment(place, cluster, free_port())
        admin = await asyncpg.connect(cluster.admin_url)
        await admin.execute("ALTER ROLE chot_app SET synchronous_commit = off")
        examined = chot(settings, "doctor")
        await admin.execute("ALTER ROLE chot_app RESET synchronous_commit")
        await admin.close()

        refused = chot(settings, "serve")

    assert "✓ database: confirms to the owner only what is on disk" in examined.stdout
    assert "✗ database: may lose what it has confirmed to the service" in examined.stdout
    assert "ALTER ROLE chot_app RESET synchronous_commit" in examined.stdout
    assert "✗ connections: 17, 26 wanted by CHOT_WORKERS=1" in examined.stdout
    assert "→ raise max_connections by 9, or start fewer workers" in examined.stdout
    assert refused.returncode == 2
    assert "CHOT_WORKERS=1 may open 26 connections, but max_connections leaves 17" in refused.stderr


async def test_its_own_database_has_room_for_all_workers(place: Path) -> None:
    settings = Settings(data_dir=place / "data", workers=8)

    with database.opened(settings, lambda text: None) as opened:
        app = await asyncpg.connect(opened.database_url)
        found = await database.room(app)
        admin = await asyncpg.connect(opened.database_owner_url)
        await admin.execute("ALTER DATABASE chot CONNECTION LIMIT 30")
        bounded = await database.room(app)
        await app.close()
        await admin.close()

    assert found == (database.connections(8), "max_connections")
    assert bounded == (30, "the CONNECTION LIMIT of its database")


async def test_the_embedded_server_keeps_a_quarter_of_the_memory_there_is(place: Path) -> None:
    limit, gib = place / "memory.max", 1 << 30
    whole = database.memory_here(limit)

    limit.write_text("max\n")
    assert database.memory_here(limit) == whole
    limit.write_text(f"{gib // 2}\n")
    assert database.memory_here(limit) == gib // 2
    assert [database.buffers(n * gib) / gib for n in (0, 1, 4, 64)] == [1 / 8, 1 / 4, 1, 8]
    with database.opened(Settings(data_dir=place / "data"), lambda text: None) as opened:
        app = await asyncpg.connect(opened.database_url)
        pages = await app.fetchval(
            "SELECT setting::bigint * 8192 FROM pg_settings WHERE name = 'shared_buffers'"
        )
        await app.close()
    assert pages // database.MIB == database.buffers(database.memory_here()) // database.MIB


def test_the_doctor_says_how_to_mend_a_database_that_is_away(place: Path) -> None:
    with own_database(place) as cluster:
        settings = environment(place, cluster, free_port())

    examined = chot(settings, "doctor")

    assert examined.returncode == 1
    assert "→ start it, or correct DATABASE_OWNER_URL" in examined.stdout


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Debian's package caddy is missing")
def test_the_proxy_file_serves_it_over_tls(place: Path) -> None:
    with own_database(place) as cluster, serving(environment(place, cluster, free_port())) as url:
        tls, plain = free_port(), free_port()
        text = (ROOT / "deploy" / "Caddyfile").read_text()
        own = (
            f"{{\n\thttp_port {plain}\n\thttps_port {tls}\n\tadmin off\n\tskip_install_trust\n}}\n"
        )
        (place / "Caddyfile").write_text(own + text)
        proxy = subprocess.Popen(
            ["caddy", "run", "--adapter", "caddyfile", "--config", str(place / "Caddyfile")],
            env=os.environ
            | {"HOST": "localhost", "UPSTREAM": url.removeprefix("http://"), "HOME": str(place)}
            | {"XDG_DATA_HOME": str(place / "caddy")},
            stderr=subprocess.DEVNULL,
        )
        try:
            root = place / "caddy" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
            deadline = time.monotonic() + PATIENCE
            while not root.exists():
                assert time.monotonic() < deadline, "the proxy made no certificate"
                time.sleep(0.05)
            trusted = ssl.create_default_context(cafile=str(root))
            while not answers(f"https://localhost:{tls}/ready", verify=trusted):
                assert time.monotonic() < deadline, "the proxy does not answer"
                time.sleep(0.05)
            page = httpx.get(f"https://localhost:{tls}/login", verify=trusted)
            large = httpx.post(
                f"https://localhost:{tls}/v1/people", content=b" " * 100_000, verify=trusted
            )
            guesses = [_wrong_passwords(tls, trusted, own) for own in ("127.0.0.2", "127.0.0.3")]
        finally:
            proxy.terminate()
            proxy.wait(PATIENCE)

    assert page.status_code == 200
    assert "x-request-id" in page.headers
    assert large.status_code in {413, 415}
    # each is counted by the address it has, whatever it says, and not by the proxy's
    assert guesses == [[401] * 5 + [429]] * 2


def _wrong_passwords(port: int, trusted: ssl.SSLContext, own: str) -> list[int]:
    """What is answered to six of them from one of this machine's addresses, each of which says it
    comes from another."""
    through = httpx.HTTPTransport(verify=trusted, local_address=own)
    url, form = f"https://localhost:{port}/v1/sessions", {"login": "nobody", "password": "wrong"}
    with httpx.Client(transport=through) as client:
        said = ({"X-Forwarded-For": f"198.51.100.{number}"} for number in range(6))
        return [client.post(url, json=form, headers=one).status_code for one in said]
