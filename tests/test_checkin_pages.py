"""The citizen's pages as plain HTML forms, on real PostgreSQL."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx

from accounts.access import DEVICE_COOKIE
from kit.db import connection
from tests.conftest import Service
from tests.make_venues import MadeVenue, make_venue
from venues.code import new_code
from venues.model import Direction

ROOT = Path(__file__).parent.parent
NOTHING = {"met_case": "0", "from_epidemic_area": "0", "met_sick": "0", "true_and_complete": "1"}
AT = re.compile(r'name="at" value="([^"]+)"')


async def phone_of(service: Service, venue: MadeVenue) -> httpx.AsyncClient:
    """A phone whose person wrote name and number at this venue."""
    phone = await service.client(**{"accept": "text/html", "accept-language": "en"})
    signed = await phone.post(f"/V/{venue.code}/sign-up", data=ME)
    assert signed.status_code == 303
    return phone


ME = {"full_name": "Nguyễn Thị Hoa", "phone": "0912 345 678"}


async def shown_at(phone: httpx.AsyncClient, venue: MadeVenue) -> str:
    """The moment in the form of the confirmation page."""
    page = await phone.get(f"/V/{venue.code}")
    found = AT.search(page.text)
    assert found is not None
    return unescape(found[1])


async def rows(service: Service) -> list[tuple[int, int, int]]:
    """(way, party, source) of every stored scan, oldest first."""
    async with connection(service.state["db"]) as db:
        found = await db.fetch("SELECT way, party, source FROM scan ORDER BY at")
    return [(row["way"], row["party"], row["source"]) for row in found]


async def replace_code(service: Service, venue: MadeVenue) -> str:
    """The code of the new poster."""
    code = new_code()
    async with connection(service.state["db"]) as db:
        await db.execute(
            "UPDATE code SET valid_to = $2 WHERE code = $1", venue.code, service.clock()
        )
        await db.execute(
            "INSERT INTO code (code, checkpoint_id, valid_from) VALUES ($1, $2, $3)",
            *(code, venue.checkpoint_id, service.clock()),
        )
    service.state["doorways"].forget(venue.code)
    return code


async def test_a_code_opens_its_door_in_any_case_and_grouping(service: Service) -> None:
    venue = await make_venue(service, name="Chợ Tân An")
    phone = await service.client()
    code = venue.code

    for path in (f"/V/{code}", f"/v/{code.lower()}", f"/V/{code[:4]}-{code[4:8]}-{code[8:]}"):
        page = await phone.get(path)
        assert page.status_code == 200
        assert "Chợ Tân An" in page.text
        assert "Phường Cái Khế, Thành phố Cần Thơ" in page.text


async def test_the_first_page_states_law_and_liability_before_anything_is_sent(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await service.client()

    page = (await phone.get(f"/V/{venue.code}")).text

    for words in ("114/2025/QH15", "91/2025/QH15", "356/2025/NĐ-CP", "xử lý hình sự"):
        assert words in page


async def test_a_first_visit_is_name_phone_and_one_press(service: Service) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)

    pressed = await phone.post(
        f"/V/{venue.code}/check-in", data={"at": at, "companions": "3"}, follow_redirects=True
    )

    assert pressed.status_code == 200
    assert "GREEN" in pressed.text
    assert "12:00" in pressed.text
    assert await rows(service) == [(1, 3, 1)]


async def test_the_page_whose_time_corrects_a_wrong_clock_comes_from_no_cache(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)

    page = await phone.get(f"/V/{venue.code}")

    assert page.headers["cache-control"] == "no-store"
    assert f'data-shown="{service.clock().isoformat()}"' in page.text


async def test_a_form_sent_twice_makes_one_visit(service: Service) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)
    first = await phone.post(f"/V/{venue.code}/check-in", data={"at": at})

    service.clock.tick(hours=2)
    second = await phone.post(f"/V/{venue.code}/check-in", data={"at": at})

    assert second.headers["location"] == first.headers["location"]
    assert len(await rows(service)) == 1


async def test_a_page_left_open_asks_again_and_notes_nothing(service: Service) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)

    service.clock.tick(minutes=15)
    pressed = await phone.post(f"/V/{venue.code}/check-in", data={"at": at})
    page = await phone.get(pressed.headers["location"])

    assert "Press once more" in page.text
    assert await rows(service) == []


async def test_a_press_in_the_future_asks_again_and_notes_nothing(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)
    future = (service.clock() + timedelta(minutes=3)).isoformat()

    pressed = await phone.post(f"/V/{venue.code}/check-in", data={"at": future})

    assert pressed.headers["location"].endswith("?again=1")
    assert await rows(service) == []


async def test_check_out_is_by_the_exit_or_by_the_button_of_the_result(service: Service) -> None:
    venue = await make_venue(service, direction=Direction.IN)
    exit_only = await make_venue(service, direction=Direction.OUT)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)
    await phone.post(f"/V/{venue.code}/check-in", data={"at": at})

    later = service.clock.tick(minutes=40).isoformat()
    by_button = await phone.post(
        f"/V/{venue.code}/check-out", data={"at": later, "button": "1"}, follow_redirects=True
    )
    service.clock.tick(minutes=1)
    at_exit = await phone.post(
        f"/V/{exit_only.code}/check-out", data={"at": await shown_at(phone, exit_only)}
    )

    assert "Checked out" in by_button.text
    assert at_exit.status_code == 303
    assert await rows(service) == [(1, 0, 1), (2, 0, 6), (2, 0, 9)]


async def test_the_device_cookie_is_out_of_reach_of_scripts_and_other_sites(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await service.client()

    signed = await phone.post(f"/V/{venue.code}/sign-up", data=ME)

    cookie = signed.headers["set-cookie"]
    assert cookie.startswith(f"{DEVICE_COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert f"Max-Age={180 * 24 * 3600}" in cookie


async def test_a_revoked_device_starts_again_instead_of_at_the_staff_log_in(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)
    async with connection(service.state["db"]) as db:
        await db.execute(
            "INSERT INTO standing (person_id, token_generation) SELECT id, 1 FROM person"
        )

    pressed = await phone.post(f"/V/{venue.code}/check-in", data={"at": at})
    page = await phone.get(pressed.headers["location"])

    assert "First time on this phone" in page.text
    assert await rows(service) == []
    assert (await phone.get("/visits")).status_code == 200


async def test_an_unknown_device_is_led_to_the_first_step_by_every_form(service: Service) -> None:
    venue = await make_venue(service)
    stranger = await service.client()
    at = {"at": service.clock().isoformat()}

    answers = [
        await stranger.post(f"/V/{venue.code}/check-in", data=at),
        await stranger.post(f"/V/{venue.code}/check-out", data=at),
        await stranger.post(f"/V/{venue.code}/declare", data=NOTHING),
        await stranger.get(f"/V/{venue.code}/declare"),
        await stranger.get(f"/V/{venue.code}/done", params=at),
    ]

    assert {answer.headers["location"] for answer in answers} == {f"/V/{venue.code}"}


async def test_the_result_is_what_the_ledger_holds_and_not_what_the_address_says(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)

    forged = await phone.get(
        f"/V/{venue.code}/done", params={"at": service.clock().isoformat(), "state": "green"}
    )

    assert forged.status_code == 303


async def test_a_replaced_poster_says_so_and_what_to_do(service: Service) -> None:
    venue = await make_venue(service, name="Chợ Tân An")
    phone = await service.client(**{"accept-language": "en"})
    code = await replace_code(service, venue)

    old, new = await phone.get(f"/V/{venue.code}"), await phone.get(f"/V/{code}")

    assert old.status_code == 410
    assert "This poster was replaced" in old.text
    assert 'name="code"' in old.text
    assert new.status_code == 200


async def test_an_unknown_code_gets_a_box_to_type_it(service: Service) -> None:
    phone = await service.client(**{"accept-language": "en"})

    for code in ("0000", new_code(), "%E2%98%83", "x" * 300):
        page = await phone.get(f"/V/{code}")
        assert page.status_code == 404
        assert "No venue has this code" in page.text
        assert 'action="/code"' in page.text


async def test_a_typed_code_leads_to_its_door_and_a_foreign_one_is_named(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await service.client(**{"accept-language": "en"})
    code = venue.code

    typed = await phone.get("/code", params={"code": f" {code[:4].lower()} {code[4:]}"})
    pasted = await phone.get("/code", params={"code": f"http://testserver/v/{code}"})
    foreign = await phone.get("/code", params={"code": "NZCOVIDTRACER:abc"})
    website = await phone.get("/code", params={"code": f"https://testserver.evil.vn/V/{code}"})
    wrong = await phone.get("/code", params={"code": "<b>0123"})

    assert typed.headers["location"] == pasted.headers["location"] == f"/V/{code}"
    assert "belongs to NZ COVID Tracer" in foreign.text
    assert "another website" in website.text
    assert "&lt;b&gt;0123" in wrong.text
