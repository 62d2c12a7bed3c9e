"""Codes of documents that somebody printed to learn of another: they tell no more than a number
that was typed, and are counted with it."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from checkin import typed
from checkin.document import is_same_name
from checkin.model import Colour, Way
from checkin.vault import IdentifierKind
from tests.conftest import NOW, Service
from tests.make_gates import a_gate, chip_card, show
from tests.make_people import audit_acts, make_person, stand
from tests.stored import live_scans, rows
from tests.test_checkin_gate_uploads import Device

VICTIM, OLD = "092185004321", "361234567"
NAMELESS = f"{VICTIM}|||1|||"
UNDER_ANOTHER_NAME = f"{VICTIM}||X|01021985|Nữ||"
TOO_MANY = "too many numbers typed at a gate"


async def a_red_victim(service: Service) -> int:
    person = await make_person(service, "Nguyễn Thị Bí Mật", cccd=VICTIM)
    await stand(service, person, Colour.RED, hold=True)
    return person


async def statuses(
    gate: httpx.AsyncClient, credential: str, count: int, **more: object
) -> set[int]:
    answers = [
        await show(gate, credential, NOW + timedelta(milliseconds=n), **more) for n in range(count)
    ]
    return {answer.status_code for answer in answers}


@pytest.mark.parametrize("forged", [NAMELESS, UNDER_ANOTHER_NAME, f"{VICTIM}||?? ??|1|||"])
async def test_a_forged_document_tells_neither_a_name_nor_red(
    service: Service, forged: str
) -> None:
    gate, _ = await a_gate(service)
    await a_red_victim(service)

    asked = await show(gate, forged, NOW)
    sure = await show(gate, forged, NOW, confirmed=True)
    retry = await show(gate, forged, NOW, confirmed=True)

    assert (asked.status_code, asked.json()["odd"]) == (409, ["name"])
    for answer in (sure, retry):
        assert (answer.json()["colour"], answer.json()["reason"]) == ("amber", "ask")
    assert "Mật" not in asked.text + sure.text + retry.text


@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize("forged", [NAMELESS, UNDER_ANOTHER_NAME])
async def test_forged_documents_are_counted_and_end_for_the_day(
    service: Service, monkeypatch: pytest.MonkeyPatch, forged: str, confirmed: bool
) -> None:
    monkeypatch.setattr(typed, "A_DAY", 3)
    gate, _ = await a_gate(service)
    await a_red_victim(service)

    answers = await statuses(gate, forged, 3, confirmed=confirmed)
    later = await show(gate, forged, NOW + timedelta(seconds=1), confirmed=confirmed)
    number = await show(gate, "0912345678", NOW)
    true = await show(gate, chip_card("Nguyễn Thị Bí Mật", VICTIM), NOW + timedelta(seconds=2))

    assert answers == {200 if confirmed else 409}
    assert later.status_code == number.status_code == 429
    assert (true.status_code, true.json()["colour"]) == (200, "red")
    assert [act for act, _ in await audit_acts(service)].count(TOO_MANY) == 1


async def test_true_documents_are_not_counted_however_many(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed, "A_DAY", 0)
    gate, _ = await a_gate(service)
    damaged = chip_card("Nguy?n Th? Hoa")
    child = chip_card("Trần Bé Na", year=2012)

    known = chip_card("Nguyễn Thị Hoa")
    seconds = (NOW + timedelta(minutes=3 * n) for n in range(20))
    for card, confirmed in ((known, False), (damaged, True), (child, True)):
        await show(gate, card, next(seconds) - timedelta(hours=1), confirmed=confirmed)
    again = [
        await show(gate, card, NOW)
        for card in (known, damaged, damaged.replace("Nguy?n Th? Hoa", "Nguyễn Thị Hoa"), child)
    ]
    by_a_poor_gun = await show(gate, known.replace("Nguyễn Thị", "Nguy???n Th?"), NOW)

    assert [answer.status_code for answer in (*again, by_a_poor_gun)] == [200] * 5
    assert await rows(service, "gate_typed") == []


async def test_red_is_red_for_a_card_that_a_poor_gun_damaged(service: Service) -> None:
    gate, _ = await a_gate(service)
    await a_red_victim(service)

    answer = await show(gate, chip_card("Nguy?n Th? B? M?t", VICTIM), NOW)

    assert (answer.json()["colour"], answer.json()["way"]) == ("red", "refused")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Nguyễn Thị Hoà", "NGUYEN THI HOA", True),
        ("Nguy?n Th? Hoà", "Nguyễn Thị Hoà", True),
        ("Nguy???n Th??? Ho??", "Nguyễn Thị Hoà", True),
        ("Nguy\ufffdn Th\ufffd Ho\ufffd", "Nguy?n Th? Ho?", True),
        ("Nguy?n Th? Hoa", "Nguyễn Thị Hoà", False),
        ("N? T? H?", "Nguyễn Thị Hoà", False),
        ("?????? ??? ???", "Nguyễn Thị Hoà", False),
        ("??", "Ý Ế", False),
        ("", "Nguyễn Thị Hoà", False),
        ("Nguyễn Thị Hoà", "", False),
        ("", "", False),
        ("?", "?", False),
    ],
)
def test_a_name_is_the_same_by_every_letter_that_is_left(
    one: str, other: str, expected: bool
) -> None:
    assert is_same_name(one, other) is is_same_name(other, one) is expected


async def test_forged_documents_that_waited_are_counted_on_their_day_and_refuse_nobody(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed, "A_DAY", 2)
    http, _ = await a_gate(service)
    device = Device(service, http, (await http.get("/v1/gate")).json()["id"])
    await a_red_victim(service)
    yesterday = NOW - timedelta(days=1)
    times = [yesterday + timedelta(minutes=10 * n) for n in range(4)]
    events = [device.scan(UNDER_ANOTHER_NAME, at) for at in times[:3]]
    events += [device.scan("0912345678", times[3]), device.scan(chip_card(), times[3])]

    first = await device.upload(events)
    again = await device.upload(events)
    live = await show(http, "0912345678", NOW)

    assert {one["status"] for one in first} == {"stored"}
    assert {one["status"] for one in again} == {"already-stored"}
    assert live.status_code == 200
    counted = {row["day"].isoformat(): row["numbers"] for row in await rows(service, "gate_typed")}
    assert counted == {"2021-07-19": 4, "2021-07-20": 1}
    assert [act for act, _ in await audit_acts(service)].count(TOO_MANY) == 1


def with_old(number: str, name: str, old: str = OLD) -> str:
    return chip_card(name, number).replace("||", f"|{old}|", 1)


async def verified(service: Service) -> dict[int, int]:
    """By kind of number, how many count as seen."""
    kinds = [row["kind"] for row in await rows(service, "identifier") if row["verified"]]
    return {kind: kinds.count(kind) for kind in set(kinds)}


async def test_a_forged_card_with_a_strangers_old_number_is_neither_them_nor_has_it(
    service: Service,
) -> None:
    gate, _ = await a_gate(service)
    true = with_old("092190000001", "Nguyễn Thị Hoa")
    await show(gate, true, NOW)
    before = set(await rows(service, "identifier"))

    forged = await show(gate, with_old("092190000002", "Lê Thị Giả"), NOW)
    again = await show(gate, with_old("092190000002", "Lê Thị Giả"), NOW)

    assert forged.status_code == again.status_code == 200
    assert len(await rows(service, "person")) == 2
    assert await verified(service) == {IdentifierKind.CCCD: 2, IdentifierKind.CMND: 1}
    assert before < set(await rows(service, "identifier"))
    assert len({row["subject"] for row in await rows(service)}) == 2


async def test_an_old_number_that_was_claimed_first_costs_its_owner_nothing(
    service: Service,
) -> None:
    gate, _ = await a_gate(service)
    await show(gate, with_old("092190000002", "Lê Thị Giả"), NOW)

    owner = await show(gate, with_old("092190000001", "Nguyễn Thị Hoa"), NOW)

    assert owner.status_code == 200  # a person of their own, by their own number
    assert len({row["subject"] for row in await rows(service)}) == 2
    assert await live_scans(service) == 2 * [(Way.IN, 0)]


async def test_who_is_known_by_the_old_number_alone_is_found_by_the_card(service: Service) -> None:
    gate, _ = await a_gate(service)
    await make_person(service, "Nguyễn Thị Hoa", cmnd=OLD)

    answer = await show(gate, with_old("092190000001", "Nguyễn Thị Hoa"), NOW)

    assert answer.status_code == 200
    assert len(await rows(service, "person")) == 1
