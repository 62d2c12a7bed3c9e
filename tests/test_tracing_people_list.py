"""People who were with a case, out of somebody else's list: shown first, then listed at points."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx

from accounts.model import Role
from tests.conftest import Service
from tests.golden import Q
from tests.make_cases import (
    CAN_THO,
    PHONES,
    Officers,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
    open_case,
)
from tests.make_people import audit_acts
from tests.make_venues import staff_client

HEAD = "Họ và tên,CCCD,SĐT,Quan hệ,Mốc dịch tễ,Tiếp xúc đầu,Tiếp xúc cuối,Số phút"
ROWS = (
    f"Chị Q,,{PHONES[Q]},Bạn bè,Nhà ông Tư,10/07/2021 19:00,10/07/2021 20:00,60",
    "Nguyễn Thị Hoa,,0987654321,,Nhà ông Tư,10/07/2021 19:00,10/07/2021 20:00,60",
    "Bé Na,,,,Lớp học,09/07/2021 08:00,10/07/2021 08:00,45",
)
BAD = (
    "Anh Sai,1.23E+11,,,Nhà ông Tư,10/07/2021 19:00,10/07/2021 20:00,60",
    "Anh Không Giờ,,0987654322,,Chợ,,,",
    "Nguyễn Thị Hoa,,0987654321,,Nhà ông Tư,10/07/2021 19:00,10/07/2021 20:00,60",
    f"Chính ca bệnh,,{PHONES[1]},,Nhà ông Tư,10/07/2021 19:00,10/07/2021 20:00,60",
)
STAY = {
    "place": "Quán Bảy",
    "start": "2021-07-10T18:00:00+07:00",
    "end": "2021-07-10T19:00:00+07:00",
}


def listed(*rows: str) -> bytes:
    return "\n".join((HEAD, *rows)).encode()


async def traced(service: Service) -> tuple[Officers, int]:
    await make_golden_world(service)
    officers = await make_officers(service)
    return officers, await approved_case(officers)


async def send(client: httpx.AsyncClient, case_id: int, body: bytes, **query: str) -> Any:
    head = {"Content-Type": "text/csv"}
    path = f"/v1/cases/{case_id}/contact-lists"
    return await client.post(path, params=query, content=body, headers=head)


async def points_of(client: httpx.AsyncClient, case_id: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/v1/cases/{case_id}/points")).json()["points"]
    return found


async def test_a_contact_list_is_shown_then_its_people_are_contacts_and_again_nobody_is_new(
    service: Service,
) -> None:
    officers, case_id = await traced(service)
    opener, body = officers.opener, listed(*ROWS, *BAD)

    shown = (await send(opener, case_id, body)).json()
    before = await points_of(opener, case_id)
    done = (await send(opener, case_id, body, confirm="true")).json()
    again = (await send(opener, case_id, body, confirm="true")).json()

    assert before == []
    assert (shown["people"], shown["points"], shown["taken"]) == (4, 3, None)
    faults = {(one["line"], one["column"]): one["reason"] for one in shown["bad"]}
    assert set(faults) == {(5, "document"), (6, "first"), (7, None)}
    assert "format the column as text" in faults[5, "document"]
    assert done["taken"] == {"added": 3, "known": 0, "traced": True}
    assert [one["line"] for one in done["bad"]] == [5, 6, 7, 8]
    assert again["taken"] == {"added": 0, "known": 3, "traced": False}
    assert len(await points_of(opener, case_id)) == 3
    contacts = (await contacts_of(opener, case_id))["contacts"]
    by_hand = [one for one in contacts if "Nhà ông Tư" in one["venues"] and not one["brief"]]
    assert {one["name"] for one in by_hand} == {"C. Q.", "N. T. H."}
    assert {one["tier"] for one in by_hand} == {1}
    [child] = [one for one in contacts if one["name"] == "B. N."]
    assert child["count"] == 2, "one person at two points"
    acts = [act for act, _ in await audit_acts(service)]
    assert acts.count("import-people") == 2
    assert acts.count("list-person") == 4


async def test_who_shares_a_name_or_has_none_is_listed_by_the_phone_and_a_double_says_its_line(
    service: Service,
) -> None:
    officers, case_id = await traced(service)
    there = "Nhà ông Tư,10/07/2021 19:00,10/07/2021 20:00,60"
    rows = (
        *(f",,095188801{last},,{there}" for last in (1, 2, 3)),
        f"Nguyễn Văn An,,0951888021,,{there}",
        f"Nguyễn Văn An,,0951888022,,{there}",
        f"Nguyễn Văn An,,,,{there}",
        f"Anh An,,0951888022,,{there}",
        f",,0951888011,,{there}",
        f"Trần Thị Bé,,0951888021,,{there}",
    )
    body = listed(*rows)

    shown = (await send(officers.opener, case_id, body)).json()
    done = (await send(officers.opener, case_id, body, confirm="true")).json()
    again = (await send(officers.opener, case_id, body, confirm="true")).json()

    assert shown["people"] == 8
    assert [(one["line"], one["reason"]) for one in shown["bad"]] == [(9, "the same as line 2")]
    assert done["taken"] == {"added": 7, "known": 0, "traced": True}
    [twice, double] = done["bad"][::-1]
    assert (double["line"], twice["line"]) == (9, 8)
    assert "Another line means this person already" in twice["reason"]
    assert again["taken"] == {"added": 0, "known": 7, "traced": False}
    assert [one["line"] for one in again["bad"]] == [9, 8]
    [point] = await points_of(officers.opener, case_id)
    assert len({one["number"] for one in point["people"]}) == 7
    phones = sorted(one["phone"][-3:] for one in point["people"] if one["phone"])
    assert phones == ["011", "012", "013", "021", "021", "022"]


async def test_a_guest_list_lists_who_was_there_with_the_case_and_says_who_was_not(
    service: Service,
) -> None:
    officers, case_id = await traced(service)
    path, opener = f"/v1/cases/{case_id}/guest-lists", officers.opener

    def guest(name: str, start: str, end: str, **more: str) -> dict[str, Any]:
        seen = {"attendFrom": f"2021-07-10T{start}+07:00", "attendTo": f"2021-07-10T{end}+07:00"}
        return {"lastName": "Nguyễn", "firstName": name, "attendanceInformation": seen} | more

    guests = [
        guest("Một", "18:10:00", "18:50:00", mobilePhone="0987654321"),
        guest("Hai", "12:00:00", "13:00:00"),
        guest("Ba", "18:00:00", "18:30:00", mobilePhone="9.12E+08"),
        {"firstName": 7},
    ]
    body = json.dumps({"guests": guests}).encode()
    head = {"Content-Type": "application/json"}

    async def sent(content: bytes, **changed: str) -> Any:
        query = STAY | changed
        return await opener.post(path, params=query, content=content, headers=head)

    shown = (await sent(body)).json()
    done = (await sent(body, confirm="true")).json()
    again = (await sent(body, confirm="true")).json()

    assert (shown["people"], shown["points"]) == (1, 1)
    assert {one["line"] for one in shown["bad"]} == {2, 3, 4}
    assert done["taken"] == {"added": 1, "known": 0, "traced": True}
    assert again["taken"]["added"] == 0
    contacts = (await contacts_of(opener, case_id))["contacts"]
    [met] = [one for one in contacts if "Quán Bảy" in one["venues"]]
    assert (met["name"], met["minutes"]) == ("N. M.", 40)
    for answer in (await sent(body[:-9]), await sent(body, end=STAY["start"])):
        assert answer.status_code == 422


async def test_no_list_comes_into_a_case_of_others_or_one_that_nobody_approved(
    service: Service,
) -> None:
    officers, case_id = await traced(service)
    waiting = (await open_case(officers.opener))["id"]
    elsewhere = await staff_client(service, Role.INVESTIGATOR, area="2025/01/")
    tracer = await staff_client(service, Role.TRACER, area=CAN_THO)
    whole = listed(*ROWS)

    for confirm in ("true", "false"):
        assert (await send(elsewhere, case_id, whole, confirm=confirm)).status_code == 404
        assert (await send(tracer, case_id, whole, confirm=confirm)).status_code == 403
        assert (await send(officers.opener, waiting, whole, confirm=confirm)).status_code == 409
    cut = await send(officers.opener, case_id, whole[:-14], confirm="true")
    many = listed(*(f"A{one},,,,Chợ,10/07/2021 19:00,10/07/2021 20:00,60" for one in range(501)))
    long = await send(officers.opener, case_id, many, confirm="true")
    assert (cut.status_code, cut.json()["type"]) == (422, "/problems/table-cut")
    assert (long.status_code, long.json()["type"]) == (422, "/problems/people-too-many")
    assert await points_of(officers.opener, case_id) == []


async def test_the_page_shows_what_would_be_done_and_does_it_on_the_word(service: Service) -> None:
    officers, case_id = await traced(service)
    page, path = officers.opener, f"/desk/cases/{case_id}/people-list"

    form = await page.get(path)
    file = {"file": ("f1.csv", listed(*ROWS, *BAD))}
    shown = await page.post(path, data={"kind": "contacts"}, files=file)
    before = await points_of(page, case_id)
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown.text))
    fields.pop("next")
    done = await page.post(path, files={name: (None, text) for name, text in fields.items()})
    sample = (await page.get("/desk/samples/contacts.csv")).content
    read = await page.post(path, data={"kind": "contacts"}, files={"file": ("m.csv", sample)})
    guests = (await page.get("/desk/samples/guests.json")).content
    stay = {
        "kind": "guests",
        "place": "Quán",
        "start": "2021-07-15T11:00",
        "end": "2021-07-15T13:00",
    }
    host = await page.post(path, data=stay, files={"file": ("g.json", guests)})
    untimed = await page.post(path, data=stay | {"end": ""}, files={"file": ("g.json", guests)})

    assert [one.status_code for one in (form, shown, done, read, host)] == [200] * 5
    assert before == []
    assert "1.23E+11" in shown.text
    assert "<b>3</b> dòng không nhận" in shown.text
    assert "giống dòng 3" in shown.text
    assert len(await points_of(page, case_id)) == 3
    assert "<b>2</b>" in read.text
    assert "<b>1</b>" in host.text
    assert untimed.status_code == 422
    assert "từ lúc nào đến lúc nào" in untimed.text
    assert "Tối đa 500 người và 1 MB" in form.text
    assert path in (await page.get(f"/desk/cases/{case_id}/points")).text
