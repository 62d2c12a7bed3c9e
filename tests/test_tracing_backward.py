"""Backward: where a case may have been infected."""

from __future__ import annotations

from tests.conftest import Service
from tests.golden import B, P, X, at, was
from tests.make_cases import (
    PHONES,
    approve,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
    open_case,
)
from tests.make_people import audit_acts, make_scans


async def test_places_before_onset_are_ranked_by_the_other_cases_that_were_there(
    service: Service,
) -> None:
    # given P, who fell ill later than X, and B, who was ill on the day at A; and a visit of X on
    # the day of onset, when it was infected already
    world = await make_golden_world(service)
    late = was(world.people[X], world.venues[3], at(10, "00:00"), at(10, "02:00"))
    await make_scans(service, late)
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    await approved_case(officers, phone=PHONES[P], onset="2021-07-12", isolated=None)
    await approved_case(officers, phone=PHONES[B], onset="2021-07-09", isolated=None)

    answer = await officers.opener.post(f"/v1/cases/{case_id}/backward")
    page = await officers.opener.post(f"/desk/cases/{case_id}/backward")

    found = answer.json()
    assert (answer.status_code, found["begins"]) == (200, "2021-06-26")
    assert found["missing"] == ["2021-06-26", "2021-06-27", "2021-06-28"]
    names = ("venue", "people", "cases", "ill_before", "minutes")
    assert [tuple(one[name] for name in names) for one in found["places"]] == [
        ("Chợ A", 2, 2, 1, 60),
        ("Chợ G", 2, 0, 0, 80),
    ]
    assert found["places"][1]["last"] == "2021-07-07T17:20:00Z"
    assert page.text.index("Chợ A") < page.text.index("Chợ G")
    assert len(await audit_acts(service, "look-back")) == 2


async def test_a_case_that_was_closed_is_still_one(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    other = await approved_case(officers, phone=PHONES[P], onset="2021-07-08", isolated=None)
    case_id = await approved_case(officers)
    span = {"disease": "covid-19", "since": "2021-07-01", "until": "2021-07-15"}

    async def told() -> list[object]:
        found = await officers.opener.post(f"/v1/cases/{case_id}/runs", json={})
        assert found.is_success
        contacts = (await contacts_of(officers.opener, case_id))["contacts"]
        [reason] = [one["reason"] for one in contacts if one["name"][3] == "P"]
        back = (await officers.opener.post(f"/v1/cases/{case_id}/backward")).json()["places"]
        clusters = (await officers.opener.post("/v1/clusters", json=span)).json()
        return [reason, [(one["venue"], one["cases"]) for one in back], clusters["cases"]]

    before = await told()
    closing = {"reason": "hết theo dõi", "anyway": True}
    closed = await officers.approver.post(f"/v1/cases/{other}/closing", json=closing)

    assert closed.status_code == 200, closed.text
    assert "có thể là nguồn lây" in str(before[0])
    assert await told() == before


async def test_nobody_looks_back_before_the_approval_or_from_another_area(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    others = await make_officers(service, area="2025/79/")
    case_id = (await open_case(officers.opener))["id"]

    before = await officers.opener.post(f"/v1/cases/{case_id}/backward")
    await approve(officers.approver, case_id)
    elsewhere = await others.opener.post(f"/v1/cases/{case_id}/backward")

    assert (before.status_code, before.json()["type"]) == (409, "/problems/case-not-approved")
    assert elsewhere.status_code == 404
    assert not await audit_acts(service, "look-back")
