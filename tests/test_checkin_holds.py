"""Entry holds: a case and two people, one person at a time, with a reason, an objection, an end."""

from __future__ import annotations

import asyncio
from datetime import timedelta, timezone

import asyncpg
import pytest

from accounts.model import Role
from checkin.holds import ACTS_AN_HOUR, LONGEST
from checkin.rules import up_to_hour
from kit.db import connection
from tests import golden
from tests.make_cases import CAN_THO, PHONES, open_case
from tests.make_holds import NOTE, Held, device, held, slug
from tests.make_people import audit_acts, link, make_person
from tests.make_venues import staff_client

__all__ = ["held"]  # the fixture

KATHMANDU = timezone(timedelta(hours=5, minutes=45))


async def test_a_proposal_alone_turns_nobody_red(held: Held) -> None:
    answer = await held.propose()

    assert answer.status_code == 201
    assert answer.json()["status"] == "proposed"
    assert (await held.own())["colour"] == "green"


async def test_the_proposer_cannot_approve_their_own_hold(held: Held) -> None:
    hold_id = (await held.propose()).json()["id"]

    refused = await held.decide(hold_id, held.officers.opener)

    assert (refused.status_code, slug(refused)) == (409, "hold-second-person")
    assert (await held.own())["colour"] == "green"


async def test_two_people_and_a_case_make_a_hold_that_says_its_reason(held: Held) -> None:
    await held.stand()

    own = await held.own()

    assert own["colour"] == "red"
    assert own["own"] is None
    assert own["hold"]["reason"] == "close-contact"
    assert own["hold"]["note"] == NOTE


async def test_the_cases_own_person_is_held_as_a_confirmed_case(held: Held) -> None:
    case = (await held.officers.opener.get(f"/v1/cases/{held.case_id}")).json()

    answer = await held.propose(number=case["people"][0]["number"])

    assert answer.json()["reason"] == "confirmed-case"


async def test_a_case_that_nobody_approved_holds_nobody(held: Held) -> None:
    case = await open_case(held.officers.opener, phone=PHONES[golden.X])

    answer = await held.officers.opener.post(
        f"/v1/cases/{case['id']}/holds",
        json={
            "number": held.number,
            "colour": "red",
            "until": (held.service.clock() + timedelta(days=1)).isoformat(),
            "note": NOTE,
        },
    )

    assert (answer.status_code, slug(answer)) == (409, "case-not-approved")


async def test_nobody_outside_the_case_can_be_held(held: Held) -> None:
    assert (await held.propose(number="00000000")).status_code == 404


async def test_several_people_at_once_cannot_even_be_asked_for(held: Held) -> None:
    for several in (
        {"number": [held.number, held.number]},
        {"numbers": [held.number]},
        {"number": "*"},
        {"number": ""},
        {"area": CAN_THO},
    ):
        assert (await held.propose(**several)).status_code == 422, several


async def test_one_by_one_in_bulk_is_stopped_within_the_hour(held: Held) -> None:
    answers = [await held.propose() for _ in range(ACTS_AN_HOUR + 1)]
    held.service.clock.tick(hours=1)
    later = await held.propose()

    assert [one.status_code for one in answers] == [201] * ACTS_AN_HOUR + [429]
    assert later.status_code == 201


async def test_many_at_once_get_no_further_than_one_after_the_other(held: Held) -> None:
    for _ in range(ACTS_AN_HOUR - 2):
        await held.propose()

    answers = await asyncio.gather(*(held.propose() for _ in range(4)))

    assert sorted(one.status_code for one in answers) == [201, 201, 429, 429]


async def test_another_areas_officer_sees_and_decides_nothing(held: Held) -> None:
    hold_id = (await held.propose()).json()["id"]
    stranger = await staff_client(held.service, Role.COORDINATOR, area="2025/01/")

    assert (await stranger.get(held.path)).status_code == 404
    assert (await held.propose(stranger)).status_code == 404
    assert (await held.decide(hold_id, stranger)).status_code == 404


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=-1), LONGEST + timedelta(hours=2)])
async def test_a_hold_has_an_end_within_bounds(held: Held, later: timedelta) -> None:
    until = (held.service.clock() + later).isoformat()

    answer = await held.propose(until=until)

    assert (answer.status_code, slug(answer)) == (422, "hold-too-long")


async def test_a_hold_may_end_in_any_zone_and_in_no_year_out_of_reach(held: Held) -> None:
    end = held.service.clock() + timedelta(days=1)

    for until in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"):
        answer = await held.propose(until=until)
        assert (answer.status_code, slug(answer)) == (422, "hold-too-long")
    answer = await held.propose(until=end.astimezone(KATHMANDU).isoformat())

    assert answer.json()["until"] == up_to_hour(end).isoformat().replace("+00:00", "Z")


async def test_a_hold_ends_by_itself(held: Held) -> None:
    await held.stand()
    held.service.clock.tick(days=14)

    own = await held.own()

    assert own["colour"] == "green"
    assert own["hold"] is None


async def test_a_hold_stands_on_every_record_of_the_same_human_being(held: Held) -> None:
    other = await make_person(held.service, "Hoa", "+84900000001")
    await link(held.service, held.person_id, other)
    phone = await device(held.service, other)

    hold_id = await held.stand()
    before = (await phone.get("/v1/me/standing")).json()
    await held.officers.opener.post(f"{held.path}/{hold_id}/end", json={"reason": "âm tính"})
    after = (await phone.get("/v1/me/standing")).json()

    assert (before["colour"], before["hold"]["note"]) == ("red", NOTE)
    assert after["colour"] == "green"


async def test_a_second_hold_waits_for_the_end_of_the_first(held: Held) -> None:
    first = await held.stand()
    second = (await held.propose(colour="amber")).json()["id"]

    refused = await held.decide(second)
    still = (await held.own())["colour"]
    await held.officers.opener.post(f"{held.path}/{first}/end", json={"reason": "âm tính"})
    taken = await held.decide(second)

    assert (refused.status_code, slug(refused)) == (409, "already-held")
    assert still == "red"
    assert taken.status_code == 200
    assert (await held.own())["colour"] == "amber"


async def test_two_approvals_at_once_hold_once(held: Held) -> None:
    one, other = [(await held.propose()).json()["id"] for _ in range(2)]
    third = await staff_client(held.service, Role.COORDINATOR, area=CAN_THO)

    answers = await asyncio.gather(held.decide(one), held.decide(other, third))

    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_every_act_on_a_hold_leaves_its_audit_row(held: Held) -> None:
    hold_id = await held.stand()
    await held.officers.opener.post(f"{held.path}/{hold_id}/end", json={"reason": "âm tính"})

    for act in ("propose-hold", "approve-hold", "lift-hold"):
        assert len(await audit_acts(held.service, act)) == 1


async def test_the_database_itself_wants_two_people_and_a_case(held: Held) -> None:
    hold_id = (await held.propose()).json()["id"]
    async with connection(held.service.state["db"]) as db:
        with pytest.raises(asyncpg.CheckViolationError):
            await db.execute(
                "UPDATE entry_hold SET approved = true, decided_by = proposed_by,"
                " decided = proposed WHERE id = $1",
                hold_id,
            )
        with pytest.raises(asyncpg.NotNullViolationError):
            await db.execute("UPDATE entry_hold SET case_id = NULL WHERE id = $1", hold_id)


async def test_what_is_said_of_a_hold_is_sealed(held: Held) -> None:
    await held.stand()
    await held.citizen.post("/v1/me/objections", json={"words": "chim hoàng yến"})
    async with connection(held.service.state["db"]) as db:
        rows = await db.fetch("SELECT h::text, o::text FROM entry_hold h, objection o")

    assert rows
    for secret in (NOTE, "chim hoàng yến"):
        assert secret.encode().hex() not in str(rows)
        assert secret not in str(rows)
