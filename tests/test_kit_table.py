"""Tables as people save them, with their lines; and files that are refused whole."""

from __future__ import annotations

import gc
import tracemalloc
import zipfile
from collections.abc import Iterable, Sequence
from datetime import time
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import table
from kit.table import read_rows

HEADER = "tên,địa chỉ\n"


def rows(data: bytes, **options: object) -> list[tuple[int, list[str]]]:
    return list(read_rows(data, "list", **options))  # type: ignore[arg-type]


def workbook(*sheets: Iterable[Sequence[object]]) -> bytes:
    made = openpyxl.Workbook(write_only=True)
    for values in sheets:
        sheet = made.create_sheet()
        for row in values:
            sheet.append(row)
    file = BytesIO()
    made.save(file)
    return file.getvalue()


def repacked(data: bytes, part: str, content: bytes) -> bytes:
    file = BytesIO()
    source = zipfile.ZipFile(BytesIO(data))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, content if name == part else source.read(name))
    return file.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_delimiter_and_encoding_are_found_by_looking(delimiter: str, encoding: str) -> None:
    # given a cell that holds the two other delimiters
    text = f'tên{delimiter}địa chỉ\r\nQuán Ngon{delimiter}"a,b;c\td"\r\n'
    # when / then
    assert rows(text.encode(encoding)) == [
        (1, ["tên", "địa chỉ"]),
        (2, ["Quán Ngon", "a,b;c\td"]),
    ]


def test_delimiter_inside_a_quoted_header_does_not_count() -> None:
    assert rows(b'"a,b,c,d";e\n1;2\n') == [(1, ["a,b,c,d", "e"]), (2, ["1", "2"])]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_numbers_are_the_editors(end: str) -> None:
    # given a quoted cell over three lines, a blank line and a line of empty cells
    lines = ["a,b", '"one', "two", 'three",x', "", ",", "last,y"]
    # when
    found = rows(end.join([*lines, ""]).encode())
    # then
    assert [line for line, _ in found] == [1, 2, 7]
    assert found[1][1] == [f"one{end}two{end}three", "x"]


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=2).filter(
            lambda cells: any(map(str.strip, cells))
        ),
        max_size=8,
    )
)
def test_any_text_comes_back_as_it_was_written(written: list[list[str]]) -> None:
    # given every cell quoted
    lines = ['"name","address"']
    lines += [",".join('"' + cell.replace('"', '""') + '"' for cell in cells) for cells in written]
    # when
    found = rows(("\r\n".join(lines) + "\r\n").encode())
    # then
    assert [cells for _, cells in found[1:]] == written


def test_nul_and_half_a_surrogate_pair_spoil_only_their_own_row() -> None:
    # given
    data = HEADER.encode() + b"a\0b,x\n" + b"c\xed\xa0\x80d,y\n" + b"good,z\n"
    # when / then
    assert rows(data)[1:] == [(2, ["a\0b", "x"]), (3, ["c\ud800d", "y"]), (4, ["good", "z"])]


def test_old_vietnamese_encoding_is_read_only_when_named() -> None:
    # given text of Windows-1258, which writes the tone after the letter
    data = "name,kind\nqua\u0301n,ca\u0300 phê\n".encode("windows-1258")
    # when / then
    with pytest.raises(table.WrongEncoding) as refused:
        rows(data)
    assert refused.value.facts == {"name": "list", "encoding": "utf-8", "line": 2}
    assert rows(data, encoding="windows-1258")[1] == (2, ["qua\u0301n", "ca\u0300 phê"])


def test_line_of_a_wrong_letter_is_told_far_into_the_file() -> None:
    data = HEADER.encode() + b"a,b\n" * 50_000 + b"caf\xe9,b\n" + b"a,b\n" * 50_000
    with pytest.raises(table.WrongEncoding, match="line: 50002"):
        rows(data)


@pytest.mark.parametrize(
    ("tail", "line"),
    [
        (b'"Quan Ngon', 4),
        (b'"Quan Ngon\n12 Le Loi,\nx', 4),
        (b"Quan Ngon", 4),
        ("Quán, Lê L\u1ee3".encode()[:-1], 4),
    ],
    ids=["in a quote", "in a quote over lines", "before the last cell", "in a letter"],
)
def test_cut_file_is_refused(tail: bytes, line: int) -> None:
    with pytest.raises(table.TableCut) as refused:
        rows(HEADER.encode() + b"a,b\nc,d\n" + tail)
    assert refused.value.facts["line"] == line


def test_last_line_may_lack_its_line_break_when_it_is_whole() -> None:
    assert rows(b"a,b\n1,2") == [(1, ["a", "b"]), (2, ["1", "2"])]


def test_quote_left_open_over_a_long_file_is_refused_with_its_line() -> None:
    with pytest.raises(table.LineTooLong, match="line: 2"):
        rows(b'a,b\n"open,b\n' + b"a,b\n" * 100_000)


def test_line_without_end_is_refused_and_not_read_in_pieces() -> None:
    with pytest.raises(table.LineTooLong):
        rows(b"a,b\n" + b"x," * table.LINE_LIMIT)


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\n", b",,\n", workbook([])])
def test_empty_table_is_named_so(data: bytes) -> None:
    with pytest.raises(table.TableEmpty):
        rows(data)


def test_big_file_is_streamed(tmp_path: Path) -> None:
    # given 4 MB
    path = tmp_path / "big.csv"
    path.write_bytes(b"name,address\n" + b"0123456789abcdef,0123456789abcdef\n" * 120_000)
    # when
    tracemalloc.start()
    count = sum(1 for _ in read_rows(path, path.name))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # then
    assert count == 120_001
    assert peak < 1 << 20


@pytest.mark.parametrize("data", [b"a,b\n1,2\n" * 50_000, workbook([["a"], ["b"]])])
def test_reading_may_stop_early_and_closes_the_file(data: bytes, tmp_path: Path) -> None:
    # given
    path = tmp_path / "list"
    path.write_bytes(data)
    found = read_rows(path, path.name)
    next(found)
    # when / then: a file left open, or an error while closing it, would be a warning
    del found
    gc.collect()


def test_workbook_gives_what_a_person_reads_in_its_cells() -> None:
    # given numbers that Excel made of a phone and an id, a time, a formula's text, and no cell
    values = [84901234567, 7, 10.7769, time(7, 30), "'=1+1", None, "Quán “Ngon”", True]
    data = workbook([["header"], [], values])
    sheet = zipfile.ZipFile(BytesIO(data)).read("xl/worksheets/sheet1.xml")
    as_excel_writes = sheet.replace(b"84901234567", b"8.4901234567E10")
    # when
    found = rows(repacked(data, "xl/worksheets/sheet1.xml", as_excel_writes))
    # then
    assert as_excel_writes != sheet
    expected = ["84901234567", "7", "10.7769", "07:30:00", "'=1+1", "", "Quán “Ngon”", "True"]
    assert found == [(1, ["header"]), (3, expected)]


def test_wrong_dimension_of_a_sheet_loses_no_row() -> None:
    # given a sheet that claims to be one cell, as some programs write
    data = workbook([["a", "b"], ["1", "2"], ["3", "4"]])
    sheet = zipfile.ZipFile(BytesIO(data)).read("xl/worksheets/sheet1.xml")
    claimed = sheet.replace(b"<sheetData>", b'<dimension ref="A1"/><sheetData>', 1)
    assert claimed != sheet
    # when
    found = rows(repacked(data, "xl/worksheets/sheet1.xml", claimed))
    # then
    assert found == [(1, ["a", "b"]), (2, ["1", "2"]), (3, ["3", "4"])]


def test_second_sheet_with_rows_is_never_left_out_unsaid() -> None:
    # given
    data = workbook([["a"], ["1"]], [["b"], ["2"]], [])
    # when / then
    with pytest.raises(table.SheetUnclear) as refused:
        rows(data)
    assert refused.value.facts["sheets"] == ["Sheet", "Sheet1", "Sheet2"]
    assert rows(data, sheet="Sheet1") == [(1, ["b"]), (2, ["2"])]
    with pytest.raises(table.SheetUnclear):
        rows(data, sheet="none such")


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.999])
def test_cut_workbook_is_refused(keep: float) -> None:
    data = workbook([["a", "b"], *([str(n), "x"] for n in range(500))])
    with pytest.raises(table.WorkbookBroken):
        rows(data[: int(len(data) * keep)])


def test_other_zip_and_old_workbook_are_named() -> None:
    # given
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as target:
        target.writestr("readme.txt", "hello")
    # when / then
    with pytest.raises(table.WorkbookBroken):
        rows(file.getvalue())
    with pytest.raises(table.OldWorkbook, match=r"save it as \.xlsx"):
        rows(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)
