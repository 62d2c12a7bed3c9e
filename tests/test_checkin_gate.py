"""A gate lane: pairing, who passes and who does not, repeats, undo, limits."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from accounts.keydir import FIRST
from accounts.model import Role
from checkin import gate as gates
from checkin import passes
from checkin.cards import card_address, card_hmac, new_card
from checkin.model import Colour, Source, Way
from kit.db import connection
from tests.conftest import NOW, Service
from tests.make_gates import chip_card, gate_client, show
from tests.make_people import audit_acts, link, make_person
from tests.make_venues import MadeVenue, make_checkpoint, make_venue, staff_client
from venues.code import address, check_symbol
from venues.model import Direction

HOUR = timedelta(hours=1)
POSTER = "0123456789AB" + check_symbol("0123456789AB")


async def rows(service: Service, table: str = "scan") -> list[asyncpg.Record]:
    async with connection(service.state["db"]) as db:
        return await db.fetch(f"SELECT * FROM {table}")


async def live_scans(service: Service) -> list[tuple[int, int]]:
    """(way, party) of what is not void, oldest first."""
    async with connection(service.state["db"]) as db:
        found = await db.fetch(
            "SELECT way, party FROM scan s WHERE NOT EXISTS (SELECT FROM amendment a WHERE a.void"
            " AND (a.subject, a.at, a.venue_id) = (s.subject, s.at, s.venue_id)) ORDER BY at"
        )
    return [(row["way"], row["party"]) for row in found]


async def stand(service: Service, person_id: int, colour: Colour, *, hold: bool = False) -> None:
    async with connection(service.state["db"]) as db:
        if hold:
            await db.execute(
                "INSERT INTO standing (person_id, hold, hold_until, hold_case, hold_approved_by) "
                "VALUES ($1, $2, $3, 1, 1)",
                *(person_id, colour, NOW + 24 * HOUR),
            )
        else:
            await db.execute(
                "INSERT INTO standing (person_id, own, own_until) VALUES ($1, $2, $3)",
                *(person_id, colour, NOW + 24 * HOUR),
            )


async def a_gate(service: Service, **venue: Any) -> tuple[httpx.AsyncClient, MadeVenue]:
    made = await make_venue(service, **venue)
    return await gate_client(service, made.checkpoint_id), made


# pairing


async def test_a_pairing_code_pairs_one_device_once(service: Service) -> None:
    venue = await make_venue(service)
    keeper = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    path = f"/v1/checkpoints/{venue.checkpoint_id}/gates"
    code = (await keeper.post(path, json={"name": "Máy 1"})).json()["code"]

    first, second = [
        await (await service.client()).post("/v1/gate/pairings", json={"code": code})
        for _ in range(2)
    ]

    assert first.status_code == 201
    assert second.status_code == 410
    assert second.json()["type"] == "/problems/pairing-wrong"


async def test_two_devices_at_once_do_not_share_a_pairing_code(service: Service) -> None:
    venue = await make_venue(service)
    keeper = await staff_client(service, Role.ADMIN, area="")
    path = f"/v1/checkpoints/{venue.checkpoint_id}/gates"
    code = (await keeper.post(path, json={"name": "Máy 1"})).json()["code"]
    devices = [await service.client() for _ in range(8)]

    answers = await asyncio.gather(
        *(device.post("/v1/gate/pairings", json={"code": code}) for device in devices)
    )

    assert sorted(answer.status_code for answer in answers) == [201] + 7 * [410]


async def test_a_pairing_code_lasts_ten_minutes(service: Service) -> None:
    venue = await make_venue(service)
    keeper = await staff_client(service, Role.ADMIN, area="")
    path = f"/v1/checkpoints/{venue.checkpoint_id}/gates"
    code = (await keeper.post(path, json={"name": "Máy 1"})).json()["code"]
    service.clock.tick(minutes=10)

    answer = await (await service.client()).post("/v1/gate/pairings", json={"code": code})

    assert answer.status_code == 410
    assert (await keeper.get(f"/v1/venues/{venue.id}/gates")).json()["gates"] == []


async def test_a_pairing_code_is_not_stored(service: Service) -> None:
    venue = await make_venue(service)
    keeper = await staff_client(service, Role.ADMIN, area="")
    path = f"/v1/checkpoints/{venue.checkpoint_id}/gates"

    code = (await keeper.post(path, json={"name": "Máy 1"})).json()["code"]

    [stored] = await rows(service, "gate_device")
    assert code not in str(dict(stored))


async def test_a_revoked_device_is_nobody(service: Service) -> None:
    gate, venue = await a_gate(service)
    keeper = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    [listed] = (await keeper.get(f"/v1/venues/{venue.id}/gates")).json()["gates"]
    before = await gate.get("/v1/gate")

    revoked = await keeper.post(f"/v1/gates/{listed['id']}/revoke")

    assert (before.status_code, revoked.status_code) == (200, 204)
    assert (await gate.get("/v1/gate")).status_code == 401
    assert (await show(gate, chip_card(), NOW)).status_code == 401
    assert await rows(service) == []
    acts = [act for act, _ in await audit_acts(service)]
    assert acts[-2:] == ["gate offered", "gate revoked"]


async def test_another_venues_staff_find_no_gate_here(service: Service) -> None:
    _, venue = await a_gate(service)
    other = await make_venue(service)
    stranger = await staff_client(service, Role.VENUE_STAFF, venue_id=other.id)
    [device] = await rows(service, "gate_device")

    answers = [
        await stranger.get(f"/v1/venues/{venue.id}/gates"),
        await stranger.post(f"/v1/checkpoints/{venue.checkpoint_id}/gates", json={"name": "x"}),
        await stranger.post(f"/v1/gates/{device['id']}/revoke"),
        await stranger.get(f"/venues/{venue.id}/gates"),
    ]

    assert {answer.status_code for answer in answers} == {404}


async def test_the_venues_page_shows_a_pairing_code_and_its_address_pairs(service: Service) -> None:
    venue = await make_venue(service)
    keeper = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    form = {"checkpoint": str(venue.checkpoint_id), "name": "Máy cổng chính"}
    page = await keeper.post(f"/venues/{venue.id}/gates", data=form)
    path = f"/v1/checkpoints/{venue.checkpoint_id}/gates"
    offer = (await keeper.post(path, json={"name": "Máy 2"})).json()
    device = await service.client()

    asked = await device.get(f"/G/{offer['code']}")
    paired = await device.post(f"/G/{offer['code']}")

    assert "<svg" in page.text
    assert offer["address"] == f"HTTP://TESTSERVER/G/{offer['code']}"
    assert "Máy 2" in asked.text
    assert paired.headers["location"] == "/gate"
    assert "HttpOnly" in paired.headers["set-cookie"]
    assert 'id="credential"' in (await device.get("/gate")).text
    assert (await device.get(f"/G/{offer['code']}")).status_code == 410


# passing


async def test_an_unknown_person_is_made_from_the_document_at_once(service: Service) -> None:
    gate, venue = await a_gate(service)

    answer = await show(gate, chip_card("Nguyễn Thị Hoa"), NOW, companions=2)

    assert answer.status_code == 200
    assert answer.json() == {
        "colour": "green",
        "reason": "welcome",
        "words": "Mời vào.",
        "name": "N. T. Hoa",
        "way": "in",
        "at": "2021-07-20T05:00:00Z",
        "companions": 2,
        "repeated_seconds": None,
        "tally": {"entered": 3, "left": 0, "refused": 0},
    }
    [scan] = await rows(service)
    assert (scan["way"], scan["party"], scan["source"]) == (Way.IN, 2, Source.GATE)
    assert (scan["venue_id"], scan["checkpoint_id"]) == (venue.id, venue.checkpoint_id)
    [identifier] = await rows(service, "identifier")
    assert identifier["verified"]


async def test_a_known_document_finds_its_person(service: Service) -> None:
    gate, _ = await a_gate(service)
    await make_person(service, "Nguyễn Thị Hoa", cccd="092190000001")

    answer = await show(gate, chip_card("Nguyễn Thị Hoa", "092190000001"), NOW)

    assert answer.status_code == 200
    assert len(await rows(service, "person")) == 1


async def test_two_gates_at_once_make_one_person_and_one_entry(service: Service) -> None:
    venue = await make_venue(service)
    devices = [await gate_client(service, venue.checkpoint_id) for _ in range(2)]
    cards = [chip_card() for _ in range(20)]

    answers = await asyncio.gather(
        *(
            show(device, card, NOW + timedelta(milliseconds=n))
            for card in cards
            for n, device in enumerate(devices)
        )
    )

    assert {answer.status_code for answer in answers} == {200}
    assert len(await rows(service, "person")) == 20
    assert await live_scans(service) == 20 * [(Way.IN, 0)]


async def test_a_retry_finds_its_row(service: Service) -> None:
    gate, _ = await a_gate(service)
    card = chip_card()

    first, again = [await show(gate, card, NOW) for _ in range(2)]
    service.clock.tick(hours=1)
    late = await show(gate, card, NOW)

    assert first.json() == again.json()
    assert late.json()["repeated_seconds"] is None
    assert await live_scans(service) == [(Way.IN, 0)]


async def test_the_same_person_within_two_minutes_counts_once(service: Service) -> None:
    gate, venue = await a_gate(service)
    other_door = await make_checkpoint(service, venue.id)
    other = await gate_client(service, other_door.id)
    card = chip_card()
    await show(gate, card, NOW)

    again = await show(other, card, service.clock.tick(seconds=90))
    later = await show(gate, card, service.clock.tick(seconds=60))

    assert again.json()["repeated_seconds"] == 90
    assert later.json()["repeated_seconds"] is None
    assert await live_scans(service) == 2 * [(Way.IN, 0)]


async def test_going_out_at_once_is_no_repeat(service: Service) -> None:
    gate, _ = await a_gate(service)
    card = chip_card()
    await show(gate, card, NOW)

    out = await show(gate, card, service.clock.tick(seconds=30), way="out")

    assert (out.json()["way"], out.json()["reason"]) == ("out", "left")
    assert out.json()["tally"] == {"entered": 1, "left": 1, "refused": 0}
    assert await live_scans(service) == [(Way.IN, 0), (Way.OUT, 0)]


@pytest.mark.parametrize(
    ("direction", "way", "expected"),
    [
        (Direction.IN, None, "in"),
        (Direction.OUT, None, "out"),
        (Direction.BOTH, None, "in"),
        (Direction.IN, "out", "wrong-direction"),
        (Direction.OUT, "in", "wrong-direction"),
    ],
)
async def test_the_door_says_which_way_a_scan_goes(
    service: Service, direction: Direction, way: str | None, expected: str
) -> None:
    gate, _ = await a_gate(service, direction=direction)

    answer = await show(gate, chip_card(), NOW, way=way)

    found = answer.json()
    assert expected == (found.get("way") or found["type"].removeprefix("/problems/"))


@pytest.mark.parametrize("hold", [True, False])
async def test_a_red_person_is_turned_away_without_a_word_of_why(
    service: Service, hold: bool
) -> None:
    gate, _ = await a_gate(service)
    person = await make_person(service, cccd="092190000001")
    await stand(service, person, Colour.RED, hold=hold)

    answer = await show(gate, chip_card("Nguyễn Thị Hoa", "092190000001"), NOW)

    assert (answer.json()["colour"], answer.json()["reason"]) == ("red", "not_now")
    assert answer.json()["way"] == "refused"
    assert answer.json()["tally"] == {"entered": 0, "left": 0, "refused": 1}
    assert await live_scans(service) == [(Way.REFUSED, 0)]


async def test_a_person_held_under_another_record_is_turned_away_too(service: Service) -> None:
    gate, _ = await a_gate(service)
    one = await make_person(service, cccd="092190000001")
    other = await make_person(service)
    await link(service, one, other)
    await stand(service, other, Colour.RED, hold=True)

    answer = await show(gate, chip_card("Nguyễn Thị Hoa", "092190000001"), NOW)

    assert answer.json()["way"] == "refused"


async def test_a_red_person_may_leave_and_a_late_scan_turns_nobody_away(service: Service) -> None:
    gate, _ = await a_gate(service)
    person = await make_person(service, cccd="092190000001")
    await stand(service, person, Colour.RED, hold=True)
    card = chip_card("Nguyễn Thị Hoa", "092190000001")

    late = await show(gate, card, NOW - HOUR)
    out = await show(gate, card, NOW, way="out")

    assert (late.json()["way"], late.json()["colour"]) == ("in", "red")
    assert (out.json()["way"], out.json()["colour"]) == ("out", "green")
    assert await live_scans(service) == [(Way.IN, 0), (Way.OUT, 0)]


async def test_amber_goes_in_after_a_word(service: Service) -> None:
    gate, _ = await a_gate(service)
    await stand(service, await make_person(service, cccd="092190000001"), Colour.AMBER)

    answer = await show(gate, chip_card("Nguyễn Thị Hoa", "092190000001"), NOW)

    assert (answer.json()["colour"], answer.json()["reason"]) == ("amber", "ask")
    assert answer.json()["way"] == "in"


async def test_a_venue_that_demands_a_declaration_asks_for_it(service: Service) -> None:
    gate, _ = await a_gate(service, demands_declaration=True)
    await stand(service, await make_person(service, cccd="092190000001"), Colour.GREEN)

    declared = await show(gate, chip_card("Nguyễn Thị Hoa", "092190000001"), NOW)
    stranger = await show(gate, chip_card("Trần Văn An", sex="Nam"), NOW)

    assert declared.json()["reason"] == "welcome"
    assert (stranger.json()["colour"], stranger.json()["reason"]) == ("amber", "declare")


# odd ones


async def test_what_does_not_fit_waits_for_the_guard(service: Service) -> None:
    gate, _ = await a_gate(service)
    card = chip_card("Trần Bé Na", year=2012)

    asked = await show(gate, card, NOW)
    before = await rows(service, "person")
    confirmed = await show(gate, card, NOW, confirmed=True)
    again = await show(gate, card, NOW + timedelta(minutes=1))

    assert asked.status_code == 409
    assert asked.json()["odd"] == ["minor"]
    assert asked.json()["name"] == "T. B. Na"
    assert before == []
    assert confirmed.status_code == again.status_code == 200


async def test_another_name_under_a_known_number_waits_for_the_guard(service: Service) -> None:
    gate, _ = await a_gate(service)
    await make_person(service, "Nguyễn Thị Hoa", cccd="092190000001")

    same = await show(gate, chip_card("NGUYEN THI HOA", "092190000001"), NOW)
    other = await show(gate, chip_card("Lê Văn Tám", "092190000001"), NOW + HOUR / 100)

    assert same.status_code == 200
    assert (other.status_code, other.json()["odd"]) == (409, ["name"])


# numbers, cards, passes


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
    monkeypatch.setattr(gates, "TYPED_A_DAY", 3)
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


@pytest.mark.parametrize("away", [timedelta(hours=-72), timedelta(minutes=2)])
async def test_a_wrong_clock_is_told_the_time_and_makes_nobody(
    service: Service, away: timedelta
) -> None:
    gate, _ = await a_gate(service)

    answer = await show(gate, chip_card(), NOW + away)

    assert answer.json()["type"] == "/problems/clock-wrong"
    assert await rows(service, "person") == []


# by hand, undo


def by_hand(**more: object) -> dict[str, object]:
    return {"ref": secrets.token_hex(16), "full_name": "Bà Tư", "at": NOW.isoformat()} | more


async def test_somebody_with_nothing_is_written_down_once(service: Service) -> None:
    gate, _ = await a_gate(service)
    body = by_hand(phone="0912345678", birth_year=1950)

    first, retry = [await gate.post("/v1/gate/people", json=body) for _ in range(2)]
    other = await gate.post("/v1/gate/people", json=by_hand())

    assert first.status_code == 200
    assert first.json() == retry.json() | {"tally": first.json()["tally"]}
    assert other.json()["tally"]["entered"] == 2
    assert len(await rows(service, "person")) == 2
    assert not any(row["verified"] for row in await rows(service, "identifier"))


async def undo(gate: httpx.AsyncClient, **body: object) -> int:
    answer = await gate.post("/v1/gate/undos", json={"at": NOW.isoformat()} | body)
    return answer.status_code


async def test_an_undo_voids_the_scan_and_lets_it_be_made_again(service: Service) -> None:
    gate, _ = await a_gate(service)
    card = chip_card()
    await show(gate, card, NOW)

    first, again = await undo(gate, credential=card), await undo(gate, credential=card)
    lane = await gate.get("/v1/gate")
    anew = await show(gate, card, NOW + timedelta(seconds=20), companions=1)

    assert first == again == 204
    assert lane.json()["tally"]["entered"] == 0
    assert anew.json()["repeated_seconds"] is None
    assert await live_scans(service) == [(Way.IN, 1)]
    [amended] = await rows(service, "amendment")
    assert amended["by_staff"] is not None


async def test_an_entry_by_hand_is_undone_by_its_reference(service: Service) -> None:
    gate, _ = await a_gate(service)
    body = by_hand()
    await gate.post("/v1/gate/people", json=body)

    assert await undo(gate, ref=body["ref"]) == 204
    assert await live_scans(service) == []


async def test_only_an_own_scan_of_the_last_minutes_is_undone(service: Service) -> None:
    gate, _ = await a_gate(service)
    elsewhere, _ = await a_gate(service)
    card = chip_card()
    await show(gate, card, NOW)

    foreign = await undo(elsewhere, credential=card)
    unknown = await undo(gate, credential=chip_card())
    service.clock.tick(minutes=10)
    late = await undo(gate, credential=card)

    assert foreign == unknown == late == 409
    assert await live_scans(service) == [(Way.IN, 0)]


async def test_a_scan_at_a_gate_holds_no_name_and_no_number_outside_the_vault(
    service: Service,
) -> None:
    gate, _ = await a_gate(service)

    await show(gate, chip_card("Nguyễn Thị Hoa", "092190000001"), NOW)

    for table in ("scan", "person", "identifier", "gate_device", "audit"):
        text = str([dict(row) for row in await rows(service, table)])
        assert "Hoa" not in text
        assert "092190000001" not in text
