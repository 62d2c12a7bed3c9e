"""Lists go out to the wards: a tracer sees the contacts given to their area, and no others."""

from __future__ import annotations

import re

import httpx
import pytest

from accounts.model import Role
from tests.make_cases import CAN_THO
from tests.make_holds import slug
from tests.make_people import audit_acts
from tests.make_venues import CAI_KHE, staff_client
from tests.make_work import OTHER_WARD, Desk, desk
from tracing.casework import pages as casework_pages
from tracing.casework import pages_list
from tracing.runs import queries_contacts

__all__ = ["desk"]  # the fixture


async def test_a_tracer_sees_what_was_given_to_their_ward_and_no_row_of_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [await desk.here.get(desk.path), await desk.here.get(desk.page)]
    given = await desk.give("P", "W", "U", own_ward=True)

    assert [one.status_code for one in before] == [404, 404]
    assert given.json() == {"done": 3, "left": 0}
    assert await desk.listed(desk.here) == ["P"]
    assert await desk.listed(desk.there) == ["W", "U"]
    assert (await desk.case())["counters"]["not_given"] == 1
    # nor is the case's own person told, by name, phone or reference
    case = await desk.case(desk.here)
    assert (case["people"], case["lab_reference"]) == ([], "")
    assert (case["onset"], case["isolated"], case["area"]) == (None, None, "")
    assert case["counters"]["close"] == 1
    board = (await desk.here.get("/desk")).text
    assert str(case["number"]) in board
    page = (await desk.here.get(desk.page)).text
    assert desk.number["P"] in page
    assert not any(desk.number[one] in page for one in "WUB")
    assert "CDC-CT" not in page
    for told in (page, board):
        assert "10/07/2021" not in told
    # nothing of the other ward can be touched or read
    refused = [
        await desk.work("reached", "W", by=desk.here),
        await desk.work("reached", "P", "W", by=desk.here),
        await desk.here.post(f"{desk.path}/contacts/reveal", json=names(desk, "W")),
        await desk.here.post(f"{desk.path}/contacts/reveal", json=names(desk, "P", "W")),
    ]
    assert [one.status_code for one in refused] == [404] * 4
    assert await audit_acts(desk.service, "reveal-name") == []
    worked = await desk.work("reached", "P", by=desk.here)
    assert worked.json() == {"done": 1, "left": 0}
    shown = await desk.here.post(f"{desk.path}/contacts/reveal", json=names(desk, "P"))
    assert [one["full_name"] for one in shown.json()["revealed"]] == ["Chị P"]

    # and with the guard off the look finds the other ward's rows
    guard = "AND (c.area ^@ ANY($3::text[]) OR k.given_to <> '' AND k.given_to ^@ ANY($4::text[]))"
    assert guard in queries_contacts.LISTED
    open_door = "AND ($3::text[] IS NOT NULL AND $4::text[] IS NOT NULL)"
    monkeypatch.setattr(
        queries_contacts, "LISTED", queries_contacts.LISTED.replace(guard, open_door)
    )
    assert await desk.listed(desk.here) == ["P", "W", "U", "B"]


def names(desk: Desk, *letters: str) -> dict[str, object]:
    return {"numbers": [desk.number[one] for one in letters], "purpose": "contact-tracing"}


async def test_contacts_go_to_a_tracer_of_that_area_only(desk: Desk) -> None:
    opener = desk.officers.opener
    tracers = (await opener.get("/v1/tracers")).json()["tracers"]
    here, there = [
        next(one["id"] for one in tracers if one["area"] == ward) for ward in (CAI_KHE, OTHER_WARD)
    ]

    wrong = await desk.give("P", area=CAI_KHE, tracer=there)
    both = await desk.give("P", "B", "W", own_ward=True, tracer=here)
    nowhere = await desk.give("P", area="2025/92/99999/")
    stranger = await staff_client(desk.service, Role.COORDINATOR, area="2025/01/")
    form = {"numbers": [desk.number["P"]], "area": "2025/01/"}
    foreign = await stranger.post(f"{desk.path}/contacts/assignments", json=form)

    assert (wrong.status_code, slug(wrong)) == (422, "wrong-tracer")
    assert both.json() == {"done": 2, "left": 1}  # W lives where that tracer does not work
    assert slug(nowhere) == "area-unknown"
    assert foreign.status_code == 404
    assert await desk.listed(tracer=here) == ["P", "B"]
    assert await desk.listed(tracer=0) == ["W", "U"]
    assert await desk.listed(ward=OTHER_WARD) == ["W"]
    back = await desk.give("P", area="")
    assert back.json()["done"] == 1
    assert await desk.listed(desk.here) == ["B"]


def numbered(desk: Desk, begin: str) -> list[str]:
    """Whose random number begins so: the text finds it too."""
    return [one for one, number in desk.number.items() if number.lower().startswith(begin)]


async def test_the_list_is_filtered_by_what_stands_in_its_rows(desk: Desk) -> None:
    await desk.work("reached", "W")
    await desk.work("sampled", "B")
    await desk.judge("confirmed", "P", reason="đã gọi")

    assert await desk.listed(reached="true") == ["W"]
    assert await desk.listed(reached="false", rank="low") == ["U", "B"]
    assert await desk.listed(test="awaiting") == ["B"]
    assert await desk.listed(state="confirmed") == ["P"]
    assert set(await desk.listed(text="cho a")) == {*"PB", *numbered(desk, "a")}
    assert set(await desk.listed(text="Chợ G")) == {*"WU", *numbered(desk, "g")}
    assert await desk.listed(text="chị p") == []  # a name is not found out by typing it
    assert await desk.listed(given="true") == []


async def test_the_pages_do_the_same_for_one_for_the_ticked_and_for_everybody(desk: Desk) -> None:
    opener = await english(desk)
    contacts = f"{desk.page}/contacts"
    pick = {f"pick-{desk.number['P']}": "on", f"pick-{desk.number['U']}": "on"}
    alone = await opener.post(f"{contacts}/work", data={"do": f"reached:{desk.number['W']}"})
    ticked = await opener.post(f"{contacts}/work", data={"act": "sampled"} | pick)
    form = {"everybody": "1", "to": "own", "list": "reached=no"}
    given = await opener.post(f"{contacts}/assignments", data=form)
    nobody = await opener.post(f"{contacts}/work", data={"act": "sampled"})
    silent = await opener.post(f"{contacts}/verdicts", data={"verdict": "rejected"} | pick)
    undone = await opener.post(f"{contacts}/work", data={"do": f"undo reached:{desk.number['W']}"})

    assert [one.status_code for one in (alone, ticked, given, undone)] == [303] * 4
    assert "done=3" in given.headers["location"]
    assert (await opener.get(given.headers["location"])).text.count("Done for 3.") == 1
    assert (nobody.status_code, silent.status_code) == (422, 422)
    assert "needs a reason" in silent.text
    assert await desk.listed(given="true") == ["P", "U", "B"]
    assert await desk.listed(test="awaiting") == ["P", "U"]
    assert await desk.listed(reached="true") == []
    page = (await opener.get(f"{desk.page}?given=no")).text
    assert page.count("<tr") == 2
    assert "1 contacts are given to no ward" in page


async def test_a_page_of_the_list_has_so_many_rows_however_long_it_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pages_list.SHOWN <= 400
    for module in (pages_list, casework_pages):
        monkeypatch.setattr(module, "SHOWN", 2)
    opener = await english(desk)

    first = (await opener.get(f"{desk.page}?rank=&state=candidate")).text
    further = re.findall(r'id="further" href="([^"#]+)', first)
    last = (await opener.get(further[0].replace("&amp;", "&"))).text

    def rows(page: str) -> list[str]:
        return re.findall(r'name="pick-(\w+)"', page)

    assert rows(first) == [desk.number["P"], desk.number["W"]]
    assert rows(last) == [desk.number["U"], desk.number["B"]]
    assert 'id="further"' not in last
    assert "state=candidate" in further[0]


async def test_a_name_stays_open_while_its_row_is_worked_on(desk: Desk) -> None:
    opener = desk.officers.opener
    number = desk.number["P"]
    form = {"purpose": "sampling", "number": number}
    await opener.post(f"{desk.page}/reveal", data=form)
    work = {"do": f"reached:{number}", "purpose": "sampling", "open": number}
    page = await opener.post(f"{desk.page}/contacts/work", data=work)

    assert page.status_code == 200
    assert "<b>Chị P</b>" in page.text
    assert len(await audit_acts(desk.service, "reveal-name")) == 1


async def english(desk: Desk) -> httpx.AsyncClient:
    found = await staff_client(desk.service, Role.COORDINATOR, area=CAN_THO)
    found.headers["accept-language"] = "en"
    return found
