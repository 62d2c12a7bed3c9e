"""Past visits out of a table made elsewhere: each row is a visit, or bad with its reason.

Rows come by the hundred thousand, so the common row is looked at as a whole and only an odd one
cell by cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from venues.intake_text import is_unprintable, tidy

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # PostgreSQL's; before it is only a clock never set
MILLISECOND = timedelta(milliseconds=1)
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


USUAL_LENGTH = len("2021-07-20T08:30:00+07:00")
MINUTES = 28 * 24 * 60  # remembered
_SECONDS = {f"{second:02}": second * 1000 for second in range(60)}

# Two names, because looking into an enum costs as much as parsing a time.
_ARRIVED_AT, _LEFT_AT = Column.ARRIVED_AT, Column.LEFT_AT

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


Who: TypeAlias = tuple[str, str, str]  # full name, phone, document as written
Where: TypeAlias = tuple[str, str]  # venue, zone as written


class Visit(NamedTuple):
    """A tuple, because there is one a row. Times are milliseconds since EPOCH, as they will be
    stored. `cells`: as they came, should the row prove bad."""

    line: int
    cells: list[str]
    who: Who
    where: Where
    arrived_at: int
    left_at: int | None


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
    width, latest = len(header.cells), milliseconds(now)
    # A column that is not there is read from an empty cell behind the last one.
    pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(
        *(header.places.get(column, width) for column in Column)
    )
    for line, cells in rows:
        try:
            known = pick([*cells, ""] if len(cells) == width else _fitted(cells, width))
            text = "".join(known)
            if len(text) > LONG_ROW or not text.isprintable():
                known = _examined(known)
            yield _visit(line, cells, known, latest)
        except RowRefused as refused:
            yield BadRow(line=line, cells=cells, column=refused.column, reason=refused.reason)


def milliseconds(at: datetime) -> int:
    """Since EPOCH. Raises TypeError where `at` has no offset."""
    return (at - EPOCH) // MILLISECOND


def _parsed(text: str) -> int:
    """Milliseconds since EPOCH. A file has many times of one minute, and to look one up is quicker
    than to work it out."""
    seconds = _SECONDS.get(text[17:19])
    if seconds is None or len(text) != USUAL_LENGTH or text[16] != ":":
        return milliseconds(datetime.fromisoformat(text))
    return _whole_minute(f"{text[:17]}00{text[19:]}") + seconds


@lru_cache(MINUTES)
def _whole_minute(text: str) -> int:
    return milliseconds(datetime.fromisoformat(text))


def _fitted(cells: list[str], width: int) -> list[str]:
    """A short row lost only empty cells at its end."""
    if any(map(str.strip, cells[width:])):
        raise RowRefused(None, Reason.TOO_MANY_CELLS)
    return cells[:width] + [""] * (width - len(cells) + 1)


def _examined(known: tuple[str, ...]) -> tuple[str, ...]:
    cleaned = tuple(map(tidy, known))
    for column, text in zip(Column, cleaned, strict=True):
        if is_unprintable(text):
            raise RowRefused(column, Reason.UNPRINTABLE)
        if len(text) > TEXT_LIMIT:
            raise RowRefused(column, Reason.TOO_LONG)
    return cleaned


def _visit(line: int, cells: list[str], known: tuple[str, ...], latest: int) -> Visit:
    full_name, phone, document, venue, zone, arrived, left = known
    arrived_at = _time(_ARRIVED_AT, arrived, latest)
    left_at = None
    if left and (left[0].isdigit() or tidy(left)):  # a time begins with a digit, «N/A» does not
        left_at = _time(_LEFT_AT, left, latest)
    if left_at is not None and left_at <= arrived_at:
        raise RowRefused(Column.LEFT_AT, Reason.LEFT_BEFORE)
    return Visit(line, cells, (full_name, phone, document), (venue, zone), arrived_at, left_at)


def _time(column: Column, text: str, latest: int) -> int:
    try:
        at = _parsed(text.strip())
    except ValueError:
        raise RowRefused(column, Reason.NO_TIME) from None
    except TypeError:
        raise RowRefused(column, Reason.NO_OFFSET) from None
    if at > latest:
        raise RowRefused(column, Reason.FUTURE)
    if at < 0:
        raise RowRefused(column, Reason.CLOCK_UNSET)
    return at
