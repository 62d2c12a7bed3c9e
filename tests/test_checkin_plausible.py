"""A check-in that is hard to believe is kept and marked, and only that one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.model import Role
from checkin.model import Flag
from checkin.plausible import is_far_outside
from kit.db import connection
from tests.conftest import NOW, Service
from tests.make_phones import body, check_in, check_out, signed_up
from tests.make_venues import MadeVenue, make_venue, staff_client
from tests.stored import change
from venues import display

DEMANDED = "UPDATE checkpoint SET presence_since = $2 WHERE id = $1"
OPENING = "UPDATE venue SET opening = $2 WHERE id = $1"


async def marks(service: Service) -> list[int]:
    async with connection(service.state["db"]) as db:
        return [row["flags"] for row in await db.fetch("SELECT flags FROM scan ORDER BY at")]


async def screen_code(service: Service, venue: MadeVenue, at: datetime = NOW) -> str:
    """What a new screen at the venue's door shows at `at`."""
    staff = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    made = await staff.post(f"/v1/checkpoints/{venue.checkpoint_id}/displays")
    secret = display.secret_of(service.state, made.json()["id"])
    return venue.code + display.step_symbols(secret, display.step_at(at))


@pytest.mark.parametrize(
    ("opening", "clock", "far"),
    [
        ("08:00-22:00", "12:00", False),
        ("08:00-22:00", "06:00", False),
        ("08:00-22:00", "05:59", True),
        ("08:00-22:00", "23:59", False),
        ("08:00-22:00", "00:00", True),
        ("08:00-22:00", "04:00", True),
        ("18:00-02:00", "01:00", False),
        ("18:00-02:00", "03:59", False),
        ("18:00-02:00", "04:00", True),
        ("18:00-02:00", "15:59", True),
        ("18:00-02:00", "16:00", False),
        ("06:00-05:00", "05:30", False),
        ("00:00-24:00", "04:00", False),
        ("07:00-07:00", "04:00", False),
        ("", "04:00", False),
    ],
)
def test_far_is_two_hours_outside_opening_hours_that_may_pass_midnight(
    opening: str, clock: str, far: bool
) -> None:
    hours, minutes = map(int, clock.split(":"))
    assert is_far_outside(opening, datetime(2021, 7, 20, hours, minutes, tzinfo=UTC)) == far


async def test_a_check_in_at_4_in_the_morning_by_a_photo_is_kept_and_marked(
    service: Service,
) -> None:
    """The hours are local ones: 4 a.m. here is 9 p.m. in UTC."""
    venue = await make_venue(service)
    await change(service, OPENING, venue.id, "08:00-22:00")
    phone = await signed_up(service)
    night = NOW - timedelta(hours=8)

    at_night = await check_in(phone, body(venue, night))
    at_noon = await check_in(phone, body(venue))

    assert at_night.status_code == at_noon.status_code == 201
    assert at_night.json()["colour"] == "green"
    assert await marks(service) == [Flag.IMPLAUSIBLE, 0]


async def test_a_check_out_at_any_hour_is_believed(service: Service) -> None:
    venue = await make_venue(service)
    await change(service, OPENING, venue.id, "18:00-20:00")
    phone = await signed_up(service)

    await check_out(phone, body(venue))
    await check_in(phone, body(venue, NOW + timedelta(seconds=1)))

    assert await marks(service) == [0, Flag.IMPLAUSIBLE]


async def test_the_code_of_the_screen_is_believed_at_any_hour(service: Service) -> None:
    venue = await make_venue(service)
    await change(service, OPENING, venue.id, "18:00-20:00")
    phone = await signed_up(service)

    code = await screen_code(service, venue)
    answer = await check_in(phone, body(venue) | {"code": code.lower()})

    assert answer.status_code == 201
    assert await marks(service) == [0]


async def test_where_presence_is_demanded_the_bare_code_is_marked_from_then_on(
    service: Service,
) -> None:
    venue = await make_venue(service)
    await change(service, DEMANDED, venue.checkpoint_id, NOW)
    code = await screen_code(service, venue)
    phone = await signed_up(service)

    before = await check_in(phone, body(venue, NOW - timedelta(seconds=1)))
    bare = await check_in(phone, body(venue, NOW))
    shown = await check_in(phone, body(venue, NOW + timedelta(seconds=1)) | {"code": code})

    assert [answer.status_code for answer in (before, bare, shown)] == [201, 201, 201]
    assert await marks(service) == [0, Flag.IMPLAUSIBLE, 0]


async def test_a_step_is_judged_at_the_time_of_the_scan_and_not_of_its_arrival(
    service: Service,
) -> None:
    venue = await make_venue(service)
    await change(service, DEMANDED, venue.checkpoint_id, NOW - timedelta(days=1))
    code = await screen_code(service, venue)
    phone = await signed_up(service)

    service.clock.tick(days=2)
    late = await check_in(phone, body(venue, NOW + timedelta(minutes=1)) | {"code": code})
    stale = await check_in(phone, body(venue, NOW + timedelta(days=2)) | {"code": code})

    assert late.status_code == stale.status_code == 201
    assert await marks(service) == [0, Flag.IMPLAUSIBLE]


async def test_the_step_of_another_door_proves_nothing(service: Service) -> None:
    venue, other = await make_venue(service), await make_venue(service)
    await change(service, DEMANDED, venue.checkpoint_id, NOW)
    elsewhere = await screen_code(service, other)
    phone = await signed_up(service)

    mixed = venue.code + elsewhere[len(venue.code) :]
    await check_in(phone, body(venue) | {"code": mixed})

    assert await marks(service) == [Flag.IMPLAUSIBLE]


async def test_the_pages_carry_the_step_from_the_screen_to_the_scan(service: Service) -> None:
    venue = await make_venue(service)
    await change(service, DEMANDED, venue.checkpoint_id, NOW)
    code = await screen_code(service, venue)
    phone = await service.client()

    first = await phone.get(f"/V/{code}")
    signed = await phone.post(
        f"/V/{code}/sign-up", data={"full_name": "Hoa", "phone": "0912345678"}
    )
    confirm = await phone.get(signed.headers["location"])
    pressed = await phone.post(f"/V/{code}/check-in", data={"at": NOW.isoformat()})
    done = await phone.get(pressed.headers["location"])

    assert f"/V/{code}/sign-up" in first.text
    assert f'action="/V/{code}/check-in"' in confirm.text
    assert done.status_code == 200
    assert await marks(service) == [0]


async def test_a_retry_by_the_bare_code_changes_no_mark(service: Service) -> None:
    """The first row stands: a screen's code sent again from the offline queue, or typed anew."""
    venue = await make_venue(service)
    await change(service, DEMANDED, venue.checkpoint_id, NOW)
    code = await screen_code(service, venue)
    phone = await signed_up(service)

    await check_in(phone, body(venue) | {"code": code})
    again = await check_in(phone, body(venue))

    assert again.status_code == 200
    assert await marks(service) == [0]
