"""A list knows what it does not know: what was found out since is traced at once, or said."""

from __future__ import annotations

import pytest

from kit.db import connection
from tests.conftest import Service
from tests.golden import P
from tests.make_cases import (
    PHONES,
    Officers,
    approve,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
    open_case,
    released,
)
from tests.make_holds import slug
from tests.make_work import Desk, desk
from tests.stored import change
from tests.test_tracing_points import HOME
from tests.test_tracing_runs import a_case, begun, finished, held_up
from tracing import queries_changes

__all__ = ["desk"]  # the fixture

ADD_RUN = """
INSERT INTO run (id, case_id, policy, policy_version, moment, mode, by_staff, max_tier, changes,
    state, why, coverage, numbers)
OVERRIDING SYSTEM VALUE
VALUES ($1, $2, 'vn-5053', 1, now(), 'forward', 1, $3, $4, $5::text,
    CASE $5 WHEN 'failed' THEN 'error' ELSE '' END,
    CASE $5 WHEN 'done' THEN '{}'::jsonb END, CASE $5 WHEN 'done' THEN '{}'::jsonb END)
"""


async def letters(officers: Officers, case_id: int) -> set[str]:
    return {one["name"][3] for one in (await contacts_of(officers.opener, case_id))["contacts"]}


async def untraced(officers: Officers, case_id: int) -> int:
    found: int = (await officers.opener.get(f"/v1/cases/{case_id}")).json()["untraced"]
    return found


async def test_a_verdict_is_traced_at_once_where_it_changes_who_carries(desk: Desk) -> None:
    officers, case_id = desk.officers, desk.case_id
    await desk.judge("rejected", "P", reason="ở quê suốt tuần")
    runs = (await contacts_of(officers.opener, case_id))["run"]["id"]
    await desk.judge("rejected", "P", undo=True)
    await officers.opener.post(f"{desk.path}/runs", json={"max_tier": 2})
    before = await letters(officers, case_id)

    await desk.judge("rejected", "P", reason="ở quê suốt tuần")

    found = await contacts_of(officers.opener, case_id)
    assert before == {"P", "W", "S", "Q", "B", "T", "U"}
    assert await letters(officers, case_id) == {"P", "W", "B", "U"}, "whom P met is gone"
    assert found["run"]["id"] == runs + 2, "a list of F1 alone was not traced for a verdict"
    assert await untraced(officers, case_id) == 0


async def test_a_verdict_under_a_run_of_f1_alone_is_traced_as_far_as_the_list_goes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    officers, case_id = desk.officers, desk.case_id
    await officers.opener.post(f"{desk.path}/runs", json={"max_tier": 2})
    async with held_up(desk.service):
        await begun(officers, desk.path, monkeypatch, max_tier=1)
        await desk.judge("rejected", "P", reason="ở quê suốt tuần")
    await finished(desk.service)

    assert await letters(officers, case_id) == {"P", "W", "B", "U"}, "whom P met is gone"
    assert await untraced(officers, case_id) == 0


async def test_a_point_that_comes_while_a_trace_is_under_way_is_on_the_list_after_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    officers, path = await a_case(service)
    async with held_up(service):
        await begun(officers, path, monkeypatch)
        told = HOME | {"people": [{"name": "Khách Một"}]}
        added = await officers.opener.post(f"{path}/points", json=told)
        waiting = (await officers.opener.get(path)).json()["untraced"]
    await finished(service)

    case_id = int(path.split("/")[-1])
    found = await contacts_of(officers.opener, case_id)
    assert (added.status_code, added.json()["traced"], waiting) == (201, False, 1)
    assert "K. M." in [one["name"] for one in found["contacts"]]
    assert (found["run"]["max_tier"], await untraced(officers, case_id)) == (2, 0)


@pytest.mark.parametrize(
    ("other", "behind", "untraced"),
    [
        ({"changes": 0}, True, 1),
        ({"changes": 1}, False, 0),
        ({"changes": 1, "state": "running"}, False, 1),
        ({"changes": 1, "state": "failed"}, True, 1),
        ({"changes": 1, "max_tier": 1}, True, 0),  # the list is of F1 alone, and that run was not
        ({"changes": 1, "id": 9}, True, 1),  # its list was replaced
    ],
)
async def test_a_run_follows_itself_where_no_later_one_knows_more(
    service: Service, other: dict[str, int | str], behind: bool, untraced: int
) -> None:
    _, path = await a_case(service)
    case_id = int(path.split("/")[-1])
    own = {"id": 10, "changes": 0, "max_tier": 2, "state": "done"}
    await change(service, "UPDATE case_file SET changes = 1 WHERE id = $1", case_id)
    await change(service, "DELETE FROM run WHERE case_id = $1", case_id)
    for run in (own, own | {"id": 11} | other):
        values = run["id"], case_id, run["max_tier"], run["changes"], run["state"]
        await change(service, ADD_RUN, *values)

    async with connection(service.state["desk_db"]) as db:
        assert await queries_changes.left_behind(db, 10) == behind
        assert await queries_changes.untraced(db, [case_id]) == {case_id: untraced}


async def test_no_file_leaves_of_a_list_that_does_not_know_of_a_change(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    export = f"/v1/cases/{case_id}/export?format=vn-f1-csv&purpose=sampling"
    await released(officers, case_id, "vn-f1-csv")
    # when P, who is on the list, becomes a case
    other = await open_case(officers.opener, phone=PHONES[P], onset="2021-07-12", isolated=None)
    waiting = await untraced(officers, case_id)
    await approve(officers.approver, other["id"])

    page = await officers.opener.get(f"/desk/cases/{case_id}")
    refused = await officers.opener.get(export)

    assert (waiting, await untraced(officers, case_id)) == (0, 1)
    assert await untraced(officers, other["id"]) == 0
    assert "1 thay đổi chưa truy vết" in page.text
    assert (refused.status_code, slug(refused), refused.json()["changes"]) == (409, "list-stale", 1)
    await officers.opener.post(f"/v1/cases/{case_id}/runs", json={})
    assert (await officers.opener.get(export)).status_code == 200
    assert "chưa truy vết" not in (await officers.opener.get(f"/desk/cases/{case_id}")).text


async def test_a_trace_of_f1_alone_does_not_make_the_f2_of_an_earlier_one_new(desk: Desk) -> None:
    await desk.officers.opener.post(f"{desk.path}/runs", json={"max_tier": 2})
    await approved_case(desk.officers, phone=PHONES[P], onset="2021-07-12", isolated=None)

    await desk.officers.opener.post(f"{desk.path}/runs", json={"max_tier": 1})
    first = await untraced(desk.officers, desk.case_id)
    await desk.officers.opener.post(f"{desk.path}/runs", json={"max_tier": 2})

    assert (first, await untraced(desk.officers, desk.case_id)) == (1, 0)


async def test_whoever_is_off_the_list_stands_on_the_desk_with_why_and_can_be_worked_on(
    desk: Desk,
) -> None:
    # given P rejected, so that S, Q and T are no longer F2, and Q reached before
    opener = desk.officers.opener
    await opener.post(f"{desk.path}/runs", json={"max_tier": 2})
    found = (await contacts_of(opener, desk.case_id))["contacts"]
    number = {one["name"][3]: one["number"] for one in found}
    called = {"numbers": [number["Q"]], "act": "reached"}
    await opener.post(f"{desk.path}/contacts/work", json=called)

    await desk.judge("rejected", "P", reason="ở quê suốt tuần")

    page = (await opener.get(desk.page)).text
    section = page.partition('id="off-list"')[2].partition("</section>")[0]
    assert "Không còn trong danh sách" in section
    assert "(3)" in section
    assert number["Q"] in section
    assert number["S"] not in section, "nobody worked on S"
    assert "lần truy vết sau không thấy" in section
    everybody = (await opener.get(f"{desk.page}?off=yes")).text
    assert all(f'id="{number[one]}"' in everybody for one in "SQT")
    assert f'id="{number["W"]}"' not in everybody
    assert everybody.count("không còn trong danh sách: ") == 3
    shown = await opener.post(
        f"{desk.page}/reveal",
        data={"number": number["S"], "purpose": "sampling", "list": "off=yes"},
    )
    assert "Chị S" in shown.text
    # confirmed, Q is on the list again, where nobody else of them is
    await desk.verifier.post(
        f"{desk.path}/contacts/verdicts",
        json={"verdict": "confirmed", "numbers": [number["Q"]], "reason": "ngồi cạnh, có ảnh"},
    )
    assert "Q" in await letters(desk.officers, desk.case_id)
    assert await letters(desk.officers, desk.case_id) & {"S", "T"} == set()


async def test_a_closed_case_shows_nobody_anywhere_and_says_that_it_is_closed(desk: Desk) -> None:
    opener = desk.officers.opener
    told = HOME | {"people": [{"name": "Khách Một"}]}
    point = (await opener.post(f"{desk.path}/points", json=told)).json()["point"]["id"]
    before = await opener.get(f"{desk.page}/points")
    closing = {"reason": "hết theo dõi", "anyway": True}
    await desk.officers.approver.post(f"{desk.path}/closing", json=closing)

    points = (await opener.get(f"{desk.path}/points")).json()
    page = await opener.get(f"{desk.page}/points")
    one = await opener.get(f"{desk.page}/points/{point}")
    interview = f"{desk.path}/contacts/{desk.number['P']}/interview"

    assert "bà Tư" in before.text
    assert points["points"] == []
    assert "Khách" not in page.text
    assert "bà Tư" not in page.text
    assert "đã đóng nên không hiển thị ai" in page.text
    assert one.status_code == 404
    for answer in (
        await opener.get(f"{desk.path}/contacts"),
        await opener.get(interview),
        await opener.post(f"{desk.path}/points", json=told),
        await opener.post(f"{desk.path}/runs", json={}),
    ):
        assert (answer.status_code, slug(answer)) == (409, "case-closed")
    await desk.officers.approver.post(f"{desk.path}/reopening", json={"reason": "còn sót"})
    assert len((await opener.get(f"{desk.path}/points")).json()["points"]) == 1
