"""Imported scans as rows of COPY's binary form, kept by day until the whole file is read.

They are stored sorted by subject: in the order of the file, neighbours on disk would link the days
of a person. A row is one `bytes`, so that neither sorting nor finding doubles has to unpack it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias
from uuid import UUID

from checkin.model import Late, Source, Way
from checkin.visit_rows import EPOCH

# In this order the bytes sort as the key does, with an arrival before a departure of the same key.
COLUMNS = ("subject", "at", "venue_id", "way", "party", "late", "source", "flags", "zone_id")
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"

# Each field is its length and its value; behind them, never sent, the arrival of this visit.
_IN_ZONE = struct.Struct(">hi16siqiiih24sii16sq").pack
_NO_ZONE = struct.Struct(">hi16siqiiih24si16sq").pack
_CONSTANT = struct.pack(">ihihihih", 2, 0, 2, Late.IMPORTED, 2, Source.IMPORT, 2, 0)
_KEY = 42
_WAY = 47
_ARRIVAL = struct.Struct(">16sq")


class Place(NamedTuple):
    venue_id: int
    zone_id: int | None


# One end of a visit: the person's subject of that day, milliseconds since 2000.
End: TypeAlias = tuple[bytes, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedEnd:
    """A departure at the very moment of an arrival at the same venue, which has its key: the end is
    kept beside the arrival of its own visit."""

    subject: UUID
    at: datetime
    venue_id: int
    left_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewScans:
    """What of a day is not stored yet. `lost`: arrivals whose key a departure has that was stored
    earlier."""

    rows: list[bytes]
    arrivals: int
    lost: int
    shared: list[SharedEnd]


def scan_row(way: int, end: End, place: Place, arrival: End) -> bytes:
    """`arrival` is that of the visit, also for the row of its departure."""
    (subject, at), (venue, zone) = end, place
    at *= 1000
    if zone is None:
        return _NO_ZONE(9, 16, subject, 8, at, 4, venue, 2, way, _CONSTANT, -1, *arrival)
    return _IN_ZONE(9, 16, subject, 8, at, 4, venue, 2, way, _CONSTANT, 4, zone, *arrival)


def subject_of(row: bytes) -> bytes:
    return row[6:22]


def key_of(sent: bytes) -> bytes:
    """How a row begins whose subject, time and venue are `sent`, as PostgreSQL sends them."""
    subject, at, venue = sent[:16], sent[16:24], sent[24:]
    return b"\0\x09\0\0\0\x10" + subject + b"\0\0\0\x08" + at + b"\0\0\0\x04" + venue


def new_scans(rows: list[bytes], stored: Mapping[bytes, int]) -> NewScans:
    """Sorts `rows`. `stored`: {beginning of the row: way} of the scans that may stand already."""
    rows.sort()
    new: list[bytes] = []
    shared: list[SharedEnd] = []
    last, arrivals, lost = b"", 0, 0
    standing = 0  # way of the row under the last key
    arriving = int(Way.IN)  # comparing an enum costs more than the rest of the loop
    for row in rows:
        key, way = row[:_KEY], row[_WAY]
        if key != last:
            last = key
            standing = stored.get(key, 0)
            if not standing:
                standing = way
                arrivals += way == arriving
                new.append(row[: -_ARRIVAL.size])
                continue
        if way == arriving:
            lost += standing != arriving
        elif standing == arriving:
            shared.append(_shared_end(row))
    return NewScans(rows=new, arrivals=arrivals, lost=lost, shared=shared)


def _shared_end(row: bytes) -> SharedEnd:
    subject, at = _ARRIVAL.unpack(row[-_ARRIVAL.size :])
    left_at, venue = struct.unpack(">q4xi", row[26:_KEY])
    return SharedEnd(
        subject=UUID(bytes=subject),
        at=EPOCH + timedelta(milliseconds=at),
        venue_id=venue,
        left_at=EPOCH + timedelta(microseconds=left_at),
    )
