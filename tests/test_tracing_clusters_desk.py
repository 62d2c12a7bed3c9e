"""Clusters at the desk: of one's own areas' approved cases, as JSON and as a page."""

from __future__ import annotations

from math import inf
from typing import Any

import httpx
import pytest

from checkin import footfall
from checkin.footfall import keep_footfall
from kit.db import connection
from tests.conftest import Service
from tests.golden import B, P, X, at, was
from tests.make_cases import PHONES, approved_case, make_golden_world, make_officers, open_case
from tests.make_people import audit_acts, link, make_person, make_scans
from tests.make_venues import make_venue, make_zone
from tests.stored import change, owner_of

SPAN = {"disease": "covid-19", "since": "2021-06-26", "until": "2021-07-20"}


async def look(client: httpx.AsyncClient, **changed: Any) -> dict[str, Any]:
    answer = await client.post("/v1/clusters", json=SPAN | changed)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_place_shared_before_onset_is_told_with_what_was_to_be_expected(
    service: Service,
) -> None:
    # given X, P and B, who were at A on 9 July, where 4 of that day's 6 arrivals in the ward were;
    # P was at D as well. Somebody whom nobody knows is a case too, and R's waits for its approval
    await make_golden_world(service)
    officers = await make_officers(service)
    others = await make_officers(service, area="2025/79/")
    await approved_case(officers)
    for person in (P, B):
        await approved_case(officers, phone=PHONES[person], onset="2021-07-12", isolated=None)
    await approved_case(officers, phone="+84911111111", onset="2021-07-12", isolated=None)
    await open_case(officers.opener, phone=PHONES[5], onset="2021-07-12", isolated=None)

    found = await look(officers.opener)
    later = await look(officers.opener, since="2021-07-10")
    measles = await look(officers.opener, disease="measles")
    form = (await officers.opener.get("/desk/clusters")).text
    elsewhere = await look(others.opener)

    assert (found["cases"], found["unseen"], found["compared"]) == (4, 1, 5)
    assert found["missing"] == ["2021-06-26", "2021-06-27", "2021-06-28"]
    assert ">COVID-19</option>" in form
    (place,) = found["places"]
    assert (place["venue"], place["zone"], place["day"]) == ("Chợ A", None, None)
    assert (place["cases"], place["people"], place["together"]) == (3, 4, 3)
    assert place["expected"] == pytest.approx(4 / 6 + 1 + 4 / 6)  # nobody is more than one case
    assert place["lower"] < 1 < place["ratio"] < place["upper"]
    assert (place["stands_out"], place["few"]) == (False, True)
    assert place["first"] == "2021-07-09T03:00:00Z"
    # X was infected by the 9th at the latest; of the others P alone was somewhere after it
    assert (later["cases"], later["places"]) == (3, [])
    assert (measles["cases"], elsewhere["cases"], elsewhere["places"]) == (0, 0, [])
    assert len(await audit_acts(service, "look-for-clusters")) == 4


async def test_an_outbreak_in_a_room_stands_out_and_comes_before_the_crowded_market(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given five guests of a room on 6 July, one of whom scanned a card for the market too, and
    # fifty people in the market, four of those guests among them
    world = await make_golden_world(service)
    karaoke = (await make_venue(service, name="Karaoke Sen")).id
    room = await make_zone(service, karaoke, "Phòng 2")
    guests = [world.people[number] for number in (X, 3, 4, 5, 6)]
    card = await make_person(service, "Thẻ", phone="")
    await link(service, guests[0], card)
    crowd = [await make_person(service, phone=f"+849130000{one:02}") for one in range(46)]
    evening, market = (at(6, "20:00"), at(6, "22:00")), (at(6, "09:00"), at(6, "10:00"))
    scans = [one for guest in guests for one in was(guest, karaoke, *evening, zone=room)]
    for person in [card, *guests[2:], *crowd]:
        scans += was(person, world.venues[1], *market)
    await make_scans(service, scans)
    officers = await make_officers(service)
    for number in (X, 3, 4, 5, 6):
        own = {"phone": PHONES[number], "onset": "2021-07-10", "isolated": None}
        await approved_case(officers, **own)

    found = await look(officers.opener, until="2021-07-08")
    shortened = await look(officers.opener, until="2021-07-08", limit=1)
    page = await officers.opener.post("/desk/clusters", data=SPAN | {"until": "2021-07-08"})

    sung, sold = found["places"]
    assert (sung["venue"], sung["zone"], sung["cases"]) == ("Karaoke Sen", "Phòng 2", 5)
    assert (sung["stands_out"], sung["few"], sung["together"]) == (True, False, 5)
    assert (sold["venue"], sold["cases"], sold["stands_out"]) == ("Chợ A", 4, False)
    assert sung["expected"] == pytest.approx((4 * 2 + 1) * 5 / 55)
    assert (len(shortened["places"]), shortened["more"], found["more"]) == (1, 1, 0)
    assert page.text.index("Karaoke Sen, Phòng 2") < page.text.index("Chợ A")
    assert (page.text.count("nổi bật</span>"), page.text.count("có thể ngẫu nhiên</span>")) == (
        1,
        1,
    )
    assert page.text.count("<svg") == 2
    assert "Chị" not in page.text
    # and when complete days are counted by the keeper: the same, from its counts
    monkeypatch.setattr(footfall, "BUDGET", inf)
    async with owner_of(service) as db:
        assert not await keep_footfall(db, service.state["days"], service.clock())
    assert await look(officers.opener, until="2021-07-08") == found
    await change(
        service,
        "UPDATE footfall SET people = people || 1, venues = venues || 1, zones = zones || 9",
    )
    assert await look(officers.opener, until="2021-07-08") != found


async def test_the_page_asks_says_what_is_wrong_and_that_nothing_is_known(service: Service) -> None:
    officers = await make_officers(service)
    backwards = SPAN | {"since": "2021-07-21"}

    form = await officers.opener.get("/desk/clusters")
    empty = await officers.opener.post("/desk/clusters", data=SPAN)
    wrong = [
        await officers.opener.post("/desk/clusters", data=backwards),
        await officers.opener.post("/desk/clusters", data=SPAN | {"until": "hôm nay"}),
        await officers.opener.post("/desk/clusters", data=SPAN | {"since": "2021-05-01"}),
        await officers.opener.post("/desk/clusters", data=SPAN | {"until": "2021-07-21"}),
    ]
    refused = await officers.opener.post("/v1/clusters", json=backwards)

    assert 'value="2021-06-30"' in form.text
    assert 'value="2021-07-20"' in form.text
    assert "Không có nơi nào" in empty.text
    assert [one.status_code for one in wrong] == [422] * 4
    assert all("tối đa 60 ngày" in one.text for one in wrong)
    assert refused.json()["type"] == "/problems/span-implausible"
    assert len(await audit_acts(service, "look-for-clusters")) == 1


async def test_the_audit_names_the_cases_that_were_looked_at(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)

    await look(officers.approver)

    async with connection(service.state["db"]) as db:
        facts = await db.fetchval("SELECT facts FROM audit WHERE act = 'look-for-clusters'")
    assert f'"cases": [{case_id}]' in facts
