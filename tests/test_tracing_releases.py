"""A list with names leaves a case only when a second account has agreed, once and for a shift."""

from __future__ import annotations

import asyncio
import csv
import io
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest

from accounts.model import Role
from kit.db import connection
from tests.conftest import Service
from tests.make_cases import (
    CAN_THO,
    Officers,
    approved_case,
    make_golden_world,
    make_officers,
    open_case,
    released,
)
from tests.make_people import audit_acts
from tests.make_venues import staff_client
from tracing import queries_releases, releases
from tracing.exports.formats import RECIPES, ListFormat
from tracing.exports.pages_releases import WHAT
from tracing.queries_releases import Verdict
from tracing.releases import AGAIN, STANDS, WAITS, What

REASON = {"reason": "gửi trung tâm y tế quận"}
VERDICT = {"approved": True, "reason": "đã gọi lại"}


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


async def traced(service: Service) -> tuple[Officers, int]:
    await make_golden_world(service)
    officers = await make_officers(service)
    return officers, await approved_case(officers)


def with_names(case_id: int) -> dict[str, str]:
    """Every address under which a list with names is fetched."""
    path = f"/v1/cases/{case_id}"
    found = {one: f"{path}/contacts.{one}?purpose=sampling" for one in ("xlsx", "csv")}
    for one in ListFormat:
        if RECIPES[one].names:
            found[one] = f"{path}/export?format={one}&purpose=sampling"
    return found


async def ask(
    client: httpx.AsyncClient, case_id: int, what: str = "csv", **changed: str
) -> httpx.Response:
    form = {"what": what, "purpose": "sampling"} | REASON | changed
    return await client.post(f"/v1/cases/{case_id}/releases", json=form)


async def decide(client: httpx.AsyncClient, asked: dict[str, Any], **changed: Any) -> Any:
    path = f"/v1/cases/{asked['case_id']}/releases/{asked['id']}/decision"
    return await client.post(path, json=VERDICT | {"people": asked["people"]} | changed)


async def left(service: Service, officers: Officers, case_id: int) -> list[str]:
    """The lists with names that one account alone gets out of the case."""
    asked = {name: await officers.opener.get(url) for name, url in with_names(case_id).items()}
    return [name for name, answer in asked.items() if answer.status_code != 409]


async def test_no_list_with_names_leaves_without_a_second_person(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    officers, case_id = await traced(service)

    assert await left(service, officers, case_id) == []
    assert await audit_acts(service, "reveal-name") == []
    without = [one for one in ListFormat if not RECIPES[one].names]
    assert without == [ListFormat.EPICONTACTS, ListFormat.GRAPHML]
    for one in without:
        path = f"/v1/cases/{case_id}/export?format={one}&purpose=sampling"
        assert (await officers.opener.get(path)).status_code == 200

    # and the look finds all of them when the guard is off
    async def everything(*_: object) -> dict[str, object]:
        return {}

    monkeypatch.setattr(releases, "use", everything)
    assert set(await left(service, officers, case_id)) == set(What) - {What.MORE_NAMES}


async def test_what_was_let_go_is_fetched_by_the_asker_for_that_purpose_and_format_alone(
    service: Service,
) -> None:
    officers, case_id = await traced(service)
    urls = with_names(case_id)
    found = await released(officers, case_id, "csv")

    assert found["status"] == "approved"
    others = [(await officers.opener.get(url)).status_code for url in list(urls.values())[2:]]
    quarantine = await officers.opener.get(urls["csv"].replace("sampling", "quarantine"))
    approver = await officers.approver.get(urls["csv"])
    assert {*others, quarantine.status_code, approver.status_code} == {409}
    answer = await officers.opener.get(urls["csv"])

    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert "Chị P" in {cell for row in rows for cell in row}
    async with connection(service.state["db"]) as db:
        said = await db.fetch(
            "SELECT act, staff_id, facts FROM audit WHERE case_id = $1 ORDER BY seq", case_id
        )
    first = [row["act"] for row in said].index("ask-release")
    asked, agreed, *names, file = said[first:]
    assert (agreed["act"], file["act"]) == ("approve-release", "export-contacts")
    assert {row["act"] for row in names} == {"reveal-name"}
    assert REASON["reason"] in asked["facts"]
    assert all(f'"release": {found["id"]}' in row["facts"] for row in (*names, file))
    assert asked["staff_id"] == file["staff_id"] != agreed["staff_id"]


async def test_a_release_is_for_one_file_and_ends_with_the_shift(service: Service) -> None:
    officers, case_id = await traced(service)
    url = with_names(case_id)["csv"]

    async def fetched(by: Officers) -> int:
        return (await by.opener.get(url)).status_code

    await released(officers, case_id, "csv")
    service.clock.tick(seconds=STANDS.total_seconds() - 60)
    assert await fetched(officers) == 200
    service.clock.tick(seconds=AGAIN.total_seconds() - 1)
    assert await fetched(officers) == 200, "a download that broke off"
    service.clock.tick(seconds=1)
    assert await fetched(officers) == 409
    others = await make_officers(service)
    await released(others, case_id, "csv")
    service.clock.tick(seconds=STANDS.total_seconds())
    assert await fetched(others) == 409
    answer = await others.opener.get(f"/v1/cases/{case_id}/releases")
    assert [one["status"] for one in answer.json()["releases"]] == ["over", "used"]


async def test_nobody_decides_about_their_own_request_nor_twice_nor_too_late(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    officers, case_id = await traced(service)
    asked = (await ask(officers.opener, case_id)).json()

    own = await decide(officers.opener, asked)
    again = await ask(officers.opener, case_id)
    refused = await decide(officers.approver, asked, approved=False)
    twice = await decide(officers.approver, asked)

    assert (own.status_code, slug(own)) == (409, "release-second-person")
    assert (slug(again), again.json()["release_id"]) == ("release-asked", asked["id"])
    assert refused.json()["status"] == "refused"
    assert slug(twice) == "release-decided"
    assert (await officers.opener.get(with_names(case_id)["csv"])).status_code == 409
    late = (await ask(officers.opener, case_id)).json()
    service.clock.tick(seconds=WAITS.total_seconds())
    fresh = await make_officers(service)
    assert slug(await decide(fresh.approver, late)) == "release-decided"

    # where nobody looked who decides, the table still would
    own_again = (await ask(fresh.opener, case_id)).json()
    monkeypatch.setattr(
        queries_releases,
        "DECIDE_RELEASE",
        queries_releases.DECIDE_RELEASE.replace("AND asked_by <> $3", ""),
    )
    async with connection(service.state["db"]) as db:
        asker = await db.fetchval("SELECT asked_by FROM release WHERE id = $1", own_again["id"])
        verdict = Verdict(approved=True, answer="tự duyệt", people=9)
        with pytest.raises(asyncpg.CheckViolationError):
            await queries_releases.decide_release(
                db, own_again["id"], verdict, asker, service.clock()
            )


async def test_only_a_coordinator_of_the_area_decides_and_others_see_nothing(
    service: Service,
) -> None:
    officers, case_id = await traced(service)
    asked = (await ask(officers.opener, case_id)).json()
    tracer = await staff_client(service, Role.VERIFIER, area=CAN_THO)
    elsewhere = await staff_client(service, Role.COORDINATOR, area="2025/01/")

    assert (await decide(tracer, asked)).status_code == 403
    assert (await decide(elsewhere, asked)).status_code == 404
    assert (await ask(elsewhere, case_id)).status_code == 404
    assert (await ask(tracer, case_id)).status_code == 404
    assert (await ask(tracer, case_id, "more-names")).status_code == 201
    assert (await elsewhere.get(f"/v1/cases/{case_id}/releases")).status_code == 404
    assert (await elsewhere.get("/v1/releases")).json() == {"releases": []}
    waiting = (await officers.approver.get("/v1/releases")).json()["releases"]
    assert [one["what"] for one in waiting] == ["csv", "more-names"]
    other = (await open_case(officers.opener))["id"]
    assert slug(await ask(officers.opener, other)) == "case-not-approved"
    foreign = asked | {"case_id": await approved_case(officers)}
    assert (await decide(officers.approver, foreign)).status_code == 404


async def test_two_who_fetch_at_once_are_one_release(service: Service) -> None:
    officers, case_id = await traced(service)
    await released(officers, case_id, "csv")

    await asyncio.gather(*(officers.opener.get(with_names(case_id)["csv"]) for _ in range(3)))

    async with connection(service.state["db"]) as db:
        rows = await db.fetch("SELECT facts FROM audit WHERE act = 'export-contacts'")
    assert len({row["facts"] for row in rows}) == 1


async def test_a_small_team_may_turn_it_off_and_each_list_says_so(service: Service) -> None:
    officers, case_id = await traced(service)
    service.state["settings"] = replace(service.state["settings"], second_person=False)

    assert set(await left(service, officers, case_id)) == set(What) - {What.MORE_NAMES}

    async with connection(service.state["db"]) as db:
        rows = await db.fetch("SELECT facts FROM audit WHERE act = 'export-contacts'")
    assert len(rows) == len(What) - 1
    assert all('"second_person": "off"' in row["facts"] for row in rows)
    page = await officers.opener.get(f"/desk/cases/{case_id}")
    assert f"/v1/cases/{case_id}/contacts.xlsx" in page.text


async def test_the_pages_ask_show_what_waits_decide_and_offer_the_list(service: Service) -> None:
    officers, case_id = await traced(service)
    opener, approver = officers.opener, officers.approver
    path = f"/desk/cases/{case_id}/releases"
    form = {"what": "vn-f1-csv", "purpose": "sampling"}

    assert path in (await opener.get(f"/desk/cases/{case_id}")).text
    empty = await opener.post(path, data=form | {"reason": "  "})
    asked = await opener.post(path, data=form | REASON)
    twice = await opener.post(path, data=form | REASON)
    waiting = await approver.get("/desk/releases")
    place = asked.headers["location"].partition("#release-")[2]
    own = await opener.post(f"{path}/{place}/decision", data={"approved": "1", "reason": "x"})
    before = (await opener.get(path)).text
    silent = await approver.post(f"{path}/{place}/decision", data={"approved": "1"})
    agreed = {"approved": "1", "reason": "x", "people": "4"}
    done = await approver.post(f"{path}/{place}/decision", data=agreed)
    after = (await opener.get(path)).text

    assert (empty.status_code, asked.status_code, twice.status_code) == (422, 303, 409)
    assert REASON["reason"] in waiting.text
    assert f"{path}#release-{place}" in waiting.text
    assert (own.status_code, silent.status_code, done.status_code) == (409, 422, 303)
    link = f"/v1/cases/{case_id}/export?format=vn-f1-csv&amp;purpose=sampling"
    assert link not in before
    assert link in after
    assert link not in (await approver.get(path)).text
    assert (await opener.get(link.replace("&amp;", "&"))).status_code == 200
    translate = service.state["pages"].translate
    assert all(translate("vi", text) != text for text in WHAT.values())


async def test_what_can_be_let_go_is_every_format_with_names() -> None:
    named = {str(one) for one in ListFormat if RECIPES[one].names}

    assert set(What) == named | {What.XLSX, What.CSV, What.MORE_NAMES}
