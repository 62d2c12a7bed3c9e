"""Days of a case that contradict themselves, and their correction."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.model import Role
from kit.db import connection
from settings import Settings
from tests.conftest import NOW, Service
from tests.make_cases import CAN_THO, CASE, contacts_of, make_golden_world, make_officers
from tests.make_cases import approved_case as approved
from tests.make_people import audit_acts
from tests.make_venues import staff_client
from tracing.case_days import DayDoubt, Days, Ruler, doubts, widens
from tracing.engine.policies import POLICIES

DAY = timedelta(days=1)
ONSET = date(2021, 7, 10)


def days(onset: int | None = 0, sampled: int | None = None, isolated: int | None = None) -> Days:
    """By days from the onset."""
    noon = datetime(2021, 7, 10, 5, tzinfo=UTC)
    return Days(
        onset=None if onset is None else ONSET + onset * DAY,
        sampled=None if sampled is None else ONSET + sampled * DAY,
        isolated=None if isolated is None else noon + isolated * DAY,
    )


@pytest.fixture
def ruler() -> Ruler:
    policy = next(one for one in POLICIES if one.name == "vn-5053")
    return Ruler(policy=policy, zone=Settings().zone, now=NOW)


def test_days_that_contradict_themselves_are_doubted(ruler: Ruler) -> None:
    assert doubts(days(sampled=3, isolated=4), ruler) == []
    assert doubts(days(sampled=-2), ruler) == []
    assert doubts(days(sampled=-21), ruler) == [DayDoubt.SAMPLED_LONG_BEFORE]
    assert doubts(days(isolated=-9), ruler) == [DayDoubt.ISOLATED_BEFORE_PERIOD]


def test_a_period_is_longer_where_it_begins_earlier_or_ends_later(ruler: Ruler) -> None:
    known = days(isolated=2)
    assert widens(known, days(onset=-1, isolated=2), ruler)
    assert widens(known, days(isolated=3), ruler)
    assert widens(known, days(), ruler), "isolated no more"
    assert not widens(known, days(isolated=1), ruler)
    assert not widens(known, days(onset=1, isolated=2), ruler)
    assert not widens(known, days(onset=-20, isolated=-30), ruler), "nothing is left of it"


async def test_a_shorter_period_is_a_coordinators_act_and_a_longer_one_waits_for_another(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved(officers)
    path = f"/v1/cases/{case_id}/corrections"
    body: dict[str, Any] = {"onset": CASE["onset"], "reason": "hồ sơ bệnh viện ghi khác"}
    shorter = body | {"isolated": "2021-07-09T10:40:00+07:00"}
    longer = body | {"onset": "2021-07-09", "isolated": "2021-07-11T12:00:00+07:00"}
    before = await contacts_of(officers.opener, case_id)

    done = await officers.opener.post(path, json=shorter)
    after = await contacts_of(officers.opener, case_id)
    asked = await officers.opener.post(path, json=longer)
    still = (await officers.opener.get(f"/v1/cases/{case_id}")).json()
    twice = await officers.opener.post(path, json=longer)
    [waits, _] = asked.json()["corrections"]
    settle, agreed = f"{path}/{waits['id']}/decision", {"approved": True, "reason": "đã xem"}
    alone = await officers.opener.post(settle, json=agreed)
    second = await officers.approver.post(settle, json=agreed)
    again = await officers.approver.post(settle, json=agreed)

    assert (done.status_code, done.json()["traced"]) == (201, True)
    assert done.json()["corrections"][0]["state"] == "done"
    assert len(after["contacts"]) < len(before["contacts"])
    assert (asked.json()["traced"], waits["state"]) == (None, "waits")
    assert (still["onset"], still["isolated"]) == ("2021-07-10", "2021-07-09T03:40:00Z")
    assert twice.json()["type"] == "/problems/correction-waits"
    assert alone.json()["type"] == "/problems/correction-second-person"
    assert (second.json()["onset"], second.json()["traced"]) == ("2021-07-09", True)
    assert again.json()["type"] == "/problems/correction-decided"
    assert len(await audit_acts(service, "correct-case")) == 2
    async with connection(service.state["db"]) as db:
        assert await db.fetchval("SELECT count(*) FROM run WHERE case_id = $1", case_id) == 3


async def test_a_second_person_approves_the_facts_they_read_and_no_others(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    new = (await officers.opener.post("/v1/cases", json=CASE)).json()
    path, page = f"/v1/cases/{new['id']}", f"/desk/cases/{new['id']}"
    verdict: dict[str, Any] = {"approved": True, "reason": "đúng phiếu"}
    read = await officers.approver.get(f"{page}?lang=en")

    longer = {"onset": "2021-07-01", "reason": "nhầm ngày"}
    put_right = await officers.opener.post(f"{path}/corrections", json=longer)
    unseen = [
        await officers.approver.post(f"{path}/approval", json=verdict | said)
        for said in ({}, {"changes": new["changes"]}, {"changes": 2})
    ]
    form = verdict | {"approved": "1", "changes": hidden(read.text)}
    again = await officers.approver.post(f"{page}/approval?lang=en", data=form)

    assert put_right.json()["corrections"][0]["state"] == "done"
    assert {one.json()["type"] for one in unseen} == {"/problems/case-changed"}
    assert again.status_code == 409
    assert "read them again" in again.text
    assert "01/07/2021" in again.text
    done = await officers.approver.post(
        f"{page}/approval", data=form | {"changes": hidden(again.text)}
    )
    assert done.status_code == 303
    assert (await officers.approver.get(path)).json()["status"] == "approved"


def hidden(text: str) -> str:
    """Which facts a page shows."""
    found: str = re.findall(r'name="changes" value="(\d+)"', text)[0]
    return found


async def test_a_correction_and_an_approval_at_once_never_approve_what_nobody_read(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    longer = {"onset": "2021-07-01", "reason": "nhầm ngày"}
    for reference in range(8):
        asked = CASE | {"lab_reference": f"CDC {reference}"}
        new = (await officers.opener.post("/v1/cases", json=asked)).json()
        path = f"/v1/cases/{new['id']}"

        right, agreed = await asyncio.gather(
            officers.opener.post(f"{path}/corrections", json=longer),
            officers.approver.post(f"{path}/approval", json={"approved": True, "reason": "x"}),
        )

        state = right.json()["corrections"][0]["state"]
        assert (agreed.status_code, state) in {(409, "done"), (200, "waits")}


async def test_an_investigators_correction_waits_and_days_nobody_could_have_are_refused(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    investigator = await staff_client(service, Role.INVESTIGATOR, area=CAN_THO)
    other = await staff_client(service, Role.COORDINATOR, area="2025/79/")
    new = (await officers.opener.post("/v1/cases", json=CASE)).json()
    page = f"/desk/cases/{new['id']}/days"
    form = {"onset": "2021-07-10", "sampled": "2021-06-20", "reason": "nhầm năm"}

    # before the approval it is right at once, for a second person has still to look at it
    opened = await investigator.post(f"/v1/cases/{new['id']}/corrections", json=form)
    shown = await officers.approver.get(f"/desk/cases/{new['id']}?lang=en")
    await officers.approver.post(
        f"/v1/cases/{new['id']}/approval", json={"approved": True, "reason": "đã xem", "changes": 1}
    )
    waits = await investigator.post(page, data=form | {"sampled": "", "onset": "2021-07-11"})
    told = await officers.approver.get(f"{page}?lang=en")
    tasks = await officers.approver.get("/desk?lang=en")
    same = await investigator.post(page, data=form)
    wrong = await officers.opener.post(
        f"/v1/cases/{new['id']}/corrections", json=form | {"onset": "2100-01-01"}
    )
    theirs = await other.get(page)

    again = await approved(officers, lab_reference="CDC-CT 4712")
    twice = await officers.opener.get(f"/desk/cases/{again}?lang=en")

    assert f"is a case of their own already: {new['number']}" in twice.text
    assert opened.json()["sampled"] == "2021-06-20"
    assert "more than two weeks older" in shown.text
    assert (waits.status_code, "A correction waits" in told.text) == (303, True)
    assert "days of a case wait for your agreement" in tasks.text
    assert same.status_code == 422
    assert wrong.json()["type"] == "/problems/day-implausible"
    assert theirs.status_code == 404


async def test_a_case_without_symptoms_is_traced_from_the_day_it_met_its_source(
    service: Service,
) -> None:
    # given rules that count from there, and a sample of the twelfth
    await make_golden_world(service)
    officers = await make_officers(service)
    body = {"onset": None, "sampled": "2021-07-12", "policy": "vn-3638", "isolated": None}
    case_id = await approved(officers, **body, met_source="2021-07-09")
    path = f"/v1/cases/{case_id}"

    began = (await contacts_of(officers.opener, case_id))["run"]["coverage"]["begins"]
    body = {"sampled": "2021-07-12", "reason": "người nhà nhớ lại"}
    late = await officers.opener.post(
        f"{path}/corrections", json=body | {"met_source": "2021-07-13"}
    )
    earlier = body | {"met_source": "2021-07-08"}
    waits = (await officers.opener.post(f"{path}/corrections", json=earlier)).json()
    decision = f"{path}/corrections/{waits['corrections'][0]['id']}/decision"
    page = await officers.opener.get(f"/desk/cases/{case_id}/days?lang=en")
    agreed = {"approved": True, "reason": "đã hỏi lại"}
    await officers.approver.post(decision, json=agreed)

    assert began == "2021-07-09"
    assert (late.status_code, late.json()["field"]) == (422, "met_source")
    assert (waits["met_source"], waits["corrections"][0]["met_source"]) == (
        "2021-07-09",
        "2021-07-08",
    )
    assert "First met the source: 08/07/2021" in page.text
    assert (await officers.opener.get(path)).json()["met_source"] == "2021-07-08"
    assert (await contacts_of(officers.opener, case_id))["run"]["coverage"][
        "begins"
    ] == "2021-07-08"
