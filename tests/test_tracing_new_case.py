"""The form of a new case: what was typed is kept, what is wrong is said at its field, and no case
is
opened twice."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest

from kit.db import connection
from tests.conftest import Service
from tests.make_cases import CASE, PHONES, approve, make_golden_world, make_officers, open_case
from tests.make_people import audit_acts
from tests.make_venues import CAI_KHE
from tests.test_tracing_cases import slug

# Another ward of the same city.
NINH_KIEU = "2025/92/31135/"
FORM = {name: value for name, value in CASE.items() if name != "isolated"} | {
    "isolated": "2021-07-11T12:00",
    "national_number": "BN 12345",
    "purpose": "sampling",
}
WRONG = [
    ({"lab_reference": " "}, "lab_reference", "A case needs the reference"),
    ({"lab_reference": "x" * 101}, "lab_reference", "too long"),
    ({"national_number": "x" * 61}, "national_number", "too long"),
    ({"phone": ""}, "phone", "Give the person's phone number"),
    ({"phone": "0" * 5000}, "phone", "phone number"),
    ({"phone": "", "document": "???"}, "document", "This is no number"),
    ({"onset": ""}, "onset", "A case needs the day"),
    ({"onset": "10/07/2021"}, "onset", "A day or time"),
    ({"onset": "2021-07-21"}, "onset", "A day or time"),
    ({"sampled": "2021-01-01"}, "sampled", "A day or time"),
    ({"isolated": "morgen"}, "isolated", "A day or time"),
    ({"isolated": "2021-07-21T00:00"}, "isolated", "A day or time"),
    ({"policy": "vn-9999"}, "policy", "There is no policy"),
    ({"area": "2025/99/"}, "area", "There is no such area"),
    ({"area": ""}, "area", "There is no such area"),
]


def said_at(page: str) -> str:
    """The field that is marked, of which there is one at most."""
    marked = re.findall(r'name="(\w+)" aria-invalid="true" aria-describedby="wrong"', page)
    assert len(marked) == page.count('id="wrong"') == 1
    return str(marked[0])


async def test_a_wrong_field_is_said_at_the_field_and_nothing_typed_is_lost(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)

    for changed, field, sentence in WRONG:
        typed = FORM | changed
        answer = await officers.opener.post("/desk/cases?lang=en", data=typed)

        assert answer.status_code == 422, changed
        assert said_at(answer.text) == field, changed
        assert sentence in answer.text.partition('id="wrong"')[2][:200], changed
        kept = {name for name in typed if name in changed or f'"{typed[name]}"' in answer.text}
        assert kept == typed.keys(), changed
    assert await audit_acts(service) == []


async def test_the_same_reference_points_to_the_case_that_is_open(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    first = await open_case(officers.opener, lab_reference="CDC-CT 1")

    page = await officers.approver.post(
        "/desk/cases?lang=en", data=FORM | {"lab_reference": " cdc-ct 1 "}
    )
    answer = await officers.approver.post("/v1/cases", json=CASE | {"lab_reference": "CDC-CT 1"})
    # the person is not compared: nobody is looked up before the approval
    other = await officers.opener.post(
        "/v1/cases", json=CASE | {"lab_reference": "CDC-CT 1", "phone": PHONES[2]}
    )

    assert page.status_code == answer.status_code == other.status_code == 409
    assert said_at(page.text) == "lab_reference"
    assert f'<a href="/desk/cases/{first["id"]}">{first["number"]}</a>' in page.text
    assert slug(answer) == slug(other) == "case-open-already"
    assert answer.json()["number"] == first["number"]
    assert [act for act, _ in await audit_acts(service)] == ["open-case"]


async def test_a_reference_that_stands_in_another_area_is_told_to_opener_and_approver(
    service: Service,
) -> None:
    await make_golden_world(service)
    city, ward = await make_officers(service), await make_officers(service, NINH_KIEU)
    first = await open_case(city.opener, lab_reference="CDC-CT 1")

    seen = await open_case(city.opener, lab_reference="cdc-ct 1", area=NINH_KIEU)
    alone = await open_case(city.opener, lab_reference="CDC-CT 2")

    assert first["same_reference"] == alone["same_reference"] == []
    assert (seen["same_reference"], seen["same_reference_elsewhere"]) == ([first["number"]], False)
    path = f"cases/{seen['id']}"
    for client in (city.opener, city.approver):
        page = (await client.get(f"/desk/{path}?lang=en")).text
        assert f"This laboratory reference is already {first['number']}." in page
        assert "not yours" not in page
    for client in (ward.opener, ward.approver):
        page = (await client.get(f"/desk/{path}?lang=en")).text
        told = (await client.get(f"/v1/{path}")).json()
        assert (told["same_reference"], told["same_reference_elsewhere"]) == ([], True)
        assert "in an area that is not yours" in page
        assert first["number"] not in page
    own = await city.opener.get(f"/desk/cases/{alone['id']}")
    assert 'id="same-reference"' in (await city.opener.get(f"/desk/{path}")).text
    assert 'id="same-reference"' not in own.text
    acts = {act for act, _ in await audit_acts(service)}
    assert acts == {"open-case"}, "nobody was looked up"


async def test_a_reference_of_another_area_or_of_a_refused_case_may_be_used_again(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    hanoi = await make_officers(service, "2025/01/")
    first = await open_case(officers.opener, lab_reference="CDC-CT 1")

    await open_case(officers.opener, lab_reference="CDC-CT 1", area=NINH_KIEU)
    # who may not work in the area hears of the area only
    foreign = await hanoi.opener.post(
        "/v1/cases", json=CASE | {"lab_reference": "CDC-CT 1", "area": CAI_KHE}
    )
    await officers.approver.post(
        f"/v1/cases/{first['id']}/approval", json={"approved": False, "reason": "nhầm"}
    )
    second = await open_case(officers.opener, lab_reference="CDC-CT 1")
    await approve(officers.approver, second["id"])
    approved = await officers.opener.post("/v1/cases", json=CASE | {"lab_reference": "CDC-CT 1"})

    assert slug(foreign) == "area-unknown"
    assert slug(approved) == "case-open-already"
    assert approved.json()["case_id"] == second["id"]


@pytest.mark.parametrize("times", [4])
async def test_a_button_pressed_several_times_at_once_opens_one_case(
    service: Service, times: int
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)

    async def press(client: httpx.AsyncClient) -> int:
        return (await client.post("/desk/cases", data=FORM)).status_code

    pressed = await asyncio.gather(*(press(officers.opener) for _ in range(times)))

    assert sorted(pressed) == [303] + [409] * (times - 1)
    async with connection(service.state["db"]) as db:
        assert await db.fetchval("SELECT count(*) FROM case_file") == 1
