"""Notes and hand-over, what changed since somebody looked, each role's own work, and closing."""

from __future__ import annotations

import re
from typing import Any

import httpx

from accounts.model import Role
from kit.db import connection
from tests.make_cases import CAN_THO, open_case
from tests.make_holds import slug
from tests.make_venues import staff_client
from tests.make_work import Desk, desk

__all__ = ["desk"]  # the fixture


async def notes(desk: Desk, by: httpx.AsyncClient) -> dict[str, Any]:
    answer = await by.get(f"{desk.path}/notes")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_note_is_sealed_and_what_others_did_is_new_until_seen(desk: Desk) -> None:
    opener, approver = desk.officers.opener, desk.officers.approver
    at_first = (await notes(desk, approver))["changed"]
    seen = {name: at_first[name] for name in ("event", "note", "run")}
    await approver.post(f"{desk.path}/seen", json=seen)
    nothing = (await notes(desk, approver))["changed"]
    await opener.post(f"{desk.path}/notes", json={"text": "nhà có người già, gọi sau 17 giờ"})
    await desk.work("reached", "P", "W")
    await opener.post(f"{desk.path}/runs", json={})
    after = await notes(desk, approver)
    own = (await notes(desk, opener))["changed"]
    page = (await approver.get(f"{desk.page}?lang=en")).text
    form = dict(re.findall(r'name="(event|note|run)" value="(\d+)"', page))
    await approver.post(f"{desk.page}/seen", data=form)

    def told(changed: dict[str, int]) -> tuple[int, ...]:
        return tuple(changed[name] for name in ("contacts", "worked", "notes", "runs"))

    assert told(at_first) == (0, 0, 0, 0)  # whose approval traced it
    assert told(nothing) == (0, 0, 0, 0)
    assert told(after["changed"]) == (0, 2, 1, 1)
    assert told(own) == (4, 0, 0, 1)
    assert [one["text"] for one in after["notes"]] == ["nhà có người già, gọi sau 17 giờ"]
    assert "New since you looked" in page
    assert told((await notes(desk, approver))["changed"]) == (0, 0, 0, 0)
    async with connection(desk.service.state["db"]) as db:
        assert "nhà".encode() not in await db.fetchval("SELECT sealed FROM case_note")


async def test_a_case_is_handed_to_an_officer_who_reads_it_and_finds_it_first(desk: Desk) -> None:
    approver = desk.officers.approver
    officers = (await notes(desk, desk.officers.opener))["officers"]
    _, mine, _ = [one["id"] for one in officers]  # the opener, the approver, the verifier
    form = {"text": "hết ca trực", "for_staff": mine}

    done = await desk.officers.opener.post(f"{desk.path}/notes", json=form)
    wrong = await desk.officers.opener.post(
        f"{desk.path}/notes", json=form | {"for_staff": 999_999}
    )
    start = (await approver.get("/desk?lang=en")).text

    assert done.status_code == 201
    assert slug(wrong) == "not-an-officer"
    assert "was handed over to you" in start
    stranger = await staff_client(desk.service, Role.COORDINATOR, area="2025/01/")
    assert (await stranger.get(f"{desk.path}/notes")).status_code == 404
    assert (await stranger.post(f"{desk.path}/notes", json={"text": "x"})).status_code == 404
    assert (await stranger.post(f"{desk.path}/closing", json={"reason": "x"})).status_code == 404
    # a tracer with some contacts reads what they wrote themselves
    await desk.give("P", own_ward=True)
    await desk.here.post(f"{desk.path}/notes", json={"text": "không có nhà"})
    assert [one["text"] for one in (await notes(desk, desk.here))["notes"]] == ["không có nhà"]
    assert len((await notes(desk, approver))["notes"]) == 2


async def test_the_start_page_shows_each_role_its_own_work_first(desk: Desk) -> None:
    empty = (await desk.here.get("/desk?lang=en")).text
    await desk.give("P", "W", own_ward=True)
    investigator = await staff_client(desk.service, Role.INVESTIGATOR, area=CAN_THO)
    pages = {
        name: (await client.get("/desk?lang=en")).text
        for name, client in (
            ("tracer", desk.here),
            ("verifier", desk.verifier),
            ("coordinator", desk.officers.opener),
            ("investigator", investigator),
        )
    }

    def work(page: str) -> list[str]:
        return [
            " ".join(re.sub("<[^>]+>", "", one).split())
            for one in re.findall(r'<li><a href="/desk/cases/\d+\?[^"]+">(.*?)</a>', page)
        ]

    number = (await desk.case())["number"]
    assert "Nothing was given to your area yet." in empty
    assert work(pages["tracer"]) == [
        f"{number} · 1 contacts of your ward not reached, with no tracer"
    ]
    assert work(pages["verifier"]) == [f"{number} · 2 F1 to confirm or reject"]
    assert work(pages["coordinator"]) == [f"{number} · 2 contacts given to no ward"]
    assert work(pages["investigator"]) == []
    assert 'href="/desk/clusters"' not in pages["tracer"]


async def test_whoever_holds_up_a_case_or_a_list_is_told_so_first(desk: Desk) -> None:
    opener, approver = desk.officers.opener, desk.officers.approver
    waiting = await open_case(opener)
    path = f"{desk.path}/releases"
    form = {"what": "xlsx", "purpose": "sampling", "reason": "gửi trạm y tế"}
    asked = (await opener.post(path, json=form)).json()

    async def stopped(client: httpx.AsyncClient) -> list[tuple[str, str]]:
        page = (await client.get("/desk?lang=en")).text
        found = re.findall(r'<li><a href="([^"?]+)"><span>F0-[^<]+ ·</span> (.*?)</a>', page)
        return [(path, words.strip()) for path, words in found]

    decides = [
        (f"/desk/cases/{waiting['id']}", "waits for your approval: somebody else opened it"),
        (f"{desk.page}/releases", "list with names waits for your decision"),
    ]
    assert await stopped(approver) == decides
    assert await stopped(opener) == await stopped(desk.verifier) == []

    agreed = {"approved": True, "reason": "đã gọi", "people": asked["people"]}
    await approver.post(f"{path}/{asked['id']}/decision", json=agreed)

    assert await stopped(approver) == decides[:1]
    assert await stopped(opener) == [
        (f"{desk.page}/releases", "list with names was let go: fetch it")
    ]
    await opener.get(f"{desk.path}/contacts.xlsx?purpose=sampling")
    assert await stopped(opener) == []


async def test_a_case_is_closed_with_a_reason_and_opened_again_with_nothing_lost(
    desk: Desk,
) -> None:
    opener = desk.officers.opener
    reason = {"reason": "hết thời gian cách ly"}
    left = await opener.post(f"{desk.path}/closing", json=reason)
    refused = await opener.post(f"{desk.page}/closing", data=reason)
    verifier = await desk.verifier.post(f"{desk.path}/closing", json=reason)
    await desk.work("reached", "P", "W")
    closed = await opener.post(f"{desk.path}/closing", json=reason)
    again = await opener.post(f"{desk.page}/closing", data=reason)
    shut = [await desk.work("negative", "P"), await opener.get(f"{desk.path}/contacts")]
    page = (await opener.get(f"{desk.page}?lang=en")).text
    opened = await opener.post(f"{desk.page}/reopening", data={"reason": "ca mới trong nhà"})

    assert (left.status_code, slug(left)) == (409, "work-left")
    assert left.json()["not_reached"] == 2
    assert f">{reason['reason']}</textarea>" in refused.text  # what was typed is not lost
    assert verifier.status_code == 403
    assert closed.json()["status"] == "closed"
    assert again.status_code == 409
    assert [one.status_code for one in shut] == [409, 409]
    assert "Open this case again" in page
    assert opened.status_code == 303
    assert await desk.listed(reached="true") == ["P", "W"]
    kinds = [one["kind"] for one in (await notes(desk, opener))["notes"]]
    assert kinds == ["reopening", "closing"]
