"""Lists that leave in the forms of health offices: whom they hold, what they say, who signed."""

from __future__ import annotations

import csv
import io
from datetime import date

import openpyxl

from accounts.model import Role
from kit.db import connection
from tests.conftest import Service
from tests.make_cases import (
    CAN_THO,
    contacts_of,
    make_golden_world,
    make_officers,
    open_case,
    released,
)
from tests.make_exports import NAMES, make_traced_case
from tests.make_people import audit_acts
from tests.make_venues import staff_client
from tests.test_kit_sheet import FORMULA
from tracing import words
from tracing.engine.contact import Coverage
from tracing.engine.policies import POLICIES
from tracing.exports.bundle import verified
from tracing.exports.formats import RECIPES, ListFormat

F1_COLUMNS = [
    *("STT", "Họ và tên", "Năm sinh", "Giới", "Số giấy tờ", "SĐT", "Số nhà, đường", "Xã/phường"),
    *("Quận/huyện", "Tỉnh/thành phố", "Nghề nghiệp, nơi làm việc", "F0 liên quan", "Quan hệ"),
    *("Mốc dịch tễ", "Tiếp xúc đầu", "Tiếp xúc cuối", "Số phút", "Cùng khu vực", "Hoàn cảnh"),
    *("Triệu chứng", "Tiêm chủng", "Ngày lấy mẫu", "Kết quả", "CT", "Nơi cách ly", "Cách ly từ"),
    *("Cách ly đến", "Người điều tra", "SĐT người điều tra", "Xác minh", "Ghi chú", "Căn cứ"),
]
ISOLATE = """
INSERT INTO isolation (person_id, starts, ends, place, source)
VALUES ($1, '2021-07-20 07:00+07', '2021-08-03 07:00+07', 'KTX Đại học Cần Thơ', 'order')
"""
WORK = """
UPDATE contact SET relation = 'Đồng nghiệp', state = 'confirmed',
    verifier = (SELECT min(id) FROM staff), tracer = (SELECT min(id) FROM staff)
WHERE person_id = $1
"""


def read_csv(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline="")))


async def test_the_list_of_f1_has_the_ministrys_columns_and_says_what_is_known(
    service: Service,
) -> None:
    case = await make_traced_case(service)
    person = case.people["Đặng Thị Ngọc Hà"]
    async with connection(service.state["db"]) as db:
        await db.execute(ISOLATE, person)
        await db.execute(WORK, person)
        officer = await db.fetchval("SELECT name FROM staff ORDER BY id LIMIT 1")

    listed = (await contacts_of(case.officers.opener, case.case_id))["contacts"]
    [worked] = [one for one in listed if one["name"] == "Đ. T. N. H."]
    for act in ("vaccinated", "sampled", "positive"):
        form = {"act": act, "numbers": [worked["number"]]}
        path = f"/v1/cases/{case.case_id}/contacts/work"
        await case.officers.opener.post(path, json=form)

    sheet = await case.export("vn-f1-xlsx")
    text = await case.export("vn-f1-csv")

    book = openpyxl.load_workbook(io.BytesIO(sheet.content))
    assert book.sheetnames == ["Danh sách F1", "Về danh sách này"]
    head, *rows = book.worksheets[0].iter_rows()
    assert [cell.value for cell in head] == F1_COLUMNS
    cells = [cell for one in book.worksheets for row in one.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    found = [dict(zip(F1_COLUMNS, (cell.value or "" for cell in r), strict=True)) for r in rows]
    assert {row["Họ và tên"] for row in found} == {*NAMES, "Chị P", "Chị W"}
    [known] = [row for row in found if row["Họ và tên"] == "Đặng Thị Ngọc Hà"]
    number = str(known["Ghi chú"]).removeprefix("Mã ")[:8]
    assert number in (await case.numbers())[1, False]
    expected = {
        "Năm sinh": "1990",
        "SĐT": "+84987654321",
        "Xã/phường": "Phường Cái Khế",
        "Quận/huyện": "",
        "Tỉnh/thành phố": "Thành phố Cần Thơ",
        "F0 liên quan": case.case_number,
        "Quan hệ": "Đồng nghiệp",
        "Mốc dịch tễ": "Chợ A (10:30 – 11:00 10/07/2021)",
        "Tiếp xúc đầu": "10/07/2021 10:30",
        "Tiếp xúc cuối": "10/07/2021 11:00",
        "Số phút": 30,
        "Nơi cách ly": "KTX Đại học Cần Thơ",
        "Cách ly từ": "20/07/2021 07:00",
        "Cách ly đến": "03/08/2021 07:00",
        "Người điều tra": officer,
        "Xác minh": f"Đã xác minh ({officer})",
        "Hoàn cảnh": "30 phút cùng lúc ở Chợ A",
        "Tiêm chủng": "Đã tiêm",
        "Ngày lấy mẫu": "20/07/2021",
        "Kết quả": "Dương tính",
        "CT": "",
    }
    assert {name: known[name] for name in expected} == expected
    [other] = [row for row in found if row["Họ và tên"] == "Chị W"]
    assert {other[one] for one in ("Tiêm chủng", "Ngày lấy mẫu", "Kết quả", "Cách ly từ")} == {""}
    about = {row[0].value: str(row[1].value) for row in book.worksheets[1].iter_rows()}
    assert about["Số người"] == str(len(NAMES) + 2)
    assert about["Quy định"].endswith("(july, bản 1)")
    assert about["Dữ liệu tính đến"] == "20/07/2021 12:00"
    assert about["Ngày còn dữ liệu"].startswith("Còn đủ dữ liệu")
    basis = "; ".join(about[name] for name in ("Quy định", "Dữ liệu tính đến", "Ngày còn dữ liệu"))
    assert {row["Căn cứ"] for row in found} == {basis}
    read = read_csv(text.content)
    assert len(read) == len(found)
    assert not [cell for row in read for cell in row.values() if FORMULA.match(cell)]
    assert "Đặng Thị Ngọc Hà" in {row["Họ và tên"] for row in read}


async def test_the_list_of_f2_names_its_f1_by_number_and_opens_no_other_names(
    service: Service,
) -> None:
    case = await make_traced_case(service, [])

    rows = read_csv((await case.export("vn-f2-csv")).content)

    assert {row["Họ và tên"] for row in rows} == {"Chị S", "Chị Q", "Chị B", "Chị T"}
    assert {row["F1 liên quan"] for row in rows} <= (await case.numbers())[1, False]
    assert all(row["Mốc dịch tễ"].count("(") == 1 for row in rows)
    assert {row["Cùng khu vực"] for row in rows} == {""}  # no place here has parts
    acts = [act for act, _ in await audit_acts(service)]
    assert acts[-5:] == ["reveal-name"] * 4 + ["export-contacts"]
    async with connection(service.state["db"]) as db:
        facts = await db.fetchval("SELECT facts FROM audit WHERE act = 'export-contacts'")
        release = await db.fetchval("SELECT id FROM release")
    assert facts == f'{{"count": 4, "format": "vn-f2-csv", "release": {release}}}'


async def test_rejected_and_brief_contacts_are_on_no_list_of_f1(service: Service) -> None:
    case = await make_traced_case(service, ["Anh Không Phải"])
    async with connection(service.state["db"]) as db:
        await db.execute(
            "UPDATE contact SET state = 'rejected' WHERE person_id = $1",
            case.people["Anh Không Phải"],
        )

    rows = read_csv((await case.export("vn-f1-csv")).content)

    assert {row["Họ và tên"] for row in rows} == {"Chị P", "Chị W"}


def test_a_policy_that_was_not_in_force_on_the_cases_day_is_called_historic() -> None:
    policy = next(one for one in POLICIES if one.name == "vn-5053")
    kept = Coverage(begins=date(2021, 7, 7), days=3, kept_from=date(2021, 7, 1), missing=())

    def told(anchor: date) -> str:
        return words.basis(str, policy, anchor, "12:00", kept).policy

    assert not told(policy.in_force_from).endswith("historic")
    assert told(date(2026, 11, 1)).endswith("(vn-5053, version 1), historic")


async def test_a_bundle_counts_its_rows_and_says_where_it_comes_from(service: Service) -> None:
    case = await make_traced_case(service, [])

    answer = await case.export("vn-zip")
    manifest = verified(io.BytesIO(answer.content))

    assert [(one.name, one.rows) for one in manifest.files] == [("f1.csv", 2), ("f2.csv", 4)]
    assert manifest.about["case"] == case.case_number
    assert manifest.about["historic"] == "false"
    assert manifest.about["as_of"] == "2021-07-20T12:00:00+07:00"
    assert manifest.about["coverage"].startswith("Còn đủ dữ liệu")
    for format_ in ("graphml", "fhir-json"):
        assert "july, " in (await case.export(format_)).text
    assert manifest.about["made"] == "2021-07-20T12:00:00+07:00"
    assert answer.headers["content-disposition"].endswith(f'{case.case_number}-vn.zip"')
    again = await case.officers.opener.post(f"/v1/cases/{case.case_id}/runs", json={"max_tier": 1})
    assert again.status_code == 201


async def test_no_format_leaves_a_case_that_is_not_approved_nor_without_right_and_purpose(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = (await open_case(officers.opener))["id"]
    tracer = await staff_client(service, Role.TRACER, area=CAN_THO)
    elsewhere = await staff_client(service, Role.INVESTIGATOR, area="2025/01/")

    for name in ListFormat:
        path = f"/v1/cases/{case_id}/export?format={name}"
        assert (await officers.opener.get(f"{path}&purpose=sampling")).status_code == 409
        assert (await tracer.get(f"{path}&purpose=sampling")).status_code == 403
        assert (await elsewhere.get(f"{path}&purpose=sampling")).status_code == 404
        assert (await officers.opener.get(path)).status_code == 422
    assert await audit_acts(service, "export-contacts") == []


async def test_the_page_of_a_case_offers_every_format_to_those_who_may_export(
    service: Service,
) -> None:
    case = await make_traced_case(service, [])
    verifier = await staff_client(service, Role.VERIFIER, area=CAN_THO)

    page = await case.officers.opener.get(f"/desk/cases/{case.case_id}")
    asks = await case.officers.opener.get(f"/desk/cases/{case.case_id}/releases")
    other = await verifier.get(f"/desk/cases/{case.case_id}")

    for name, recipe in RECIPES.items():
        assert f'<option value="{name}">' in (asks if recipe.names else page).text
        assert f'<option value="{name}">' not in (page if recipe.names else asks).text
        assert service.state["pages"].translate("vi", recipe.title) != recipe.title, recipe.title
    assert "/export" in page.text
    assert other.status_code == 200
    assert "/export" not in other.text


async def test_only_a_row_of_f1_calls_the_other_one_the_case(service: Service) -> None:
    case = await make_traced_case(service)
    await released(case.officers, case.case_id, "csv")
    path = f"/v1/cases/{case.case_id}/contacts.csv?purpose=sampling"

    rows = read_csv((await case.officers.opener.get(path)).content)
    page = await case.officers.opener.get(f"/desk/cases/{case.case_id}")

    said = {(row["Vòng"][:2], row["Giờ ra dựa vào"].split(":")[0]) for row in rows}
    assert said == {("F1", "ca bệnh"), ("F2", "người lây")}
    assert "(người lây: " in page.text
