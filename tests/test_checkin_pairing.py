"""Gates are paired with a venue, and revoked."""

from __future__ import annotations

import asyncio

import pytest

from accounts.model import Role
from tests.conftest import NOW, Service
from tests.make_gates import a_gate, chip_card, show
from tests.make_people import audit_acts
from tests.make_venues import make_venue, staff_client
from tests.stored import rows
from venues.code import printed


async def test_a_pairing_code_pairs_one_device_once(service: Service) -> None:
    venue = await make_venue(service)
    keeper = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    path = f"/v1/checkpoints/{venue.checkpoint_id}/gates"
    code = (await keeper.post(path, json={"name": "Máy 1"})).json()["code"]

    first, second = [
        await (await service.client()).post("/v1/gate/pairings", json={"code": code})
        for _ in range(2)
    ]

    assert first.status_code == 201
    assert second.status_code == 410
    assert second.json()["type"] == "/problems/pairing-wrong"


async def test_two_devices_at_once_do_not_share_a_pairing_code(service: Service) -> None:
    venue = await make_venue(service)
    keeper = await staff_client(service, Role.ADMIN, area="")
    path = f"/v1/checkpoints/{venue.checkpoint_id}/gates"
    code = (await keeper.post(path, json={"name": "Máy 1"})).json()["code"]
    devices = [await service.client() for _ in range(8)]

    answers = await asyncio.gather(
        *(device.post("/v1/gate/pairings", json={"code": code}) for device in devices)
    )

    assert sorted(answer.status_code for answer in answers) == [201] + 7 * [410]


async def test_a_pairing_code_lasts_ten_minutes(service: Service) -> None:
    venue = await make_venue(service)
    keeper = await staff_client(service, Role.ADMIN, area="")
    path = f"/v1/checkpoints/{venue.checkpoint_id}/gates"
    code = (await keeper.post(path, json={"name": "Máy 1"})).json()["code"]
    service.clock.tick(minutes=10)

    answer = await (await service.client()).post("/v1/gate/pairings", json={"code": code})

    assert answer.status_code == 410
    assert (await keeper.get(f"/v1/venues/{venue.id}/gates")).json()["gates"] == []


async def test_a_pairing_code_is_not_stored(service: Service) -> None:
    venue = await make_venue(service)
    keeper = await staff_client(service, Role.ADMIN, area="")
    path = f"/v1/checkpoints/{venue.checkpoint_id}/gates"

    code = (await keeper.post(path, json={"name": "Máy 1"})).json()["code"]

    [stored] = await rows(service, "gate_device")
    assert code not in str(dict(stored))


async def test_a_revoked_device_is_nobody(service: Service) -> None:
    gate, venue = await a_gate(service)
    keeper = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    [listed] = (await keeper.get(f"/v1/venues/{venue.id}/gates")).json()["gates"]
    before = await gate.get("/v1/gate")

    revoked = await keeper.post(f"/v1/gates/{listed['id']}/revoke")

    assert (before.status_code, revoked.status_code) == (200, 204)
    assert (await gate.get("/v1/gate")).status_code == 401
    assert (await show(gate, chip_card(), NOW)).status_code == 401
    assert await rows(service) == []
    acts = [act for act, _ in await audit_acts(service)]
    assert acts[-2:] == ["gate offered", "gate revoked"]


async def test_another_venues_staff_find_no_gate_here(service: Service) -> None:
    _, venue = await a_gate(service)
    other = await make_venue(service)
    stranger = await staff_client(service, Role.VENUE_STAFF, venue_id=other.id)
    [device] = await rows(service, "gate_device")

    answers = [
        await stranger.get(f"/v1/venues/{venue.id}/gates"),
        await stranger.post(f"/v1/checkpoints/{venue.checkpoint_id}/gates", json={"name": "x"}),
        await stranger.post(f"/v1/gates/{device['id']}/revoke"),
        await stranger.get(f"/venues/{venue.id}/gates"),
    ]

    assert {answer.status_code for answer in answers} == {404}


async def test_a_device_without_a_name_is_told_so_on_the_page(service: Service) -> None:
    venue = await make_venue(service)
    keeper = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)

    page = await keeper.post(
        f"/venues/{venue.id}/gates",
        data={"checkpoint": str(venue.checkpoint_id), "name": "  "},
        headers={"accept-language": "en"},
    )

    assert page.status_code == 422
    assert "Write a name, so that you know this device" in page.text
    assert "Show the pairing code" in page.text


async def test_the_venues_page_shows_a_pairing_code_and_its_address_pairs(service: Service) -> None:
    venue = await make_venue(service)
    keeper = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    form = {"checkpoint": str(venue.checkpoint_id), "name": "Máy cổng chính"}
    page = await keeper.post(f"/venues/{venue.id}/gates", data=form)
    path = f"/v1/checkpoints/{venue.checkpoint_id}/gates"
    offer = (await keeper.post(path, json={"name": "Máy 2"})).json()
    device = await service.client()

    asked = await device.get(f"/G/{offer['code']}")
    paired = await device.post(f"/G/{offer['code']}")

    assert "<svg" in page.text
    assert "http://testserver/gate" in page.text
    assert offer["address"] == f"HTTP://TESTSERVER/G/{offer['code']}"
    assert "Máy 2" in asked.text
    assert paired.headers["location"] == "/gate"
    assert "HttpOnly" in paired.headers["set-cookie"]
    assert 'id="credential"' in (await device.get("/gate")).text
    assert (await device.get(f"/G/{offer['code']}")).status_code == 410


async def test_a_pairing_code_is_typed_by_a_hand_or_a_gun(service: Service) -> None:
    venue = await make_venue(service)
    keeper = await staff_client(service, Role.ADMIN, area="")
    path = f"/v1/checkpoints/{venue.checkpoint_id}/gates"
    offer = (await keeper.post(path, json={"name": "Máy 1"})).json()
    code = offer["code"]
    device = await service.client()
    ways = [code, printed(code).lower(), f" {offer['address']} ", offer["address"].lower()]

    asked = await device.get("/gate")
    led = [await device.get("/gate", params={"code": typed}) for typed in ways]
    await device.post(f"/G/{code}")
    paired = await device.get("/gate", params={"code": code})

    assert 'name="code"' in asked.text
    assert [answer.headers["location"] for answer in led] == [f"/G/{code}"] * len(ways)
    assert 'id="credential"' in paired.text


@pytest.mark.parametrize("typed", ["0TC6-T9AM-RFVJX", "https://evil.example/G/1", "../x", "12"])
async def test_what_is_no_pairing_code_is_said_and_stays_in_its_field(
    service: Service, typed: str
) -> None:
    device = await service.client()

    answer = await device.get("/gate", params={"code": typed})

    assert answer.status_code == 410
    assert 'role="alert"' in answer.text
    assert f'value="{typed}"' in answer.text
