"""Who was at a point: which record a told name and phone mean."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kit.db import connection
from tests.conftest import Service
from tests.golden import P
from tests.make_cases import PHONES, GoldenWorld, Officers, approved_case
from tests.test_tracing_points import HOME, added, listed, officers, world
from tracing.points.rules import may_be_one

__all__ = ["officers", "world"]  # fixtures


@pytest.mark.parametrize(
    ("told", "known", "same"),
    [
        ("Anh Ba", "Nguyễn Văn Ba", True),
        ("nguyen van ba", "Nguyễn Văn Ba", True),
        ("Chị Nguyễn Thị Hoa", "Hoa", True),
        ("Mẹ", "Lê Thị Mẹ", False),
        ("Vợ của anh Ba", "Ba", False),
        ("vợ anh Ba", "Nguyễn Văn Ba", False),
        ("Lê Thị Lan", "Nguyễn Văn Ba", False),
        ("Bà", "Bà", True),
        ("Lan", "", True),
    ],
)
def test_a_name_as_it_is_told_may_be_that_of_a_record(told: str, known: str, same: bool) -> None:
    assert may_be_one(told, known) is same


async def test_who_shares_the_phone_of_another_is_listed_as_told(
    service: Service, world: GoldenWorld, officers: Officers
) -> None:
    case_id = await approved_case(officers)
    before = await listed(officers.opener, case_id)
    wife = {"phone": PHONES[P], "name": "Vợ của P", "relation": "Bạn bè"}

    found = await added(officers.opener, case_id, wife)
    again = f"/v1/cases/{case_id}/points/{found['point']['id']}/people"
    twice = await officers.opener.post(again, json={"people": [wife]})

    [told] = found["point"]["people"]
    assert (told["name"], told["phone"][-3:]) == ("V. c. P.", PHONES[P][-3:])
    after = await listed(officers.opener, case_id)
    assert after["C. P."] == before["C. P."]
    assert after["V. c. P."]["tier"] == 1
    assert {one["type"] for one in twice.json()["refused"]} == {"/problems/listed-already"}
    # and nobody finds her by that phone: it stays P's own
    async with connection(service.state["db"]) as db:
        assert await db.fetchval("SELECT count(*) FROM identifier WHERE kind = 1") == len(PHONES)


async def test_people_without_a_name_and_two_of_one_name_are_told_apart_by_their_phones(
    service: Service, world: GoldenWorld, officers: Officers
) -> None:
    case_id = await approved_case(officers)
    nameless = [{"phone": f"095188801{last}"} for last in (1, 2, 3)]
    one_name = [{"name": "Nguyễn Văn An", "phone": f"095188802{last}"} for last in (1, 2)]

    found = await added(officers.opener, case_id, *nameless, *one_name)
    path = f"/v1/cases/{case_id}/points/{found['point']['id']}/people"
    again = await officers.opener.post(path, json={"people": [*nameless, *one_name]})

    assert found["refused"] == []
    assert len(found["point"]["people"]) == 5
    assert {one["type"] for one in again.json()["refused"]} == {"/problems/listed-already"}
    assert len(again.json()["point"]["people"]) == 5


async def test_the_same_name_at_two_points_is_shown_as_maybe_one_person(
    service: Service, world: GoldenWorld, officers: Officers
) -> None:
    case_id = await approved_case(officers)
    sister, brother = {"name": "Trần Thị Em"}, {"name": "Anh Hai"}
    first = (await added(officers.opener, case_id, sister, brother))["point"]

    second = (await added(officers.opener, case_id, sister, name="nhà ngoại"))["point"]
    page = f"/desk/cases/{case_id}/points/{second['id']}?lang=en"
    shown = await officers.opener.get(page)

    number = first["people"][0]["number"]
    assert [one["alike"] for one in first["people"]] == [None, None]
    assert [one["alike"] for one in second["people"]] == [number]
    assert f"Same name as {number} at another point" in shown.text
    # listed by that number instead, it is one person
    path = f"/v1/cases/{case_id}/points/{second['id']}"
    own = {"number": second["people"][0]["number"]}
    await officers.opener.post(f"{path}/removals", json=own)
    again = await officers.opener.post(f"{path}/people", json={"people": [{"number": number}]})
    assert [one["alike"] for one in again.json()["point"]["people"]] == [None]


async def test_a_point_that_is_sent_again_is_the_same_point_with_the_same_people(
    service: Service, world: GoldenWorld, officers: Officers
) -> None:
    case_id = await approved_case(officers)
    sister = {"name": "Trần Thị Em", "relation": "Em"}

    async def sent(*people: dict[str, str]) -> Any:
        body = HOME | {"people": list(people)}
        return (await officers.opener.post(f"/v1/cases/{case_id}/points", json=body)).json()

    first = await sent(sister)
    await asyncio.gather(sent(sister), sent(sister))
    more = await sent(sister, {"name": "Anh Hai"})
    path = f"/v1/cases/{case_id}/points"
    await officers.opener.post(f"{path}/{first['point']['id']}/withdrawal", json={"reason": "nhầm"})
    anew = await sent(sister)

    assert more["point"]["id"] == first["point"]["id"]
    assert [one["name"] for one in more["point"]["people"]] == ["T. T. E.", "A. H."]
    assert more["refused"] == []
    assert anew["point"]["id"] != first["point"]["id"], "the first one counts no more"
    points = (await officers.opener.get(path)).json()["points"]
    assert len(points) == 2
