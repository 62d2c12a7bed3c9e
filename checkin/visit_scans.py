"""Imported scans as rows of COPY's binary form, kept by day until the whole file is read.

They are stored sorted by subject: in the order of the file, neighbours on disk would link the days
of a person. A row is one `bytes`, so that neither sorting nor finding doubles has to unpack it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from uuid import UUID

from checkin.model import Late, Source, Way
from checkin.pseudonym import ServiceDays
from checkin.visit_rows import EPOCH

# In this order the bytes sort as the key does, with an arrival before a departure of the same key.
COLUMNS = ("subject", "at", "venue_id", "way", "party", "late", "source", "flags", "zone_id")
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"

# Each field is its length and its value; behind them, never sent, when this visit arrived.
_BEGINNING = struct.pack(">hi", len(COLUMNS), 16)
_SUBJECT = slice(6, 22)
_AT = struct.Struct(">iq").pack
_ARRIVED = struct.Struct(">q")
_KEY = 42
_WAY = 47


class Place(NamedTuple):
    venue_id: int
    zone_id: int | None


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
    earlier. `shared`: rows of the departures that have an arrival's key."""

    rows: list[bytes]
    arrivals: int
    lost: int
    shared: list[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayScans:
    """The scans of a day in the order of the file: whose they are (checkin.pseudonym.block), and
    all that follows the subject."""

    day: date
    people: list[bytes] = field(default_factory=list)
    rests: list[bytes] = field(default_factory=list)

    def add(self, person: bytes, at: int, ending: bytes, arrived_at: int) -> None:
        """Times are milliseconds since 2000, `arrived_at` that of the visit, also for its end."""
        self.people.append(person)
        self.rests.append(_AT(8, at * 1000) + ending + _ARRIVED.pack(arrived_at))

    def rows(self, days: ServiceDays) -> list[bytes]:
        """Sorted."""
        subjects = days.turned(b"".join(self.people), self.day)
        begins = range(0, len(subjects), 16)
        return sorted(
            _BEGINNING + subjects[i : i + 16] + rest
            for i, rest in zip(begins, self.rests, strict=True)
        )


@cache
def endings(place: Place) -> tuple[bytes, bytes]:
    """How the row of an arrival and that of a departure go on after the time."""
    venue, zone = place
    constant = struct.pack(">ihihihih", 2, 0, 2, Late.IMPORTED, 2, Source.IMPORT, 2, 0)
    last = struct.pack(">i", -1) if zone is None else struct.pack(">ii", 4, zone)
    begin = struct.pack(">ii", 4, venue)
    arrival, departure = (struct.pack(">ih", 2, way) for way in (Way.IN, Way.OUT))
    return begin + arrival + constant + last, begin + departure + constant + last


def subject_of(row: bytes) -> bytes:
    return row[_SUBJECT]


def key_of(sent: bytes) -> bytes:
    """How a row begins whose subject, time and venue are `sent`, as PostgreSQL sends them."""
    subject, at, venue = sent[:16], sent[16:24], sent[24:]
    return _BEGINNING + subject + b"\0\0\0\x08" + at + b"\0\0\0\x04" + venue


def new_scans(rows: list[bytes], stored: Mapping[bytes, int]) -> NewScans:
    """`rows` are sorted. `stored`: {beginning of the row: way} of the scans that may stand
    already."""
    new: list[bytes] = []
    shared: list[bytes] = []
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
                new.append(row[: -_ARRIVED.size])
                continue
        if way == arriving:
            lost += standing != arriving
        elif standing == arriving:
            shared.append(row)
    return NewScans(rows=new, arrivals=arrivals, lost=lost, shared=shared)


def shared_end(row: bytes, day: date, days: ServiceDays) -> SharedEnd:
    """Of a departure's row of that day; its arrival may have been on another."""
    [arrived_at] = _ARRIVED.unpack(row[-_ARRIVED.size :])
    left_at, venue = struct.unpack(">q4xi", row[26:_KEY])
    at = EPOCH + timedelta(milliseconds=arrived_at)
    [person] = days.people([UUID(bytes=subject_of(row))], day)
    return SharedEnd(
        subject=days.subject(person, days.day(at)),
        at=at,
        venue_id=venue,
        left_at=EPOCH + timedelta(microseconds=left_at),
    )
