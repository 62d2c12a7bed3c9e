"""Spreadsheets that run nothing, whatever a person is called."""

from __future__ import annotations

import csv
import io
import re

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import sheet
from kit.sheet import Table, csv_bytes, safe, xlsx_bytes

STARTS = "=+-@＝＋－＠"
HIDDEN = ["", " ", "\t", "\r", "\n", "\r\n", "\ufeff", "\u200b", "\u00a0", "\u2060", "\x00\x01"]
CORPUS = [
    *(f"{before}{start}1+1" for before in HIDDEN for start in STARTS if "\x00" not in before),
    '=HYPERLINK("http://example.org";"xem")',
    "=cmd|' /C calc'!A0",
    "@SUM(1,1)",
    '";=1+1',
    '","=1+1',
    "';=1+1;'",
    "a;=1+1",
    "a,+1",
    "a\n=1+1",
    "a\t=1+1",
    "+84912345678",
    "-1",
    "{=1+1}",
    "_x003D_1+1",
    "http://example.org",
    "A" * 40_000,
]
# What a spreadsheet takes for a formula: at the start, blanks and what is not seen passed over.
FORMULA = re.compile(r"^[\s\x00-\x20\u200b\u2060\ufeff]*[=+\-@＝＋－＠]")


def table(cells: list[str]) -> Table:
    return Table(columns=["before", "cell", "number"], rows=[["x", cell, 7] for cell in cells])


def test_xlsx_has_no_formula_and_keeps_every_row_and_text() -> None:
    found = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(table(CORPUS))))

    rows = list(found.worksheets[0].iter_rows(min_row=2))
    assert len(rows) == len(CORPUS)
    assert {cell.data_type for row in rows for cell in row} == {"s", "n"}
    assert [row[2].value for row in rows] == [7] * len(CORPUS)
    assert not any(cell.hyperlink for row in rows for cell in row)
    kept = [(row[1].value, given) for row, given in zip(rows, CORPUS, strict=True)]
    assert [a for a, b in kept if "\r" not in b] == [b[:32_767] for _, b in kept if "\r" not in b]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_has_no_cell_that_could_be_a_formula_by_whatever_separator_it_is_read(
    separator: str,
) -> None:
    text = csv_bytes(table(CORPUS)).decode("utf-8-sig")

    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    assert len(rows) == len(CORPUS) + 1
    assert not [cell for row in rows for cell in row if FORMULA.match(cell)]


def test_csv_is_marked_as_utf_8_and_keeps_harmless_text_as_it_is() -> None:
    names = ["Nguyễn Thị Hoa", "Halle (Saale)", 'Trần "Bảy" Văn', "O'Neil", "0912 345 678", "A-B"]

    body = csv_bytes(table(names))

    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    assert [row[1] for row in rows[1:]] == names


def test_without_the_guard_the_same_look_finds_formulas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "safe", lambda cell: cell)

    text = csv_bytes(table(CORPUS)).decode("utf-8-sig")

    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert [cell for cell in cells if FORMULA.match(cell)]


@given(st.text(max_size=30))
def test_a_safe_cell_is_one_line_and_begins_no_formula(text: str) -> None:
    found = safe(text)

    assert not FORMULA.match(found)
    assert len(found.splitlines()) <= 1 or not set(found) & set("\r\n")


def test_a_list_too_long_for_a_spreadsheet_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MOST_ROWS", 2)

    with pytest.raises(sheet.SheetTooLarge):
        xlsx_bytes(table(["a", "b", "c"]))
