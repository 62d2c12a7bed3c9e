"""The desk's pages of entry holds: proposed for one person, decided by a second, answered to the
one who objects."""

from __future__ import annotations

import re

import httpx
import pytest

from accounts.model import Role
from kit.db import connection
from tests.make_cases import CAN_THO
from tests.make_holds import NOTE, Held, held
from tests.make_venues import staff_client

__all__ = ["held"]  # the fixture


def typed(held: Held, **changed: str) -> dict[str, str]:
    form = {"number": held.number, "colour": "red", "until": "2021-08-02", "note": NOTE}
    return form | changed


def pages(held: Held) -> str:
    return f"/desk/cases/{held.case_id}/holds"


async def english(client: httpx.AsyncClient) -> httpx.AsyncClient:
    client.headers["accept-language"] = "en"
    return client


async def proposed(held: Held) -> int:
    answer = await held.officers.opener.post(pages(held), data=typed(held))
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("hold-")[2])


async def test_the_list_of_a_case_leads_to_the_proposal_for_one_person(held: Held) -> None:
    opener = await english(held.officers.opener)

    case = (await opener.get(f"/desk/cases/{held.case_id}")).text
    page = (await opener.get(f"{pages(held)}?number={held.number}")).text

    assert f'href="{pages(held)}?number={held.number}"' in case
    assert f'name="number" value="{held.number}"' in page
    assert "A contact of the case" in page
    assert "Chị P" not in page


async def test_two_accounts_hold_a_person_by_these_pages_alone(held: Held) -> None:
    hold_id = await proposed(held)
    own = await (await english(held.officers.opener)).get(pages(held))
    waiting = await (await english(held.officers.approver)).get("/desk/holds")
    form = {"approved": "1", "reason": "đã xem danh sách F1"}
    alone = await held.officers.opener.post(f"{pages(held)}/{hold_id}/decision", data=form)
    done = await held.officers.approver.post(f"{pages(held)}/{hold_id}/decision", data=form)
    after = await held.officers.approver.get("/desk/holds")

    assert "Waits for a coordinator other than" in own.text
    assert f"{pages(held)}#hold-{hold_id}" in waiting.text
    assert alone.status_code == 409
    assert done.status_code == 303
    assert "Nothing waits." in after.text
    found = await held.own()
    assert (found["colour"], found["hold"]["note"]) == ("red", NOTE)
    # the whole of its last day, in the time of the service
    assert found["hold"]["until"] == "2021-08-02T17:00:00Z"


async def test_what_is_wrong_is_said_on_the_form_and_what_was_typed_stays(held: Held) -> None:
    opener = await english(held.officers.opener)
    cases = {
        "A hold ends in the future, and within 28 days.": {"until": "2021-07-19"},
        "A hold ends in the future": {"until": "hôm nào"},
        "A name or a reason is needed": {"note": " "},
    }
    for said, wrong in cases.items():
        answer = await opener.post(pages(held), data=typed(held, **wrong))
        assert answer.status_code == 422
        assert said in answer.text
        assert f'name="number" value="{held.number}"' in answer.text


async def test_nobody_outside_the_case_is_offered_or_taken(held: Held) -> None:
    opener = await english(held.officers.opener)

    page = await opener.get(f"{pages(held)}?number=00000000")
    taken = await opener.post(pages(held), data=typed(held, number="00000000"))

    assert "Nobody of this number can be held" in page.text
    assert taken.status_code == 404


async def test_several_at_once_cannot_be_typed_either(held: Held) -> None:
    both = "number=AAAAAAAA&number=BBBBBBBB&colour=red&until=2021-08-02&note=x"
    head = {"content-type": "application/x-www-form-urlencoded"}

    answer = await held.officers.opener.post(pages(held), content=both, headers=head)

    assert answer.status_code == 422


@pytest.mark.parametrize("upheld", [True, False])
async def test_the_citizen_reads_the_answer_to_their_objection(held: Held, upheld: bool) -> None:
    hold_id = await held.stand()
    await held.citizen.post("/v1/me/objections", json={"words": "Hôm đó tôi ở Hà Nội"})
    third = await english(await staff_client(held.service, Role.COORDINATOR, area=CAN_THO))
    waiting = await third.get("/desk/holds")
    form = {"upheld": "1" if upheld else "0", "answer": "Đã gọi hãng bay đối chiếu"}

    answered = await third.post(f"{pages(held)}/{hold_id}/objection", data=form)
    page = (await (await english(held.citizen)).get("/standing")).text
    found = await held.own()

    assert "answer to an objection" in waiting.text
    assert answered.status_code == 303
    assert "Đã gọi hãng bay đối chiếu" in page
    assert (found["hold"] is None) == upheld
    told = found["answered"] if upheld else found["hold"]["objections"]
    assert [(one["upheld"], one["answer"]) for one in told] == [(upheld, form["answer"])]


async def test_an_answer_stays_readable_for_the_person_alone(held: Held) -> None:
    hold_id = await held.stand()
    await held.citizen.post("/v1/me/objections", json={"words": "nhầm người"})
    yes = {"upheld": True, "answer": "đúng là nhầm"}
    await held.officers.approver.post(f"{held.path}/{hold_id}/objection", json=yes)
    other = await held.service.client()
    made = await other.post("/v1/people", json={"full_name": "Mai", "phone": "0912 345 678"})
    other.headers["authorization"] = f"Bearer {made.json()['token']}"

    held.service.clock.tick(days=1)

    assert len((await held.own())["answered"]) == 1
    assert (await other.get("/v1/me/standing")).json()["answered"] == []


async def test_whoever_held_cannot_turn_the_objection_down(held: Held) -> None:
    hold_id = await held.stand()
    await held.citizen.post("/v1/me/objections", json={"words": "nhầm"})
    approver = await english(held.officers.approver)

    page = (await approver.get(pages(held))).text
    form = {"upheld": "0", "answer": "không"}
    answer = await approver.post(f"{pages(held)}/{hold_id}/objection", data=form)

    assert 'name="upheld" value="0"' not in page
    assert answer.status_code == 409
    assert "Whoever proposed or approved a hold may lift it" in answer.text


async def test_a_hold_is_lifted_with_a_reason_also_after_the_case_was_closed(held: Held) -> None:
    hold_id = await held.stand()
    opener = await english(held.officers.opener)
    async with connection(held.service.state["db"]) as db:
        await db.execute(
            "UPDATE case_file SET status = 'closed', closed = decided WHERE id = $1", held.case_id
        )

    empty = await opener.post(f"{pages(held)}/{hold_id}/end", data={"reason": " "})
    new = await opener.post(pages(held), data=typed(held))
    lifted = await opener.post(f"{pages(held)}/{hold_id}/end", data={"reason": "âm tính"})

    assert (empty.status_code, new.status_code, lifted.status_code) == (422, 409, 303)
    assert (await held.own())["colour"] == "green"


async def test_each_role_sees_and_may_do_what_the_table_says_in_its_own_area_only(
    held: Held,
) -> None:
    hold_id = await proposed(held)
    acts = {
        pages(held): typed(held),
        f"{pages(held)}/{hold_id}/decision": {"approved": "0", "reason": "x"},
        f"{pages(held)}/{hold_id}/end": {"reason": "x"},
        f"{pages(held)}/{hold_id}/objection": {"upheld": "1", "answer": "x"},
    }
    may = {
        Role.INVESTIGATOR: [0, 2],
        Role.TRACER: [],
        Role.VERIFIER: [],
    }
    for role, allowed in may.items():
        own = await staff_client(held.service, role, area=CAN_THO)
        seen = 403 if role is Role.TRACER else 200
        assert (await own.get(pages(held))).status_code == seen
        for index, (path, form) in enumerate(acts.items()):
            if index not in allowed:
                assert (await own.post(path, data=form)).status_code == 403, (role, path)
    for role in (Role.COORDINATOR, Role.INVESTIGATOR, Role.TRACER, Role.VERIFIER):
        stranger = await staff_client(held.service, role, area="2025/01/")
        assert (await stranger.get(pages(held))).status_code in {403, 404}
        assert str(hold_id) not in re.findall(
            r"#hold-(\d+)", (await stranger.get("/desk/holds")).text
        )
        for path, form in acts.items():
            assert (await stranger.post(path, data=form)).status_code in {403, 404}, (role, path)


async def test_a_proposal_past_its_day_waits_for_nobody(held: Held) -> None:
    await proposed(held)
    held.service.clock.tick(days=20)
    fresh = await english(await staff_client(held.service, Role.COORDINATOR, area=CAN_THO))

    assert "Nothing waits." in (await fresh.get("/desk/holds")).text
