"""Imported scans as rows of COPY's binary form, kept by day until the whole file is read.

They are stored sorted by subject: in the order of the file, neighbours on disk would link the days
of a person. A row is one `bytes`, so that neither sorting nor finding doubles has to unpack it.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple
from uuid import UUID

from checkin.model import Late, Source, Way
from checkin.pseudonym import ServiceDays
from checkin.visit_place import Place
from checkin.visit_rows import EPOCH

# In this order the bytes sort as the key does, with an arrival before a departure of the same key.
COLUMNS = ("subject", "at", "venue_id", "way", "party", "late", "source", "flags", "zone_id")
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"

# Each field is its length and its value.
_BEGINNING = struct.pack(">hi", len(COLUMNS), 16)
_SUBJECT = slice(6, 22)
_AT = struct.Struct(">iq").pack
_KEY = 42
_WAY = 47


class Ending(NamedTuple):
    """How the row of an arrival and that of a departure at one place go on after the time."""

    arrival: bytes
    departure: bytes


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
    lost: int = 0
    shared: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class DayScans:
    """The scans of a day in the order of the file: whose they are (checkin.pseudonym.block), all
    that follows the subject, and when the visit began, also of its end."""

    day: date
    people: list[bytes] = field(default_factory=list)
    rests: list[bytes] = field(default_factory=list)
    begun: array[int] = field(default_factory=lambda: array("q"))

    def add(self, person: bytes, at: int, ending: bytes, begun: int) -> None:
        """Times are milliseconds since 2000."""
        self.people.append(person)
        self.rests.append(_AT(8, at * 1000) + ending)
        self.begun.append(begun)

    def rows(self, days: ServiceDays) -> list[bytes]:
        """In the same order."""
        subjects = days.turned(b"".join(self.people), self.day)
        begins = range(0, len(subjects), 16)
        return [
            _BEGINNING + subjects[i : i + 16] + rest
            for i, rest in zip(begins, self.rests, strict=True)
        ]

    def sorted_rows(self, days: ServiceDays) -> list[bytes]:
        return sorted(self.rows(days))

    def shared_ends(self, shared: Collection[bytes], days: ServiceDays) -> Iterator[SharedEnd]:
        """Of departures' rows."""
        if shared:
            for row, person, begun in zip(self.rows(days), self.people, self.begun, strict=True):
                if row in shared:
                    yield _shared_end(row, int.from_bytes(person[:8]), begun, days)


def _shared_end(row: bytes, person_id: int, begun: int, days: ServiceDays) -> SharedEnd:
    """The arrival may have been on the day before."""
    left_at, venue = struct.unpack(">q4xi", row[26:_KEY])
    at = EPOCH + timedelta(milliseconds=begun)
    return SharedEnd(
        subject=days.subject(person_id, days.day(at)),
        at=at,
        venue_id=venue,
        left_at=EPOCH + timedelta(microseconds=left_at),
    )


@cache
def ending(place: Place) -> Ending:
    venue, zone = place
    constant = struct.pack(">ihihihih", 2, 0, 2, Late.IMPORTED, 2, Source.IMPORT, 2, 0)
    last = struct.pack(">i", -1) if zone is None else struct.pack(">ii", 4, zone)
    begin = struct.pack(">ii", 4, venue)
    arrival, departure = (struct.pack(">ih", 2, way) for way in (Way.IN, Way.OUT))
    return Ending(begin + arrival + constant + last, begin + departure + constant + last)


def subject_of(row: bytes) -> bytes:
    return row[_SUBJECT]


def key_of(sent: bytes) -> bytes:
    """How a row begins whose subject, time and venue are `sent`, as PostgreSQL sends them."""
    subject, at, venue = sent[:16], sent[16:24], sent[24:]
    return _BEGINNING + subject + b"\0\0\0\x08" + at + b"\0\0\0\x04" + venue


def new_scans(rows: list[bytes], stored: Mapping[bytes, int]) -> NewScans:
    """`rows` are sorted. `stored`: {beginning of the row: way} of the scans that may stand
    already."""
    arriving = int(Way.IN)  # comparing an enum costs more than the rest of the loop
    if not stored and len({row[:_KEY] for row in rows}) == len(rows):
        return NewScans(rows=rows, arrivals=sum(row[_WAY] == arriving for row in rows))
    new: list[bytes] = []
    shared = set()
    last, arrivals, lost = b"", 0, 0
    standing = 0  # way of the row under the last key
    for row in rows:
        key, way = row[:_KEY], row[_WAY]
        if key != last:
            last = key
            standing = stored.get(key, 0)
            if not standing:
                standing = way
                arrivals += way == arriving
                new.append(row)
                continue
        if way == arriving:
            lost += standing != arriving
        elif standing == arriving:
            shared.add(row)
    return NewScans(rows=new, arrivals=arrivals, lost=lost, shared=frozenset(shared))
