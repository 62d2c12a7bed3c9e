"""Rows of text out of a CSV or XLSX file made elsewhere, each with the line it stands on."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal, TextIO

from kit.errors import Unprocessable

Encoding = Literal["utf-8", "utf-16", "windows-1258"]

LINE_LIMIT = 1 << 20
COLUMN_LIMIT = 1000

ZIP_START = b"PK\x03\x04"
OLE_START = b"\xd0\xcf\x11\xe0"
CUT_LETTER = ("unexpected end of data", "truncated data")  # how the decoders say it


class TableUnreadable(Unprocessable):
    """This file cannot be read as a table."""

    def __str__(self) -> str:
        facts = ", ".join(f"{name}: {value}" for name, value in self.facts.items())
        return f"{self.title()} ({facts})"


class TableEmpty(TableUnreadable):
    """The file holds no rows."""


class WrongEncoding(TableUnreadable):
    """The text is not in this encoding; save the file as «CSV UTF-8», or name its encoding."""


class TableCut(TableUnreadable):
    """The file ends inside a row, so the rest was lost on the way; nothing of it was taken."""


class LineTooLong(TableUnreadable):
    """This line is too long for a table; a quote before it may have been left open."""


class TooManyColumns(TableUnreadable):
    """This row has more cells than a table of ours can have."""


class OldWorkbook(TableUnreadable):
    """This is an old Excel workbook or one with a password; save it as .xlsx without a password."""


class WorkbookBroken(TableUnreadable):
    """This is not a whole Excel workbook (.xlsx)."""


class WorkbookTooLarge(TableUnreadable):
    """This workbook unpacks to more than we read; save the sheet as CSV."""


class SheetUnclear(TableUnreadable):
    """Several sheets hold rows, or none has this name; name the sheet to read."""


def read_rows(
    data: bytes | Path, name: str, *, encoding: Encoding | None = None, sheet: str | None = None
) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each row that is not blank, streamed.

    The line is the editor's in CSV and the spreadsheet's in XLSX. What is wrong with the file as a
    whole may show only at its end, so whoever stores rows does it in one transaction.
    Cells come as they are: NUL and lone surrogates are left for the caller to report.
    `name` is only for messages; the content decides the format.
    """
    with data.open("rb") if isinstance(data, Path) else BytesIO(data) as file:
        start = file.read(4)
        file.seek(0)
        if start == OLE_START:
            raise OldWorkbook(name=name)
        if start == ZIP_START:
            from kit.workbook import workbook_rows  # noqa: PLC0415  spares a CSV 0.25 s of openpyxl

            rows = workbook_rows(file, name, sheet)
        else:
            rows = _csv_rows(file, name, encoding or _encoding_by_bom(start))
        is_empty = True
        for line, cells in rows:
            # most rows begin with something, which is quicker to see
            if (cells and cells[0] and not cells[0].isspace()) or any(map(str.strip, cells)):
                is_empty = False
                yield line, cells
        if is_empty:
            raise TableEmpty(name=name)


def _encoding_by_bom(start: bytes) -> Encoding:
    return "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"


@dataclass(slots=True)
class _Lines:
    """The lines of a text, with what is known once they ran out."""

    text: TextIO
    name: str
    count: int = 0
    ended: bool = False
    last_is_whole: bool = True

    def __iter__(self) -> Iterator[str]:
        line = ""
        while read := self.text.readline(LINE_LIMIT):
            line = read
            self.count += 1
            if len(line) == LINE_LIMIT:
                raise LineTooLong(name=self.name, line=self.count)
            yield line
        self.ended = True
        self.last_is_whole = line.endswith(("\n", "\r"))


def _csv_rows(file: BinaryIO, name: str, encoding: Encoding) -> Iterator[tuple[int, list[str]]]:
    # A surrogate spoils its row only, which the caller reports; other broken bytes mean that the
    # encoding is wrong or the file is damaged, and then no row can be trusted.
    errors = "strict" if encoding == "windows-1258" else "surrogatepass"
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    with TextIOWrapper(file, encoding=codec, errors=errors, newline="") as text:
        try:
            delimiter = _delimiter(text)
            text.seek(0)
            yield from _parsed(_Lines(text, name), delimiter)
        except UnicodeError as error:
            file.seek(0)
            line = _first_undecodable_line(file, encoding)
            if isinstance(error, UnicodeDecodeError) and error.reason in CUT_LETTER:
                raise TableCut(name=name, line=line) from error
            raise WrongEncoding(name=name, encoding=encoding, line=line) from error


def _parsed(lines: _Lines, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(lines, delimiter=delimiter)
    width = 0
    line, cells = 1, list[str]()
    try:
        for cells in reader:
            # The parser asks for lines only while a row is open: this one was never closed.
            if lines.ended:
                raise TableCut(name=lines.name, line=line)
            width = width or len(cells)
            yield line, cells
            line = lines.count + 1
    except csv.Error as error:
        raise LineTooLong(name=lines.name, line=line) from error
    if not lines.last_is_whole and len(cells) < width:
        raise TableCut(name=lines.name, line=lines.count)


def _delimiter(text: TextIO) -> str:
    for line in islice(iter(lambda: text.readline(LINE_LIMIT), ""), 100):
        unquoted = re.sub(r'"[^"]*"', "", line)
        if line.strip():
            return max("\t;,", key=unquoted.count) if re.search(r"[\t;,]", unquoted) else ","
    return ","


def _first_undecodable_line(file: BinaryIO, encoding: Encoding) -> int | None:
    """None where lines cannot be told apart before decoding."""
    if encoding == "utf-16":
        return None
    errors = "strict" if encoding == "windows-1258" else "surrogatepass"
    for number, line in enumerate(iter(lambda: file.readline(LINE_LIMIT), b""), start=1):
        try:
            line.decode(encoding, errors)
        except UnicodeDecodeError:
            return number
    return None
