"""Entries written by hand at a gate, and scans taken back."""

from __future__ import annotations

import secrets
from datetime import timedelta

import httpx

from checkin.model import Way
from tests.conftest import NOW, Service
from tests.make_gates import a_gate, chip_card, gate_client, show
from tests.make_venues import make_checkpoint
from tests.stored import live_scans, rows


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
    gate, venue = await a_gate(service)
    elsewhere, _ = await a_gate(service)
    beside = await gate_client(service, (await make_checkpoint(service, venue.id)).id)
    card = chip_card()
    await show(gate, card, NOW)

    foreign = await undo(elsewhere, credential=card)
    neighbour = await undo(beside, credential=card)
    unknown = await undo(gate, credential=chip_card())
    service.clock.tick(minutes=10)
    late = await undo(gate, credential=card)

    assert foreign == neighbour == unknown == late == 409
    assert await live_scans(service) == [(Way.IN, 0)]
