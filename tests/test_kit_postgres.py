"""The embedded server, with real processes; a test that ends a server has one of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from kit import postgres, postgres_home
from kit.postgres import Cluster
from tests.make_clusters import (
    CALLER,
    QUICK,
    ROOT,
    ask,
    call,
    nothing_runs_on,
    permissions,
    place,
    start,
    wait_for_the_end_of,
)

__all__ = ["place"]  # the fixture

KILLED_CALLER = CALLER + "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture(scope="module")
def prepared() -> Iterator[Path]:
    """A database that was started once and stopped; to copy is quicker than to make another."""
    path = Path(tempfile.mkdtemp(prefix="chot-test-"))
    path.chmod(0o711)
    postgres.stop(start(path / "data"))
    yield path / "data"
    shutil.rmtree(path)


@pytest.fixture
def data(prepared: Path, place: Path) -> Path:
    subprocess.run(["cp", "-a", prepared, place], check=True)
    return place / "data"


@pytest.fixture(scope="module")
def shared(prepared: Path) -> Iterator[Cluster]:
    path = prepared.with_name("shared")
    subprocess.run(["cp", "-a", prepared, path], check=True)
    cluster = start(path)
    yield cluster
    postgres.stop(cluster)


@contextmanager
def sleeper(uid: int, gid: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"], **postgres_home.switch_user(uid, gid)) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_owner_may_build_in_its_database_and_is_no_superuser(shared: Cluster) -> None:
    made = ask(
        shared.owner_url,
        "CREATE SCHEMA library",
        "CREATE TABLE library.book (title text)",
        "SELECT current_user || ' ' || current_database()",
    )

    assert made == "chot_owner chot"
    assert ask(shared.owner_url, "SELECT current_setting('is_superuser')") == "off"
    assert ask(shared.admin_url, "SELECT current_setting('is_superuser')") == "on"


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (n int)",
        "CREATE TEMPORARY TABLE mine (n int)",
        "CREATE SCHEMA mine",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "SET ROLE chot_owner",
        "COPY (SELECT 1) TO PROGRAM 'true'",
    ],
)
def test_the_application_may_do_nothing_that_was_not_granted(
    shared: Cluster, statement: str
) -> None:
    assert ask(shared.app_url, "SELECT current_user") == "chot_app"

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(shared.app_url, statement)


def test_the_application_cannot_enter_another_database(shared: Cluster) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(shared.app_url.replace("/chot?", "/postgres?"), "SELECT 1")


@pytest.mark.parametrize("name", ["owner_url", "app_url", "admin_url"])
def test_a_wrong_password_is_refused(shared: Cluster, name: str) -> None:
    url: str = getattr(shared, name)
    wrong = url.replace(urlsplit(url).password or "", "wrong")

    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(wrong, "SELECT 1")


def test_the_server_trusts_no_line_and_listens_on_no_network(shared: Cluster) -> None:
    rules = "SELECT string_agg(type || ' ' || auth_method, ';') FROM pg_hba_file_rules"

    assert ask(shared.admin_url, rules) == "local scram-sha-256"
    assert ask(shared.admin_url, "SHOW listen_addresses") == ""


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("shared_buffers", "16MB"),
        ("fsync", "off"),
        ("max_connections", "60"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("jit", "off"),
    ],
)
def test_the_settings_are_ours_and_the_callers(shared: Cluster, setting: str, value: str) -> None:
    assert ask(shared.app_url, f"SHOW {setting}") == value


def test_text_is_ordered_and_folded_by_the_same_rules_on_every_machine(shared: Cluster) -> None:
    rules = "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'chot'"

    assert ask(shared.admin_url, rules) == "bC.UTF-8"
    assert ask(shared.app_url, "SELECT lower('NGUYỄN VĂN ĐỨC')") == "nguyễn văn đức"


def test_the_log_never_quotes_a_row(shared: Cluster) -> None:
    ask(shared.owner_url, "CREATE TABLE reader (phone text PRIMARY KEY)", "SELECT 1")
    add = "INSERT INTO reader VALUES ('0912345678')"

    with pytest.raises(asyncpg.UniqueViolationError):
        ask(shared.owner_url, add, add)

    log = (shared.data_dir / "server.log").read_text()
    assert "duplicate key" in log
    assert "0912345678" not in log


def test_nobody_else_can_enter_the_directories(shared: Cluster) -> None:
    home = shared.data_dir

    assert permissions(home) == (0o710 if ROOT else 0o700)
    assert permissions(home / "pgdata") == 0o700
    assert permissions(home / "run") == 0o700
    assert permissions(home / "passwords") == 0o600
    assert permissions(home / "server.log") == 0o600
    assert (home / "passwords").stat().st_uid == os.geteuid()


def test_the_server_is_not_root_and_no_key_press_reaches_it(shared: Cluster) -> None:
    assert Path(f"/proc/{shared.pid}").stat().st_uid != 0
    assert os.getsid(shared.pid) != os.getsid(0)
    assert os.getpgid(shared.pid) != os.getpgrp()


def test_a_restart_keeps_data_and_passwords(data: Path) -> None:
    first = start(data)
    ask(first.owner_url, "CREATE TABLE book AS SELECT 'Kiều' AS title", "SELECT 1")
    postgres.stop(first)
    wait_for_the_end_of(first.pid)

    second = start(data)

    assert second.pid != first.pid
    assert second.owner_url == first.owner_url
    assert ask(second.owner_url, "SELECT title FROM book") == "Kiều"
    postgres.stop(first)  # a cluster of the past ends nothing of the present
    assert ask(second.app_url, "SELECT 1") == 1
    postgres.stop(second)
    postgres.stop(second)
    wait_for_the_end_of(second.pid)


def test_the_server_of_a_killed_caller_is_taken_over_and_ended(data: Path) -> None:
    caller = call(KILLED_CALLER, data)
    orphan = int(caller.communicate()[0])
    assert caller.returncode == -signal.SIGKILL

    cluster = start(data)

    assert cluster.pid == orphan
    assert ask(cluster.app_url, "SELECT 1") == 1
    postgres.stop(cluster)
    wait_for_the_end_of(orphan)
    assert nothing_runs_on(data)


def test_a_killed_server_recovers_though_its_pid_belongs_to_another(data: Path) -> None:
    first = start(data)
    ask(first.owner_url, "CREATE TABLE book AS SELECT 'Kiều' AS title", "SELECT 1")
    os.kill(first.pid, signal.SIGKILL)
    wait_for_the_end_of(first.pid)
    owner = (data / "pgdata").stat()
    with sleeper(owner.st_uid, owner.st_gid) as other:
        for name in ("pgdata/postmaster.pid", "run/.s.PGSQL.5432.lock"):
            file = data / name
            file.write_text(file.read_text().replace(str(first.pid), str(other.pid), 1))

        second = start(data)

        assert second.pid not in (first.pid, other.pid)
        assert ask(second.owner_url, "SELECT title FROM book") == "Kiều"
        postgres.stop(first)
        postgres.stop(second)
        assert other.poll() is None


def test_a_server_that_does_not_start_says_why_and_leaves_nothing(data: Path) -> None:
    with pytest.raises(
        postgres.ServerFailed, match='invalid value for parameter "max_connections"'
    ):
        start(data, max_connections="many")

    assert nothing_runs_on(data)


def test_an_interrupted_start_leaves_nothing(data: Path) -> None:
    def interrupt(line: str) -> None:
        if line.startswith("Waiting"):
            raise KeyboardInterrupt

    # The recovery cannot end before the wait is announced: its first step never returns.
    slow = QUICK | {"restore_command": "sleep 600"}
    (data / "pgdata/recovery.signal").touch()
    with pytest.raises(KeyboardInterrupt):
        postgres.start(data, say=interrupt, settings=slow)

    assert nothing_runs_on(data)


def test_lost_passwords_are_reported_and_not_replaced(data: Path) -> None:
    (data / "passwords").unlink()

    with pytest.raises(postgres_home.PasswordsMissing):
        start(data)

    assert not (data / "passwords").exists()
    assert nothing_runs_on(data)
