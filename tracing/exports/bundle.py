"""Several CSV files in one ZIP with a manifest: how many rows each has, and its SHA-256. Written as
a stream; read back, a file that was cut, changed or is not whole is refused as a whole."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import IO, BinaryIO

import msgspec

from kit.sheet import Cell, csv_blocks

ZIP = "application/zip"
MANIFEST = "manifest.json"
LARGEST_MANIFEST = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file. `heads`: the rows above its data; most formats have one."""

    name: str
    heads: Sequence[Sequence[str]]
    rows: Iterable[Sequence[Cell]]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the manifest says of a file; `rows` are those below its `heads`."""

    name: str
    heads: int
    rows: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    about: dict[str, str]
    files: list[Told]


class BundleDamaged(ValueError):
    """This bundle is cut, changed, or not whole; nothing of it may be taken."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{self.__doc__} ({why})")


class _Stream(io.RawIOBase):
    """What was written and not yet taken; without a position, so that a ZIP is written forwards."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._blocks.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        found, self._blocks = b"".join(self._blocks), []
        return found


def bundled(parts: Iterable[Part], about: Mapping[str, str], made: datetime) -> Iterator[bytes]:
    stream, files = _Stream(), []
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            digest, count = hashlib.sha256(), _Counted(part.rows)
            with archive.open(_entry(part.name, made), "w", force_zip64=True) as file:
                for block in csv_blocks(chain(part.heads, count)):
                    digest.update(block)
                    file.write(block)
                    yield stream.taken()
            files.append(
                Told(
                    name=part.name,
                    heads=len(part.heads),
                    rows=count.rows,
                    sha256=digest.hexdigest(),
                )
            )
        manifest = msgspec.json.encode(Manifest(about=dict(about), files=files))
        archive.writestr(_entry(MANIFEST, made), msgspec.json.format(manifest))
    yield stream.taken()


def verified(file: BinaryIO) -> Manifest:
    """The manifest, once every file was read to its end and is what the manifest says. Raises
    BundleDamaged."""
    try:
        with zipfile.ZipFile(file) as archive:
            return _verified(archive)
    except BundleDamaged:
        raise
    except Exception as wrong:  # zipfile answers a broken file with whatever it stumbles over
        raise BundleDamaged(str(wrong)) from wrong


def _verified(archive: zipfile.ZipFile) -> Manifest:
    manifest = _manifest(archive)
    names = sorted([MANIFEST, *(one.name for one in manifest.files)])
    if names != sorted(archive.namelist()):
        raise BundleDamaged("its files are not those that the manifest names")
    for told in manifest.files:
        with archive.open(told.name) as part:
            _check(part, told)
    return manifest


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    if archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
        raise BundleDamaged("its manifest is too large")
    return msgspec.json.decode(archive.read(MANIFEST), type=Manifest)


def _check(part: IO[bytes], told: Told) -> None:
    digest = hashlib.sha256()

    def lines() -> Iterator[str]:
        for line in part:
            digest.update(line)
            yield line.decode("utf-8-sig")

    rows = sum(1 for _ in csv.reader(lines())) - told.heads
    if digest.hexdigest() != told.sha256:
        raise BundleDamaged(f"{told.name} is not what was written")
    if rows != told.rows:
        raise BundleDamaged(f"{told.name} has {rows} rows instead of {told.rows}")


class _Counted:
    def __init__(self, rows: Iterable[Sequence[Cell]]) -> None:
        self._rows = rows
        self.rows = 0

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        for row in self._rows:
            self.rows += 1
            yield row


def _entry(name: str, made: datetime) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name, made.timetuple()[:6])
    found.compress_type = zipfile.ZIP_DEFLATED
    return found
