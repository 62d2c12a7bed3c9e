"""A held person's scans are told to the desk of their case: where, what happened, who saw it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from accounts.model import Role
from kit.db import connection
from tests.make_cases import CAN_THO
from tests.make_gates import gate_client, show
from tests.make_holds import Held, device, held
from tests.make_people import audit_acts, link, make_person
from tests.make_venues import MadeVenue, make_venue, staff_client

__all__ = ["held"]  # the fixture


async def listed(client: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    answer = await client.get("/v1/alerts", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def check_in(phone: httpx.AsyncClient, venue: MadeVenue, at: datetime) -> httpx.Response:
    form = {"code": venue.code, "at": at.isoformat()}
    return await phone.post("/v1/check-ins", json=form)


async def test_a_held_persons_own_check_in_is_stored_and_told(held: Held) -> None:
    hold_id = await held.stand()
    venue = await make_venue(held.service, name="Chợ Xuân Khánh")

    stored = await check_in(held.citizen, venue, held.service.clock())
    found = await listed(held.officers.opener)

    assert (stored.status_code, found["unseen"]) == (201, 1)
    (alert,) = found["alerts"]
    assert (alert["venue"], alert["happened"]) == ("Chợ Xuân Khánh", "checked-in")
    assert (alert["case_id"], alert["hold_id"]) == (held.case_id, hold_id)
    assert alert["number"] == held.number
    assert (alert["seen_by"], alert["seen"]) == (None, None)
    assert "Chị" not in str(found)


async def test_what_comes_late_and_what_a_gate_turns_away_are_told_apart(held: Held) -> None:
    await held.stand()
    venue = await make_venue(held.service)
    held.service.clock.tick(hours=3)
    late = held.service.clock() - timedelta(hours=2)
    event = {"code": venue.code, "at": late.isoformat(), "way": "in"}
    await held.citizen.post("/v1/uploads", json=[event])
    gate = await gate_client(held.service, venue.checkpoint_id)
    own_pass = (await held.citizen.get("/v1/me/pass")).json()["text"]
    shown = await show(gate, own_pass, held.service.clock())
    found = await listed(held.officers.opener)

    assert shown.json()["colour"] == "red"
    assert [one["happened"] for one in found["alerts"]] == ["turned-away", "sent-late"]


async def test_only_the_scans_of_a_red_hold_while_it_stands_are_alerts(held: Held) -> None:
    venue, now = await make_venue(held.service), held.service.clock
    stranger = await device(held.service, await make_person(held.service))
    calm = {"met_case": True, "from_epidemic_area": False, "met_sick": False}
    for phone in (stranger, held.citizen):  # red by their own word, and before any hold
        await phone.post("/v1/declarations", json=calm)
        await check_in(phone, venue, now())
    now.tick(hours=1)
    hold_id = await held.stand()
    await check_in(held.citizen, venue, now())
    now.tick(hours=1)
    await held.officers.opener.post(f"{held.path}/{hold_id}/end", json={"reason": "âm tính"})
    now.tick(hours=1)
    await check_in(held.citizen, venue, now())

    found = (await listed(held.officers.opener))["alerts"]

    assert [one["at"] for one in found] == ["2021-07-20T06:00:00Z"]


async def test_an_amber_hold_alerts_nobody(held: Held) -> None:
    hold_id = (await held.propose(colour="amber")).json()["id"]
    await held.decide(hold_id)
    await check_in(held.citizen, await make_venue(held.service), held.service.clock())

    assert (await listed(held.officers.opener))["alerts"] == []


async def test_another_record_of_the_same_human_being_alerts_too(held: Held) -> None:
    other = await make_person(held.service, "Hoa", "+84900000001")
    await link(held.service, held.person_id, other)
    await held.stand()

    await check_in(
        await device(held.service, other), await make_venue(held.service), held.service.clock()
    )

    assert [one["number"] for one in (await listed(held.officers.opener))["alerts"]] == [
        held.number
    ]


async def test_an_undone_scan_is_no_alert(held: Held) -> None:
    await held.stand()
    await check_in(held.citizen, await make_venue(held.service), held.service.clock())
    async with connection(held.service.state["db"]) as db:
        await db.execute(
            "INSERT INTO amendment (subject, at, venue_id, seq, void, reason)"
            " SELECT subject, at, venue_id, 1, true, 'nhầm' FROM scan WHERE flags & 1 = 1"
        )

    assert (await listed(held.officers.opener))["alerts"] == []


async def scanned(held: Held, times: int) -> list[dict[str, Any]]:
    """That many check-ins of the held person, as their desk reads them."""
    await held.stand()
    venue = await make_venue(held.service)
    for _ in range(times):
        held.service.clock.tick(minutes=5)
        await check_in(held.citizen, venue, held.service.clock())
    found: list[dict[str, Any]] = (await listed(held.officers.opener))["alerts"]
    assert len(found) == times
    return found


async def test_the_list_comes_newest_first_and_in_pages(held: Held) -> None:
    whole = await scanned(held, 5)

    first = await listed(held.officers.opener, limit="3")
    rest = await listed(held.officers.opener, limit="3", before=first["next"])
    gone = await held.officers.opener.get("/v1/alerts", params={"before": "00"})

    times = [one["at"] for one in whole]
    assert times == sorted(times, reverse=True)
    assert first["alerts"] + rest["alerts"] == whole
    assert (first["unseen"], rest["next"], gone.status_code) == (5, None, 404)


async def test_whoever_sees_an_alert_first_stays_its_reader(held: Held) -> None:
    newest, *_ = await scanned(held, 2)
    path = f"/v1/alerts/{newest['reference']}/seen"

    first = await held.officers.opener.post(path)
    held.service.clock.tick(hours=2)
    second = await held.officers.approver.post(path)
    left = await listed(held.officers.approver, unseen="true")

    assert first.json()["seen_by"] == "Nhân viên"
    assert first.json()["seen"] == "2021-07-20T05:00:00Z"
    assert second.json() == first.json()
    assert (left["unseen"], len(left["alerts"])) == (1, 1)


async def test_nothing_stored_of_an_alert_leads_to_its_scan(held: Held) -> None:
    (alert,) = await scanned(held, 1)
    await held.officers.opener.post(f"/v1/alerts/{alert['reference']}/seen")
    async with connection(held.service.state["db"]) as db:
        row = dict((await db.fetch("SELECT * FROM alert_seen"))[0])
        subject = await db.fetchval("SELECT subject FROM scan WHERE flags & 1 = 1")

    assert row["seen"].minute == 0
    assert subject.bytes not in row["alert"]
    assert row["alert"] not in subject.bytes


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.INVESTIGATOR, Role.VERIFIER])
async def test_every_officer_of_the_area_and_none_of_another_gets_the_alerts(
    held: Held, role: Role
) -> None:
    (alert,) = await scanned(held, 1)
    reference = alert["reference"]
    own = await staff_client(held.service, role, area=CAN_THO)
    stranger = await staff_client(held.service, role, area="2025/01/")
    hidden = {"reference": reference, "purpose": "quarantine"}

    assert len((await listed(own))["alerts"]) == 1
    assert (await listed(stranger)) == {"alerts": [], "next": None, "unseen": 0}
    assert (await stranger.post(f"/v1/alerts/{reference}/seen")).status_code == 404
    refused = [
        await stranger.post("/desk/alerts/seen", data={"references": reference}),
        await stranger.post("/desk/alerts/reveal", data=hidden),
    ]
    assert [one.status_code for one in refused] == [404, 404]
    assert reference not in (await stranger.get("/desk/alerts")).text
    assert await audit_acts(held.service, "reveal-name") == []
    assert (await own.post(f"/v1/alerts/{reference}/seen")).status_code == 200


async def test_the_desk_counts_what_nobody_saw_and_the_page_marks_it_seen(held: Held) -> None:
    found = await scanned(held, 2)
    opener = held.officers.opener
    opener.headers["accept-language"] = "en"

    before = (await opener.get("/desk")).text
    page = (await opener.get("/desk/alerts")).text
    both = " ".join(one["reference"] for one in found)
    done = await opener.post("/desk/alerts/seen", data={"references": both})
    after = (await opener.get("/desk/alerts")).text

    assert '<b class="count">2</b>' in before
    assert "2 not seen yet" in page
    assert "checked in with their phone" in page
    assert done.headers["location"] == "/desk/alerts"
    assert "All seen" in after
    assert "Mark as seen" not in after


async def test_the_page_names_nobody_without_an_audit_row(held: Held) -> None:
    (alert,) = await scanned(held, 1)
    wish: Mapping[str, str] = {"reference": alert["reference"], "purpose": "quarantine"}

    closed = (await held.officers.opener.get("/desk/alerts")).text
    rows = await audit_acts(held.service, "reveal-name")
    opened = (await held.officers.opener.post("/desk/alerts/reveal", data=wish)).text
    again = (await held.officers.opener.get("/desk/alerts")).text

    assert "Chị" not in closed
    assert rows == []
    assert "<b>Chị" in opened
    assert "Chị" not in again
    assert len(await audit_acts(held.service, "reveal-name")) == 1
    assert (await listed(held.officers.opener))["unseen"] == 0


async def test_a_held_person_who_left_the_list_can_still_be_named(held: Held) -> None:
    (alert,) = await scanned(held, 1)
    async with connection(held.service.state["db"]) as db:
        await db.execute("UPDATE contact SET listed = false")
    wish = {"reference": alert["reference"], "purpose": "quarantine"}

    opened = await held.officers.opener.post("/desk/alerts/reveal", data=wish)

    assert "<b>Chị" in opened.text
