"""The citizen's own list of visits, and what their pages carry."""

from __future__ import annotations

import re
from html import unescape

from tests.conftest import Service
from tests.make_venues import make_venue
from tests.test_checkin_pages import AT, phone_of, rows, shown_at
from venues.model import Direction


async def test_own_visits_show_on_their_own_phone_only(service: Service) -> None:
    venue = await make_venue(service, name="Chợ Tân An")
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)
    await phone.post(f"/V/{venue.code}/check-in", data={"at": at})
    same_name = await phone_of(service, venue)

    own, others = await phone.get("/visits"), await same_name.get("/visits")

    assert "Chợ Tân An" in own.text
    assert "12:00" in own.text
    assert "Chợ Tân An" not in others.text


async def test_pages_hold_no_name_and_no_number_of_anybody(service: Service) -> None:
    """What is on the screen is seen by whoever holds the phone, or the poster."""
    venue = await make_venue(service)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)
    done = await phone.post(f"/V/{venue.code}/check-in", data={"at": at}, follow_redirects=True)

    for path in (f"/V/{venue.code}", "/visits", "/", "/offline", f"/V/{venue.code}/sign-up"):
        page = (await phone.get(path)).text + done.text
        assert "Hoa" not in page
        assert "912345678" not in page.replace(" ", "")


async def test_an_exit_alone_is_listed_without_a_beginning(service: Service) -> None:
    venue = await make_venue(service, name="Chợ Tân An", direction=Direction.OUT)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)
    assert (await phone.post(f"/V/{venue.code}/check-out", data={"at": at})).status_code == 303

    page, answer = await phone.get("/visits"), await phone.get("/v1/me/visits")

    assert re.search(r"no check-in</span> – <time[^>]*>12:00", page.text)
    (visit,) = answer.json()["visits"]
    assert visit["arrived_at"] is None
    assert visit["left_at"].startswith("2021-07-20T")


async def test_who_is_inside_can_check_out_from_the_list_and_from_the_door(
    service: Service,
) -> None:
    venue = await make_venue(service, direction=Direction.IN)
    phone = await phone_of(service, venue)
    path = f"/V/{venue.code}"
    await phone.post(f"{path}/check-in", data={"at": await shown_at(phone, venue)})
    service.clock.tick(minutes=40)

    door, listed = await phone.get(path), await phone.get("/visits")
    at = AT.search(listed.text)
    assert at is not None
    pressed = await phone.post(f"{path}/check-out", data={"at": unescape(at[1]), "button": "1"})

    assert "You checked in at 12:00." in door.text
    assert f'action="{path}/check-out"' in listed.text
    assert pressed.status_code == 303
    for left in ((await phone.get(path)).text, (await phone.get("/visits")).text):
        assert "You checked in at" not in left
        assert 'name="button"' not in left.partition('id="result"')[0]
    assert [row[0] for row in await rows(service)] == [1, 2]
