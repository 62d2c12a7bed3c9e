"""What a row of a list of venues turned out to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from venues.intake_columns import Column
from venues.model import VenueKind


class Reason(StrEnum):
    """Why a row is no venue."""

    NAME_MISSING = "name-missing"
    ADDRESS_MISSING = "address-missing"
    ON_THE_MOVE = "on-the-move"  # a bus or flight has no door
    HEADER_AGAIN = "header-again"
    UNPRINTABLE = "unprintable"
    TOO_LONG = "too-long"
    TOO_MANY_CELLS = "too-many-cells"
    QUOTE_LEFT_OPEN = "quote-left-open"
    NUMBER_SHORTENED = "number-shortened"  # 1.23E+11: the spreadsheet threw the digits away
    COORDINATE_UNREADABLE = "coordinate-unreadable"
    COORDINATE_MISSING = "coordinate-missing"
    COORDINATES_SWAPPED = "coordinates-swapped"
    COORDINATES_OUT_OF_RANGE = "coordinates-out-of-range"
    CAPACITY_UNREADABLE = "capacity-unreadable"
    ORGANISATION_MISSING = "organisation-missing"
    NOT_YOURS = "not-yours"  # another organisation's, and outside the area of whoever sends it


class Doubt(StrEnum):
    """What was left open in a row that was taken."""

    KIND_UNKNOWN = "kind-unknown"
    WARD_UNKNOWN = "ward-unknown"
    OPENING_UNREADABLE = "opening-unreadable"
    PHONE_UNREADABLE = "phone-unreadable"
    COORDINATES_ZERO = "coordinates-zero"
    LETTERS_LOST = "letters-lost"  # � in the file itself


class RowRefused(Exception):
    """This row is no venue."""

    def __init__(self, reason: Reason, column: Column | None, value: str) -> None:
        super().__init__(reason, column, value)
        self.reason = reason
        self.column = column
        self.value = value


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Local hours; closing at or before opening is on the next day, so equal ends are all day."""

    opens_at: time
    closes_at: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A doubt about one cell; `value` is short and printable."""

    column: Column
    doubt: Doubt
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRow:
    """`area` is the ward's path; `address` also names ward, district and province where given."""

    line: int
    organisation: str
    name: str
    kind: VenueKind
    address: str
    area: str | None
    latitude: float | None
    longitude: float | None
    opening: Opening | None
    phone: str | None
    capacity: int | None
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """One thing wrong with a row, which has one of these for each; `value` is short and
    printable."""

    line: int
    column: Column | None
    reason: Reason
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """The venue of an earlier line, which stays as it was; `differs`: what this line says else."""

    line: int
    first_line: int
    differs: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """For lists without these columns or with an empty cell in them."""

    organisation: str
    kind: VenueKind = VenueKind.OTHER
