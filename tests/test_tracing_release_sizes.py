"""A list with names is let go as it was read: with no more people, and with no change untraced."""

from __future__ import annotations

import re
from typing import Any

import httpx

from kit.db import connection
from tests.conftest import Service
from tests.make_exports import Traced, make_traced_case
from tests.make_people import audit_acts

SIZES = """
SELECT tier, count(*) FROM contact WHERE case_id = $1 AND listed GROUP BY 1 ORDER BY 1
"""
PARTY = {
    "kind": "party",
    "name": "Tiệc cưới",
    "start": "2021-07-10T18:00:00+07:00",
    "end": "2021-07-10T20:00:00+07:00",
}


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


async def asked(case: Traced, what: str = "csv") -> dict[str, Any]:
    form = {"what": what, "purpose": "sampling", "reason": "gửi trung tâm y tế quận"}
    answer = await case.officers.opener.post(f"/v1/cases/{case.case_id}/releases", json=form)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def decided(case: Traced, release: dict[str, Any], **said: object) -> httpx.Response:
    path = f"/v1/cases/{case.case_id}/releases/{release['id']}/decision"
    form = {"approved": True, "reason": "đã gọi"} | said
    return await case.officers.approver.post(path, json=form)


async def fetched(case: Traced) -> httpx.Response:
    path = f"/v1/cases/{case.case_id}/contacts.csv?purpose=sampling"
    return await case.officers.opener.get(path)


async def met_more(case: Traced) -> None:
    """Two people come to the list."""
    people = [{"name": "Trần Thị Em"}, {"name": "Anh Hai"}]
    path = f"/v1/cases/{case.case_id}/points"
    answer = await case.officers.opener.post(path, json=PARTY | {"people": people})
    assert answer.json()["traced"]


async def test_a_list_that_grew_leaves_only_when_it_was_asked_for_again(service: Service) -> None:
    case = await make_traced_case(service)
    first = await asked(case)
    agreed = await decided(case, first, people=first["people"])

    await met_more(case)
    grown = await fetched(case)
    page = await case.officers.opener.get(f"/desk/cases/{case.case_id}/releases?lang=en")
    second = await asked(case)
    await decided(case, second, people=second["people"])
    done = await fetched(case)

    assert agreed.json()["agreed"] == first["people"]
    assert (grown.status_code, slug(grown)) == (409, "list-grown")
    assert (grown.json()["agreed"], grown.json()["people"]) == (
        first["people"],
        first["people"] + 2,
    )
    assert f"grown from {first['people']} to {first['people'] + 2} people" in page.text
    assert "contacts.csv" not in page.text
    assert done.status_code == 200, "the one that is for as many, though an older one stands"
    rows = done.content.decode("utf-8-sig").count("\r\n")
    assert rows == 1 + second["people"]


async def test_a_list_is_agreed_to_by_who_read_how_many_it_has(service: Service) -> None:
    case = await make_traced_case(service)
    page = f"/desk/cases/{case.case_id}/releases"
    release = await asked(case)
    async with connection(service.state["db"]) as db:
        sizes = [tuple(row) for row in await db.fetch(SIZES, case.case_id)]
    assert [(one["tier"], one["people"]) for one in release["tiers"]] == sizes
    read = await case.officers.approver.get(page)
    waiting = await case.officers.approver.get("/desk/releases")
    [seen] = re.findall(r'name="people" value="(\d+)"', read.text)
    shown = f"<b>{seen}</b> ({', '.join(f'F{tier}: {people}' for tier, people in sizes)})"
    assert shown in read.text
    assert shown in waiting.text

    await met_more(case)
    unseen = await decided(case, release)
    late = await decided(case, release, people=int(seen))
    form = {"approved": "1", "reason": "x", "people": seen}
    pressed = await case.officers.approver.post(f"{page}/{release['id']}/decision", data=form)

    assert {slug(unseen), slug(late)} == {"release-outdated"}
    assert pressed.status_code == 409
    assert f'name="people" value="{int(seen) + 2}"' in pressed.text
    assert (await decided(case, release, approved=False)).json()["status"] == "refused"


async def test_a_list_that_was_fetched_says_so_and_until_when_it_is_there(
    service: Service,
) -> None:
    case = await make_traced_case(service)
    release = await asked(case)
    await decided(case, release, people=release["people"])
    path = f"/desk/cases/{case.case_id}/releases?lang=en"

    before = (await case.officers.opener.get(path)).text
    await fetched(case)
    after = (await case.officers.opener.get(path)).text

    assert "Fetch the list" in before
    assert '<span class="badge approved">Approved</span>' in before
    assert '<span class="badge approved">Fetched</span>' in after
    assert "Can be fetched again until" in after
    assert "Fetch it once more" in after
    assert "Fetch the list" not in after


async def test_while_a_change_is_untraced_no_page_offers_a_file_and_both_trace_again(
    service: Service,
) -> None:
    case = await make_traced_case(service)
    release = await asked(case)
    await decided(case, release, people=release["people"])
    page = f"/desk/cases/{case.case_id}"
    async with connection(service.state["db"]) as db:
        await db.execute("UPDATE case_file SET changes = changes + 1")

    stale = [(await case.officers.opener.get(one)).text for one in (page, f"{page}/releases")]
    again = re.findall(
        rf'action="{page}/runs"><input type="hidden" name="max_tier" value="(\d)"', "".join(stale)
    )
    done = await case.officers.opener.post(f"{page}/runs", data={"max_tier": again[0]})
    fresh = [(await case.officers.opener.get(one)).text for one in (page, f"{page}/releases")]

    offers = (f"/v1/cases/{case.case_id}/export", f"/v1/cases/{case.case_id}/contacts.csv")
    for text, offer in zip(stale, offers, strict=True):
        assert offer not in text
        assert "chưa xuất được" in text
    assert again == ["2", "2"], "as far as the list goes"
    assert done.status_code == 303
    for text, offer in zip(fresh, offers, strict=True):
        assert offer in text
        assert "chưa xuất được" not in text
    assert len(await audit_acts(service, "trace-run")) == 3
