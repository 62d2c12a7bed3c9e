"""The rows of an Excel workbook made elsewhere.

A few kilobytes can unpack to gigabytes, and an empty element is a hundred times its size as an
object: all that is read is bounded, part by part, row by row and in proportion to the file.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_END
from typing import IO, Any, BinaryIO

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import DATA_TAG, ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from kit.table import (
    COLUMN_LIMIT,
    LINE_LIMIT,
    SheetUnclear,
    TableEmpty,
    TableUnreadable,
    TooManyColumns,
    WorkbookBroken,
    WorkbookTooLarge,
)

ROW_LIMIT = 1_048_576  # Excel's own
SHEET_COUNT_LIMIT = 100
SHEET_LIMIT = 512 << 20  # unpacked; sheets are streamed
STRINGS_LIMIT = 64 << 20  # unpacked; all shared strings are held in memory
PART_LIMIT = 1 << 20  # unpacked; styles and the like become objects of some hundred bytes each
GROWTH_LIMIT = 50  # times its size is what a file may unpack to; lists of one line repeated are 17
SMALL = 4 << 20  # unpacked; so much is never too much

STRING_TAG, TEXT_TAG, RUN_TAG = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("si", "t", "r"))


def workbook_rows(file: BinaryIO, name: str, sheet: str | None) -> Iterator[tuple[int, list[str]]]:
    """Raises TableUnreadable."""
    try:
        with _Archive(file, name) as archive:
            workbook = _Workbook(archive, file, name)
            for line, values in workbook.rows(_chosen(workbook, sheet)):
                yield line, [_cell_text(value) for value in values]
    except TableUnreadable:
        raise
    except Exception as error:  # openpyxl answers a broken workbook with whatever it stumbles over
        raise WorkbookBroken(name=name) from error


class _Archive(zipfile.ZipFile):
    """By the declared sizes: zipfile reads no further than a part declares."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        super().__init__(file)
        self._name = name
        unpacked = sum(part.file_size for part in self.infolist())
        if unpacked > max(SMALL, GROWTH_LIMIT * file.seek(0, SEEK_END)):
            raise WorkbookTooLarge(name=name, bytes=unpacked)

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """For what openpyxl makes objects of."""
        self.check(name, PART_LIMIT)
        return super().read(name, pwd)

    def check(self, name: str | zipfile.ZipInfo, limit: int) -> None:
        part = name if isinstance(name, zipfile.ZipInfo) else self.getinfo(name)
        if part.file_size > limit:
            raise WorkbookTooLarge(name=self._name, part=part.filename, bytes=part.file_size)


class _Workbook:
    def __init__(self, archive: _Archive, file: BinaryIO, name: str) -> None:
        reader = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        reader.archive = archive
        reader.read_manifest()
        reader.read_workbook()
        apply_stylesheet(archive, reader.wb)
        self.name, self._archive, self._formats = name, archive, reader.wb
        sheets = ((one, rel.target) for one, rel in reader.parser.find_sheets())
        self.sheets = [(one, part) for one, part in sheets if part in reader.valid_files]
        if len(self.sheets) > SHEET_COUNT_LIMIT:
            raise WorkbookTooLarge(name=name, sheets=len(self.sheets))
        package: Any = reader.package
        found = package.find(SHARED_STRINGS)  # wherever it is: its name is the sender's
        self._strings = [] if found is None else list(self._texts(found.PartName[1:]))

    def rows(self, part: str) -> Iterator[tuple[int, list[Any]]]:
        """Of a sheet, with the numbers they have there; None where a cell is empty."""
        formats: Any = self._formats
        parser = WorkSheetParser(
            *(b"", self._strings),  # it reads nothing by itself
            data_only=True,
            epoch=formats.epoch,
            date_formats=formats._date_formats,  # noqa: SLF001  as openpyxl's own sheets do
            timedelta_formats=formats._timedelta_formats,  # noqa: SLF001  the same
        )
        last = 0
        for element in self._elements(part, ROW_TAG, SHEET_LIMIT):
            if len(element) > COLUMN_LIMIT:
                raise TooManyColumns(name=self.name, line=last + 1)
            line, cells = parser.parse_row(element)
            parser.row_dimensions.clear()  # one a row, and nobody asks for the heights
            width = max((cell["column"] for cell in cells), default=0)
            if not last < line <= ROW_LIMIT:
                raise WorkbookBroken(name=self.name, line=line)
            if width > COLUMN_LIMIT:
                raise TooManyColumns(name=self.name, line=line)
            values: list[Any] = [None] * width
            for cell in cells:
                values[cell["column"] - 1] = cell["value"]
            yield line, values
            last = line

    def _texts(self, part: str) -> Iterator[str]:
        for element in self._elements(part, STRING_TAG, STRINGS_LIMIT):
            found = (*element.findall(TEXT_TAG), *element.findall(f"{RUN_TAG}/{TEXT_TAG}"))
            yield "".join(text.text or "" for text in found).replace("x005F_", "")

    def _elements(self, part: str, tag: str, limit: int) -> Iterator[Any]:
        """Each of this tag and no longer than a line may be, forgotten before the next."""
        self._archive.check(part, limit)
        with self._archive.open(part) as packed:
            source = _Measured(packed, self.name)
            path: list[Any] = []
            for event, element in iterparse(source, ("start", "end")):
                if event == "start":
                    path.append(element)
                    continue
                path.pop()
                if element.tag == tag:
                    yield element
                    path[-1].clear()
                    source.read_since = 0
                elif element.tag == DATA_TAG:
                    break  # what is behind the rows is not about them
            while packed.read(LINE_LIMIT):
                pass  # to the end, where zipfile compares the checksum


@dataclass(slots=True)
class _Measured:
    """What is read of a part until one element of it is whole."""

    source: IO[bytes]
    name: str
    read_since: int = 0

    def read(self, size: int = -1) -> bytes:
        found = self.source.read(size)
        self.read_since += len(found)
        if self.read_since > 2 * LINE_LIMIT:
            raise WorkbookTooLarge(name=self.name, bytes=self.read_since)
        return found


def _chosen(workbook: _Workbook, wanted: str | None) -> str:
    """The part of the sheet of this name, else of the only visible one with rows: none is left out
    unsaid."""
    filled: dict[str, bool] = {}  # a part is looked at once, however many sheets it is
    found: list[str] = []
    for sheet, part in workbook.sheets:
        if wanted is None and sheet.state == "visible" and part not in filled:
            filled[part] = any(value is not None for _, row in workbook.rows(part) for value in row)
        if sheet.name == wanted or (wanted is None and filled.get(part)):
            found.append(part)
    if wanted is None and not found:
        raise TableEmpty(name=workbook.name)
    if len(found) != 1:
        raise SheetUnclear(name=workbook.name, sheets=[sheet.name for sheet, _ in workbook.sheets])
    return found[0]


def _cell_text(value: object) -> str:
    """What a person reads in the cell; Excel keeps an id or phone as a float, 84901234567.0."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
