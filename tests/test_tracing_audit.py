"""The audit as auditors read it: who did what when, without names, and each reading in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import httpx
import pytest

from accounts.model import Role
from tests.conftest import Service
from tests.make_cases import (
    CAN_THO,
    NAMES,
    PHONES,
    Officers,
    approved_case,
    make_golden_world,
    make_officers,
    open_case,
)
from tests.make_venues import staff_client
from tracing.audit import words
from tracing.finding import Numbers, TierNumbers
from tracing.words import Translate

ROOT = Path(__file__).parent.parent
RECORDED = re.compile(
    r'(?:\bact=|note(?:_people)?\(acting, |note\(db, state, (?:staff, )?)"([^"{]+)"'
)
ELSEWHERE = "2025/01/"


@pytest.fixture
async def officers(service: Service) -> Officers:
    await make_golden_world(service)
    return await make_officers(service)


async def acts(client: httpx.AsyncClient, **query: str | int) -> list[str]:
    answer = await client.get("/v1/audit", params=query)
    assert answer.status_code == 200, answer.text
    return [row["act"] for row in answer.json()["rows"]]


async def test_an_auditor_reads_who_did_what_and_that_too_is_written_down(
    service: Service, officers: Officers
) -> None:
    case_id = await approved_case(officers)
    other = await open_case(officers.opener)
    case = (await officers.opener.get(f"/v1/cases/{case_id}")).json()["number"]
    auditor = await staff_client(service, Role.AUDITOR, area="")

    first = (await auditor.get("/v1/audit")).json()["rows"]
    approved = next(row for row in first if row["act"] == "approve-case")
    opened = next(row for row in first if row["act"] == "open-case" and row["case_id"] == case_id)

    # newest first, with the account, the reason and the case
    assert [row["number"] for row in first] == sorted((r["number"] for r in first), reverse=True)
    assert approved["facts"] == {"reason": "phiếu xét nghiệm đã kiểm tra"}
    assert (approved["case_id"], approved["case"]) == (case_id, case)
    assert approved["by"] != opened["by"]
    # by act, account, case; page after page
    assert await acts(auditor, act="open-case") == ["open-case", "open-case"]
    assert set(await acts(auditor, staff=approved["by"]["id"])) == {"approve-case", "trace-run"}
    assert await acts(auditor, case=other["number"]) == ["open-case"]
    page = (await auditor.get("/v1/audit", params={"limit": 2})).json()
    rest = await acts(auditor, before=page["next"], act="open-case")
    assert len(page["rows"]) == 2
    assert rest == ["open-case"]
    # and the readings stand there themselves
    assert "read-audit" not in await acts(auditor)
    assert await acts(auditor, act="read-audit") == ["read-audit"] * 7


async def test_an_auditor_of_an_area_sees_what_was_done_about_its_cases_alone(
    service: Service, officers: Officers
) -> None:
    await approved_case(officers)
    here = await staff_client(service, Role.AUDITOR, area=CAN_THO)
    there = await staff_client(service, Role.AUDITOR, area=ELSEWHERE)

    assert set(await acts(here)) == {"open-case", "approve-case", "trace-run"}
    assert await acts(there) == []
    for role in set(Role) - {Role.AUDITOR, Role.VENUE_STAFF}:
        assert (await (await staff_client(service, role, area="")).get("/audit")).status_code == 403


async def test_the_page_names_accounts_and_acts_and_nobody_else(
    service: Service, officers: Officers
) -> None:
    case_id = await approved_case(officers)
    form = {"purpose": "contact-tracing"}
    revealed = await officers.opener.post(f"/desk/cases/{case_id}/reveal", data=form)
    assert PHONES[2][3:] in revealed.text.replace(" ", "")
    auditor = await staff_client(service, Role.AUDITOR, area="")

    shown = (await auditor.get("/audit")).text
    chosen = (await auditor.get("/audit?act=reveal-name")).text
    case = re.findall(r"case=(F0-[0-9A-Z-]+)", shown)[0]
    of_case = (await auditor.get(f"/audit?case={case.lower()}&before=-1")).text
    none = await auditor.get("/audit?staff=99999")
    number, login = re.findall(r'"/audit\?staff=(\d+)">(\S+) \(', shown)[0]
    by_one = [
        (await auditor.get("/audit", params={"staff": typed})).text
        for typed in (number, login, f"{login} ({number})")
    ]
    nobody = (await auditor.get("/audit?staff=nobody.here")).text
    days = [
        (await auditor.get(f"/audit?{query}")).text.count("<tr>")
        for query in ("since=2021-07-20&until=2021-07-20", "since=2021-07-21", "until=2021-07-19")
    ]
    no_day = (await auditor.get("/audit?since=hôm nay")).text

    assert "Duyệt ca bệnh" in shown
    assert "phiếu xét nghiệm đã kiểm tra" in shown
    assert '<span class="quiet">lý do</span>' in shown
    assert not any(f"Chị {letter}" in shown for letter in NAMES.values())
    assert not any(phone[3:] in shown for phone in PHONES.values())
    people = re.findall(r'data-label="Về ai">([0-9a-f]{8})<', chosen)
    assert len(people) == len(set(people)) > 3
    assert of_case.count("<tr>") == shown.count("<tr>")
    assert "Không có dòng nào" in none.text
    assert len({page.count("<tr>") for page in by_one}) == 1
    assert 1 < by_one[0].count("<tr>") < shown.count("<tr>")
    assert f'value="{login}"' in by_one[1]
    # what fits nobody shows nobody, and stays in its field
    assert ("Không có dòng nào" in nobody, 'value="nobody.here"' in nobody) == (True, True)
    assert days == [shown.count("<tr>"), 0, 0]
    assert "Không có dòng nào" in no_day


def test_every_act_that_is_recorded_has_words() -> None:
    acts = {
        act
        for package in ("accounts", "venues", "checkin", "tracing")
        for path in (ROOT / package).rglob("*.py")
        for act in RECORDED.findall(path.read_text())
    }

    assert len(acts) > 40
    assert acts <= words.ACTS.keys()


def _names(tree: ast.AST) -> Iterator[str]:
    """Of facts that are written down: in calls that note something, and in what is called so."""
    for node in ast.walk(tree):
        told: list[ast.expr] = []
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            named = [one for one in node.keywords if one.arg]
            if called in {"note", "_note", "note_people", "_counted"}:
                told += node.args
                yield from (one.arg for one in named if one.arg and one.arg != "purpose")
            told += [one.value for one in named if called == "Entry" and one.arg == "facts"]
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value:
            of = node.targets if isinstance(node, ast.Assign) else [node.target]
            told += [node.value] if any(getattr(one, "id", "") == "facts" for one in of) else []
        for one in told:
            if isinstance(one, ast.Dict):
                keys = [key.value for key in one.keys if isinstance(key, ast.Constant)]
                yield from map(str, keys)


def test_every_fact_that_is_recorded_has_words() -> None:
    written = (
        path.read_text()
        for package in ("accounts", "venues", "checkin", "tracing")
        for path in (ROOT / package).rglob("*.py")
        if not path.name.startswith("pages")  # they call what templates are given so
    )
    notes = re.compile(r"audit\.Entry\(|\bnote(_people)?\(")
    names = {name for text in written if notes.search(text) for name in _names(ast.parse(text))}
    names |= {one.name for kind in (Numbers, TierNumbers) for one in fields(kind)}

    assert len(names) > 50
    assert names <= words.FACTS.keys()


def test_facts_are_told_in_words_and_an_unknown_one_by_its_name() -> None:
    translate: Translate = {"reason": "lý do", "F": "F", "low": "thấp", "yes": "có"}.get  # type: ignore[assignment]
    facts = {"reason": "sốt", "seats": [{"tier": 2, "low": 3, "brief": 0}], "x": 0, "y": True}

    told = words.told(translate, facts)

    assert told == [("lý do", "sốt"), ("seats", "F 2, thấp 3"), ("y", "có")]


def test_an_act_about_contacts_is_told_in_their_words_and_an_unknown_one_by_its_code() -> None:
    translate: Translate = str

    assert words.said(translate, "contact-no-answer") == "Contact: Called, no answer"
    assert words.said(translate, "undo-confirmed") == "Taken back: Confirmed"
    assert words.said(translate, "undo-nothing") == "undo-nothing"
    assert all(words.said(translate, act) != act for act in words.chosen())
