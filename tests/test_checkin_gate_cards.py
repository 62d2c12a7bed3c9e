"""What people show at a gate beside a document: typed numbers, cards, passes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.keydir import FIRST
from checkin import passes, typed
from checkin.cards import card_address, card_hmac, new_card
from checkin.model import Colour
from kit.db import connection
from tests.conftest import NOW, Service
from tests.make_gates import a_gate, chip_card, show
from tests.make_people import audit_acts, make_person, stand
from tests.stored import rows
from venues.code import address, check_symbol

POSTER = "0123456789AB" + check_symbol("0123456789AB")


async def test_a_typed_phone_never_joins_the_person_who_signed_up_with_it(
    service: Service,
) -> None:
    gate, _ = await a_gate(service)
    signed_up = await make_person(service, phone="+84912345678")

    first = await show(gate, "0912 345 678", NOW)
    second = await show(gate, "+84912345678", service.clock.tick(hours=1), way="out")

    assert first.status_code == second.status_code == 200
    assert first.json()["name"] == ""
    subjects = {scan["subject"] for scan in await rows(service)}
    days = service.state["days"]
    assert days.subject(signed_up, days.day(NOW)) not in subjects
    assert len(subjects) == 1  # both ends of one stay
    assert len(await rows(service, "person")) == 2


async def test_a_typed_number_says_amber_at_most(service: Service) -> None:
    gate, _ = await a_gate(service)
    person = await make_person(service, phone="+84912345678", cccd="092190000001")
    await stand(service, person, Colour.RED, hold=True)

    by_phone = await show(gate, "0912345678", NOW)
    by_number = await show(gate, "092190000001", NOW)

    for answer in (by_phone, by_number):
        assert (answer.json()["colour"], answer.json()["way"]) == ("amber", "in")


async def test_typed_numbers_are_counted_and_end_for_the_day(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed, "A_DAY", 3)
    gate, _ = await a_gate(service)
    first = await show(gate, "0912000000", NOW)

    answers = [await show(gate, f"091200000{n}", NOW) for n in range(1, 6)]
    retry = await show(gate, "0912000000", NOW)
    document = await show(gate, chip_card(), NOW)

    assert [first.status_code, *(answer.status_code for answer in answers)] == [
        *(200, 200, 200),
        *(429, 429, 429),
    ]
    assert retry.status_code == document.status_code == 200
    assert [row["numbers"] for row in await rows(service, "gate_typed")] == [6]
    acts = [act for act, _ in await audit_acts(service)]
    assert acts.count("too many numbers typed at a gate") == 1


async def test_who_tries_numbers_under_other_names_is_counted_too(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed, "A_DAY", 1)
    gate, _ = await a_gate(service)
    await make_person(service, "Nguyễn Thị Hoa", cccd="092190000001")
    forged = chip_card("Lê Văn Tám", "092190000001")

    answers = [(await show(gate, forged, NOW)).status_code for _ in range(2)]

    assert answers == [409, 429]


async def hand_out(service: Service, person_id: int | None) -> str:
    code = new_card()
    hashed = card_hmac(service.state["keys"].index.key(FIRST), code)
    async with connection(service.state["db"]) as db:
        await db.execute("INSERT INTO card (hmac, person_id) VALUES ($1, $2)", hashed, person_id)
    return code


async def test_a_card_lets_its_person_pass(service: Service) -> None:
    gate, _ = await a_gate(service)
    code = await hand_out(service, await make_person(service))

    scanned = await show(gate, card_address("http://testserver", code), NOW)
    typed = await show(gate, code.lower(), NOW + timedelta(seconds=1))

    assert scanned.json()["name"] == "N. T. Hoa"
    assert typed.json()["repeated_seconds"] == 1


async def test_a_card_of_nobody_or_revoked_lets_nobody_pass(service: Service) -> None:
    gate, _ = await a_gate(service)
    blank, revoked = (
        await hand_out(service, None),
        await hand_out(service, await make_person(service)),
    )
    async with connection(service.state["db"]) as db:
        await db.execute(
            "UPDATE card SET revoked = date_trunc('hour', $1::timestamptz, 'UTC') "
            "WHERE person_id IS NOT NULL",
            NOW,
        )

    answers = [await show(gate, code, NOW) for code in (blank, revoked, new_card())]

    assert {answer.json()["type"] for answer in answers} == {"/problems/card-not-valid"}
    assert await rows(service) == []


async def test_a_pass_lets_its_person_through_for_some_minutes(service: Service) -> None:
    gate, _ = await a_gate(service)
    person = await make_person(service)
    key = passes.pass_key(service.state["keys"].tokens.key(FIRST))
    shown = passes.pass_address("http://testserver", passes.pass_code(key, person, 0, NOW))
    signed_out = passes.pass_address("http://testserver", passes.pass_code(key, person, 1, NOW))

    now = await show(gate, shown, NOW)
    later = await show(gate, shown, service.clock.tick(minutes=10))
    revoked = await show(gate, signed_out, NOW)
    forged = await show(gate, shown[:-4] + "0000", NOW)

    assert now.json()["name"] == "N. T. Hoa"
    assert later.json()["type"] == revoked.json()["type"] == "/problems/pass-over"
    assert forged.json()["type"] == "/problems/credential-unknown"


@pytest.mark.parametrize(
    ("credential", "problem"),
    [
        ("", "credential-unknown"),
        ("hello", "credential-unknown"),
        ("a|b|c", "credential-unknown"),
        ("NZCOVIDTRACER:eyJ0eXAi", "credential-foreign"),
        ("https://app.luca-app.de/webapp/1", "credential-foreign"),
        (address("http://testserver", POSTER), "poster-at-gate"),
    ],
)
async def test_what_is_no_credential_is_called_by_its_name(
    service: Service, credential: str, problem: str
) -> None:
    gate, _ = await a_gate(service)

    answer = await show(gate, credential, NOW)

    assert answer.status_code == 422
    assert answer.json()["type"] == f"/problems/{problem}"
    assert await rows(service) == await rows(service, "person") == []
