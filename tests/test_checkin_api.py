"""Check-in through the API, on real PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.access import DEVICE_COOKIE
from kit.db import connection
from tests.conftest import NOW, Service
from tests.make_phones import body, check_in, check_out, signed_up
from tests.make_venues import make_checkpoint, make_venue, make_zone
from tests.stored import change, count
from venues.code import new_code
from venues.model import Direction

REPLACE = "UPDATE code SET valid_to = $2 WHERE code = $1"
CLOSE = "UPDATE checkpoint SET closed_at = $2 WHERE id = $1"


async def test_a_new_device_gets_a_token_and_has_no_visits_yet(service: Service) -> None:
    phone = await signed_up(service)

    visits = await phone.get("/v1/me/visits")

    assert visits.status_code == 200
    assert visits.json() == {"visits": [], "kept_days": 21}


async def test_a_scan_is_answered_with_the_place_and_the_colour(service: Service) -> None:
    venue = await make_venue(service, name="Chợ Tân An")
    phone = await signed_up(service)

    answer = await check_in(phone, body(venue, companions=2))

    assert answer.status_code == 201
    found = answer.json()
    assert found["venue"] == "Chợ Tân An"
    assert (found["way"], found["companions"], found["colour"]) == ("in", 2, "green")
    assert datetime.fromisoformat(found["at"]) == NOW
    assert not found["differs"]


async def test_a_retry_is_one_scan_and_a_changed_retry_says_so(service: Service) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)
    first = await check_in(phone, body(venue, companions=2))

    again = await check_in(phone, body(venue, companions=2))
    changed = await check_in(phone, body(venue, companions=5))
    as_out = await check_out(phone, body(venue))

    assert again.status_code == changed.status_code == as_out.status_code == 200
    assert again.json() == first.json()
    assert (changed.json()["companions"], changed.json()["differs"]) == (2, True)
    assert (as_out.json()["way"], as_out.json()["differs"]) == ("in", True)
    assert await count(service) == 1


@pytest.mark.parametrize("meanwhile", ["nothing", "closed"])
async def test_a_retry_by_another_door_is_told_of_the_door_that_stands(
    service: Service, meanwhile: str
) -> None:
    venue = await make_venue(service)
    zone = await make_zone(service, venue.id, "Tầng 2")
    other = await make_checkpoint(service, venue.id, zone_id=zone, name="Cửa sau")
    phone = await signed_up(service)
    first = (await check_in(phone, body(venue))).json()
    if meanwhile == "closed":
        statement = "UPDATE checkpoint SET closed_at = $1 WHERE id = $2"
        await change(service, statement, NOW, other.id)

    again = await check_in(phone, body(venue) | {"code": other.code})

    assert again.status_code == 200
    assert again.json() == first | {"differs": True}
    assert first["checkpoint"] != "Cửa sau"
    assert await count(service) == 1


@pytest.mark.parametrize("meanwhile", ["replaced", "closed", "four days", "declaration"])
async def test_a_retry_finds_its_row_whatever_has_changed_since(
    service: Service, meanwhile: str
) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)
    await check_in(phone, body(venue))

    if meanwhile == "replaced":
        await change(service, REPLACE, venue.code, NOW - timedelta(hours=1))
    elif meanwhile == "closed":
        await change(service, CLOSE, venue.checkpoint_id, NOW)
    elif meanwhile == "four days":
        service.clock.tick(days=4)
    else:
        await change(service, "UPDATE venue SET demands_declaration = true")
    again = await check_in(phone, body(venue))

    assert again.status_code == 200
    assert await count(service) == 1


async def test_a_code_is_judged_at_the_time_of_the_scan(service: Service) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)
    await change(service, REPLACE, venue.code, NOW)

    late_upload = await check_in(phone, body(venue, NOW - timedelta(seconds=1)))
    too_late = await check_in(phone, body(venue, NOW))

    assert late_upload.status_code == 201
    assert too_late.status_code == 410
    assert too_late.json()["type"] == "/problems/code-revoked"


async def test_a_time_outside_72_hours_and_2_minutes_is_told_the_right_one(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)
    inside = [
        timedelta(hours=-72, milliseconds=1),
        timedelta(hours=-1),
        timedelta(minutes=2, milliseconds=-1),
    ]
    outside = [timedelta(hours=-72), timedelta(minutes=2), timedelta(365), timedelta(-365)]

    taken = [await check_in(phone, body(venue, NOW + delta)) for delta in inside]
    refused = [await check_in(phone, body(venue, NOW + delta)) for delta in outside]

    assert [answer.status_code for answer in taken] == [201] * 3
    assert [answer.status_code for answer in refused] == [422] * 4
    for answer in refused:
        assert answer.json()["type"] == "/problems/clock-wrong"
        assert datetime.fromisoformat(answer.json()["server_time"]) == NOW
    assert await count(service) == 3


SENSELESS = [
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-12:00",
    "2020-02-29T23:59:59.999Z",
    "2021-07-20T05:00:00",
    "2021-02-29T05:00:00Z",
    "yesterday",
    "",
]


async def test_a_senseless_time_is_the_callers_mistake(service: Service) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)

    answers = [await check_in(phone, body(venue) | {"at": at}) for at in SENSELESS]

    assert [answer.status_code for answer in answers] == [422] * len(SENSELESS)
    assert await count(service) == 0


async def test_one_moment_written_in_two_offsets_is_one_scan(service: Service) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)

    utc = await check_in(phone, body(venue) | {"at": "2021-07-20T05:00:00.123456Z"})
    local = await check_in(phone, body(venue) | {"at": "2021-07-20T12:00:00.123999+07:00"})

    assert (utc.status_code, local.status_code) == (201, 200)
    assert await count(service) == 1


async def test_a_door_lets_through_in_its_own_direction(service: Service) -> None:
    entrance = await make_venue(service, direction=Direction.IN)
    way_out = await make_venue(service, direction=Direction.OUT)
    phone = await signed_up(service)

    wrong_in = await check_in(phone, body(way_out))
    wrong_out = await check_out(phone, body(entrance))
    by_button = await check_out(phone, body(entrance, button=True))

    assert wrong_in.json()["type"] == wrong_out.json()["type"] == "/problems/wrong-direction"
    assert by_button.status_code == 201


async def test_a_closed_door_and_an_unknown_code_are_told_apart(service: Service) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)
    await change(service, CLOSE, venue.checkpoint_id, NOW)

    closed = await check_in(phone, body(venue))
    unknown = await check_in(phone, body(venue) | {"code": new_code()})
    misspelt = await check_in(phone, body(venue) | {"code": "0000000000001"})

    assert closed.json()["type"] == "/problems/checkpoint-closed"
    assert unknown.json() == misspelt.json()
    assert unknown.json()["type"] == "/problems/unknown-code"


async def test_a_field_of_another_kind_is_refused(service: Service) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)
    wrong: list[dict[str, Any]] = [
        *({"companions": 21}, {"companions": -1}, {"companions": "2"}),
        *({"person_id": 7}, {"code": 1}, {"code": "\x00" * 13}),
    ]

    answers = [await check_in(phone, body(venue) | more) for more in wrong]

    assert [answer.status_code for answer in answers] == [422] * len(wrong)
    assert await count(service) == 0


async def test_the_cookie_of_the_page_serves_its_own_site_only(service: Service) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)
    token = phone.headers.pop("authorization").removeprefix("Bearer ")
    phone.cookies.set(DEVICE_COOKIE, token)

    foreign = await phone.post(
        "/v1/check-ins", json=body(venue), headers={"sec-fetch-site": "cross-site"}
    )
    own = await phone.post(
        "/v1/check-ins", json=body(venue), headers={"sec-fetch-site": "same-origin"}
    )

    assert foreign.status_code == 403
    assert own.status_code == 201


async def test_a_door_closed_since_still_takes_what_was_scanned_before(service: Service) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)
    before = service.clock().isoformat()
    service.clock.tick(minutes=30)
    async with connection(service.state["db"]) as db:
        await db.execute("UPDATE checkpoint SET closed_at = $1", service.clock())
    service.clock.tick(minutes=30)
    code, after = venue.code, service.clock().isoformat()

    late = await phone.post("/v1/check-ins", json={"code": code, "at": before})
    now = await phone.post("/v1/check-ins", json={"code": code, "at": after})
    leaving = {"code": code, "at": after, "button": True}
    out = await phone.post("/v1/check-outs", json=leaving)

    assert late.status_code == 201
    assert now.status_code == 410
    assert out.status_code == 201


async def test_a_missing_day_is_an_alarm_and_not_a_lost_scan(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    venue = await make_venue(service)
    phone = await signed_up(service)
    today = service.state["days"].day(service.clock())
    service.state["days"].destroy(today)
    sent = {"code": venue.code, "at": service.clock().isoformat()}

    refused = await phone.post("/v1/check-ins", json=sent)
    service.state["days"].make(today)
    again = await phone.post("/v1/check-ins", json=sent)

    assert refused.status_code == 503
    assert refused.headers["retry-after"]
    assert "chot doctor" in caplog.text
    assert again.status_code == 201
