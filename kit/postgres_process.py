"""The server's first process: whether it lives, which one it is, and its end."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kit.postgres_home import PostgresTrouble

STOP_SECONDS = 30


class RunsElsewhere(PostgresTrouble):
    """A server in another container runs on {path}. Stop it there, or use another directory."""


class ServerWouldNotStop(PostgresTrouble):
    """The database server, process {pid}, did not end in {seconds} seconds."""


@contextmanager
def lock(path: Path) -> Iterator[int | None]:
    """The lock's descriptor, or None where a server or another start holds it.

    A server inherits the descriptor, and the kernel frees the lock with the last of its
    processes. So it tells a dead server from a live one where a pid, which can be reused, does not.
    Close it, never unlock it.
    """
    descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield descriptor
    finally:
        os.close(descriptor)


def serving(path: Path) -> tuple[int, Path] | None:
    """Pid and socket directory of a server that is ready on this directory."""
    lines = _pid_file(path)
    if len(lines) < 8 or lines[7].strip() != "ready":
        return None
    pid, sockets = int(lines[0]), Path(lines[4])
    listener = _listener(sockets)
    if listener not in (None, pid) and _pid_file(path) == lines:
        raise RunsElsewhere(path=path)  # that pid is another namespace's, so never ours to signal
    return (pid, sockets) if listener == pid else None


def _pid_file(path: Path) -> list[str]:
    try:
        return (path / "pgdata" / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _listener(sockets: Path) -> int | None:
    """Who listens there says the kernel; the pid in a file may be another process by now."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        try:
            client.connect(str(sockets / ".s.PGSQL.5432"))
        except (FileNotFoundError, ConnectionRefusedError, BlockingIOError, TimeoutError):
            return None
        peer = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid: int = struct.unpack("3i", peer)[0]
    return pid


def end(path: Path, pid: int) -> None:
    for ending in (signal.SIGINT, signal.SIGQUIT):  # PostgreSQL's fast and immediate shutdown
        begun = time.monotonic()
        told = False
        while time.monotonic() - begun < STOP_SECONDS:
            if _left(path, pid):
                if told:
                    _bury(pid)
                return
            if not told and _pid_file(path)[:1] == [str(pid)]:
                with suppress(ProcessLookupError):
                    os.kill(pid, ending)
                told = True
            time.sleep(0.02)
    raise ServerWouldNotStop(pid=pid, seconds=2 * STOP_SECONDS)


def _left(path: Path, pid: int) -> bool:
    with lock(path) as held:
        if held is not None:
            return True
    return _pid_file(path)[:1] not in ([], [str(pid)])  # another server's by now


def _bury(pid: int) -> None:
    """In a container the orphan may be our child: we are process 1 there."""
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
