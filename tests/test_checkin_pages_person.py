"""Pages of the first steps at a door: signing up and declaring."""

from __future__ import annotations

import re

from accounts.access import DEVICE_COOKIE
from tests.conftest import Service
from tests.make_venues import make_venue
from tests.test_checkin_pages import ME, NOTHING, phone_of, shown_at
from venues.model import Direction


async def test_a_venue_that_asks_for_a_declaration_gets_it_before_the_press(
    service: Service,
) -> None:
    venue = await make_venue(service, direction=Direction.IN, demands_declaration=True)
    phone = await phone_of(service, venue)

    asked = await phone.get(f"/V/{venue.code}")
    early = await phone.post(f"/V/{venue.code}/check-in", data={"at": service.clock().isoformat()})
    declared = await phone.post(f"/V/{venue.code}/declare", data=NOTHING)
    at = await shown_at(phone, venue)
    done = await phone.post(f"/V/{venue.code}/check-in", data={"at": at}, follow_redirects=True)

    assert asked.headers["location"] == early.headers["location"] == f"/V/{venue.code}/declare"
    assert declared.headers["location"] == f"/V/{venue.code}"
    assert "GREEN" in done.text


async def test_the_result_shows_the_colour_of_the_declaration_in_words(service: Service) -> None:
    venue = await make_venue(service, demands_declaration=True)

    for answers, colour in (({"fever": "1"}, "AMBER"), ({"met_case": "1"}, "RED")):
        phone = await phone_of(service, venue)
        await phone.post(f"/V/{venue.code}/declare", data=NOTHING | answers)
        at = await shown_at(phone, venue)
        done = await phone.post(f"/V/{venue.code}/check-in", data={"at": at}, follow_redirects=True)
        assert re.findall(r'<span data-for="[^"]+">([A-Z]{3,}):', done.text) == [colour]


async def test_a_declaration_nobody_confirms_is_refused(service: Service) -> None:
    venue = await make_venue(service, demands_declaration=True)
    phone = await phone_of(service, venue)
    unconfirmed = {name: value for name, value in NOTHING.items() if name != "true_and_complete"}

    refused = await phone.post(f"/V/{venue.code}/declare", data=unconfirmed)

    assert refused.status_code == 422
    assert "true and complete" in refused.text


async def test_a_wrong_phone_number_is_said_and_the_name_stays(service: Service) -> None:
    venue = await make_venue(service)
    phone = await service.client(**{"accept-language": "en"})

    page = await phone.post(f"/V/{venue.code}/sign-up", data=ME | {"phone": "123456"})
    nameless = await phone.post(f"/V/{venue.code}/sign-up", data={"phone": "0912345678"})
    neither = await phone.post(f"/V/{venue.code}/sign-up", data={"phone": "12"})

    assert {a.status_code for a in (page, nameless, neither)} == {422}
    assert "Write your name" not in page.text
    assert "Write your name" in neither.text
    assert "not a phone number" in neither.text
    assert "not a phone number" in page.text
    assert 'value="Nguyễn Thị Hoa"' in page.text
    assert "Write your name" in nameless.text
    assert DEVICE_COOKIE not in phone.cookies
