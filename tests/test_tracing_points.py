"""Points by hand: entered by an officer, traced at once, withdrawn again."""

from __future__ import annotations

from typing import Any

import asyncpg
import httpx
import pytest

from accounts.model import Role
from kit.db import connection
from tests.conftest import Service
from tests.golden import D, P, S, X, at, was
from tests.make_cases import (
    CAN_THO,
    PHONES,
    GoldenWorld,
    Officers,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
    open_case,
)
from tests.make_people import audit_acts, make_person, make_scans
from tests.make_venues import CAI_KHE, staff_client

HOME = {
    "kind": "home",
    "name": "bà Tư hẻm 51",
    "address": "51/2 đường Mậu Thân",
    "area": CAI_KHE,
    "start": "2021-07-09T18:00:00+07:00",
    "end": "2021-07-09T22:00:00+07:00",
    "unknown": 3,
}
MOTHER = {"phone": "0939 000 111", "name": "Lê Thị Mẹ", "relation": "Mẹ", "physical": True}
SISTER = {"name": "Trần Thị Em", "relation": "Em"}


@pytest.fixture
async def world(service: Service) -> GoldenWorld:
    return await make_golden_world(service)


@pytest.fixture
async def officers(service: Service, world: GoldenWorld) -> Officers:
    return await make_officers(service)


async def added(
    client: httpx.AsyncClient, case_id: int, *people: dict[str, Any], **changed: Any
) -> dict[str, Any]:
    body = HOME | changed | {"people": list(people)}
    answer = await client.post(f"/v1/cases/{case_id}/points", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert found["traced"]
    return found


async def listed(client: httpx.AsyncClient, case_id: int) -> dict[str, dict[str, Any]]:
    """Those on the list by masked name."""
    return {one["name"]: one for one in (await contacts_of(client, case_id))["contacts"]}


async def test_an_evening_at_home_is_traced_on_by_the_scans_of_who_was_there(
    service: Service, world: GoldenWorld, officers: Officers
) -> None:
    # given a mother with a phone known here, who meets a guest at D the next morning
    mother = await make_person(service, "Lê Thị Mẹ", "+84939000111")
    guest = await make_person(service, "Khách Lạ", "")
    await make_scans(service, was(mother, world.venues[D], at(10, "09:00"), at(10, "10:00")))
    await make_scans(service, was(guest, world.venues[D], at(10, "09:30"), at(10, "10:30")))
    case_id = await approved_case(officers)
    await officers.opener.post(f"/v1/cases/{case_id}/runs", json={"max_tier": 2})

    point = await added(officers.opener, case_id, MOTHER, SISTER, dict(SISTER, name="Em Hai"))

    found = await listed(officers.opener, case_id)
    assert {name: one["tier"] for name, one in found.items() if name in "L. T. M. T. T. E. K. L."}
    assert (found["L. T. M."]["tier"], found["L. T. M."]["minutes"]) == (1, 240)
    assert (found["T. T. E."]["tier"], found["K. L."]["tier"]) == (1, 2)
    assert found["L. T. M."]["venues"] == ["Nhà bà Tư hẻm 51"]
    assert found["L. T. M."]["exposures"][0]["ends"] == ["told", "told"]
    assert [one["number"] for one in found["K. L."]["path"]] == [
        point["point"]["people"][0]["number"],
        found["K. L."]["number"],
    ]
    # and what was told of them stands beside
    people = point["point"]["people"]
    assert [one["relation"] for one in people] == ["Mẹ", "Em", "Em"]
    assert people[0]["phone"] == "+84••••••111"
    assert (point["point"]["counters"]["close"], point["point"]["counters"]["other"]) == (3, 0)
    async with connection(service.state["db"]) as db:
        said = "SELECT relation FROM contact WHERE person_id = $1"
        assert await db.fetchval(said, mother) == "Mẹ"
    # each who was listed has an audit row
    assert len(await audit_acts(service, "list-person")) == 3

    # the case itself was there too
    was_at = (await officers.opener.post(f"/v1/cases/{case_id}/history")).json()
    places = {one["number"]: one["venue"] for one in was_at["places"]}
    told = [places[one["place"]] for one in was_at["visits"] if one["ended"] == "told"]
    assert told == ["Nhà bà Tư hẻm 51"]

    # when the point turns out to be wrong
    path = f"/v1/cases/{case_id}/points/{point['point']['id']}"
    gone = await officers.opener.post(f"{path}/withdrawal", json={"reason": "nhầm ngày"})

    assert gone.json()["point"]["withdrawn"] == "nhầm ngày"
    assert not {"L. T. M.", "K. L.", "T. T. E."} & (await listed(officers.opener, case_id)).keys()
    off = await officers.opener.get(f"/v1/cases/{case_id}/contacts?off_list=true")
    why = {one["name"]: one["off_list"] for one in off.json()["contacts"]}
    assert why["K. L."].startswith("không còn trong danh sách")
    again = await officers.opener.post(f"{path}/people", json={"people": [SISTER]})
    assert again.json()["type"] == "/problems/point-withdrawn"


async def test_what_is_wrong_with_one_person_keeps_nobody_else_off(
    world: GoldenWorld, officers: Officers
) -> None:
    case_id = await approved_case(officers)
    number = (await listed(officers.opener, case_id))["C. P."]["number"]

    people: list[dict[str, Any]] = [
        {"phone": "12"},
        {"phone": PHONES[X]},
        SISTER,
        SISTER,
        {},
        {"number": number, "end": "2021-07-09T19:00:00+07:00"},
        {"phone": PHONES[P]},
        {"number": "00000000"},
        {"phone": PHONES[S], "start": "2021-07-08T19:00:00+07:00"},
        {
            "name": "Anh Ba",
            "start": "2021-07-09T22:00:00+07:00",
            "end": "2021-07-09T23:00:00+07:00",
        },
        {"name": "Anh Tư", "seat": "1A"},
        {"name": "Anh Năm", "area": "2025/92/"},
    ]
    found = await added(officers.opener, case_id, *people)

    assert {one["line"]: one["type"].removeprefix("/problems/") for one in found["refused"]} == {
        1: "phone-number-wrong",
        2: "listed-is-the-case",
        4: "listed-twice",
        5: "person-needed",
        7: "listed-twice",
        8: "number-unknown",
        10: "not-at-the-point",
        11: "detail-of-another-kind",
        12: "ward-unknown",
    }
    assert [one["name"] for one in found["point"]["people"]] == ["T. T. E.", "C. P.", "C. S."]
    # P is no new person: the same row as before
    assert found["point"]["people"][1]["number"] == number
    # when S was not there after all
    gone = found["point"]["people"][2]["number"]
    path = f"/v1/cases/{case_id}/points/{found['point']['id']}"
    after = await officers.opener.post(f"{path}/removals", json={"number": gone})
    assert [one["name"] for one in after.json()["point"]["people"]] == ["T. T. E.", "C. P."]
    twice = await officers.opener.post(f"{path}/removals", json={"number": gone})
    assert twice.status_code == 404
    # and the times can be put right, but not so that somebody was never there
    body = dict(HOME, start="2021-07-09T17:00:00+07:00")
    right = await officers.opener.put(path, json=body)
    wrong = await officers.opener.put(path, json=dict(body, start="2021-07-09T20:00:00+07:00"))
    assert right.json()["point"]["start"] == "2021-07-09T17:00:00+07:00"
    assert wrong.json()["type"] == "/problems/not-at-the-point"


async def test_a_point_is_for_an_approved_case_and_for_those_who_interview(
    service: Service, world: GoldenWorld, officers: Officers
) -> None:
    case = await open_case(officers.opener)
    path = f"/v1/cases/{case['id']}/points"
    early = await officers.opener.post(path, json=HOME | {"people": [MOTHER]})
    async with connection(service.state["db"]) as db:
        people = await db.fetchval("SELECT count(*) FROM person")
    case_id = await approved_case(officers)
    point = (await added(officers.opener, case_id))["point"]["id"]
    tracer = await staff_client(service, Role.TRACER, area=CAN_THO)
    verifier = await staff_client(service, Role.VERIFIER, area=CAN_THO)
    elsewhere = await staff_client(service, Role.COORDINATOR, area="2025/79/")
    here = f"/v1/cases/{case_id}/points"

    assert early.json()["type"] == "/problems/case-not-approved"
    assert people == len(world.people)
    assert (await tracer.post(here, json=HOME)).status_code == 403
    assert (await tracer.get(here)).status_code == 403
    told = await officers.opener.post(f"{here}/{point}/people", json={"people": [SISTER]})
    assert told.status_code == 200
    assert len((await verifier.get(here)).json()["points"][0]["people"]) == 1
    assert (await verifier.post(f"{here}/{point}/people", json={})).status_code == 403
    for answer in (
        await elsewhere.get(here),
        await elsewhere.post(here, json=HOME),
        await elsewhere.post(f"{here}/{point}/people", json={"people": [SISTER]}),
        await elsewhere.put(f"{here}/{point}", json=HOME),
        await elsewhere.post(f"{here}/{point}/withdrawal", json={"reason": "x"}),
        await officers.opener.post(f"{path}/{point}/people", json={"people": [SISTER]}),
    ):
        assert answer.status_code in (404, 409), answer.text
    # and nothing of it was done
    [kept] = (await officers.opener.get(here)).json()["points"]
    assert (len(kept["people"]), kept["withdrawn"]) == (1, None)
    no_zone = await officers.opener.post(here, json=HOME | {"start": "2021-07-09T18:00:00"})
    assert no_zone.json()["type"] == "/problems/bad-form"
    backwards = await officers.opener.post(here, json=HOME | {"end": HOME["start"]})
    assert backwards.json()["type"] == "/problems/ends-before-start"


async def test_who_comes_under_a_phone_after_it_was_told_is_the_same_person(
    service: Service, world: GoldenWorld, officers: Officers
) -> None:
    case_id = await approved_case(officers)
    await officers.opener.post(f"/v1/cases/{case_id}/runs", json={"max_tier": 2})
    await added(officers.opener, case_id, MOTHER)
    # given that the mother signs up and is at D, where a guest is, before anybody told her
    mother = await make_person(service, "Lê Thị Mẹ", "+84939000111")
    guest = await make_person(service, "Khách Lạ", "")
    await make_scans(service, was(mother, world.venues[D], at(10, "09:00"), at(10, "10:00")))
    await make_scans(service, was(guest, world.venues[D], at(10, "09:30"), at(10, "10:30")))

    await officers.opener.post(f"/v1/cases/{case_id}/runs", json={"max_tier": 2})

    found = await listed(officers.opener, case_id)
    assert found["K. L."]["tier"] == 2
    # and the point calls her what the list calls her, whichever record stands for her
    here = f"/v1/cases/{case_id}/points"
    [point] = (await officers.opener.get(here)).json()["points"]
    assert point["people"][0]["number"] == found["L. T. M."]["number"]
    assert point["counters"]["close"] == 1
    number = {"number": point["people"][0]["number"]}
    gone = await officers.opener.post(f"{here}/{point['id']}/removals", json=number)
    assert gone.json()["point"]["people"] == []


async def test_the_phone_of_a_case_that_is_not_known_here_is_the_case(
    world: GoldenWorld, officers: Officers
) -> None:
    case_id = await approved_case(officers, phone="0977 123 456")

    found = await added(officers.opener, case_id, {"phone": "+84977123456"}, SISTER)

    [refused] = found["refused"]
    assert refused["type"] == "/problems/listed-is-the-case"
    # who was not known scanned nowhere, and exposed others at home all the same
    assert (await listed(officers.opener, case_id)).keys() == {"T. T. E."}


async def test_a_stolen_table_of_points_tells_nothing_of_where_or_who(
    service: Service, world: GoldenWorld, officers: Officers
) -> None:
    case_id = await approved_case(officers)
    point = (await added(officers.opener, case_id, MOTHER))["point"]
    async with connection(service.state["db"]) as db:
        person = await db.fetchval("SELECT max(id) FROM person WHERE birth_year IS NULL")
    stolen = await asyncpg.connect(service.settings.database_owner_url)
    [row] = await stolen.fetch("SELECT * FROM point")
    dump = await stolen.fetchval("SELECT string_agg(p::text, '') FROM point p")
    await stolen.close()

    assert set(row.keys()) == {"id", "case_id", "sealed", "made_by", "made", "voided_by", "voided"}
    assert row["made"].minute == 0
    secrets = ["bà Tư", "Mậu Thân", CAI_KHE, "home", "2021-07-09", "Mẹ", "939000111", str(person)]
    for secret in (*secrets, point["people"][0]["number"]):
        assert secret not in dump
        assert secret.encode().hex() not in dump
        assert secret.encode() not in row["sealed"]
