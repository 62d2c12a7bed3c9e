"""What the pages of the desk say back: what was typed stays, what was done is told, numbers are
those of the list behind them."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx

from accounts.model import Role
from tests.conftest import Service
from tests.golden import P
from tests.make_cases import (
    CAN_THO,
    PHONES,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
    open_case,
)
from tests.make_holds import Held, held
from tests.make_venues import CAI_KHE, staff_client
from tests.make_work import Desk, desk

__all__ = ["desk", "held"]  # the fixtures


async def send(desk: Desk, what: str, **form: str) -> httpx.Response:
    return await desk.officers.opener.post(f"{desk.page}/contacts/{what}?lang=en", data=form)


async def shown(client: httpx.AsyncClient, path: str) -> str:
    answer = await client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_what_was_refused_stays_ticked_chosen_and_typed(desk: Desk) -> None:
    tick = f"pick-{desk.number['P']}"
    typed = {tick: "on", "verdict": "rejected", "words": "gọi sau"}
    judged = await send(desk, "verdicts", do="", **typed)
    typed = {"act": "sampled", "words": "hẹn chiều", "reason": "ở quê", "to": "back"}
    done = await send(desk, "work", do="", **typed)

    assert (judged.status_code, done.status_code) == (422, 422)
    assert f'name="{tick}" checked' in judged.text
    assert judged.text.count('name="pick-') == 4
    assert judged.text.count(" checked> ") == 1  # the switch of the keys
    assert '<option value="rejected" selected>' in judged.text
    assert 'name="words" maxlength="500" value="gọi sau"' in judged.text
    assert '<option value="sampled" selected>' in done.text
    assert 'value="hẹn chiều"' in done.text
    assert 'value="ở quê"' in done.text
    assert '<option value="back" selected>' in done.text
    # and nothing of it after it was done, also where names are open
    form = {tick: "on", "act": "sampled", "words": "hẹn chiều", "open": desk.number["P"]}
    after = await send(desk, "work", do="", purpose="sampling", **form)
    assert "Done for 1." in after.text
    assert 'value="hẹn chiều"' not in after.text


async def test_an_act_that_empties_the_filtered_list_is_confirmed(desk: Desk) -> None:
    form = {"list": "reached=no", "everybody": "1", "act": "reached", "do": ""}
    done = await send(desk, "work", **form)
    page = await shown(desk.officers.opener, done.headers["location"].partition("#")[0])
    nothing = await send(desk, "work", **form | {"list": "", "act": "negative", "do": "undo"})
    back = await shown(desk.officers.opener, nothing.headers["location"].partition("#")[0])
    taken = await send(desk, "work", **form | {"list": "", "do": "undo"})

    assert "Nobody on the list is like that." in page
    assert "Done for 4." in page
    assert "Nothing was taken back: nobody had that." in back
    assert "Taken back for 4." in await shown(
        desk.officers.opener, taken.headers["location"].partition("#")[0]
    )


async def test_the_tiers_of_the_list_can_be_chosen_after_a_run_that_went_less_far(
    desk: Desk,
) -> None:
    opener = desk.officers.opener
    await opener.post(f"{desk.path}/runs", json={"max_tier": 2})
    whole = await shown(opener, desk.page)
    await opener.post(f"{desk.path}/runs", json={"max_tier": 1})

    page = await shown(opener, desk.page)
    second = await shown(opener, f"{desk.page}?tier=2")

    assert '<option value="2">F2</option>' in page
    assert "The last trace went as far as F1. Rows of later tiers" in page
    assert "The last trace went" not in whole
    assert second.count('name="pick-') >= 2


async def test_rejected_people_are_counted_where_the_heading_counts_them(desk: Desk) -> None:
    await desk.judge("rejected", "P", reason="ở quê suốt tuần")

    page = await shown(desk.officers.opener, desk.page)

    counted = re.findall(r"<li><b>(\d+)</b> (close|other|rejected)", page)
    total = re.findall(r'<h2 id="list">.*?\((\d+)\)', page)
    assert {word: int(n) for n, word in counted} == {"close": 1, "other": 2, "rejected": 1}
    assert sum(int(n) for n, _ in counted) == int(total[0])


async def test_the_numbers_of_the_tasks_are_those_of_the_lists_they_lead_to(desk: Desk) -> None:
    await desk.judge("rejected", "P", reason="ở quê suốt tuần")
    await desk.give("P", "W", "B", own_ward=True)
    investigator = await staff_client(desk.service, Role.INVESTIGATOR, area=CAN_THO)
    found = await contacts_of(investigator, await approved_own(desk, investigator))
    assert found["contacts"]

    checked = 0
    for client in (desk.here, desk.there, desk.verifier, desk.officers.opener, investigator):
        page = await shown(client, "/desk")
        for path, count in re.findall(
            r'<li><a href="(/desk/cases/\d+\?[^"#]+)#list"><span>F0-[^<]+</span> <b>(\d+)</b>', page
        ):
            listed = await shown(client, path.replace("&amp;", "&"))
            assert listed.count('name="pick-') == int(count), path
            checked += 1
    assert checked > 4


async def approved_own(desk: Desk, opener: httpx.AsyncClient) -> int:
    officers = replace(desk.officers, opener=opener)
    return await approved_case(officers, phone=PHONES[P], onset="2021-07-12", isolated=None)


async def test_much_of_a_kind_is_one_line_and_what_is_cut_is_told(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    for _ in range(18):
        case = await open_case(officers.opener)
    told = (await officers.opener.get(f"/v1/cases/{case['id']}/notes")).json()
    _, mine = [one["id"] for one in told["officers"]]  # the opener, the approver
    for case_id in range(case["id"] - 3, case["id"] + 1):
        note = {"text": "hết ca trực", "for_staff": mine}
        await officers.opener.post(f"/v1/cases/{case_id}/notes", json=note)

    page = await shown(officers.approver, "/desk")

    work = page[page.index("Your work") : page.index("</section>")]
    lines = [" ".join(re.sub("<[^>]+>", "", one).split()) for one in work.split("</li>")]
    assert lines[0].endswith(f"{case['number']} · was handed over to you")
    assert lines[3] == "and 1 more of this kind"
    assert lines[4] == "18 cases wait for a second person's approval"
    assert 'href="/desk?status=opened"' in work
    texts = re.findall(r"<a [^>]+>(.*?)</a>", work)
    assert len(texts) == len(set(texts))


async def test_an_entry_hold_waits_among_the_work_of_a_second_person_alone(held: Held) -> None:
    await held.propose()

    def waits(page: str) -> bool:
        return "entry hold waits for your decision or answer" in page

    asked = [
        waits(await shown(one, "/desk")) for one in (held.officers.opener, held.officers.approver)
    ]
    page = await shown(held.officers.approver, f"/desk/cases/{held.case_id}/holds")
    await held.decide(1)

    assert asked == [False, True]
    assert "<dd>03/08/2021</dd>" not in page  # 14 days later at noon: no whole day
    assert not waits(await shown(held.officers.approver, "/desk"))


async def test_a_hold_is_shown_by_the_last_day_that_was_chosen(held: Held) -> None:
    form = {"number": held.number, "colour": "red", "until": "2021-07-25", "note": "ở nhà"}
    await held.officers.opener.post(f"/desk/cases/{held.case_id}/holds", data=form)

    for path in ("/desk/holds", f"/desk/cases/{held.case_id}/holds"):
        page = await shown(held.officers.approver, path)
        assert ("25/07/2021" in page, "26/07/2021" in page) == (True, False), path


async def test_areas_of_two_unit_systems_are_told_apart(desk: Desk) -> None:
    page = await shown(desk.officers.opener, "/desk")

    select = page[page.index('name="area"') :]
    texts = re.findall(r"<option[^>]*>(.*?)</option>", select[: select.index("</select>")])
    assert len(texts) == len(set(texts)) > 3
    assert any("(units of 2021)" in one for one in texts)
    assert CAI_KHE in select
