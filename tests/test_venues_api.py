"""Venues through the API: registering, doors, codes and posters, and whose they are."""

from __future__ import annotations

import httpx

from accounts.model import Role
from kit.db import connection
from tests.conftest import Service
from tests.make_venues import (
    CAI_KHE,
    make_organisation,
    make_venue,
    staff_client,
)

CAFE = {
    "name": "Cà phê Hợp Phố",
    "kind": "cafe",
    "address": "8 Đề Thám",
    "area": CAI_KHE,
    "latitude": 10.0361,
    "longitude": 105.7800,
    "opening": "18:00-02:00",
    "contact_name": "Chị Hai",
    "contact_phone": "0912 345 678",
}


async def test_a_new_venue_has_a_door_and_a_code_at_once(service: Service) -> None:
    company = await make_organisation(service, "Hợp Phố")
    staff = await staff_client(service, Role.VENUE_STAFF, organisation_id=company)

    made = await staff.post("/v1/venues", json=CAFE)
    read = await staff.get(made.headers["location"])

    assert made.status_code == 201
    assert read.json() == made.json()
    venue = made.json()["venue"]
    assert venue["organisation"] == "Hợp Phố"
    assert venue["contact_phone"] == "+84912345678"
    assert not venue["listed"]
    [door] = made.json()["checkpoints"]
    assert (door["name"], door["direction"]) == ("Cửa chính", "both")
    assert len(door["codes"][0]["code"]) == 13
    assert door["codes"][0]["valid_to"] is None


async def test_the_same_place_is_not_registered_twice_however_it_is_typed(
    service: Service,
) -> None:
    staff = await staff_client(
        service, Role.VENUE_STAFF, organisation_id=await make_organisation(service)
    )

    first = await staff.post("/v1/venues", json=CAFE)
    again = await staff.post("/v1/venues", json=CAFE | {"name": "CÀ PHÊ  Hợp phố,"})

    assert again.status_code == 409
    assert again.json()["type"] == "/problems/venue-exists"
    assert again.json()["venue"] == first.json()["venue"]["id"]


async def test_who_acts_for_a_venue_or_another_organisation_registers_nothing(
    service: Service,
) -> None:
    await make_organisation(service, "Người khác")
    own = await staff_client(
        service, Role.VENUE_STAFF, organisation_id=await make_organisation(service)
    )
    door_keeper = await staff_client(
        service, Role.VENUE_STAFF, venue_id=(await make_venue(service)).id
    )

    answers = [
        await own.post("/v1/venues", json=CAFE | {"organisation": "Người khác"}),
        await own.post("/v1/venues", json=CAFE | {"organisation": "Chưa có"}),
        await door_keeper.post("/v1/venues", json=CAFE),
        await door_keeper.post("/v1/venues", json=CAFE | {"organisation": "Người khác"}),
    ]

    assert {(a.status_code, a.json()["type"]) for a in answers} == {
        (403, "/problems/may-not-register")
    }


async def test_an_officer_registers_for_any_organisation_but_only_in_the_area(
    service: Service,
) -> None:
    admin = await staff_client(service, Role.ADMIN, area="2025/92/")
    venue = CAFE | {"organisation": "Hộ kinh doanh Út Tịch"}

    here = await admin.post("/v1/venues", json=venue)
    old_unit = await admin.post(
        "/v1/venues", json=venue | {"name": "Quán cũ", "area": "2021/92/916/31117/"}
    )
    elsewhere = await admin.post(
        "/v1/venues", json=venue | {"name": "Quán xa", "area": "2025/51/21484/"}
    )
    nowhere = await admin.post("/v1/venues", json=venue | {"name": "Quán lạ", "area": ""})
    moved = await admin.patch(here.headers["location"], json={"area": "2025/51/21484/"})

    assert [here.status_code, old_unit.status_code] == [201, 201]
    assert [elsewhere.status_code, nowhere.status_code, moved.status_code] == [403, 403, 403]


async def test_a_wrong_field_is_named(service: Service) -> None:
    staff = await staff_client(
        service, Role.VENUE_STAFF, organisation_id=await make_organisation(service)
    )
    wrongs: list[tuple[str, dict[str, object]]] = [
        ("name", {"name": " \u0007"}),
        ("address", {"address": ""}),
        ("area", {"area": "2025/92/"}),
        ("area", {"area": "2025/92/99999/"}),
        ("opening", {"opening": "8-22"}),
        ("latitude", {"longitude": None}),
        ("contact_phone", {"contact_phone": "113"}),
    ]

    answers = [(field, await staff.post("/v1/venues", json=CAFE | w)) for field, w in wrongs]

    for field, answer in answers:
        assert answer.status_code == 422
        assert list(answer.json()["fields"]) == [field]


async def test_a_change_changes_what_it_names_and_nothing_else(service: Service) -> None:
    staff = await staff_client(
        service, Role.VENUE_STAFF, organisation_id=await make_organisation(service)
    )
    made = await staff.post("/v1/venues", json=CAFE)

    changed = await staff.patch(
        made.headers["location"], json={"name": "Hợp Phố 2", "masks_off": False, "opening": ""}
    )
    refused = await staff.patch(made.headers["location"], json={"organisation_id": 1})

    assert changed.status_code == 200
    assert changed.json() == made.json()["venue"] | {
        "name": "Hợp Phố 2",
        "masks_off": False,
        "opening": "",
    }
    assert refused.status_code == 422


async def test_a_list_is_paged_by_name_and_searched_without_marks(service: Service) -> None:
    company = await make_organisation(service, "Sở Công Thương")
    staff = await staff_client(service, Role.VENUE_STAFF, organisation_id=company)
    names = ["Chợ An Hòa", "chợ Xuân Khánh", "Đình Bình Thủy", "Siêu thị Go!", "Zen"]
    for name in names:
        await staff.post("/v1/venues", json=CAFE | {"name": name})
    await make_venue(service, name="Chợ của người khác")

    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = (await staff.get("/v1/venues", params={"limit": 1, "after": after})).json()
        seen += [venue["name"] for venue in page["venues"]]
        after = page["next"]
    found = await staff.get("/v1/venues", params={"q": "cho xuan"})
    others = await staff.get("/v1/venues", params={"q": "nguoi khac"})
    by_owner = await staff.get("/v1/venues", params={"q": "so cong thuong dinh"})

    assert sorted(seen) == sorted(names)
    assert len(seen) == len(names)
    assert [venue["name"] for venue in found.json()["venues"]] == ["chợ Xuân Khánh"]
    assert others.json() == {"venues": [], "next": None}
    assert [venue["name"] for venue in by_owner.json()["venues"]] == ["Đình Bình Thủy"]


async def test_a_cursor_that_is_not_ours_is_refused(service: Service) -> None:
    staff = await staff_client(service, Role.ADMIN, area="")

    for after in ("x", "e30=", "WyJhIiwtMV0=", "WyJcdTAwMDAiLDFd", "%00"):
        answer = await staff.get("/v1/venues", params={"after": after})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad-cursor")


def routes(venue_id: int, checkpoint_id: int) -> list[tuple[str, str, dict[str, object] | None]]:
    return [
        ("GET", f"/v1/venues/{venue_id}", None),
        ("PATCH", f"/v1/venues/{venue_id}", {"name": "Của tôi"}),
        ("POST", f"/v1/venues/{venue_id}/zones", {"name": "Tầng 9"}),
        ("POST", f"/v1/venues/{venue_id}/checkpoints", {"name": "Cửa 9"}),
        ("POST", f"/v1/checkpoints/{checkpoint_id}/codes", {"reason": "Thử"}),
        ("GET", f"/v1/checkpoints/{checkpoint_id}/poster", None),
        ("GET", f"/v1/checkpoints/{checkpoint_id}/poster?kind=png", None),
        ("POST", f"/v1/checkpoints/{checkpoint_id}/close", None),
    ]


async def answers(
    client: httpx.AsyncClient, venue_id: int, checkpoint_id: int
) -> list[httpx.Response]:
    return [
        await client.request(method, path, json=body)
        for method, path, body in routes(venue_id, checkpoint_id)
    ]


async def test_another_organisations_venue_is_not_there_on_any_route(service: Service) -> None:
    venue, own = await make_venue(service), await make_venue(service)
    strangers = [
        await staff_client(service, Role.VENUE_STAFF, organisation_id=own.organisation_id),
        await staff_client(service, Role.VENUE_STAFF, venue_id=own.id),
        await staff_client(service, Role.ADMIN, area="2025/51/"),
        await staff_client(service, Role.ADMIN, area="2021/01/"),
    ]

    for stranger in strangers:
        not_yours = await answers(stranger, venue.id, venue.checkpoint_id)
        not_there = await answers(stranger, 2**31 - 1, 2**31 - 1)
        never = await answers(stranger, 2**63, 2**63)
        same = {(a.status_code, a.text) for a in (*not_yours, *not_there, *never)}
        assert len(same) == 1
        assert not_yours[0].status_code == 404
        listed = await stranger.get("/v1/venues")
        assert venue.id not in [line["id"] for line in listed.json()["venues"]]
    async with connection(service.state["db"]) as db:
        [after] = await db.fetch("SELECT name FROM venue WHERE id = $1", venue.id)
        codes = await db.fetch(
            "SELECT code FROM code WHERE checkpoint_id = $1", venue.checkpoint_id
        )
        prints = await db.fetchval("SELECT count(*) FROM print_log")
    assert after["name"] != "Của tôi"
    assert [row["code"] for row in codes] == [venue.code]
    assert prints == 0


async def test_the_owner_the_door_keeper_and_the_officer_of_the_area_all_may(
    service: Service,
) -> None:
    venue = await make_venue(service)
    keepers = [
        await staff_client(service, Role.VENUE_STAFF, organisation_id=venue.organisation_id),
        await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id),
        await staff_client(service, Role.ADMIN, area=CAI_KHE),
        await staff_client(service, Role.ADMIN, area=""),
    ]

    statuses = [(await keeper.get(f"/v1/venues/{venue.id}")).status_code for keeper in keepers]

    assert statuses == [200, 200, 200, 200]


async def test_a_tracer_may_not_touch_venues(service: Service) -> None:
    venue = await make_venue(service)
    tracer = await staff_client(service, Role.TRACER, area="")

    refused = {a.status_code for a in await answers(tracer, venue.id, venue.checkpoint_id)}

    assert refused == {403}


async def test_areas_are_found_as_somebody_types(service: Service) -> None:
    anyone = await service.client()

    found = await anyone.get("/v1/areas", params={"q": "cai khe can tho"})

    assert [area["path"] for area in found.json()["areas"]] == [CAI_KHE, "2021/92/916/31117/"]
    assert found.json()["areas"][0]["name"] == "Phường Cái Khế, Thành phố Cần Thơ"


async def test_each_act_stands_in_the_audit(service: Service) -> None:
    staff = await staff_client(
        service, Role.VENUE_STAFF, organisation_id=await make_organisation(service)
    )
    made = (await staff.post("/v1/venues", json=CAFE)).json()
    venue, door = made["venue"]["id"], made["checkpoints"][0]["id"]

    await staff.patch(f"/v1/venues/{venue}", json={"capacity": 40})
    await staff.post(f"/v1/venues/{venue}/zones", json={"name": "Sân"})
    await staff.post(f"/v1/venues/{venue}/checkpoints", json={"name": "Cửa sau"})
    await staff.post(f"/v1/checkpoints/{door}/codes", json={"reason": "Rách"})
    await staff.post(f"/v1/checkpoints/{door}/close")

    async with connection(service.state["db"]) as db:
        acts = [row["act"] for row in await db.fetch("SELECT act FROM audit ORDER BY seq")]
    assert acts == [
        "venue registered",
        "venue changed",
        "zone added",
        "checkpoint added",
        "code replaced",
        "checkpoint closed",
    ]
