"""Lists in workbooks of several sheets, and our own lists read back."""

from __future__ import annotations

import io
from typing import Any

import httpx
import openpyxl

from kit.sheet import XLSX
from tests.conftest import Service
from tests.make_cases import approved_case, make_golden_world, make_officers
from tests.make_exports import make_traced_case
from tests.make_venues import CAI_KHE

CASES = (("Mã ca", "Khởi phát", "SĐT"), ("A", "09/07/2021", "0912345678"))
NOTES = (("Ghi chú", "Ngày"), ("do CDC gửi", "20/07/2021"))


def workbook(**sheets: tuple[tuple[str, ...], ...]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    body = io.BytesIO()
    book.save(body)
    return body.getvalue()


async def sent(client: httpx.AsyncClient, path: str, body: bytes, **query: str) -> Any:
    head = {"Content-Type": XLSX}
    return await client.post(path, params=query, content=body, headers=head)


async def test_the_only_sheet_with_the_columns_is_read_and_of_two_the_one_that_is_named(
    service: Service,
) -> None:
    await make_golden_world(service)
    opener = (await make_officers(service)).opener
    chosen = {"policy": "july", "area": CAI_KHE}
    two = workbook(Cũ=CASES, Mới=(CASES[0], *(("B", "10/07/2021", ""), ("C", "10/07/2021", ""))))

    one = await sent(opener, "/v1/case-lists", workbook(Về=NOTES, Ca=CASES), **chosen)
    unclear = await sent(opener, "/v1/case-lists", two, **chosen)
    named = await sent(opener, "/v1/case-lists", two, sheet="Mới", **chosen)
    latin = await opener.post(
        "/v1/case-lists",
        params=chosen | {"encoding": "windows-1258"},
        content="Ma\u0303 ca,Kh\u01a1\u0309i phát\nA,09/07/2021\n".encode("cp1258"),
        headers={"Content-Type": "text/csv"},
    )

    assert one.json()["cases"] == 1, one.text
    assert unclear.json()["type"] == "/problems/sheet-unclear"
    assert unclear.json()["sheets"] == ["Cũ", "Mới"]
    assert named.json()["cases"] == 2
    assert latin.json()["cases"] == 1

    # and the page asks which, and keeps the answer until it is done
    files = {"file": ("ca.xlsx", two, XLSX)}
    asks = await opener.post("/desk/case-list?lang=en", data=chosen, files=files)
    shown = await opener.post(
        "/desk/case-list?lang=en", data=chosen | {"sheet": "Mới"}, files=files
    )
    assert (asks.status_code, "This file has: Cũ, Mới" in asks.text) == (422, True)
    assert '<input type="hidden" name="sheet" value="Mới">' in shown.text


async def test_our_own_list_of_f1_is_read_back_as_a_list_of_contacts(service: Service) -> None:
    case = await make_traced_case(service, ["Đặng Thị Ngọc Hà"])
    sheet = (await case.export("vn-f1-xlsx")).content
    other = await approved_case(case.officers, lab_reference="CDC-CT 9999")

    read = await sent(case.officers.opener, f"/v1/cases/{other}/contact-lists", sheet)

    assert read.status_code == 200, read.text
    assert (read.json()["people"], read.json()["bad"]) == (3, [])
