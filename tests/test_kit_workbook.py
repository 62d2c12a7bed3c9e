"""Workbooks made to exhaust whoever opens them: each bound of what is read."""

from __future__ import annotations

import os
import tracemalloc
import zipfile
from io import BytesIO
from typing import Any

import pytest
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS

from kit import table, workbook
from tests.test_kit_table import repacked, rows
from tests.test_kit_table import workbook as made

SHEET = "xl/worksheets/sheet1.xml"
TYPES, BOOK, STYLES = "[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml"
STRINGS = "xl/worksheets/s.xml"  # as a sheet is called, which are the longest parts
NAMES = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
ONE = [["a"]]


def part(data: bytes, name: str) -> bytes:
    return zipfile.ZipFile(BytesIO(data)).read(name)


def with_rows(xml: str) -> bytes:
    sheet = f"<worksheet {NAMES}><sheetData>{xml}</sheetData></worksheet>"
    return repacked(made(ONE), SHEET, sheet.encode())


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    file = BytesIO(data)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as target:
        target.writestr(name, content)
    return file.getvalue()


def with_strings(xml: str) -> bytes:
    data = with_rows('<row r="1"><c t="s"><v>0</v></c></row>')
    named = f'<Override PartName="/{STRINGS}" ContentType="{SHARED_STRINGS}"/></Types>'
    types = part(data, TYPES).replace(b"</Types>", named.encode())
    data = repacked(data, TYPES, types)
    return with_part(data, STRINGS, f"<sst {NAMES}>{xml}</sst>".encode())


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many cells each row has that openpyxl makes values of."""
    found: list[int] = []
    parse = WorkSheetParser.parse_row

    def counted(self: WorkSheetParser, row: Any) -> Any:
        found.append(len(row))
        return parse(self, row)

    monkeypatch.setattr(WorkSheetParser, "parse_row", counted)
    return found


def test_a_cell_far_to_the_right_is_refused_where_it_stands(parsed: list[int]) -> None:
    # given a few hundred bytes that claim 16,384 cells a row
    data = with_rows('<row><c r="XFD1"/></row>' * 1000)
    # when / then: no row behind the first is read
    with pytest.raises(table.TooManyColumns, match="line: 1"):
        rows(data)
    assert parsed == [1]


def test_a_row_of_too_many_cells_is_refused_before_any_becomes_a_value(parsed: list[int]) -> None:
    data = with_rows("<row/><row>" + "<c/>" * (table.COLUMN_LIMIT + 1) + "</row>")
    with pytest.raises(table.TooManyColumns, match="line: 2"):
        rows(data)
    assert parsed == [0]


@pytest.mark.parametrize("number", ["1", "0", "-1", "1048577", "1000000000000000"])
def test_rows_have_rising_numbers_up_to_the_last_of_excel(number: str, parsed: list[int]) -> None:
    with pytest.raises(table.WorkbookBroken):
        rows(with_rows(f'<row r="1"/><row r="{number}"/>' + "<row/>" * 100))
    assert len(parsed) == 2


def test_the_last_row_of_excel_is_read_and_none_before_it_made_up(parsed: list[int]) -> None:
    data = with_rows('<row r="1048576"><c t="str"><v>x</v></c></row>')
    assert rows(data) == [(1_048_576, ["x"])]
    assert parsed == [1, 1]  # to choose the sheet, and to read it


@pytest.mark.parametrize(
    "data",
    [
        with_rows(f'<row r="1"><c t="str"><v>{" " * (3 << 20)}</v></c></row>'),
        with_rows("<x/>" * (3 << 18)),
        with_strings(f"<si><t>{' ' * (3 << 20)}</t></si>"),
        with_strings("<x/>" * (3 << 18)),
    ],
    ids=["one cell", "elements between rows", "one text", "elements between texts"],
)
def test_what_is_longer_than_any_row_is_not_read_whole(data: bytes) -> None:
    with pytest.raises(table.WorkbookTooLarge, match=r"\(name: list, bytes: 2\d{6}\)"):
        rows(data)


def test_what_a_file_unpacks_to_is_bounded_by_its_own_size() -> None:
    # given a sheet that would be read in no time, of 5 MB in 10 kB
    padding = b" " * (workbook.SMALL + 1)
    data = repacked(made(ONE), SHEET, part(made(ONE), SHEET) + padding)
    assert len(data) < 20_000
    # when / then
    with pytest.raises(table.WorkbookTooLarge):
        rows(data)
    # then: as much in a file of 100 kB is read, and a list of one line over and over
    heavy = with_part(data, "xl/media/image1.png", os.urandom(100_000))
    assert rows(heavy) == [(1, ["a"])]
    assert len(rows(made([["Nguyễn Văn A", "0901234567", "Chợ"]] * 60_000))) == 60_000


@pytest.mark.parametrize(
    ("limit", "data", "name"),
    [
        ("SHEET_LIMIT", made([["a" * 3000]]), SHEET),
        ("STRINGS_LIMIT", with_strings(f"<si><t>{'a' * 3000}</t></si>"), STRINGS),
        ("PART_LIMIT", made(ONE), STYLES),
    ],
)
def test_each_kind_of_part_has_its_limit_whatever_its_name(
    limit: str, data: bytes, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(rows(data)) == 1
    size = len(part(data, name))
    monkeypatch.setattr(workbook, limit, size - 1)
    with pytest.raises(table.WorkbookTooLarge, match=r"part: (xl/.*\.xml|\[Content.*), bytes:"):
        rows(data)
    monkeypatch.setattr(workbook, limit, max(size, 2000))
    assert len(rows(data)) == 1


def test_texts_are_read_wherever_they_are_kept() -> None:
    rich = "<si><r><t>Chợ </t></r><r><t>Bến Thành</t></r><rPh><t>x</t></rPh></si>"
    assert rows(with_strings(rich)) == [(1, ["Chợ Bến Thành"])]


def with_sheets(count: int) -> bytes:
    """All of them the one part, which is empty."""
    data = made([])
    one = part(data, BOOK)
    begin, end = one.index(b"<sheet "), one.index(b"</sheets>")
    sheet = one[begin:end]
    more = b"".join(sheet.replace(b'"Sheet"', b'"S%d"' % n) for n in range(count))
    return repacked(data, BOOK, one[:begin] + more + one[end:])


def test_a_part_that_many_sheets_name_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    open_part = zipfile.ZipFile.open

    def counted(self: zipfile.ZipFile, name: Any, *given: Any, **named: Any) -> Any:
        opened.append(name if isinstance(name, str) else name.filename)
        return open_part(self, name, *given, **named)

    data = with_sheets(workbook.SHEET_COUNT_LIMIT)
    monkeypatch.setattr(zipfile.ZipFile, "open", counted)
    with pytest.raises(table.TableEmpty):
        rows(data)
    assert opened.count(SHEET) == 1


def test_a_workbook_of_very_many_sheets_is_refused() -> None:
    with pytest.raises(table.WorkbookTooLarge, match=r"sheets: 101"):
        rows(with_sheets(workbook.SHEET_COUNT_LIMIT + 1))


def test_entities_that_multiply_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    with pytest.raises(table.WorkbookBroken):
        rows(repacked(made(ONE), SHEET, bomb))


def test_a_sheet_is_streamed_whatever_its_rows_say_of_themselves() -> None:
    # given rows with heights, which openpyxl would keep
    data = with_rows('<row ht="20"><c t="str"><v>x</v></c></row>' * 50_000)
    found = table.read_rows(data, "list")
    next(found)
    # when
    tracemalloc.start()
    count = sum(1 for _ in found)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # then
    assert count == 49_999
    assert peak < 2 << 20
