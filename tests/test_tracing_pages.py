"""The page of a case: the chosen purpose stays, opened names stay open, and no address breaks
it."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx

from tests.conftest import Service
from tests.make_cases import (
    Officers,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
)
from tests.make_people import audit_acts
from tests.test_tracing_names import reveal
from tracing.engine.contact import Why
from tracing.engine.policies import VN_1909
from tracing.words import Because, in_force, policy_name, reason

LOOKS = "reveal-name"


async def officers_of_a_case(service: Service, **changed: object) -> tuple[Officers, int]:
    await make_golden_world(service)
    officers = await make_officers(service)
    return officers, await approved_case(officers, **changed)


async def show(client: httpx.AsyncClient, case_id: int, **form: str) -> str:
    answer = await client.post(f"/desk/cases/{case_id}/reveal?lang=en", data=form)
    assert answer.status_code == 200, answer.text
    return answer.text


async def numbers_of(officers: Officers, case_id: int) -> list[str]:
    found = await contacts_of(officers.opener, case_id)
    return [one["number"] for one in found["contacts"]]


def names_in(page: str) -> set[str]:
    return set(re.findall(r"<b>(Chị .)</b>", page))


def chosen(page: str) -> list[str]:
    return re.findall(r'<option value="([a-z-]+)" selected', page)


async def test_the_purpose_is_the_cases_until_another_is_chosen_and_then_stays(
    service: Service,
) -> None:
    officers, case_id = await officers_of_a_case(service, purpose="sampling")
    number = (await numbers_of(officers, case_id))[0]

    first = (await officers.opener.get(f"/desk/cases/{case_id}")).text
    after = await show(officers.opener, case_id, purpose="quarantine", number=number)

    # in both selects: of the export and of the reveal
    assert chosen(first) == ["sampling"] * 2
    assert chosen(after) == ["quarantine"] * 2


async def test_names_opened_one_by_one_stay_open_with_one_audit_row_each(service: Service) -> None:
    officers, case_id = await officers_of_a_case(service)
    first, second, *_ = await numbers_of(officers, case_id)
    wish = {"purpose": "sampling"}

    one = await show(officers.opener, case_id, number=first, **wish)
    (carried,) = re.findall(r'name="open" value="([^"]+)"', one)
    both = await show(officers.opener, case_id, number=second, open=carried, **wish)

    assert (names_in(one), names_in(both)) == ({"Chị P"}, {"Chị P", "Chị W"})
    assert len(await audit_acts(service, LOOKS)) == 2
    (carried,) = re.findall(r'name="open" value="([^"]+)"', both)
    assert set(carried.split()) == {first, second}


async def test_a_number_said_to_be_open_shows_nobody_whom_this_account_did_not_open(
    service: Service,
) -> None:
    officers, case_id = await officers_of_a_case(service)
    first, second, third, *_ = await numbers_of(officers, case_id)

    # opened by the colleague, for another purpose, and for another case
    await show(officers.approver, case_id, purpose="sampling", number=first)
    await show(officers.opener, case_id, purpose="quarantine", number=first)
    other = await approved_case(officers, lab_reference="CDC-CT 4712")
    theirs = (await numbers_of(officers, other))[0]
    await reveal(officers.opener, other, [theirs])
    looks = len(await audit_acts(service, LOOKS))
    forged = f"{first} {second} {theirs} ZZZZZZZZ"
    page = await show(officers.opener, case_id, purpose="sampling", number=third, open=forged)

    # then only the one who was asked for, and whose row was written
    assert names_in(page) == {"Chị U"}
    assert len(await audit_acts(service, LOOKS)) == looks + 1


async def test_an_open_name_is_masked_again_after_an_hour(service: Service) -> None:
    officers, case_id = await officers_of_a_case(service)
    first, second, *_ = await numbers_of(officers, case_id)
    wish = {"purpose": "sampling", "open": first}

    await show(officers.opener, case_id, purpose="sampling", number=first)
    service.clock.tick(minutes=59)
    within = await show(officers.opener, case_id, number=second, **wish)
    service.clock.tick(minutes=2)
    later = await show(officers.opener, case_id, number=second, **wish)

    assert (names_in(within), names_in(later)) == ({"Chị P", "Chị W"}, {"Chị W"})


async def test_a_revealed_row_is_where_the_page_comes_back_to(service: Service) -> None:
    officers, case_id = await officers_of_a_case(service)
    numbers = await numbers_of(officers, case_id)

    page = (await officers.opener.get(f"/desk/cases/{case_id}?lang=en")).text

    buttons = re.findall(r'formaction="/desk/cases/\d+/reveal#(\w+)" aria-label="([^"]+)"', page)
    assert [label for _, label in buttons] == [f"Show name {number}" for number, _ in buttons]
    assert [number for number, _ in buttons][:-1] == numbers  # last the case's own record
    assert all(f'id="{number}" tabindex="-1"' in page for number, _ in buttons)


async def test_an_address_beyond_the_list_or_without_sense_shows_the_list(
    service: Service,
) -> None:
    officers, case_id = await officers_of_a_case(service)

    for start in ("99999", "-5", "abc", "9" * 30, "²", "1e3"):
        page = await officers.opener.get(f"/desk/cases/{case_id}", params={"start": start})
        assert page.status_code == 200, start
        assert page.text.count('<tr class="brief">') == 2, start
        assert "Expected" not in page.text


async def test_whoever_exports_reads_that_every_name_is_recorded(service: Service) -> None:
    officers, case_id = await officers_of_a_case(service)

    with_second = (await officers.opener.get(f"/desk/cases/{case_id}?lang=en")).text
    service.state["settings"] = replace(service.state["settings"], second_person=False)
    page = (await officers.opener.get(f"/desk/cases/{case_id}?lang=en")).text

    assert "leaves when a second person has agreed" in with_second
    assert "Export XLSX" not in with_second
    before, _, after = page.partition("The file names everybody on the list.")
    assert "Export XLSX" in before
    assert "leaves a row in the audit" in after.partition("</section>")[0]
    assert "brief contacts" in before


async def test_a_policy_is_told_by_its_text_and_the_days_it_is_in_force(service: Service) -> None:
    officers, case_id = await officers_of_a_case(service)

    form = (await officers.opener.get("/desk/cases/new")).text
    case = (await officers.opener.get(f"/desk/cases/{case_id}")).text

    assert "Công văn 1909/BYT-DP ngày 15/4/2022 (vn-1909, bản 1) · từ 15/04/2022 ·" in form
    assert (
        "Quyết định 3638/QĐ-BYT ngày 30/7/2021 (vn-3638, bản 1) · 30/07/2021 – 28/12/2021" in form
    )
    assert "the specification&#39;s worked example (july, bản 1)" in case
    assert policy_name(str, VN_1909) == "1909/BYT-DP, 15 April 2022 (vn-1909, version 1)"
    assert in_force(str, VN_1909) == "from 15/04/2022 on"


def test_of_a_meeting_of_some_seconds_nobody_reads_that_it_lasted_no_minutes() -> None:
    met = Because(venue="Chợ A", minutes=0, minimum=0, together=0)

    assert reason(str, [Why.SAME_VENUE], met) == "under 1 min at Chợ A at the same time"
