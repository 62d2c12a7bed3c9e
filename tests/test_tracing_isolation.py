"""Who is isolated carries nobody: by an approved case's own hour, and by what officers enter."""

from __future__ import annotations

from accounts.model import Role
from tests.conftest import Service
from tests.golden import P, Q
from tests.make_cases import (
    CAN_THO,
    PHONES,
    Officers,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
)
from tests.make_holds import slug
from tests.make_people import audit_acts, link, make_person
from tests.make_venues import staff_client

# P met Q on 9 July at 12:30 and T on 10 July at 9:00
EVENING = {"starts": "2021-07-09T20:00:00+07:00", "ends": "2021-07-23T20:00:00+07:00"}
FORM = EVENING | {"place": "Khu cách ly tập trung"}


async def traced(service: Service) -> tuple[Officers, int]:
    """As far as F2, nobody isolated."""
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    await again(officers, case_id)
    return officers, case_id


async def again(officers: Officers, case_id: int) -> None:
    answer = await officers.opener.post(f"/v1/cases/{case_id}/runs", json={"max_tier": 2})
    assert answer.status_code == 201, answer.text


async def letters(officers: Officers, case_id: int) -> set[str]:
    return {one["name"][3] for one in (await contacts_of(officers.opener, case_id))["contacts"]}


async def test_a_case_of_its_own_carries_nobody_in_the_trace_of_another_once_isolated(
    service: Service,
) -> None:
    # given P with a second phone, whose record is linked and is the case
    world = await make_golden_world(service)
    other = await make_person(service, "Chị P", "+84912000010")
    await link(service, other, world.people[P])
    officers, case_id = await traced(service)
    before = await letters(officers, case_id)
    own = await approved_case(
        officers, phone="+84912000010", onset="2021-07-12", isolated=EVENING["starts"]
    )
    await again(officers, case_id)
    after = await letters(officers, case_id)
    closing = {"reason": "khỏi bệnh", "anyway": True}
    closed = await officers.approver.post(f"/v1/cases/{own}/closing", json=closing)
    await again(officers, case_id)

    assert before == {"P", "W", "S", "Q", "B", "T", "U"}
    assert after == before - {"T"}
    assert closed.status_code == 200, closed.text
    assert await letters(officers, case_id) == after, "closed on 20 July, long after"


async def test_officers_enter_an_isolation_and_take_it_back(service: Service) -> None:
    await make_golden_world(service)
    officers, case_id = await traced(service)
    other = await approved_case(officers, phone=PHONES[Q], onset="2021-07-10", isolated=None)
    await again(officers, other)
    before, elsewhere = await letters(officers, case_id), await letters(officers, other)
    path = await isolations_path(officers, case_id)

    entered = await officers.opener.post(f"/v1{path}", json=FORM)

    assert entered.status_code == 201, entered.text
    [known] = entered.json()["isolations"]
    assert (known["place"], known["own"], entered.json()["traced"]) == (FORM["place"], True, True)
    assert known["starts"] == "2021-07-09T13:00:00Z"
    assert await letters(officers, case_id) == before - {"T"}
    # another case knows of it when it is traced again, and cannot take it back
    await again(officers, other)
    assert await letters(officers, other) == elsewhere - {"T"}
    theirs = await isolations_path(officers, other)
    [seen] = (await officers.opener.get(f"/v1{theirs}")).json()["isolations"]
    assert not seen["own"]
    back = f"/{known['id']}/withdrawal"
    assert (await officers.opener.post(f"/v1{theirs}{back}")).status_code == 404
    twice = await officers.opener.post(f"/v1{path}", json=FORM)
    assert (twice.status_code, slug(twice)) == (409, "isolated-already")

    taken = await officers.opener.post(f"/v1{path}{back}")

    assert (taken.json()["isolations"], taken.json()["traced"]) == ([], True)
    assert await letters(officers, case_id) == before
    assert len(await audit_acts(service, "isolate-contact")) == 1
    assert len(await audit_acts(service, "undo-isolate-contact")) == 1


async def test_the_page_of_an_isolation_says_what_is_wrong_and_whom_it_concerns(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers, case_id = await traced(service)
    opener, path = officers.opener, await isolations_path(officers, case_id)
    times = {"starts": "2021-07-09T20:00", "ends": "2021-07-09T20:00"}

    empty = await opener.post(f"/desk{path}", data=times)
    kept = await opener.post(f"/desk{path}", data=times | {"ends": "2021-07-23T20:00"})
    page = await opener.get(f"/desk{path}")
    twice = await opener.post(f"/desk{path}", data=times | {"ends": "2021-07-23T20:00"})

    assert (empty.status_code, twice.status_code) == (422, 409)
    assert 'value="2021-07-09T20:00"' in empty.text, "what was typed stays"
    assert kept.headers["location"].startswith(f"/desk/cases/{case_id}#")
    assert "20:00 09/07/2021 – 20:00 23/07/2021" in page.text
    assert f'href="/desk{path}"' in (await opener.get(f"/desk/cases/{case_id}")).text
    assert "T" not in await letters(officers, case_id)
    tracer = await staff_client(service, Role.TRACER, area=CAN_THO)
    assert (await tracer.get(f"/v1{path}")).status_code == 404, "given to nobody yet"
    stranger = await staff_client(service, Role.COORDINATOR, area="2025/79/")
    assert (await stranger.post(f"/v1{path}", json=FORM)).status_code == 404


async def test_an_isolation_that_cannot_be_is_refused(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    path = await isolations_path(officers, await approved_case(officers))

    for wrong in (
        {"ends": "2021-10-01T20:00:00+07:00"},
        {"starts": "2021-04-01T20:00:00+07:00", "ends": "2021-04-15T20:00:00+07:00"},
        {"starts": "2021-07-22T12:00:00+07:00"},
    ):
        answer = await officers.opener.post(f"/v1{path}", json=FORM | wrong)
        assert (answer.status_code, slug(answer)) == (422, "isolation-implausible"), wrong
    # and one that ends first, like one of no time, is told so
    for ends in (EVENING["starts"], "2021-07-08T20:00:00+07:00"):
        answer = await officers.opener.post(f"/v1{path}", json=FORM | {"ends": ends})
        assert (answer.status_code, slug(answer)) == (422, "isolation-ends-first")


async def test_the_place_of_an_isolation_is_said_in_the_language_of_the_page(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    path = await isolations_path(officers, await approved_case(officers))
    form = {"starts": "2021-07-09T20:00", "ends": "2021-07-19T20:00", "place": "Khách sạn"}
    assert (await officers.opener.post(f"/desk{path}", data=form)).status_code == 303

    english = (await officers.opener.get(f"/desk{path}?lang=en")).text
    vietnamese = (await officers.opener.get(f"/desk{path}?lang=vi")).text

    assert "<span>Hotel</span>" in english
    assert ">Tại nhà<" not in english
    assert "<span>Khách sạn</span>" in vietnamese


async def isolations_path(officers: Officers, case_id: int) -> str:
    """Of P."""
    found = (await contacts_of(officers.opener, case_id))["contacts"]
    [number] = [one["number"] for one in found if one["name"] == "C. P."]
    return f"/cases/{case_id}/contacts/{number}/isolations"
