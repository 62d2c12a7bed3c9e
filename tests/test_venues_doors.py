"""The API of doors: codes replaced, names of their own, posters."""

from __future__ import annotations

from accounts.model import Role
from kit.db import connection
from tests.conftest import Service
from tests.make_venues import (
    make_checkpoint,
    make_organisation,
    make_venue,
    make_zone,
    staff_client,
)
from venues.poster import Format


async def test_a_new_code_holds_from_the_moment_the_old_one_ends(service: Service) -> None:
    venue = await make_venue(service)
    staff = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    service.clock.tick(hours=1)

    made = await staff.post(
        f"/v1/checkpoints/{venue.checkpoint_id}/codes", json={"reason": "Bị dán đè"}
    )
    whole = await staff.get(f"/v1/venues/{venue.id}")

    assert made.status_code == 201
    [door] = whole.json()["checkpoints"]
    new, old = door["codes"]
    assert (new["code"], new["valid_to"]) == (made.json()["code"], None)
    assert (old["code"], old["reason"]) == (venue.code, "Bị dán đè")
    assert old["valid_to"] == new["valid_from"]


async def test_a_code_is_not_replaced_without_a_reason_nor_at_a_closed_door(
    service: Service,
) -> None:
    venue = await make_venue(service)
    staff = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    door = f"/v1/checkpoints/{venue.checkpoint_id}"

    unsaid = await staff.post(f"{door}/codes", json={"reason": "  "})
    unseen = await staff.post(f"{door}/codes", json={"reason": "\x01"})
    closed = await staff.post(f"{door}/close")
    again = await staff.post(f"{door}/close")
    late = await staff.post(f"{door}/codes", json={"reason": "Mất tờ dán"})
    poster = await staff.get(f"{door}/poster")

    assert (unsaid.status_code, unseen.status_code) == (422, 422)
    assert closed.json()["closed_at"] is not None
    assert again.json() == closed.json()
    assert (late.status_code, late.json()["type"]) == (409, "/problems/door-closed")
    assert poster.status_code == 404


async def test_doors_and_zones_have_names_of_their_own(service: Service) -> None:
    venue, other = await make_venue(service), await make_venue(service)
    foreign_zone = await make_zone(service, other.id)
    staff = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)

    zone = await staff.post(f"/v1/venues/{venue.id}/zones", json={"name": "Tầng 2"})
    same_zone = await staff.post(f"/v1/venues/{venue.id}/zones", json={"name": "Tầng 2"})
    exit_door = {"name": "Lối ra", "direction": "out", "zone_id": zone.json()["id"]}
    door = await staff.post(f"/v1/venues/{venue.id}/checkpoints", json=exit_door)
    same_door = await staff.post(f"/v1/venues/{venue.id}/checkpoints", json=exit_door)
    wrong_zone = await staff.post(
        f"/v1/venues/{venue.id}/checkpoints", json={"name": "Cổng 3", "zone_id": foreign_zone}
    )
    await staff.post(f"/v1/checkpoints/{door.json()['id']}/close")
    anew = await staff.post(f"/v1/venues/{venue.id}/checkpoints", json=exit_door)

    assert (door.status_code, door.json()["zone"]) == (201, "Tầng 2")
    assert [same_zone.status_code, same_door.status_code] == [409, 409]
    assert wrong_zone.json()["type"] == "/problems/zone-unknown"
    assert anew.status_code == 201
    assert anew.json()["id"] != door.json()["id"]


async def test_a_poster_is_printed_in_every_format_and_logged(service: Service) -> None:
    venue = await make_venue(service)
    staff = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    wanted = [
        (paper, kind, language)
        for paper in Format
        for kind, language in (("pdf", "vi"), ("png", "en"))
    ]

    posters = [
        await staff.get(
            f"/v1/checkpoints/{venue.checkpoint_id}/poster",
            params={"format": paper, "kind": kind, "language": language},
        )
        for paper, kind, language in wanted
    ]

    starts = {"pdf": b"%PDF", "png": b"\x89PNG"}
    for poster, (_, kind, _) in zip(posters, wanted, strict=True):
        assert poster.content.startswith(starts[kind])
    async with connection(service.state["db"]) as db:
        logged = await db.fetch("SELECT code, format, language FROM print_log ORDER BY id")
    assert [tuple(row) for row in logged] == [
        (venue.code, paper, language) for paper, _, language in wanted
    ]


async def test_all_posters_are_those_of_open_doors_in_scope(service: Service) -> None:
    company = await make_organisation(service)
    venues = [await make_venue(service, organisation_id=company) for _ in range(3)]
    await make_venue(service)
    extra = await make_checkpoint(service, venues[0].id)
    staff = await staff_client(service, Role.VENUE_STAFF, organisation_id=company)
    await staff.post(f"/v1/checkpoints/{venues[1].checkpoint_id}/close")

    answer = await staff.get("/v1/venues/posters", params={"format": "a5"})
    beyond = await staff.get("/v1/venues/posters", params={"part": 2})

    assert answer.headers["content-type"] == "application/pdf"
    async with connection(service.state["db"]) as db:
        logged = {row["code"] for row in await db.fetch("SELECT code FROM print_log")}
    assert logged == {venues[0].code, extra.code, venues[2].code}
    assert beyond.status_code == 404
