"""What a phone reads of its own visits, and when it no longer may."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.conftest import NOW, Service
from tests.make_phones import NOTHING, body, check_in, check_out, signed_up
from tests.make_venues import make_venue
from tests.stored import change, count


async def test_visits_pair_an_arrival_with_its_own_exit(service: Service) -> None:
    market = await make_venue(service, name="Chợ")
    cafe = await make_venue(service, name="Cà phê")
    phone = await signed_up(service)
    minutes = [NOW - timedelta(minutes=m) for m in (90, 60, 40, 20)]

    await check_in(phone, body(market, minutes[0]))
    await check_in(phone, body(cafe, minutes[1], companions=1))
    await check_out(phone, body(market, minutes[2]))
    await check_out(phone, body(cafe, minutes[3]))
    visits = (await phone.get("/v1/me/visits")).json()["visits"]

    assert [(v["venue"], v["left_at"] is not None, v["companions"]) for v in visits] == [
        ("Cà phê", True, 1),
        ("Chợ", False, 0),
    ]
    assert datetime.fromisoformat(visits[0]["left_at"]) == minutes[3]


async def test_visits_of_several_days_are_one_list_on_the_phone(service: Service) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)

    for hours in (70, 30, 1):
        await check_in(phone, body(venue, NOW - timedelta(hours=hours)))
    visits = (await phone.get("/v1/me/visits")).json()["visits"]

    times = [datetime.fromisoformat(visit["arrived_at"]) for visit in visits]
    assert times == [NOW - timedelta(hours=hours) for hours in (1, 30, 70)]


async def test_the_same_phone_number_opens_nobodys_visits(service: Service) -> None:
    venue = await make_venue(service)
    first, second = await signed_up(service), await signed_up(service)
    await check_in(first, body(venue))

    visits = await second.get("/v1/me/visits")

    assert visits.json()["visits"] == []


async def test_a_revoked_device_neither_scans_nor_reads(service: Service) -> None:
    venue = await make_venue(service, demands_declaration=True)
    phone = await signed_up(service)
    await phone.post("/v1/declarations", json=NOTHING)
    await check_in(phone, body(venue))
    await change(service, "UPDATE standing SET token_generation = 1")

    answers = [
        await check_in(phone, body(venue, NOW + timedelta(seconds=1))),
        await phone.post("/v1/declarations", json=NOTHING),
        await phone.get("/v1/me/visits"),
    ]

    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert await count(service) == 1
