"""Cases: opened by one account, decided by another, seen by nobody else."""

from __future__ import annotations

import httpx

from accounts import audit
from accounts.keydir import FIRST
from accounts.model import Role
from kit.db import connection
from tests.conftest import Service
from tests.make_cases import (
    CAN_THO,
    CASE,
    PHONES,
    approve,
    approved_case,
    make_golden_world,
    make_officers,
    open_case,
)
from tests.make_people import audit_acts, make_person
from tests.make_venues import CAI_KHE, staff_client

DECISION = {"approved": True, "reason": "đã kiểm tra"}
REVEAL = {"numbers": ["00000000"], "purpose": "contact-tracing"}


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


def contacts_routes(case_id: int) -> list[tuple[str, str, object]]:
    """(method, path, body) of everything that would tell of a case's people."""
    return [
        ("GET", f"/v1/cases/{case_id}/contacts", None),
        ("POST", f"/v1/cases/{case_id}/runs", {}),
        ("POST", f"/v1/cases/{case_id}/contacts/reveal", REVEAL),
        ("GET", f"/v1/cases/{case_id}/contacts.xlsx?purpose=sampling", None),
        ("GET", f"/v1/cases/{case_id}/contacts.csv?purpose=sampling", None),
    ]


async def test_opening_a_case_never_tells_whether_the_phone_is_known(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)

    known = await open_case(officers.opener)
    unknown = await open_case(officers.opener, phone="0987 654 321")

    for own in ("id", "number", "opened_at", "lab_reference"):
        known.pop(own), unknown.pop(own)
    assert known == unknown
    assert known["people"] == []


async def test_a_case_not_approved_shows_nobody(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case = await open_case(officers.opener)

    for method, path, body in contacts_routes(case["id"]):
        answer = await officers.approver.request(method, path, json=body)
        assert (answer.status_code, slug(answer)) == (409, "case-not-approved"), path
    page = await officers.approver.get(f"/desk/cases/{case['id']}")
    assert page.status_code == 200
    assert "Chị" not in page.text
    assert await audit_acts(service, "reveal-name") == []


async def test_a_refused_case_shows_nobody_and_is_not_decided_again(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = (await open_case(officers.opener))["id"]

    refused = await officers.approver.post(
        f"/v1/cases/{case_id}/approval", json={"approved": False, "reason": "phiếu của người khác"}
    )
    again = await approve(officers.approver, case_id)

    assert refused.json()["status"] == "refused"
    assert refused.json()["people"] == []
    assert slug(again) == "already-decided"
    for client in (officers.opener, officers.approver):
        page = (await client.get(f"/desk/cases/{case_id}?lang=en")).text
        assert "phiếu của người khác" in page
        assert "open the case anew" in page
    contacts = await officers.approver.get(f"/v1/cases/{case_id}/contacts")
    assert slug(contacts) == "case-not-approved"


async def test_the_account_that_opened_a_case_cannot_approve_it(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = (await open_case(officers.opener))["id"]

    answer = await approve(officers.opener, case_id)
    page = await officers.opener.post(
        f"/desk/cases/{case_id}/approval", data={"approved": "1", "reason": "tự duyệt"}
    )

    assert (answer.status_code, slug(answer)) == (409, "second-person-needed")
    assert page.status_code == 409
    case = await officers.opener.get(f"/v1/cases/{case_id}")
    assert case.json()["status"] == "opened"


async def test_only_a_coordinator_approves_and_only_some_open(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = (await open_case(officers.opener))["id"]
    tracer = await staff_client(service, Role.TRACER, area=CAN_THO)
    investigator = await staff_client(service, Role.INVESTIGATOR, area=CAN_THO)
    auditor = await staff_client(service, Role.AUDITOR, area="")

    assert (await tracer.post("/v1/cases", json=CASE)).status_code == 403
    assert (await approve(investigator, case_id)).status_code == 403
    assert (await auditor.get(f"/v1/cases/{case_id}")).status_code == 403
    assert (await investigator.get(f"/v1/cases/{case_id}")).status_code == 200
    assert (await tracer.get(f"/v1/cases/{case_id}")).status_code == 404
    assert (await investigator.post("/v1/cases", json=CASE)).status_code == 201


async def test_a_case_of_another_area_is_not_there(service: Service) -> None:
    await make_golden_world(service)
    officers, others = await make_officers(service), await make_officers(service, "2025/01/")
    case_id = await approved_case(officers)

    routes = [
        *contacts_routes(case_id),
        ("GET", f"/v1/cases/{case_id}", None),
        ("POST", f"/v1/cases/{case_id}/approval", DECISION),
        ("GET", f"/desk/cases/{case_id}", None),
    ]
    for method, path, body in routes:
        answer = await others.approver.request(method, path, json=body)
        missing = await others.approver.request(
            method, path.replace(str(case_id), "9" * 25), json=body
        )
        assert answer.status_code == missing.status_code == 404, path
    assert (await others.approver.get("/v1/cases")).json() == {"cases": [], "next": None}
    own = (await officers.approver.get("/v1/cases")).json()["cases"]
    assert [case["id"] for case in own] == [case_id]


async def test_a_case_cannot_be_filed_under_an_area_of_others(service: Service) -> None:
    await make_golden_world(service)
    others = await make_officers(service, "2025/01/")

    for area in (CAI_KHE, "2025/01/99999/", "", "2025/"):
        answer = await others.opener.post("/v1/cases", json=CASE | {"area": area})
        assert (answer.status_code, slug(answer)) == (422, "area-unknown"), area


IMPOSSIBLE: list[tuple[dict[str, object], str]] = [
    ({"phone": ""}, "identity-needed"),
    ({"document": "092087001234"}, "identity-needed"),
    ({"phone": "không có"}, "phone-number-wrong"),
    ({"phone": "", "document": "???"}, "document-wrong"),
    ({"onset": None}, "day-needed"),
    ({"onset": "2021-07-21"}, "day-implausible"),
    ({"onset": "0001-01-01"}, "day-implausible"),
    ({"isolated": "2021-07-21T00:00:00+07:00"}, "day-implausible"),
    ({"isolated": "0001-01-01T00:00:00+14:00"}, "day-implausible"),
    ({"isolated": "0021-07-10T00:00:00Z"}, "day-implausible"),
    ({"policy": "vn-9999"}, "policy-unknown"),
    ({"lab_reference": " "}, "bad-form"),
    ({"purpose": "curiosity"}, "bad-form"),
    ({"status": "approved"}, "bad-form"),
    ({"decided_by": 1}, "bad-form"),
    ({"opened_by": 1}, "bad-form"),
]


async def test_what_cannot_be_a_case_is_refused_and_leaves_nothing(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)

    for changed, problem in IMPOSSIBLE:
        answer = await officers.opener.post("/v1/cases", json=CASE | changed)
        assert (answer.status_code, slug(answer)) == (422, problem), changed
    assert await audit_acts(service) == []
    assert (await officers.opener.get("/v1/cases")).json()["cases"] == []


async def test_extra_fields_are_refused_everywhere(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)

    for path, body in (
        ("approval", DECISION | {"status": "approved"}),
        ("contacts/reveal", REVEAL | {"staff_id": 1}),
    ):
        answer = await officers.approver.post(f"/v1/cases/{case_id}/{path}", json=body)
        assert (answer.status_code, slug(answer)) == (422, "bad-form")


async def test_a_person_who_is_not_known_has_a_case_without_visits(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)

    case_id = await approved_case(officers, phone="0987 654 321")

    contacts = await officers.opener.get(f"/v1/cases/{case_id}/contacts")
    assert contacts.json()["contacts"] == []
    page = await officers.opener.get(f"/desk/cases/{case_id}?lang=en")
    assert "No visits in the system" in page.text


async def test_everybody_under_a_shared_phone_is_of_the_case_and_shown_masked(
    service: Service,
) -> None:
    await make_golden_world(service)
    await make_person(service, "Lê Văn Tám", PHONES[1])
    officers = await make_officers(service)
    case_id = await approved_case(officers)

    people = (await officers.approver.get(f"/v1/cases/{case_id}")).json()["people"]

    assert sorted(one["name"] for one in people) == ["C. X.", "L. V. T."]
    assert {one["phone"] for one in people} == {"+84••••••001"}


async def test_a_policy_not_in_force_at_onset_is_called_historic(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)

    then = await open_case(officers.opener, policy="vn-5053")
    later = await open_case(officers.opener, policy="vn-3638")

    assert (then["historic"], later["historic"]) == (False, True)
    page = await officers.opener.get(f"/desk/cases/{later['id']}?lang=en")
    assert "historic" in page.text


async def test_the_audit_tells_what_happened_and_its_chain_is_whole(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)

    await approved_case(officers)

    acts = await audit_acts(service)
    assert [act for act, _ in acts] == ["open-case", "approve-case", "trace-run"]
    assert acts[0][1] != acts[1][1]
    async with connection(service.state["db"]) as db:
        assert await audit.first_broken(db, service.state["keys"].audit.key(FIRST)) is None


async def test_a_case_is_opened_and_approved_on_the_pages_without_scripts(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    form = {name: value for name, value in CASE.items() if name != "isolated"}

    empty = await officers.opener.get("/desk?lang=en")
    wrong = await officers.opener.post("/desk/cases", data=form | {"onset": "10/07/2021"})
    opened = await officers.opener.post("/desk/cases", data=form | {"isolated": "2021-07-11T12:00"})
    page = opened.headers["location"]
    decided = await officers.approver.post(
        f"{page}/approval", data={"approved": "1", "reason": "đúng"}
    )
    shown = await officers.approver.get(page)
    again = await officers.approver.post(f"{page}/runs")

    assert "No case in your areas yet." in empty.text
    assert wrong.status_code == 422
    assert CASE["lab_reference"] in wrong.text
    assert opened.status_code == decided.status_code == again.status_code == 303
    assert "Chợ A" in shown.text
    assert "C. P." in shown.text
    assert "Chị P" not in shown.text
    assert "F0-210720-" in (await officers.opener.get("/desk")).text
