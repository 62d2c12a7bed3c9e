"""People who sign up, and what they declare of their health."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from checkin.model import PhoneNumberWrong
from kit.db import connection
from tests.conftest import NOW, Service
from tests.make_phones import NOTHING, body, check_in, check_out, signed_up
from tests.make_venues import make_venue


async def test_a_demanded_declaration_comes_first_and_covers_its_validity(
    service: Service,
) -> None:
    venue = await make_venue(service, demands_declaration=True)
    phone = await signed_up(service)

    before = await check_in(phone, body(venue))
    declared = await phone.post("/v1/declarations", json=NOTHING)
    after = await check_in(phone, body(venue))
    service.clock.tick(hours=25)
    next_day = await check_in(phone, body(venue, service.clock()))
    leaving = await check_out(phone, body(venue, service.clock()))

    assert before.json()["type"] == "/problems/declaration-needed"
    assert declared.json()["verdict"] == "green"
    assert after.status_code == 201
    assert next_day.json()["type"] == "/problems/declaration-needed"
    assert leaving.status_code == 201


@pytest.mark.parametrize(
    ("answers", "colour"),
    [
        ({}, "green"),
        ({"symptoms": ["fever", "cough"]}, "amber"),
        ({"from_epidemic_area": True}, "amber"),
        ({"met_sick": True}, "amber"),
        ({"met_case": True}, "red"),
    ],
)
async def test_a_declaration_colours_the_next_scan_and_a_correction_ends_it(
    service: Service, answers: dict[str, Any], colour: str
) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)

    declared = await phone.post("/v1/declarations", json=NOTHING | answers)
    scanned = await check_in(phone, body(venue))
    await phone.post("/v1/declarations", json=NOTHING)
    corrected = await check_in(phone, body(venue, NOW + timedelta(seconds=1)))

    assert declared.json()["verdict"] == scanned.json()["colour"] == colour
    assert corrected.json()["colour"] == "green"


async def test_who_stands_red_is_stored_and_marked_because_they_were_there(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)
    await phone.post("/v1/declarations", json=NOTHING | {"met_case": True})

    answer = await check_in(phone, body(venue))

    assert answer.status_code == 201
    async with connection(service.state["db"]) as db:
        assert await db.fetchval("SELECT flags FROM scan") == 1


async def test_a_declaration_nobody_confirms_is_refused(service: Service) -> None:
    phone = await signed_up(service)

    answer = await phone.post("/v1/declarations", json=NOTHING | {"true_and_complete": False})

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/declaration-unconfirmed"


async def test_what_is_no_phone_number_is_refused(service: Service) -> None:
    phone = await service.client()

    for number in ("12", "123456789012345678", "abcdefgh", "0912 345 67", "+999 123 456 789"):
        answer = await phone.post("/v1/people", json={"full_name": "Hoa", "phone": number})
        assert answer.status_code == 422, number


async def test_all_faults_of_a_sign_up_are_told_at_once(service: Service) -> None:
    phone = await service.client()

    answer = await phone.post("/v1/people", json={"phone": "abcdefgh", "birth_year": 1066})
    alone = await phone.post("/v1/people", json={"full_name": "Hoa", "phone": "abcdefgh"})

    faults = {one["field"]: one["detail"] for one in answer.json()["fields"]}
    assert list(faults) == ["full_name", "phone", "birth_year"]
    assert faults["phone"] == PhoneNumberWrong.title()
    assert alone.json()["type"] == "/problems/phone-number-wrong"


NAMES = [
    *("Nguyễn Thị Hoà", "Đỗ Ơn", "H'Hen Niê", "=1+1", "Halle (Saale)", "李小龍"),
    *("ｱｲ", "ả" * 200, "Nguye\u0302\u0303n", "\u202eHoa"),
]


async def test_no_human_name_is_refused(service: Service) -> None:
    phone = await service.client()

    for name in NAMES:
        sent = {"full_name": name, "phone": "+84912345678"}
        assert (await phone.post("/v1/people", json=sent)).status_code == 201, name


async def test_a_name_of_nothing_is_refused(service: Service) -> None:
    phone = await service.client()

    for name in ("", "  ", "\u3000", "a" * 201, "a\x00b"):
        sent = {"full_name": name, "phone": "+84912345678"}
        assert (await phone.post("/v1/people", json=sent)).status_code == 422, name
