"""How many names one account reads in a day before a second account has to agree."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest

from accounts.model import Role
from tests.conftest import Service
from tests.make_cases import (
    CAN_THO,
    Officers,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
    released,
)
from tests.make_people import audit_acts
from tests.make_venues import staff_client
from tracing import releases


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


async def traced(service: Service) -> tuple[Officers, int]:
    await make_golden_world(service)
    officers = await make_officers(service)
    return officers, await approved_case(officers)


async def reveal(client: httpx.AsyncClient, case_id: int, numbers: list[str]) -> httpx.Response:
    body = {"numbers": numbers, "purpose": "contact-tracing"}
    return await client.post(f"/v1/cases/{case_id}/contacts/reveal", json=body)


async def test_beyond_the_quota_of_a_day_names_need_a_second_person(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    officers, case_id = await traced(service)
    service.state["settings"] = replace(service.state["settings"], names_a_day=2)
    listed = await contacts_of(officers.opener, case_id)
    first, second, third, *_ = (one["number"] for one in listed["contacts"])

    # when an account reads as many names as the quota, some of them again
    for one in (first, first, second, first):
        assert (await reveal(officers.opener, case_id, [one])).status_code == 200
    refused = await reveal(officers.opener, case_id, [third])
    page = await officers.opener.post(f"/desk/cases/{case_id}/reveal", data={"purpose": "sampling"})
    assert "Trong hạn mức 2 họ tên mỗi 24 giờ, bạn còn xem được 0." in page.text
    assert refused.json()["left"] == 0

    # then no more are shown, which the audit says, and others are not concerned
    assert (refused.status_code, slug(refused), refused.json()["quota"]) == (
        *(409, "names-too-many"),
        2,
    )
    assert (page.status_code, "Chị W" in page.text) == (409, False)
    assert "releases?what=more-names" in page.text
    assert len(await audit_acts(service, "refuse-reveal")) == 2
    assert len(await audit_acts(service, "reveal-name")) == 4
    assert (await reveal(officers.approver, case_id, [third])).status_code == 200
    # a list that a second person let go counts nowhere
    await released(officers, case_id, "csv")
    assert (
        await officers.opener.get(f"/v1/cases/{case_id}/contacts.csv?purpose=sampling")
    ).status_code == 200
    # a second person lets as many again be read, and after a day there is a new quota
    await released(officers, case_id, "more-names")
    assert (await reveal(officers.opener, case_id, [third])).status_code == 200
    service.clock.tick(days=1, seconds=1)
    await officers.opener.aclose()

    # and the look finds names when the guard is off
    async def nothing(*_: object) -> bool:
        return False

    monkeypatch.setattr(releases, "check_quota", nothing)
    opener = await staff_client(service, Role.VERIFIER, area=CAN_THO)
    assert (await reveal(opener, case_id, [first, second, third])).status_code == 200


async def test_two_reveals_at_once_do_not_pass_the_quota_together(service: Service) -> None:
    officers, case_id = await traced(service)
    service.state["settings"] = replace(service.state["settings"], names_a_day=1)
    listed = await contacts_of(officers.opener, case_id)
    numbers = [one["number"] for one in listed["contacts"][:3]]

    answers = await asyncio.gather(*(reveal(officers.opener, case_id, [one]) for one in numbers))

    assert sorted(one.status_code for one in answers) == [200, 409, 409]


async def test_without_second_persons_the_audit_says_who_passed_the_quota(
    service: Service,
) -> None:
    officers, case_id = await traced(service)
    off = replace(service.state["settings"], names_a_day=1, second_person=False)
    service.state["settings"] = off
    listed = await contacts_of(officers.opener, case_id)

    answer = await reveal(officers.opener, case_id, [one["number"] for one in listed["contacts"]])

    assert answer.status_code == 200
    assert len(await audit_acts(service, "names-over-quota")) == 1
