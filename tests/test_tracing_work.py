"""What officers do about contacts: said, decided, taken back; counted, and told by the clock."""

from __future__ import annotations

from datetime import date

import pytest

from kit.db import connection
from tests.golden import P, R, U
from tests.make_cases import PHONES, approved_case, released
from tests.make_holds import slug
from tests.make_work import Desk, desk
from tracing.engine.model import QuarantineRule
from tracing.engine.policies import QUARANTINE_RULES
from tracing.followup import queries_elsewhere
from tracing.followup.quarantine import quarantine

__all__ = ["desk"]  # the fixture
UNTIL = "2021-07-25T12:00:00+07:00"


async def test_the_last_thing_said_that_nobody_took_back_counts(desk: Desk) -> None:
    await desk.work("no-answer", "P")
    await desk.work("no-answer", "P")
    tried = (await desk.contact("P"))["work"]
    done = await desk.work("reached", "P", "W", words="con gái nghe máy")
    await desk.work("sampled", "P")
    await desk.work("positive", "P")
    await desk.work("vaccinated", "P")
    worked = (await desk.contact("P"))["work"]
    await desk.work("positive", "P", undo=True)
    back = (await desk.contact("P"))["work"]
    nothing = await desk.work("negative", "P", undo=True)

    assert (tried["reached"], tried["tries"]) == (False, 2)
    assert done.json() == {"done": 2, "left": 0}
    assert (worked["reached"], worked["test"], worked["vaccinated"]) == (True, "positive", True)
    assert (back["test"], back["events"][-2]["undone"]) == ("awaiting", True)
    assert [one["words"] for one in back["events"] if one["words"]] == ["con gái nghe máy"]
    assert nothing.json() == {"done": 0, "left": 1}
    # nothing but the words' seal and the hour stands beside the person
    async with connection(desk.service.state["db"]) as db:
        rows = await db.fetch("SELECT sealed, made FROM contact_event")
    assert all(row["made"].minute == row["made"].second == 0 for row in rows)
    assert not any("con gái".encode() in (row["sealed"] or b"") for row in rows)


async def test_only_a_verifier_or_coordinator_decides_and_with_a_reason(desk: Desk) -> None:
    silent = await desk.judge("rejected", "P")
    tracer = await desk.judge("confirmed", "P", by=desk.here, reason="x")
    rejected = await desk.judge("rejected", "P", reason="ở quê suốt tuần")
    listed = await desk.contact("P")
    counted = (await desk.case())["counters"]
    await desk.judge("rejected", "P", undo=True)
    back = await desk.contact("P")

    assert (silent.status_code, slug(silent)) == (422, "reason-needed")
    assert tracer.status_code == 403
    assert (rejected.json()["done"], listed["state"]) == (1, "rejected")
    assert (counted["close"], counted["other"]) == (1, 2)
    assert back["state"] == "candidate"
    traced = await desk.verifier.post(f"{desk.path}/runs", json={})
    assert traced.status_code == 403  # who confirms does not make the list


async def test_the_seven_counters_and_the_clock_follow_the_work(desk: Desk) -> None:
    clock = desk.service.clock
    clock.tick(minutes=20)
    before = await desk.case()
    await desk.work("reached", "P", "U")
    await desk.work("sampled", "P", "W", "U")
    await desk.work("negative", "W")
    await desk.work("positive", "U")
    clock.tick(minutes=41)
    overdue = await desk.case()
    listed = (await desk.officers.opener.get("/v1/cases?clock=overdue")).json()["cases"]
    await desk.work("reached", "W")
    clock.tick(minutes=50)
    late = await desk.case()
    await desk.work("reached", "W", undo=True)
    again = await desk.case()

    assert before["clock"] == {"state": "running", "minutes": 20, "gaps": []}
    assert overdue["clock"] == {"state": "overdue", "minutes": 61, "gaps": []}
    assert [one["id"] for one in listed] == [desk.case_id]
    assert overdue["counters"] == {
        "close": 2,
        "other": 2,
        "reached": 2,
        "sampled": 3,
        "positive": 1,
        "negative": 1,
        "awaiting": 1,
        "not_given": 4,
        "rejected": 0,
    }
    assert late["clock"] == {"state": "late", "minutes": 61, "gaps": []}
    assert again["clock"]["state"] == "overdue"
    assert (await desk.officers.opener.get("/v1/cases?clock=running")).json()["cases"] == []


async def test_a_brief_contact_whom_a_verifier_confirms_is_a_close_contact_everywhere(
    desk: Desk,
) -> None:
    async with connection(desk.service.state["db"]) as db:
        await db.execute(
            "INSERT INTO quarantine_rule VALUES ('july', 1, 1, false, 14, 7, '[2021-07-01,)')"
        )
    opener = desk.officers.opener
    proposal = {
        "number": desk.number["U"],
        "colour": "red",
        "note": "gọi trạm y tế",
        "until": UNTIL,
    }
    await desk.work("reached", "P", "W")
    before = await desk.case()
    brief = await desk.contact("U")
    too_soon = await opener.post(f"{desk.path}/holds", json=proposal)

    await desk.judge("confirmed", "U", reason="cùng bàn, nói chuyện không khẩu trang")

    after, confirmed = await desk.case(), await desk.contact("U")
    assert (brief["brief"], brief["work"]["quarantine_until"]) == (True, None)
    assert (before["clock"]["state"], before["counters"]["close"]) == ("done", 2)
    assert (too_soon.status_code, slug(too_soon)) == (404, "not-found")
    await desk.work("sampled", "U")
    await desk.work("positive", "U")
    ill = (await desk.contact("U"))["work"]
    assert (ill["quarantine_until"], ill["home_until"]) == (None, None)
    # its clock runs on until U is reached as well, it is counted, it stands among the close ones
    assert (after["clock"]["state"], after["counters"]["close"]) == ("running", 3)
    assert (confirmed["brief"], confirmed["state"]) == (False, "confirmed")
    assert confirmed["work"]["quarantine_until"] == "2021-07-22"
    assert await desk.listed() == ["P", "W", "U", "B"]
    assert (await opener.post(f"{desk.path}/holds", json=proposal)).status_code == 201
    await released(desk.officers, desk.case_id, "vn-f1-csv")
    sheet = await opener.get(f"{desk.path}/export?format=vn-f1-csv&purpose=sampling")
    assert "Chị U" in sheet.content.decode("utf-8-sig")
    # and other cases know of it
    other = await approved_case(desk.officers, phone=PHONES[R], onset="2021-07-09", isolated=None)
    async with connection(desk.service.state["db"]) as db:
        found = await queries_elsewhere.other_lists(db, [desk.world.people[U]], other)
    assert [one.case_id for one in found] == [desk.case_id]
    # and a later trace, which finds U as brief as before, changes nothing of it
    await opener.post(f"{desk.path}/runs", json={})
    assert (await desk.case())["counters"]["close"] == 3


async def test_quarantine_counts_from_the_last_exposure_over_all_cases(desk: Desk) -> None:
    service = desk.service
    async with connection(service.state["db"]) as db:
        await db.execute(
            "INSERT INTO quarantine_rule VALUES ('july', 1, 1, false, 14, 7, '[2021-07-01,)')"
        )
    first = (await desk.contact("P"))["work"]
    # R was isolated on 8 July; P met R on that day only, and X on 9 July
    other = await approved_case(
        desk.officers, phone="+84912000004", onset="2021-07-09", isolated=None
    )
    theirs = (await desk.officers.opener.get(f"/v1/cases/{other}/contacts")).json()["contacts"]
    async with connection(service.state["db"]) as db:
        found = await queries_elsewhere.other_lists(db, [desk.world.people[P]], other)

    assert (first["quarantine_until"], first["home_until"]) == ("2021-07-23", "2021-07-30")
    [there] = [one for one in theirs if one["name"] == "C. P."]
    assert there["last_exposure"].startswith("2021-07-08")
    assert there["work"]["quarantine_until"] == "2021-07-23"
    assert (there["work"]["other_lists"], len(found)) == (1, 1)


@pytest.mark.parametrize(
    ("policy", "vaccinated", "last", "until", "home"),
    [
        ("vn-5053", None, date(2021, 7, 1), date(2021, 7, 15), date(2021, 7, 29)),
        ("vn-3638", True, date(2021, 8, 1), date(2021, 8, 15), date(2021, 8, 29)),
        ("vn-3638", True, date(2021, 12, 16), date(2021, 12, 23), date(2021, 12, 30)),
        ("vn-762", True, date(2022, 3, 1), date(2022, 3, 6), date(2022, 3, 11)),
        ("vn-762", None, date(2022, 3, 1), date(2022, 3, 8), date(2022, 3, 11)),
        ("vn-1909", None, date(2022, 5, 1), None, date(2022, 5, 11)),
    ],
)
def test_the_rule_of_the_policy_says_when_quarantine_ends(
    policy: str, vaccinated: bool | None, last: date, until: date | None, home: date
) -> None:
    rules: list[QuarantineRule] = [rule for rule in QUARANTINE_RULES if rule.policy == policy]

    found = quarantine(rules, 1, vaccinated, last)

    assert found is not None
    assert (found.until, found.home_until) == (until, home)
    assert quarantine(rules, 2, vaccinated, last) is None
