"""A PostgreSQL server of our own: started on a directory, found again, stopped for good."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kit.postgres_home import (
    Home,
    PostgresTrouble,
    copy_programs,
    open_home,
    passwords,
    socket_dir,
    switch_user,
)
from kit.postgres_process import end, lock, serving

START_SECONDS = 300  # a recovery after a crash replays up to max_wal_size

SETTINGS = {
    "autovacuum": "on",
    "jit": "off",
    "max_connections": "60",
    "max_wal_size": "2GB",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "wal_compression": "on",
    # No personal data in the log: a DETAIL quotes the row, a STATEMENT its literals.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
}

# Everyone may connect to a new database and make temporary tables there, unless revoked.
ROLES_SQL = """
ALTER ROLE postgres PASSWORD '{postgres}';
CREATE ROLE chot_owner LOGIN PASSWORD '{chot_owner}';
CREATE ROLE chot_app LOGIN PASSWORD '{chot_app}';
CREATE DATABASE chot OWNER chot_owner;
REVOKE ALL ON DATABASE chot, postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE chot TO chot_app;
"""


class ServerFailed(PostgresTrouble):
    """The database server did not start. The end of {log}:\n{tail}"""


class StartTooSlow(PostgresTrouble):
    """The database server was not ready after {seconds} seconds. The end of {log}:\n{tail}"""


class PreparationFailed(PostgresTrouble):
    """The database could not be prepared; `{program}` said:\n{tail}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    owner_url: str  # chot_owner, who owns the database `chot` and is no superuser
    app_url: str  # chot_app, who may do what the owner granted
    admin_url: str  # the superuser, on the database `postgres`
    data_dir: Path
    pid: int


def start(
    data_dir: Path, *, say: Callable[[str], None], settings: Mapping[str, str] | None = None
) -> Cluster:
    """A server that is ready; one that already runs there is taken over, with the settings it has.

    A start that fails or is interrupted leaves no server behind.
    """
    home = open_home(data_dir, say=say)
    patience = _patience(home, say)
    while (found := serving(home.path)) is None:
        with lock(home.path) as held:
            launched = None if held is None else _launch(home, held, settings or {}, say)
        if launched:
            found = _until_ready(home, launched, patience)
            break
        next(patience)
    return _cluster(home, *found)


def stop(cluster: Cluster) -> None:
    """Returns when no process of the server is left; one started there since is left alone."""
    end(cluster.data_dir, cluster.pid)


def _until_ready(home: Home, launched: int, patience: Iterator[None]) -> tuple[int, Path]:
    try:
        while (found := serving(home.path)) is None:
            next(patience)
            _require_alive(home)
    except BaseException:
        end(home.path, launched)
        raise
    return found


def _require_alive(home: Home) -> None:
    with lock(home.path) as held:
        if held is not None:
            raise ServerFailed(log=home.log, tail=_tail(home.log))


def _patience(home: Home, say: Callable[[str], None]) -> Iterator[None]:
    begun = time.monotonic()
    said = 0
    while (waited := int(time.monotonic() - begun)) < START_SECONDS:
        if waited - said >= 2:
            said = waited
            say(f"Waiting for the database, {waited} s …")
        time.sleep(0.02)
        yield
    raise StartTooSlow(seconds=START_SECONDS, log=home.log, tail=_tail(home.log))


def _cluster(home: Home, pid: int, sockets: Path) -> Cluster:
    secret = passwords(home)
    # The port is named, as drivers else take it from the environment.
    owner, app, admin = (
        f"postgresql://{role}:{secret[role]}@/{database}?host={sockets}&port=5432"
        for role, database in (
            ("chot_owner", "chot"),
            ("chot_app", "chot"),
            ("postgres", "postgres"),
        )
    )
    return Cluster(owner_url=owner, app_url=app, admin_url=admin, data_dir=home.path, pid=pid)


def _launch(home: Home, held: int, settings: Mapping[str, str], say: Callable[[str], None]) -> int:
    """The pid of the server's first process, which holds the lock from now on."""
    passwords(home)  # lost ones must stop us before a server runs
    if not home.binaries.exists():
        copy_programs(home)
    if not home.pgdata.exists():
        say("Preparing the database, once …")
        _prepare(home, held, durable=settings.get("fsync") != "off")
    sockets = socket_dir(home)
    for stale in (home.pgdata / "postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
        # We hold the lock, so whatever process has the pid in there today is not the server.
        stale.unlink(missing_ok=True)
    say("Starting the database …")
    chosen = {
        **SETTINGS,
        **settings,
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
    }
    return _spawn(home, held, [f"--{name}={value}" for name, value in chosen.items()])


def _spawn(home: Home, held: int, options: list[str]) -> int:
    server = [str(home.binaries / "postgres"), "-D", str(home.pgdata), *options]
    log = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(log, "wb") as log_file:
        # A session of its own keeps Ctrl-C from it; the shell in between makes it nobody's child.
        started = subprocess.run(  # noqa: S603 - our own program, no shell text from outside
            ["/bin/sh", "-c", 'exec "$@" >&2 & echo $!', "sh", *server],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log_file,
            start_new_session=True,
            pass_fds=[held],
            cwd=home.path,
            env=_environment(),
            check=True,
            **switch_user(home.uid, home.gid),
        )
    return int(started.stdout)


def _prepare(home: Home, held: int, *, durable: bool) -> None:
    """All or nothing: made under another name, without a server that anyone could reach."""
    fresh = home.path / "pgdata.new"
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
    os.chown(fresh, home.uid, home.gid)
    arguments = ["-D", str(fresh), "-U", "postgres", "--auth=reject", "--data-checksums"]
    locale = [
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    _run(home, held, ["initdb", *arguments, *locale, *([] if durable else ["--no-sync"])])
    (fresh / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    alone = ["postgres", "--single", "-D", str(fresh), "-c", "exit_on_error=on", "postgres"]
    _run(home, held, alone, ROLES_SQL.format(**passwords(home)))
    fresh.rename(home.pgdata)


def _run(home: Home, held: int, command: list[str], text: str = "") -> None:
    ran = subprocess.run(  # noqa: S603 - our own programs
        [home.binaries / command[0], *command[1:]],
        input=text,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # Should we be killed now, the next start waits for this program to end.
        pass_fds=[held],
        start_new_session=True,
        cwd=home.path,
        env=_environment(),
        check=False,
        **switch_user(home.uid, home.gid),
    )
    if ran.returncode != 0:
        raise PreparationFailed(program=command[0], tail=ran.stderr[-2000:])


def _environment() -> dict[str, str]:
    """Nothing of the caller's: PG variables would change the server, and it needs no secrets."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def _tail(log: Path) -> str:
    if not log.exists():
        return "(empty)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:])
