"""F2 and further from the database, as the officers see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from kit.db import connection
from tests.conftest import Service
from tests.golden import C, P, Q, S, X, at, came
from tests.make_cases import (
    NAMES,
    GoldenWorld,
    Officers,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
    released,
)
from tests.make_people import make_scans

ISOLATE = "INSERT INTO isolation (person_id, starts, ends, source) VALUES ($1, $2, $3, 'order')"


async def traced(service: Service) -> tuple[GoldenWorld, Officers, int]:
    """The golden world, P in quarantine, its case traced as far as F3."""
    world = await make_golden_world(service)
    days = (datetime.fromtimestamp(at(*one) / 1000, UTC) for one in ((10, "08:00"), (24, "00:00")))
    async with connection(service.state["db"]) as db:
        await db.execute(ISOLATE, world.people[P], *days)
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    answer = await officers.opener.post(f"/v1/cases/{case_id}/runs", json={"max_tier": 3})
    assert answer.status_code == 201, answer.text
    return world, officers, case_id


def letters(found: dict[str, Any]) -> dict[str, tuple[int, bool]]:
    return {one["name"][3]: (one["tier"], one["brief"]) for one in found["contacts"]}


ALL = {"P": (1, False), "W": (1, False), "S": (2, False), "Q": (2, False), "B": (2, False)}


async def test_the_golden_world_has_its_tiers_and_every_row_its_path(service: Service) -> None:
    _, officers, case_id = await traced(service)

    found = await contacts_of(officers.opener, case_id)

    assert letters(found) == ALL | {"U": (1, True)}
    assert [one["tier"] for one in found["contacts"]] == [1, 1, 2, 2, 2, 1], "brief ones last"
    run = found["run"]
    assert (run["max_tier"], run["medium"], run["brief"]) == (3, 5, 1)
    assert [(one["tier"], one["medium"]) for one in run["tiers"]] == [(1, 2), (2, 3), (3, 0)]
    rows = {one["name"][3]: one for one in found["contacts"]}
    path = rows["Q"]["path"]
    assert [(one["tier"], one["number"]) for one in path] == [
        (1, rows["P"]["number"]),
        (2, rows["Q"]["number"]),
    ]
    assert [(one["exposure"]["venue"], one["exposure"]["minutes"]) for one in path] == [
        ("Chợ A", 30),
        ("Chợ D", 30),
    ]
    # and B keeps the ten minutes with the case beside the fifteen with P
    assert [(one["minutes"], one["reached"]) for one in rows["B"]["exposures"]] == [
        (10, False),
        (15, True),
    ]


async def test_the_reason_says_the_minutes_of_its_own_place_in_row_and_sheet(
    service: Service,
) -> None:
    # given X and P longer together elsewhere, but by two estimates, on which no rank rests
    world = await make_golden_world(service)
    longer = [came(person, C, at(8, "12:00")) for person in (X, P)]
    await make_scans(
        service,
        [replace(one, person=world.people[one.person], venue=world.venues[C]) for one in longer],
    )
    officers = await make_officers(service)
    case_id = await approved_case(officers)

    found = await contacts_of(officers.opener, case_id)

    [row] = [one for one in found["contacts"] if one["name"][3] == "P"]
    assert row["minutes"] > 30
    assert row["path"][-1]["exposure"]["minutes"] == 30
    most = f"nhiều nhất là {row['minutes']} phút, ở một lần khác hoặc cộng nhiều lần"
    assert row["reason"] == f"30 phút cùng lúc ở Chợ A; {most}"
    await released(officers, case_id, "csv")
    sheet = await officers.opener.get(f"/v1/cases/{case_id}/contacts.csv?purpose=sampling")
    assert row["reason"] in sheet.content.decode("utf-8-sig")


async def test_one_tier_is_listed_by_itself_and_none_beyond_the_policy(service: Service) -> None:
    _, officers, case_id = await traced(service)
    path = f"/v1/cases/{case_id}"

    second = (await officers.opener.get(f"{path}/contacts?tier=2")).json()
    beyond = await officers.opener.post(f"{path}/runs", json={"max_tier": 5})
    none = await officers.opener.post(f"{path}/runs", json={"max_tier": 0})

    assert {one["name"][3] for one in second["contacts"]} == {"S", "Q", "B"}
    assert (beyond.status_code, none.status_code) == (422, 422)
    assert beyond.json()["type"].endswith("/tier-beyond-policy")
    assert beyond.json()["highest"] == 4


async def test_a_rejected_contact_carries_nobody_and_who_leaves_the_list_stays_in_the_file(
    service: Service,
) -> None:
    world, officers, case_id = await traced(service)
    path = f"/v1/cases/{case_id}"
    async with connection(service.state["db"]) as db:
        await db.execute(
            "UPDATE contact SET state = 'rejected' WHERE person_id = $1", world.people[P]
        )
        await db.execute("UPDATE contact SET tracer = 7 WHERE person_id = $1", world.people[Q])

    await officers.opener.post(f"{path}/runs", json={"max_tier": 2})

    found = await contacts_of(officers.opener, case_id)
    assert letters(found) == {"P": (1, False), "W": (1, False), "B": (1, True), "U": (1, True)}
    gone = (await officers.opener.get(f"{path}/contacts?off_list=true")).json()
    assert {one["name"][3] for one in gone["contacts"]} == {"S", "Q"}
    assert all("không còn trong danh sách" in one["off_list"] for one in gone["contacts"])
    async with connection(service.state["db"]) as db:
        kept = await db.fetchval("SELECT tracer FROM contact WHERE person_id = $1", world.people[Q])
    assert kept == 7


async def test_a_run_that_stops_at_f1_leaves_later_tiers_as_they_were(service: Service) -> None:
    _, officers, case_id = await traced(service)

    await officers.opener.post(f"/v1/cases/{case_id}/runs", json={})

    found = letters(await contacts_of(officers.opener, case_id))
    assert {name: found[name] for name in "PWSQ"} == {name: ALL[name] for name in "PWSQ"}
    assert found["B"] == (1, True), "with the case alone B is brief"


async def test_the_page_and_the_sheet_show_tier_and_path(service: Service) -> None:
    _, officers, case_id = await traced(service)
    english = {"Accept-Language": "en"}

    page = (await officers.opener.get(f"/desk/cases/{case_id}?tier=2", headers=english)).text
    await released(officers, case_id, "csv")
    sheet = await officers.opener.get(f"/v1/cases/{case_id}/contacts.csv?purpose=sampling")
    again = await officers.opener.post(f"/desk/cases/{case_id}/runs", data={"max_tier": "2"})

    assert page.count("Path from the case") == 3
    assert "Chợ D" in page
    rows = sheet.content.decode("utf-8-sig").splitlines()
    [row] = [row for row in rows if f"{NAMES[S]}," in row or f"Chị {NAMES[S]}" in row]
    assert "F0 → F1 " in row
    assert " → F2 " in row
    assert again.status_code == 303
