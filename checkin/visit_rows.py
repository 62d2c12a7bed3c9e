"""Past visits out of a table made elsewhere: its columns, the faults of a row, and its times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from venues.intake_text import folded, is_unprintable, tidy

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


# Beside their own names; read in any case, with marks or without, so «họ tên» is also «HO TEN».
HEADERS = {
    Column.FULL_NAME: "họ tên; họ và tên; tên; name",
    Column.PHONE: "số điện thoại; điện thoại; số đt; sđt; di động; phone number; mobile",
    Column.DOCUMENT: """giấy tờ; số giấy tờ; giấy tờ tùy thân; CCCD; số CCCD; CMND; số CMND;
        CCCD/CMND; CMND/CCCD; căn cước; số căn cước; căn cước công dân; hộ chiếu; số hộ chiếu;
        giấy tờ / CCCD""",
    Column.VENUE: "địa điểm; tên địa điểm; mã địa điểm; nơi đến; cơ sở; tên cơ sở; place",
    Column.ZONE: "khu vực; khu",
    Column.ARRIVED_AT: "giờ vào; giờ đến; thời gian vào; thời gian đến; thời điểm vào; arrived",
    Column.LEFT_AT: "giờ ra; giờ về; thời gian ra; thời gian về; thời điểm ra; left",
}
COLUMN_OF = {folded(column): column for column in Column} | {
    folded(header): column for column, headers in HEADERS.items() for header in headers.split(";")
}

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


class Fault(NamedTuple):
    """`column` is None where it is the whole row."""

    column: Column | None
    reason: Reason


class RowRefused(Exception):
    """This row is no visit."""

    def __init__(self, column: Column | None, reason: Reason) -> None:
        super().__init__(reason)
        self.fault = Fault(column, reason)


Who: TypeAlias = tuple[str, str, str]  # full name, phone, document as written
Where: TypeAlias = tuple[str, str]  # venue, zone as written


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """`cells` as they came; `faults` are all that is wrong with them."""

    line: int
    cells: list[str]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first row: where each column stands, and the names nobody reads."""

    cells: list[str]
    places: dict[Column, int]
    ignored: tuple[str, ...]


def read_header(cells: list[str]) -> Header:
    """Columns in any order, case and language. Raises ImportRefused when the needed ones are not
    there."""
    places: dict[Column, int] = {}
    ignored = []
    for place, cell in enumerate(cells):
        name = tidy(cell)
        column = COLUMN_OF.get(folded(name))
        if column is None:
            ignored.append(name.lower())
            continue
        if column in places:
            twice = f"«{tidy(cells[places[column]])}» and «{name}»"
            raise ImportRefused(f"the column {column} is there twice: {twice}")
        places[column] = place
    missing = [column for column in NEEDED if column not in places]
    if missing or not any(column in places for column in NAMING):
        lacking = ", ".join(missing) or f"one of {', '.join(NAMING)}"
        raise ImportRefused(
            f"the first row must name the columns; missing: {lacking}. Known: "
            + ", ".join(f"{column} ({HEADERS[column].partition(';')[0]})" for column in Column)
        )
    return Header(cells=cells, places=places, ignored=tuple(name for name in ignored if name))


def examined(known: tuple[str, ...], faults: list[Fault]) -> tuple[str, ...]:
    """A row's cells in the order of the columns, those that cannot be read emptied."""
    text = "".join(known)
    if len(text) <= LONG_ROW and text.isprintable():
        return known
    cleaned = []
    for column, cell in zip(Column, map(tidy, known), strict=True):
        if is_unprintable(cell):
            faults.append(Fault(column, Reason.UNPRINTABLE))
        elif len(cell) > TEXT_LIMIT:
            faults.append(Fault(column, Reason.TOO_LONG))
        else:
            cleaned.append(cell)
            continue
        cleaned.append("")
    return tuple(cleaned)


def milliseconds(at: datetime) -> int:
    """Since EPOCH. Raises TypeError where `at` has no offset."""
    return (at - EPOCH) // MILLISECOND


_MINUTES = {f"{n // 60:02}:{n % 60:02}": n * 60_000 for n in range(24 * 60)}
_SECONDS = {f":{n:02}": n * 1000 for n in range(60)}


class Times:
    """Texts of times as milliseconds since EPOCH. A file has few days, and to look up day, minute
    and second is quicker than to work them out."""

    USUAL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:[0-5]\d(Z|[+-]\d\d:\d\d)")
    DAYS = 10_000  # remembered

    def __init__(self) -> None:
        self._days: dict[str, int] = {}  # with the offset: «2021-07-20T+07:00»

    def quick(self, text: str) -> int | None:
        """None where `read` must look."""
        try:
            return self._days[text[:11] + text[19:]] + _MINUTES[text[11:16]] + _SECONDS[text[16:19]]
        except KeyError:
            return None

    def read(self, column: Column, text: str) -> int:
        found = self.quick(text)
        if found is not None:
            return found
        try:
            found = milliseconds(datetime.fromisoformat(text.strip()))
        except ValueError:
            raise RowRefused(column, Reason.NO_TIME) from None
        except TypeError:
            raise RowRefused(column, Reason.NO_OFFSET) from None
        if self.USUAL.fullmatch(text):
            if len(self._days) >= self.DAYS:
                self._days.clear()
            since_midnight = _MINUTES[text[11:16]] + _SECONDS[text[16:19]]
            self._days[text[:11] + text[19:]] = found - since_midnight
        return found
