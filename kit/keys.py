"""Keys as files in a directory of their own, outside the database: written whole or not at all,
never overwritten,
found again by the directory's mtime. Losing the directory loses the data."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

FRESH = 1.0  # seconds that a key may still be given which another process has just deleted


class KeyMissing(LookupError):
    """This key is not (or no longer) in the key directory."""


class KeyShelf:
    """One folder of keys by name. Reads are from memory; the folder is read again when its mtime
    changed."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.size = size
        self._keys: dict[str, bytes] = {}
        self._seen = -1
        self._fresh_until = 0.0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)

    def key(self, name: str) -> bytes:
        found = self.recent().get(name)
        if found is None:
            found = self.all().get(name)
        if found is None:
            raise KeyMissing(f"{self.folder.name}/{name}: {KeyMissing.__doc__}")
        return found

    def recent(self) -> dict[str, bytes]:
        """As `all`, but maybe as old as FRESH: asking the disk for every scan would cost more than
        its pseudonym."""
        return self._keys if time.monotonic() < self._fresh_until else self.all()

    def all(self) -> dict[str, bytes]:
        """Every key by name; do not change it."""
        mtime = os.stat(self.folder).st_mtime_ns
        if mtime != self._seen:
            self._keys = {p.stem: self._read(p) for p in sorted(self.folder.glob("*.key"))}
            self._seen = mtime
        self._fresh_until = time.monotonic() + FRESH
        return self._keys

    def make(self, name: str) -> bytes:
        """A new random key, on disk before this returns; the one already there when there is
        one."""
        path = self.folder / f"{name}.key"
        draft = self.folder / f".{name}.{secrets.token_hex(4)}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(self.size))
            file.flush()
            os.fsync(file.fileno())
        try:
            # unlike a rename, never replaces a key that another process made meanwhile
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        self._sync()
        return self._read(path)

    def delete(self, name: str) -> None:
        (self.folder / f"{name}.key").unlink(missing_ok=True)
        self._sync()

    def latest(self) -> tuple[str, bytes]:
        """The newest key of a ring whose names sort by age."""
        keys = self.all()
        if not keys:
            raise KeyMissing(f"{self.folder.name}: {KeyMissing.__doc__}")
        name = max(keys)
        return name, keys[name]

    def _read(self, path: Path) -> bytes:
        key = path.read_bytes()
        if len(key) != self.size:
            raise KeyMissing(
                f"{path.name} has {len(key)} bytes instead of {self.size}: restore it from a backup"
            )
        return key

    def _sync(self) -> None:
        self._seen = -1
        self._fresh_until = 0.0
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
