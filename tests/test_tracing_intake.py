"""Lists made elsewhere: each row is taken whole or reported, and no number is guessed."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.vault import IdentifierKind
from kit.table import TableCut, WorkbookBroken, read_rows
from tests.conftest import NOW, Service
from tests.make_exports import make_traced_case
from tracing.intake.cases import CaseColumnsMissing, Odd, circles, read_cases
from tracing.intake.contacts import (
    ContactColumnsMissing,
    ContactListed,
    Ignored,
    read_contacts,
)
from tracing.intake.guests import Guest, GuestListUnreadable, read_guests
from tracing.intake.row import BadRow, Duplicate, Reason

ZONE = timezone(timedelta(hours=7))
HEAD = "Họ và tên,Năm sinh,Giới,CCCD,SĐT,Địa chỉ,Tiếp xúc đầu,Tiếp xúc cuối,Số phút,Quan hệ"
GOOD = (
    'Nguyễn Thị Hoa,1987,Nữ,092187001234,0912345678,"12 Hòa Bình, P. Cái Khế, Cần Thơ",'
    "09/07/2021 10:30,2021-07-09T11:00:00+07:00,30,Đồng nghiệp"
)


def contacts(*lines: str) -> list[Any]:
    body = "\n".join((HEAD, *lines)).encode()
    return list(read_contacts(read_rows(body, "list.csv"), ZONE, NOW))


def reasons(found: Any) -> dict[str | None, Reason]:
    assert isinstance(found, BadRow), found
    return {one.column: one.reason for one in found.faults}


def test_a_row_of_a_contact_list_is_read_as_people_write_it() -> None:
    [found] = contacts(GOOD)

    assert isinstance(found, ContactListed)
    assert found.person.full_name == "Nguyễn Thị Hoa"
    assert found.person.phone == "+84912345678"
    assert found.person.document == (IdentifierKind.CCCD, "092187001234")
    assert (found.person.birth_year, found.person.sex) == (1987, 2)
    assert found.person.area == "2025/92/31120/"
    assert found.first == datetime(2021, 7, 9, 3, 30, tzinfo=UTC)
    assert found.last == datetime(2021, 7, 9, 4, 0, tzinfo=UTC)
    assert (found.minutes, found.relation) == (30, "Đồng nghiệp")


@pytest.mark.parametrize("shown", ["1.23E+11", "1,23E+11", "9.2187E+10", "1E+11", "9.21870e+11"])
def test_an_id_that_a_spreadsheet_shortened_is_refused_and_never_guessed(shown: str) -> None:
    cell = f'"{shown}"'
    [by_document] = contacts(GOOD.replace("092187001234", cell))
    [by_phone] = contacts(GOOD.replace("0912345678", cell))

    assert reasons(by_document) == {"document": Reason.SHORTENED}
    assert reasons(by_phone) == {"phone": Reason.SHORTENED}
    assert by_document.faults[0].value == shown
    assert by_document.line == 2


def test_a_workbook_that_holds_ids_as_numbers_is_told_apart_from_one_with_texts() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Họ và tên", "CCCD", "SĐT"])
    sheet.append(["An", 92187001234, 912345678])
    sheet.append(["Bình", "092187001235", "0912345679"])
    file = io.BytesIO()
    book.save(file)

    lost, kept = read_contacts(read_rows(file.getvalue(), "list.xlsx"), ZONE, NOW)

    assert reasons(lost) == {"document": Reason.ZERO_LOST}
    assert isinstance(kept, ContactListed)
    assert kept.person.document == (IdentifierKind.CCCD, "092187001235")


def test_all_that_is_wrong_with_a_row_is_said_and_the_others_are_taken() -> None:
    wrong = "Trần A,87,X,12,09,,31/02/2021,21/07/2021 12:00,một giờ,"
    backwards = "Trần B,1987,,,0912345670,,10/07/2021 10:00,09/07/2021 10:00,5,"
    wide = GOOD + ",thừa,"
    found = contacts(GOOD, wrong, ",,,,,,,,,Bạn bè", backwards, wide, GOOD, GOOD + ",")

    assert isinstance(found[0], ContactListed)
    assert reasons(found[1]) == {
        "birth": Reason.YEAR_WRONG,
        "sex": Reason.SEX_WRONG,
        "document": Reason.DOCUMENT_WRONG,
        "phone": Reason.PHONE_WRONG,
        "first": Reason.TIME_WRONG,
        "last": Reason.FUTURE,
        "minutes": Reason.MINUTES_WRONG,
    }
    assert reasons(found[2]) == {None: Reason.NOBODY}
    assert reasons(found[3]) == {"last": Reason.ENDS_BEFORE}
    assert reasons(found[4]) == {None: Reason.TOO_MANY_CELLS}
    assert found[5:] == [Duplicate(line=7, first_line=2), Duplicate(line=8, first_line=2)]


def test_two_who_share_a_phone_are_two_and_unknown_columns_are_named() -> None:
    body = "Họ tên,SĐT,Cung hoàng đạo\nMẹ,0912345678,\nCon,0912345678,\nme,0912345678,".encode()

    ignored, *people = read_contacts(read_rows(body, "list.csv"), ZONE, NOW)

    assert ignored == Ignored(line=1, name="Cung hoàng đạo")
    assert [one.person.full_name for one in people if isinstance(one, ContactListed)] == [
        *("Mẹ", "Con", "me")
    ]


def test_a_list_without_columns_and_a_list_that_was_cut_are_refused_as_a_whole() -> None:
    with pytest.raises(ContactColumnsMissing):
        list(read_contacts([(1, ["a", "b"]), (2, ["c", "d"])], ZONE, NOW))
    whole = "\n".join((HEAD, *[GOOD] * 50)).encode()
    with pytest.raises(TableCut):
        list(read_contacts(read_rows(whole[: len(whole) - 60], "list.csv"), ZONE, NOW))
    with pytest.raises(WorkbookBroken):
        list(read_contacts(read_rows(b"PK\x03\x04" + b"x" * 90, "list.xlsx"), ZONE, NOW))


def test_a_line_list_remarks_a_phone_that_stands_twice_and_one_id_in_other_letters() -> None:
    rows = ("L1,01/07/2021,0912345678", "L2,02/07/2021,+84912345678", "l1,03/07/2021,")
    body = "\n".join(("Mã ca,Khởi phát,SĐT", *rows)).encode()

    found = read_cases(read_rows(body, "cases.csv"), ZONE, NOW)

    assert [one.id for one in found.cases] == ["L1", "L2"]
    assert [(one.id, one.odd, one.others) for one in found.findings] == [
        ("L2", Odd.SAME_PERSON, ("L1",)),
        ("l1", Odd.DUPLICATE_CASE, ()),
    ]


async def test_what_we_give_out_is_read_back_as_it_was(service: Service) -> None:
    names = ["Đặng Thị Ngọc Hà", "+1", '=HYPERLINK("x")']
    case = await make_traced_case(service, names)

    for form in ("vn-f1-csv", "vn-f1-xlsx"):
        body = (await case.export(form)).content
        sheet = "Danh sách F1" if form.endswith("xlsx") else None
        found = list(read_contacts(read_rows(body, form, sheet=sheet), ZONE, NOW))

        people = [one for one in found if isinstance(one, ContactListed)]
        assert not [one for one in found if isinstance(one, BadRow | Duplicate)]
        assert {one.person.full_name for one in people} == {*names, "Chị P", "Chị W"}
        [known] = [one for one in people if one.person.full_name == "Đặng Thị Ngọc Hà"]
        assert known.person.phone == "+84987654321"
        assert known.person.area == "2025/92/31120/"
        assert known.source == case.case_number
        assert known.first == datetime(2021, 7, 10, 3, 30, tzinfo=UTC)


def cases(*lines: str) -> Any:
    body = "\n".join(("Mã ca,Khởi phát,Nguồn lây", *lines)).encode()
    return read_cases(read_rows(body, "cases.csv"), ZONE, NOW)


def test_a_line_list_reports_circles_selves_strangers_and_doubles_and_takes_the_rest() -> None:
    found = cases(
        "A,01/07/2021,",
        "B,05/07/2021,A",
        'C,04/07/2021,"A; B"',
        "D,,D",
        "E,,Z",
        "A,02/07/2021,",
        'F,,"B, B"',
        "X,,W",
        "Y,,X",
        "W,,Y; A",
        ",01/07/2021,A",
        "G,hôm qua,A",
    )

    assert [one.id for one in found.cases] == list("ABCDEFXYW")
    assert found.links == (*(("A", "B"), ("A", "C"), ("B", "C"), ("B", "F"), ("A", "W")),)
    said = {(one.line, one.id, one.odd, one.others) for one in found.findings}
    assert said == {
        (4, "C", Odd.LATER_SOURCE, ("B",)),
        (5, "D", Odd.SELF_INFECTION, ("D",)),
        (6, "E", Odd.UNKNOWN_SOURCE, ("Z",)),
        (7, "A", Odd.DUPLICATE_CASE, ()),
        (8, "F", Odd.DUPLICATE_LINK, ("B",)),
        *((line, one, Odd.CYCLE, ("X", "Y", "W")) for line, one in enumerate("XYW", 9)),
    }
    assert [(one.line, one.faults[0].reason) for one in found.bad] == [
        (12, Reason.ID_MISSING),
        (13, Reason.DAY_WRONG),
    ]
    assert found.cases[0].onset == date(2021, 7, 1)
    with pytest.raises(CaseColumnsMissing):
        read_cases([(1, ["tên"])], ZONE, NOW)


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=24))
def test_circles_are_those_who_reach_each_other(links: list[tuple[int, int]]) -> None:
    graph: dict[str, list[str]] = {str(one): [] for one in range(8)}
    for source, case in links:
        if source != case:
            graph[str(case)].append(str(source))
    reach = {one: {one} for one in graph}
    for _ in graph:
        for one, sources in graph.items():
            reach[one] = reach[one].union(*(reach[source] for source in sources))

    found = circles(graph)

    together = {
        one: {other for other in graph if other in reach[one] and one in reach[other]}
        for one in graph
    }
    assert {one: set(members) for one, members in found.items()} == {
        one: members for one, members in together.items() if len(members) > 1
    }


def test_a_chain_as_long_as_the_list_is_read() -> None:
    count = 20_000
    graph = {str(one): [str(one - 1)] if one else [str(count - 1)] for one in range(count)}

    assert len(circles(graph)["5"]) == count


def guest(**changed: Any) -> dict[str, Any]:
    seen = {"attendFrom": "2021-07-09T03:30:00.000Z", "attendTo": "2021-07-09T04:00:00Z"}
    return {
        "firstName": "Thị Hoa",
        "lastName": "Nguyễn",
        "dateOfBirth": "1987-01-18",
        "sex": "FEMALE",
        "email": "hoa@example.org",
        "phone": "0292 3812 345",
        "mobilePhone": "0912 345 678",
        "address": {"street": "Hòa Bình", "houseNumber": "12", "zipCode": "", "city": "Cần Thơ"},
        "attendanceInformation": seen | {"descriptionOfParticipation": "Bàn 4"},
        "identityChecked": True,
    } | changed


def test_a_guest_list_is_read_guest_by_guest() -> None:
    late = {"attendFrom": "2021-07-09T05:00:00Z", "attendTo": "2021-07-09T04:00:00Z"}
    listed = {
        "guests": [
            guest(),
            guest(firstName="Halle (Saale)", lastName="Ⅳ", attendanceInformation=None, sex=None),
            guest(firstName=7),
            guest(attendanceInformation=late, mobilePhone="9.12E+08"),
            guest(firstName=None, lastName=None, phone=None, mobilePhone=None),
        ],
        "additionalInformation": "",
        "dataProvider": {"name": "Quán Bảy"},
    }

    first, other, wrong, backwards, nobody = read_guests(json.dumps(listed).encode(), ZONE, NOW)

    assert isinstance(first, Guest)
    assert first.person.full_name == "Nguyễn Thị Hoa"
    assert (first.person.phone, first.person.sex) == ("+84912345678", 2)
    assert first.arrived_at == datetime(2021, 7, 9, 3, 30, tzinfo=UTC)
    assert (first.identity_checked, first.note) == (True, "Bàn 4")
    assert isinstance(other, Guest)
    assert other.person.full_name == "Ⅳ Halle (Saale)"
    assert other.arrived_at is None
    assert reasons(wrong) == {None: Reason.NOT_AS_AGREED}
    assert reasons(backwards) == {"to": Reason.ENDS_BEFORE, "phone": Reason.SHORTENED}
    assert reasons(nobody) == {None: Reason.NOBODY}


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"guests": 1}', b'{"guests": [{}', b"\xff"])
def test_a_guest_list_that_is_none_or_was_cut_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(GuestListUnreadable):
        list(read_guests(body, ZONE, NOW))
