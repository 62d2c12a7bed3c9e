"""The rows of a list that was sent as a table: of the sheet that was named, else of the only one
that has the columns. Our own lists have a second sheet, about where they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kit.table import Encoding, SheetUnclear, TableUnreadable, read_rows

LIMIT = 1 << 20
Rows = Iterator[tuple[int, list[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """`sheet` and `encoding`: where the sender named them."""

    data: bytes
    name: str
    sheet: str = ""
    encoding: Encoding | None = None

    def rows(self, sheet: str = "") -> Rows:
        return read_rows(self.data, self.name, encoding=self.encoding, sheet=sheet or None)


def rows_of(sent: ListFile, fits: Callable[[Rows], bool]) -> Rows:
    """`fits`: whether rows begin like those of a list."""
    try:
        yield from sent.rows(sent.sheet)
    except SheetUnclear as unclear:
        if sent.sheet:
            raise
        titles = unclear.facts["sheets"]
        assert isinstance(titles, list)  # noqa: S101  the names of all sheets
        fitting = [one for one in titles if _fits(sent.rows(one), fits)]
        if len(fitting) != 1:
            raise
        yield from sent.rows(fitting[0])


def _fits(rows: Rows, fits: Callable[[Rows], bool]) -> bool:
    try:
        return fits(rows)
    except TableUnreadable:  # an empty one
        return False
