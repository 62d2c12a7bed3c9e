"""Lists that leave, opened by LibreOffice, which knows nothing of how they were written. Run by
`make sheets`; not among `make test`, for few machines have it."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

from tests.conftest import Service
from tests.make_exports import NAMES, make_traced_case

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
# Comma, quote, UTF-8, from line 1; whatever looks like a number, a date or a formula becomes one.
AS_EXCEL_WOULD = "CSV:44,34,76,1,,0,false,true,false"
LIKE_FORMULAS = ["=1+1", "+1", "-1", "@x", "\t=1+1", "＝1+1", "\u200b=1+1", '";=1+1;"']

pytestmark = pytest.mark.skipif(
    OFFICE is None,
    reason="LibreOffice is missing: sudo apt-get install --no-install-recommends libreoffice-calc",
)


def opened(file: Path) -> tuple[list[str], int]:
    """The texts of all cells as LibreOffice shows them, and how many of them are formulas."""
    home = f"-env:UserInstallation=file://{file.parent}/office"
    given = [f"--infilter={AS_EXCEL_WOULD}"] if file.suffix == ".csv" else []
    command = [OFFICE, home, "--headless", *given, "--convert-to", "fods"]
    subprocess.run(
        [*command, "--outdir", str(file.parent), str(file)],  # type: ignore[list-item]
        check=True,
        capture_output=True,
        timeout=120,
    )
    book = ElementTree.parse(file.with_suffix(".fods"))  # noqa: S314  LibreOffice wrote it
    cells = list(book.iter(f"{TABLE}table-cell"))
    texts = ["".join("".join(p.itertext()) for p in cell.iter(f"{TEXT}p")) for cell in cells]
    return [text for text in texts if text], sum(f"{TABLE}formula" in c.attrib for c in cells)


async def test_no_list_runs_a_formula_and_names_and_phones_are_whole(
    service: Service, tmp_path: Path
) -> None:
    case = await make_traced_case(service, [*NAMES, *LIKE_FORMULAS])

    for name in ("vn-f1-xlsx", "vn-f2-xlsx", "vn-f1-csv", "vn-f2-csv"):
        file = tmp_path / f"{name}.{name.rpartition('-')[2]}"
        file.write_bytes((await case.export(name)).content)
        texts, formulas = opened(file)

        assert formulas == 0, name
        assert "Họ và tên" in texts
        if "f1" in name:
            assert "Đặng Thị Ngọc Hà" in texts
            assert {text for text in texts if "84987654321" in text} <= {
                "+84987654321",
                "'+84987654321",
            }
            assert any("84987654321" in text for text in texts)


def test_the_look_sees_a_formula_where_there_is_one(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["=1+1", "text"])
    body = io.BytesIO()
    book.save(body)
    (tmp_path / "bad.xlsx").write_bytes(body.getvalue())

    assert opened(tmp_path / "bad.xlsx")[1] == 1
