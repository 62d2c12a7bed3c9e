"""The pages of points: entered without a script, people pasted as lines; what a contact said."""

from __future__ import annotations

import re

from accounts.model import Role
from checkin.model import PhoneNumberWrong
from tests.conftest import Service
from tests.make_cases import Officers, approved_case, contacts_of, make_golden_world, make_officers
from tests.make_people import audit_acts
from tests.make_venues import CAI_KHE, staff_client
from tests.make_work import OTHER_WARD, Desk, desk
from tracing.point import Relation, RelationUnknown, Stayed, WardUnknown
from tracing.points.lines import read_lines
from tracing.points.people import Mentioned

__all__ = ["desk"]  # the fixture

TYPED = {
    "kind": "home",
    "name": "bà Tư <b>",
    "start": "2021-07-09T18:00",
    "end": "2021-07-09T22:00",
    "ward": "Phường Cái Khế, Cần Thơ",
    "who": "case",
}
LINES = """Trần Thị Em; ; em
Anh Ba; 12
Trần Thị Em
0939 000 111; ; Mẹ
Bà Sáu; ; hàng xóm"""


async def prepared(service: Service) -> tuple[Officers, int]:
    await make_golden_world(service)
    officers = await make_officers(service)
    for client in (officers.opener, officers.approver):
        client.headers["accept-language"] = "en"
    return officers, await approved_case(officers)


def test_lines_are_read_as_people_paste_them() -> None:
    lines = read_lines(
        "Lê Văn Tám;0912 345 678;đồng nghiệp;12a;Phường Cái Khế, Cần Thơ\n\n"
        "+84 912 345 679\t\tBẠN BÈ\n7K3QDAB0; ; \nCha Bảy; ; cha nuôi\nDì Út;;;;Xã Ở Đâu",
        Stayed(physical=True),
    )

    found = [line.read for line in lines]
    assert [line.place for line in lines] == [1, 3, 4, 5, 6]
    assert found[0] == Mentioned(
        name="Lê Văn Tám",
        phone="0912 345 678",
        area="2025/92/31120/",
        stayed=Stayed(physical=True, relation=Relation.COLLEAGUE, seat="12a"),
    )
    assert (found[1].name, found[1].phone) == ("", "+84 912 345 679")
    assert found[1].stayed.relation is Relation.FRIEND
    assert (found[2].name, found[2].number) == ("", "7K3QDAB0")
    assert [[*map(type, line.faults)] for line in lines[3:]] == [[RelationUnknown], [WardUnknown]]


def test_a_relation_is_read_in_the_words_of_the_page_and_of_the_forms() -> None:
    lines = read_lines("A; ; older brother\nB; ; Anh\nC; ; GRANDCHILD / niece / nephew", Stayed())

    found = [line.read.stayed.relation for line in lines]
    assert found == [Relation.OLDER_BROTHER, Relation.OLDER_BROTHER, Relation.GRANDCHILD]


async def test_a_relation_is_shown_in_the_language_of_the_page(service: Service) -> None:
    officers, case_id = await prepared(service)
    opener = officers.opener
    [one, *_] = (await contacts_of(opener, case_id))["contacts"]
    path = f"/desk/cases/{case_id}/contacts/{one['number']}/interview"
    await opener.post(path, data={"relation": "Bạn bè"})

    english = (await opener.get(path)).text
    vietnamese = (await opener.get(f"{path}?lang=vi")).text

    assert '<option value="Bạn bè" selected>Friend</option>' in english
    options = re.findall(r'<option value="([^"]+)"[^>]*>([^<]+)</option>', vietnamese)
    relations = [(value, shown) for value, shown in options if value in set(Relation)]
    assert relations == [(str(one), str(one)) for one in Relation]


def test_all_that_is_wrong_with_a_line_is_said() -> None:
    [short, named] = read_lines("095077700; Bạn\nAnh Ba; 12; Bạn; ; Xã Ở Đâu", Stayed())

    assert [*map(type, short.faults)] == [PhoneNumberWrong, RelationUnknown]
    assert [*map(type, named.faults)] == [PhoneNumberWrong, RelationUnknown, WardUnknown]


async def test_a_point_is_entered_and_withdrawn_by_its_pages_alone(service: Service) -> None:
    officers, case_id = await prepared(service)
    opener, pages = officers.opener, f"/desk/cases/{case_id}/points"
    empty = await opener.get(pages)
    wrong = await opener.post(pages, data=TYPED | {"end": "2021-07-09T17:00", "seat": "1A"})
    made = await opener.post(pages, data=TYPED)

    assert f'href="{pages}"' in (await opener.get(f"/desk/cases/{case_id}")).text
    assert "No point was entered yet." in empty.text
    assert wrong.status_code == 422
    assert "no such detail" in wrong.text
    assert 'value="2021-07-09T17:00"' in wrong.text
    assert made.status_code == 303
    path = made.headers["location"]
    # when lines are pasted, some of which cannot be read
    form = {"people": LINES, "physical": "1", "masks": "off"}
    some = await opener.post(f"{path}/people", data=form)
    assert some.status_code == 422
    assert "Nhà bà Tư &lt;b&gt;" in some.text
    bad = re.findall(r"<li>(Line \d)", some.text)
    assert bad == ["Line 2", "Line 3", "Line 5"]
    assert "The other lines were taken." in some.text
    alone = await opener.post(f"{path}/people", data={"people": "095077700; Bạn"})
    assert alone.status_code == 422
    assert "other lines" not in alone.text
    assert "Nobody was taken." in alone.text
    kept = re.search(r"<textarea id=\"lines\".*?>(.*?)</textarea>", some.text, re.DOTALL)
    assert kept
    assert kept[1].splitlines() == ["Anh Ba; 12", "Trần Thị Em", "Bà Sáu; ; hàng xóm"]
    right = await opener.post(f"{path}/people", data={"people": "Bà Sáu; ; Họ hàng"})
    assert right.status_code == 303
    shown = (await opener.get(path)).text
    assert shown.count("physical contact") == 2
    assert "Trần Thị Em" not in shown
    found = {one["name"]: one for one in (await contacts_of(opener, case_id))["contacts"]}
    assert found["T. T. E."]["venues"] == ["Nhà bà Tư <b>"]
    assert found["B. S."]["tier"] == 1
    # and put right, and somebody taken off
    number = found["B. S."]["number"]
    gone = await opener.post(f"{path}/removals", data={"number": number})
    moved = await opener.post(path, data=TYPED | {"start": "2021-07-09T19:00"})
    again = await opener.post(path, data=TYPED | {"start": "hôm qua"})
    after = {one["name"]: one for one in (await contacts_of(opener, case_id))["contacts"]}
    assert (gone.status_code, moved.status_code, again.status_code) == (303, 303, 422)
    assert after["T. T. E."]["minutes"] == 180
    assert "B. S." not in after
    void = await opener.post(f"{path}/withdrawal", data={"reason": "nhầm ngày"})
    assert void.status_code == 303
    last = await opener.get(path)
    assert "nhầm ngày" in last.text
    assert "Add people" not in last.text
    late = await opener.post(f"{path}/people", data={"people": "Ai đó"})
    assert late.status_code == 409
    assert (await opener.get(f"{pages}/999")).status_code == 404


async def test_what_a_contact_said_is_traced_with(service: Service) -> None:
    # given U, with the case for 14 minutes of the 15 that make a contact
    officers, case_id = await prepared(service)
    opener = officers.opener
    [brief] = [o for o in (await contacts_of(opener, case_id))["contacts"] if o["name"] == "C. U."]
    path = f"/cases/{case_id}/contacts/{brief['number']}/interview"
    page = await opener.get(f"/desk/cases/{case_id}")

    form = await opener.get(f"/desk{path}")
    kept = await opener.post(f"/desk{path}", data={"physical": "1", "relation": "Bạn bè"})

    assert f'href="/desk{path}"' in page.text
    assert "What this person said" in form.text
    assert kept.headers["location"] == f"/desk/cases/{case_id}#{brief['number']}"
    said = (await opener.get(f"/v1{path}")).json()
    assert said == {
        "number": brief["number"],
        "masked": None,
        "physical": True,
        "relation": "Bạn bè",
        "traced": None,
    }
    found = {one["name"]: one for one in (await contacts_of(opener, case_id))["contacts"]}
    assert (found["C. U."]["brief"], found["C. U."]["rank"]) == (False, "high")
    assert len(await audit_acts(service, "interview-contact")) == 1
    # when it turns out not to have been so
    back = await opener.put(f"/v1{path}", json={"masked": True})
    assert back.json()["traced"]
    found = {one["name"]: one for one in (await contacts_of(opener, case_id))["contacts"]}
    assert found["C. U."]["brief"]
    nobody = f"/v1/cases/{case_id}/contacts/00000000/interview"
    assert (await opener.get(nobody)).status_code == 404
    # and whoever traces in a ward hears those who were given to it, and nobody else
    tracer = await staff_client(service, Role.TRACER, area=CAI_KHE)
    assert (await tracer.put(f"/v1{path}", json={"physical": True})).status_code == 404
    gift = {"numbers": [brief["number"]], "area": CAI_KHE}
    given = await opener.post(f"/v1/cases/{case_id}/contacts/assignments", json=gift)
    assert given.status_code == 200, given.text
    assert (await tracer.put(f"/v1{path}", json={"physical": True})).json()["traced"]
    found = {one["name"]: one for one in (await contacts_of(opener, case_id))["contacts"]}
    assert not found["C. U."]["brief"]


async def test_all_contacts_of_a_point_are_given_in_one_act_and_taken_back_by_its_page(
    desk: Desk,
) -> None:
    # given a contact of the case and somebody told of at a point, and a point of nobody
    opener, path = desk.officers.opener, f"{desk.path}/points"
    times = {"start": "2021-07-10T18:00:00+07:00", "end": "2021-07-10T22:00:00+07:00"}
    people = [{"number": desk.number["W"]}, {"name": "Trần Thị Em"}]
    told = {"kind": "home", "name": "bà Tư"} | times
    point = (await opener.post(path, json=told | {"people": people})).json()["point"]["id"]
    empty = (await opener.post(path, json=told | {"name": "bà Năm"})).json()["point"]["id"]
    tracers = (await opener.get("/v1/tracers")).json()["tracers"]
    [there] = [one["id"] for one in tracers if one["area"] == OTHER_WARD]
    form = {"area": OTHER_WARD, "tracer": there}

    # when all of it is given to a ward and its tracer
    given = await opener.post(f"{path}/{point}/assignments", json=form)
    listed = (await desk.there.get(f"{desk.path}/contacts?tracer={there}")).json()["contacts"]
    nobody = await opener.post(f"{path}/{empty}/assignments", json=form)
    by_tracer = await desk.there.post(f"{path}/{point}/assignments", json=form)
    stranger = await staff_client(desk.service, Role.COORDINATOR, area="2025/01/")
    by_stranger = await stranger.post(f"{path}/{point}/assignments", json=form)

    # then the tracer sees both, and nobody else may do it
    assert given.json() == {"done": 2, "left": 0}
    assert {one["name"] for one in listed} == {"C. W.", "T. T. E."}
    assert (nobody.status_code, nobody.json()["type"]) == (422, "/problems/nobody-to-give")
    assert (by_tracer.status_code, by_stranger.status_code) == (403, 404)

    # and by the page they are taken back
    page = f"{desk.page}/points/{point}"
    wrong = await opener.post(f"{page}/assignments", data={"to": "2025/01/", "tracer": str(there)})
    back = await opener.post(f"{page}/assignments", data={"to": "back"})
    shown = await opener.get(back.headers["location"])
    assert wrong.status_code == 422
    assert "Tài khoản này không " in wrong.text
    assert back.status_code == 303
    assert "2 người" in shown.text
    assert (await desk.there.get(desk.path)).status_code == 404
