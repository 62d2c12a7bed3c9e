"""Codes on screens: what a step proves and for how long, who pairs a screen, what it may ask."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import numpy
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from accounts.access import SESSION_COOKIE
from accounts.model import Role
from tests.conftest import NOW, Service
from tests.make_venues import MadeVenue, make_staff, make_venue, staff_client
from venues import display
from venues.api_display import DISPLAY_COOKIE
from venues.code import ALPHABET, SYMBOLS, BadCode, address, new_code, parse_code, parse_shown
from venues.model import Screen

SECRET = bytes(range(32))
STEP = timedelta(seconds=display.STEP_SECONDS)


async def keeper(service: Service, venue: MadeVenue) -> httpx.AsyncClient:
    return await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)


async def paired(service: Service, venue: MadeVenue) -> tuple[int, httpx.AsyncClient]:
    """The screen's number, and the screen."""
    staff = await keeper(service, venue)
    made = await staff.post(f"/v1/checkpoints/{venue.checkpoint_id}/displays")
    assert made.status_code == 201, made.text
    screen = await service.client(Authorization=f"Bearer {made.json()['token']}")
    return made.json()["id"], screen


def scanned(page: str) -> str:
    """The text of the code drawn on a page, as a phone's camera reads it."""
    (size,) = re.findall(r'<svg viewBox="0 0 (\d+) ', page)
    picture = numpy.full((int(size) * 4, int(size) * 4), 255, numpy.uint8)
    (path,) = re.findall(r'<path d="([^"]+)"', page)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)", path):
        left, top = int(x) * 4, int(y) * 4
        picture[top : top + 4, left : left + int(width) * 4] = 0
    read = zxingcpp.read_barcode(picture)
    assert read is not None
    return str(read.text)


def test_a_step_is_what_it_always_was() -> None:
    """Screens at doors compute it for themselves: no release may change it under them."""
    assert display.step_symbols(SECRET, 54_231_000) == "TM9RZV"


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**40))
def test_a_step_reads_as_part_of_a_code_and_stays_alphanumeric(secret: bytes, step: int) -> None:
    code = new_code()
    shown = code + display.step_symbols(secret, step)
    assert set(shown) <= set(ALPHABET)
    assert parse_shown(address("https://chot.vn", shown).rpartition("/")[2].lower()) == shown
    with pytest.raises(BadCode):
        parse_code(shown)


async def test_a_step_proves_presence_for_a_few_minutes_and_no_longer(service: Service) -> None:
    screens = [Screen(id=7, since=NOW - timedelta(days=1), until=None)]
    secret = display.secret_of(service.state, 7)
    symbols = display.step_symbols(secret, display.step_at(NOW))

    def proves(moved: int) -> bool:
        return display.was_shown(service.state, screens, symbols, NOW + moved * STEP)

    assert proves(0)
    assert proves(display.STEPS_BEFORE)
    assert not proves(display.STEPS_BEFORE + 1)
    assert proves(-display.STEPS_AFTER)
    assert not proves(-display.STEPS_AFTER - 1)


async def test_a_step_of_another_screen_or_of_a_revoked_one_proves_nothing(
    service: Service,
) -> None:
    symbols = display.step_symbols(display.secret_of(service.state, 7), display.step_at(NOW))
    day = timedelta(days=1)

    other = [Screen(id=8, since=NOW - day, until=None)]
    revoked = [Screen(id=7, since=NOW - day, until=NOW)]
    revoked_later = [Screen(id=7, since=NOW - day, until=NOW + STEP)]
    not_yet = [Screen(id=7, since=NOW + STEP, until=None)]

    assert not display.was_shown(service.state, other, symbols, NOW)
    assert not display.was_shown(service.state, revoked, symbols, NOW)
    assert not display.was_shown(service.state, not_yet, symbols, NOW)
    assert display.was_shown(service.state, revoked_later, symbols, NOW)


async def test_a_screen_learns_what_it_needs_to_go_on_alone(service: Service) -> None:
    venue = await make_venue(service)
    display_id, screen = await paired(service, venue)

    told = (await screen.get("/v1/displays/current")).json()

    symbols = display.step_symbols(bytes.fromhex(told["secret"]), display.step_at(NOW))
    screens = [Screen(id=display_id, since=NOW, until=None)]
    assert told["address"] == f"HTTP://TESTSERVER/V/{venue.code}"
    assert told["step_seconds"] == display.STEP_SECONDS
    assert display.was_shown(service.state, screens, symbols, NOW)


async def test_the_page_shows_the_code_of_this_moment_without_any_script(service: Service) -> None:
    venue = await make_venue(service, name="Chợ Xuân Khánh")
    _, screen = await paired(service, venue)

    page = await screen.get(f"/display/{venue.checkpoint_id}")
    service.clock.tick(seconds=display.STEP_SECONDS)
    later = await screen.get(f"/display/{venue.checkpoint_id}")

    texts = [scanned(one.text) for one in (page, later)]
    assert "Chợ Xuân Khánh" in page.text
    assert texts[0] != texts[1]
    for text in texts:
        assert text.startswith(f"HTTP://TESTSERVER/V/{venue.code}")
        assert len(text.rpartition("/")[2]) == SYMBOLS + 6


async def test_pairing_a_browser_leaves_the_screen_and_takes_the_staff_away(
    service: Service,
) -> None:
    venue = await make_venue(service)
    path = f"/display/{venue.checkpoint_id}"
    browser = await service.client()
    browser.cookies.set(
        SESSION_COOKIE, await make_staff(service, Role.VENUE_STAFF, venue_id=venue.id)
    )

    before = await browser.get(path)
    done = await browser.post(path)
    screen = await browser.get(path)
    as_staff = await browser.get("/v1/sessions/current")
    service.clock.tick(days=300)
    long_after = await browser.get(path)

    assert f'action="{path}"' in before.text
    assert done.status_code == 303
    assert "HttpOnly" in done.headers["set-cookie"]
    assert 'id="screen"' in screen.text
    assert as_staff.status_code == 401
    assert 'id="screen"' in long_after.text


async def test_a_revoked_screen_shows_nothing_any_more(service: Service) -> None:
    venue = await make_venue(service)
    staff = await keeper(service, venue)
    display_id, screen = await paired(service, venue)

    gone = await staff.post(f"/v1/displays/{display_id}/revoke")
    again = await staff.post(f"/v1/displays/{display_id}/revoke")
    asked = await screen.get("/v1/displays/current")
    page = await screen.get(f"/display/{venue.checkpoint_id}")

    assert gone.json()["revoked_at"] is not None
    assert again.json() == gone.json()
    assert asked.status_code == 401
    assert page.headers["location"].startswith("/login")


async def test_a_screen_follows_a_new_code_and_ends_with_its_door(service: Service) -> None:
    venue = await make_venue(service)
    staff = await keeper(service, venue)
    _, screen = await paired(service, venue)
    path = f"/v1/checkpoints/{venue.checkpoint_id}"

    code = (await staff.post(f"{path}/codes", json={"reason": "lộ ảnh"})).json()["code"]
    told = await screen.get("/v1/displays/current")
    await staff.post(f"{path}/close")
    closed = await screen.get("/v1/displays/current")
    pairing = await staff.post(f"{path}/displays")

    assert told.json()["address"].endswith(code)
    assert closed.status_code == 401
    assert pairing.json()["type"] == "/problems/door-closed"


async def test_a_screen_is_no_staff_and_other_venues_staff_see_no_screen(service: Service) -> None:
    venue, other = await make_venue(service), await make_venue(service)
    display_id, screen = await paired(service, venue)
    stranger = await keeper(service, other)
    path = f"/v1/checkpoints/{venue.checkpoint_id}"

    refused = [
        await screen.get(f"{path}/displays"),
        await screen.post(f"{path}/displays"),
        await screen.post(f"{path}/presence", json={"demanded": True}),
    ]
    not_there = [
        await stranger.get(f"{path}/displays"),
        await stranger.post(f"{path}/displays"),
        await stranger.post(f"{path}/presence", json={"demanded": True}),
        await stranger.post(f"/v1/displays/{display_id}/revoke"),
        await stranger.get(f"/display/{venue.checkpoint_id}"),
        await stranger.post(f"/display/{venue.checkpoint_id}"),
    ]
    elsewhere = await screen.get(f"/display/{other.checkpoint_id}")

    assert {answer.status_code for answer in refused} == {401}
    assert {answer.status_code for answer in not_there} == {404}
    assert elsewhere.headers["location"] == f"/display/{venue.checkpoint_id}"


async def test_the_page_of_the_door_lists_screens_revokes_and_demands(service: Service) -> None:
    venue = await make_venue(service)
    staff = await keeper(service, venue)
    display_id, _ = await paired(service, venue)
    path = f"/display/{venue.checkpoint_id}"

    demanded = await staff.post(f"{path}/presence", data={"demanded": "true"})
    page = await staff.get(path)
    await staff.post(f"{path}/presence", data={"demanded": "false"})
    await staff.post(f"{path}/screens/{display_id}/revoke")
    after = await staff.get(path)

    assert demanded.status_code == 303
    assert re.search(r'name="demanded" value="false"', page.text)
    assert f"{path}/screens/{display_id}/revoke" in page.text
    assert re.search(r'name="demanded" value="true"', after.text)
    assert f"{path}/screens/{display_id}/revoke" not in after.text


async def test_the_token_is_not_what_is_stored(service: Service) -> None:
    venue = await make_venue(service)
    staff = await keeper(service, venue)
    made = await staff.post(f"/v1/checkpoints/{venue.checkpoint_id}/displays")
    hashed = display.token_hmac(service.state, made.json()["token"])

    forged = await service.client()
    forged.cookies.set(DISPLAY_COOKIE, hashed.hex())

    listed = await staff.get(f"/v1/checkpoints/{venue.checkpoint_id}/displays")
    assert (await forged.get("/v1/displays/current")).status_code == 401
    assert set(listed.json()["displays"][0]) == {"id", "paired_at", "revoked_at"}
