"""Past visits out of a table made elsewhere: each row is a visit, or bad with its reason.

Rows come by the hundred thousand, so the common row is looked at as a whole and only an odd one
cell by cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple

from venues.intake_text import is_unprintable, tidy

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # before it stands only a clock that was never set
TEXT_LIMIT = 200
LONG_ROW = 250  # letters from which single cells are measured


class Column(StrEnum):
    FULL_NAME = "full_name"
    PHONE = "phone"
    DOCUMENT = "document"
    VENUE = "venue"
    ZONE = "zone"
    ARRIVED_AT = "arrived_at"
    LEFT_AT = "left_at"


NEEDED = (Column.VENUE, Column.ARRIVED_AT)
NAMING = (Column.FULL_NAME, Column.PHONE, Column.DOCUMENT)


class Reason(StrEnum):
    """Why a row is no visit."""

    NOBODY = "neither a name, nor a document, nor a phone number that can be read"
    UNPRINTABLE = "holds a character that cannot be printed"
    TOO_LONG = "too long; a quote before it may have been left open"
    TOO_MANY_CELLS = "more cells than columns"
    NO_TIME = "not a time; write it like 2021-07-20T08:30:00+07:00"
    NO_OFFSET = "says no offset; write it like 2021-07-20T08:30:00+07:00"
    FUTURE = "in the future"
    CLOCK_UNSET = "before the year 2000: a clock that was never set"
    LEFT_BEFORE = "not after the arrival"
    VENUE_MISSING = "no venue is named"
    VENUE_UNKNOWN = "no venue has this code or name (--create-venues makes it)"
    VENUE_AMBIGUOUS = "several venues have this name; write the code of one"
    ZONE_UNKNOWN = "the venue has no such zone (--create-venues makes it)"


class ImportRefused(ValueError):
    """Nothing of this file was stored; the message says why and what to do."""


class RowRefused(Exception):
    """This row is no visit."""

    def __init__(self, column: Column | None, reason: Reason) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


class Who(NamedTuple):
    """A person as a row names them; a tuple, because it is looked up once a row."""

    full_name: str
    phone: str
    document: str


class Where(NamedTuple):
    venue: str
    zone: str


class Visit(NamedTuple):
    """A tuple, because there is one a row. `cells`: as they came, should the row prove bad."""

    line: int
    cells: list[str]
    who: Who
    where: Where
    arrived_at: datetime
    left_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    line: int
    cells: list[str]
    column: Column | None
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first row: where each column stands, and the names nobody reads."""

    cells: list[str]
    places: dict[Column, int]
    ignored: tuple[str, ...]


def read_header(cells: list[str]) -> Header:
    """Columns in any order and case. Raises ImportRefused when the needed ones are not there."""
    places: dict[Column, int] = {}
    ignored = []
    for place, cell in enumerate(cells):
        name = tidy(cell).lower()
        if name not in set(Column):
            ignored.append(name)
            continue
        if name in places:
            raise ImportRefused(f"the column {name} is there twice")
        places[Column(name)] = place
    missing = [column for column in NEEDED if column not in places]
    if missing or not any(column in places for column in NAMING):
        lacking = ", ".join(missing) or f"one of {', '.join(NAMING)}"
        raise ImportRefused(
            f"the first row must name the columns; missing: {lacking}. Known: {', '.join(Column)}"
        )
    return Header(cells=cells, places=places, ignored=tuple(name for name in ignored if name))


def read_visits(
    rows: Iterator[tuple[int, list[str]]], header: Header, now: datetime
) -> Iterator[Visit | BadRow]:
    """What each row after the header is, in order; none is later than `now`."""
    width = len(header.cells)
    # A column that is not there is read from an empty cell behind the last one.
    pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(
        *(header.places.get(column, width) for column in Column)
    )
    for line, cells in rows:
        try:
            yield _visit(line, cells, _known(cells, width, pick), now)
        except RowRefused as refused:
            yield BadRow(line=line, cells=cells, column=refused.column, reason=refused.reason)


def _known(
    cells: list[str], width: int, pick: Callable[[list[str]], tuple[str, ...]]
) -> tuple[str, ...]:
    """The cells in the order of Column. A short row lost only empty cells at its end."""
    if any(map(str.strip, cells[width:])):
        raise RowRefused(None, Reason.TOO_MANY_CELLS)
    known = pick(cells[:width] + [""] * (width - len(cells) + 1))
    whole = "".join(known)
    return known if whole.isprintable() and len(whole) <= LONG_ROW else _examined(known)


def _examined(known: tuple[str, ...]) -> tuple[str, ...]:
    cleaned = tuple(map(tidy, known))
    for column, text in zip(Column, cleaned, strict=True):
        if is_unprintable(text):
            raise RowRefused(column, Reason.UNPRINTABLE)
        if len(text) > TEXT_LIMIT:
            raise RowRefused(column, Reason.TOO_LONG)
    return cleaned


def _visit(line: int, cells: list[str], known: tuple[str, ...], now: datetime) -> Visit:
    full_name, phone, document, venue, zone, arrived, left = known
    arrived_at = _time(Column.ARRIVED_AT, arrived, now)
    left_at = _time(Column.LEFT_AT, left, now) if left and tidy(left) else None
    if left_at is not None and left_at <= arrived_at:
        raise RowRefused(Column.LEFT_AT, Reason.LEFT_BEFORE)
    who, where = Who(full_name, phone, document), Where(venue, zone)
    return Visit(line, cells, who, where, arrived_at, left_at)


def _time(column: Column, text: str, now: datetime) -> datetime:
    """To the millisecond, as it will be stored."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise RowRefused(column, Reason.NO_TIME) from None
    if at.tzinfo is None:
        raise RowRefused(column, Reason.NO_OFFSET)
    if at > now:
        raise RowRefused(column, Reason.FUTURE)
    if at < EARLIEST:
        raise RowRefused(column, Reason.CLOCK_UNSET)
    return at.replace(microsecond=at.microsecond // 1000 * 1000) if at.microsecond else at
