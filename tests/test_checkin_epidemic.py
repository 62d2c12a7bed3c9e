"""Epidemic areas with their dates: listed by who may, asked on the form, judged by policy."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from accounts.model import Role
from kit.db import connection
from tests.conftest import NOW, Service
from tests.make_gates import gate_client, show
from tests.make_people import audit_acts
from tests.make_phones import NOTHING, body, check_in, signed_up
from tests.make_venues import CAI_KHE, make_venue, staff_client
from tests.test_venues_pages import CAFE

CAN_THO = "2025/92/"
ENTRY = {
    "area": CAI_KHE,
    "since": "2021-07-10",
    "verdict": "red",
    "source": "QĐ 1234/QĐ-UBND",
}
AREAS = "/v1/epidemic-areas"


async def keeper(service: Service, role: Role = Role.COORDINATOR) -> httpx.AsyncClient:
    return await staff_client(service, role, area=CAN_THO)


async def listed(client: httpx.AsyncClient, **changed: Any) -> int:
    answer = await client.post(AREAS, json=ENTRY | changed)
    assert answer.status_code == 201, answer.text
    edition: int = answer.json()["area"]["edition"]
    return edition


async def in_force(service: Service) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await (await service.client()).get(AREAS)).json()["areas"]
    return found


async def test_a_listed_area_colours_whoever_was_there_until_its_days_are_over(
    service: Service,
) -> None:
    edition = await listed(await keeper(service))
    phone, venue = await signed_up(service), await make_venue(service)
    been_there = NOTHING | {"epidemic_area": edition, "left_on": "2021-07-15"}

    declared = (await phone.post("/v1/declarations", json=been_there)).json()
    scanned = (await check_in(phone, body(venue))).json()
    service.clock.tick(days=9, hours=1)
    later = (await phone.get("/v1/me/standing")).json()

    assert (declared["verdict"], scanned["colour"]) == ("red", "red")
    assert declared["policy"] == "vn-2021/1"
    assert datetime.fromisoformat(declared["valid_until"]) == NOW + timedelta(days=9)
    assert later["colour"] == "green"


async def test_an_area_that_nobody_listed_is_amber_as_ever(service: Service) -> None:
    phone = await signed_up(service)

    gone = await phone.post("/v1/declarations", json=NOTHING | {"epidemic_area": 4711})
    tomorrow = {"epidemic_area": 4711, "left_on": "2021-07-21"}
    wrong = await phone.post("/v1/declarations", json=NOTHING | tomorrow)

    assert gone.json()["verdict"] == "amber"
    assert (wrong.status_code, wrong.json()["type"]) == (422, "/problems/left-on-wrong")


async def test_an_entry_is_ended_and_withdrawn_by_new_editions_only(service: Service) -> None:
    client = await keeper(service)
    first = await listed(client)
    end = {"until": "2021-07-18", "verdict": "red", "source": "QĐ 1300"}
    ended = (await client.post(f"{AREAS}/{first}/editions", json=end)).json()["area"]["edition"]
    still = await in_force(service)
    again = await client.post(f"{AREAS}/{first}/editions", json=end)
    wrong = {"verdict": "red", "source": "nhầm phường", "withdrawn": True}
    await client.post(f"{AREAS}/{ended}/editions", json=wrong)

    log = (await client.get(f"{AREAS}/editions")).json()["editions"]

    assert [one["until"] for one in still] == ["2021-07-18"]
    assert (again.status_code, again.json()["type"]) == (409, "/problems/epidemic-area-changed")
    assert await in_force(service) == []
    assert [(one["area"]["until"], one["withdrawn"], one["last"]) for one in log] == [
        (None, True, True),
        ("2021-07-18", False, False),
        (None, False, False),
    ]
    assert len(await audit_acts(service, "list-epidemic-area")) == 3
    async with connection(service.state["db"]) as db:
        for act in ("UPDATE epidemic_area SET until = NULL", "DELETE FROM epidemic_area"):
            with pytest.raises(Exception, match="permission denied"):
                await db.execute(act)


async def test_an_ended_area_is_asked_about_as_long_as_its_days_count(service: Service) -> None:
    await listed(await keeper(service), until="2021-07-10")

    service.clock.tick(days=4)
    within = await in_force(service)
    service.clock.tick(days=1)

    assert len(within) == 1
    assert await in_force(service) == []


async def test_two_officers_at_once_list_and_change_an_entry_once(service: Service) -> None:
    one, other = await keeper(service), await keeper(service)

    begun = await asyncio.gather(*(c.post(AREAS, json=ENTRY) for c in (one, other)))
    edition = (await in_force(service))[0]["edition"]
    end = {"until": "2021-07-18", "verdict": "red", "source": "QĐ 1300"}
    path = f"{AREAS}/{edition}/editions"
    changed = await asyncio.gather(*(c.post(path, json=end) for c in (one, other)))

    assert sorted(answer.status_code for answer in begun) == [201, 409]
    assert sorted(answer.status_code for answer in changed) == [201, 409]


@pytest.mark.parametrize(
    "wrong",
    [
        {"area": "2025/01/"},
        {"area": "nowhere"},
        {"since": "2021-09-01"},
        {"since": "0001-01-01"},
        {"until": "2021-07-09"},
        {"until": "9999-12-31"},
    ],
)
async def test_what_cannot_be_listed_is_refused(service: Service, wrong: dict[str, str]) -> None:
    answer = await (await keeper(service)).post(AREAS, json=ENTRY | wrong)

    assert answer.status_code == 422


async def test_an_entry_of_years_ago_can_still_be_ended(service: Service) -> None:
    edition = await listed(await keeper(service))
    service.clock.tick(days=4 * 365)
    end = {"until": "2021-08-01", "verdict": "red", "source": "QĐ 1300"}

    answer = await (await keeper(service)).post(f"{AREAS}/{edition}/editions", json=end)

    assert answer.status_code == 201


async def test_each_role_lists_in_its_own_area_alone(service: Service) -> None:
    edition = await listed(await keeper(service, Role.ADMIN))
    end = {"until": "2021-07-18", "verdict": "red", "source": "QĐ 1300"}
    path = f"{AREAS}/{edition}/editions"
    for role in Role:
        stranger = await staff_client(service, role, area="2025/01/")
        allowed = role in (Role.COORDINATOR, Role.ADMIN)
        assert (await stranger.post(path, json=end)).status_code == (404 if allowed else 403)
        form = {"until": "2021-07-18", "source": "x"}
        page = await stranger.post(f"/epidemic-areas/{edition}", data=form)
        assert page.status_code == (404 if allowed else 403)
        log = await stranger.get(f"{AREAS}/editions")
        assert log.json().get("editions", []) == []
    admin = await keeper(service, Role.ADMIN)
    assert 'href="/epidemic-areas"' in (await admin.get("/venues")).text
    nobodys = await staff_client(service, Role.ADMIN, organisation_id=1)
    assert (await nobodys.get("/epidemic-areas")).status_code == 200
    assert (await nobodys.post(AREAS, json=ENTRY)).status_code == 422


async def test_the_page_has_the_menu_of_the_desk_and_no_day_that_no_text_names(
    service: Service,
) -> None:
    coordinator, admin = await keeper(service), await keeper(service, Role.ADMIN)
    coordinator.headers["accept-language"] = "en"

    page = (await coordinator.get("/epidemic-areas")).text
    desk = (await coordinator.get("/desk/alerts")).text
    of_admin = (await admin.get("/epidemic-areas")).text

    links = re.findall(r'href="(/[a-z/-]+)"', desk.partition("</nav>")[0])
    assert re.findall(r'href="(/[a-z/-]+)"', page.partition("</nav>")[0]) == links
    assert "/desk/holds" in links
    assert 'class="who' in page
    assert 'href="/venues"' in of_admin
    assert "5053/QĐ-BYT, 3 December 2020" in page
    assert "since 01/01/2020" not in page


async def test_the_page_lists_ends_and_withdraws(service: Service) -> None:
    client = await keeper(service)
    client.headers["accept-language"] = "en"
    form = {"place": "Cái Khế", "since": "2021-07-10", "verdict": "red", "source": "QĐ 1234"}

    asked = await client.post("/epidemic-areas", data=form)
    areas = re.findall(r'name="area" value="([^"]+)"', asked.text)
    made = await client.post("/epidemic-areas", data=form | {"area": CAI_KHE})
    edition = (await in_force(service))[0]["edition"]
    empty = await client.post(f"/epidemic-areas/{edition}", data={"until": "2021-07-18"})
    early = {"until": "2021-07-01", "source": "QĐ 1300"}
    wrong = await client.post(f"/epidemic-areas/{edition}", data=early)
    ended = await client.post(f"/epidemic-areas/{edition}", data=early | {"until": "2021-07-18"})
    page = (await client.get("/epidemic-areas")).text

    assert CAI_KHE in areas  # both unit systems have one of the name
    assert len(areas) > 1
    assert made.status_code == ended.status_code == 303
    assert (empty.status_code, wrong.status_code) == (422, 422)
    assert "10/07/2021 – 18/07/2021" in page
    assert "replaced" in page
    assert "QĐ 1234" in page  # the first version stays readable


async def test_the_form_names_the_places_of_the_last_days(service: Service) -> None:
    edition = await listed(await keeper(service))
    phone, venue = await signed_up(service), await make_venue(service)
    phone.headers["accept-language"] = "en"
    no = {"met_case": "0", "from_epidemic_area": "1", "met_sick": "0", "true_and_complete": "1"}
    there = no | {"epidemic_area": str(edition), "left_on": "2021-07-16"}

    for path in (f"/V/{venue.code}/declare", "/standing/declare"):
        page = (await phone.get(path)).text
        tomorrow = await phone.post(path, data=there | {"left_on": "2021-07-21"})
        sent = await phone.post(path, data=there)

        assert "Epidemic areas of the last 14 days" in page
        assert "Phường Cái Khế" in page
        assert "QĐ 1234" not in page
        assert tomorrow.status_code == 422
        assert "cannot be in the future" in tomorrow.text
        assert sent.status_code == 303
        assert (await phone.get("/v1/me/standing")).json()["own"] == "red"


async def test_a_venue_chooses_on_its_page_whether_a_declaration_is_asked_for(
    service: Service,
) -> None:
    venue = await make_venue(service)
    staff = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    phone = await signed_up(service)
    gate = await gate_client(service, venue.checkpoint_id)
    own_pass = (await phone.get("/v1/me/pass")).json()["text"]

    free = await show(gate, own_pass, service.clock())
    changed = await staff.post(f"/venues/{venue.id}/edit", data=CAFE | {"demands_declaration": "1"})
    service.clock.tick(minutes=10)
    own_pass = (await phone.get("/v1/me/pass")).json()["text"]
    another = await gate_client(service, venue.checkpoint_id)  # the first one knows it in seconds
    asked = await show(another, own_pass, service.clock())
    refused = await check_in(phone, body(venue, service.clock.tick(minutes=10)))

    assert changed.status_code == 303, changed.text
    assert (free.json()["reason"], asked.json()["reason"]) == ("welcome", "declare")
    assert refused.json()["type"] == "/problems/declaration-needed"
