"""Tables as XLSX and CSV that a spreadsheet opens without running anything: a name may be a
formula.

XLSX cells are written as strings by their type. CSV has no types, so a cell that could be taken for
a formula gets an apostrophe before it, wherever in the cell a spreadsheet might begin to read one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

import xlsxwriter  # type: ignore[import-untyped]  # it ships no types

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv"

LONGEST_CELL = 32_767  # characters; XLSX has no longer ones
MOST_ROWS = 1_048_575
# Control and format characters that are not seen, a zero-width space and a byte order mark among
# them: a formula may hide behind.
UNSEEN = "\x00-\x20\x7f-\xa0\xad\u061c\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
# At the start, and after what another separator or a lost quote would make a start of.
STARTS = re.compile(rf"(^|[;,|\"'])([{UNSEEN}]*)([=+\-@＝＋－＠﹢﹣﹦﹫−])")
BREAKS = re.compile(r"[\r\n\t\v\f\x85\u2028\u2029]+")
TO_LOOK_AT = re.compile(
    r"[=+\-@＝＋－＠﹢﹣﹦﹫−\r\n\t\v\f\x85\u2028\u2029]"
)  # most cells have none

Cell = str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`about` are lines on where it comes from; only XLSX has a place for them, a second sheet.
    The titles are the sheets' names, of 31 characters at most."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    about: Sequence[tuple[str, str]] = field(default=())
    title: str = ""
    about_title: str = ""


class SheetTooLarge(ValueError):
    """A spreadsheet cannot hold this many rows; export a part of the list."""


def csv_bytes(table: Table) -> bytes:
    return b"".join(csv_blocks(chain([table.columns], table.rows)))


def csv_blocks(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """With a byte order mark, so that Excel keeps the diacritics; every text in quotes. A thousand
    rows at a time: a long list need not lie in memory."""
    rest = iter(rows)
    yield b"\xef\xbb\xbf"
    while block := list(islice(rest, 1000)):
        text = io.StringIO(newline="")
        writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        for row in block:
            writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
        yield text.getvalue().encode()


def safe(cell: str) -> str:
    """The same text on one line, an apostrophe before whatever could begin a formula."""
    if TO_LOOK_AT.search(cell) is None:
        return cell
    return STARTS.sub(r"\1\2'\3", BREAKS.sub(" ", cell))


def xlsx_bytes(table: Table) -> bytes:
    if len(table.rows) > MOST_ROWS:
        raise SheetTooLarge
    found = io.BytesIO()
    with xlsxwriter.Workbook(found, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(table.title)
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, name, bold)
            widest = max((len(str(row[column])) for row in table.rows), default=0)
            sheet.set_column(column, column, min(60, max(len(name), widest) + 2))
        for number, row in enumerate(table.rows, 1):
            for column, cell in enumerate(row):
                if cell == "":
                    continue
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell[:LONGEST_CELL])
                else:
                    sheet.write_number(number, column, cell)
        if table.about:
            about = book.add_worksheet(table.about_title)
            about.set_column(0, 1, 40)
            for number, (name, value) in enumerate(table.about):
                about.write_string(number, 0, name, bold)
                about.write_string(number, 1, value[:LONGEST_CELL])
    return found.getvalue()
