"""What a gate kept, sealed, while nothing answered: opened, recognised, stored once, each with a
clear answer."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from checkin import together
from checkin.cards import new_card
from checkin.looks import Looks
from checkin.model import Colour, Flag, Late, Source, Way
from checkin.seal import (
    KEPT,
    RENEWED,
    SealBroken,
    SealForeign,
    keep_keys,
    newest_key,
    sealed,
    unsealed,
)
from checkin.vault import IdentifierKind
from kit.db import connection
from kit.keys import KeyShelf
from tests.conftest import NOW, Service
from tests.make_gates import chip_card, gate_client, show
from tests.make_people import make_person
from tests.make_venues import make_venue
from tests.test_checkin_gate import a_gate, live_scans, rows, stand
from tests.test_checkin_pages_weight import _parts
from tests.test_checkin_uploads import LINES, why

MINUTE = timedelta(minutes=1)
TODAY = date(2021, 7, 20)


class Device:
    """A gate that seals as its page does."""

    def __init__(self, service: Service, http: httpx.AsyncClient, number: int) -> None:
        self.http, self.number = http, number
        self.key = newest_key(service.state["keys"].gates)

    def sealed(self, event: dict[str, Any], **more: Any) -> dict[str, str]:
        text = json.dumps({"gate": self.number} | more | event).encode()
        return {"key": self.key.id, "sealed": sealed(self.key, text)}

    def scan(self, credential: str, at: datetime = NOW, **more: Any) -> dict[str, str]:
        return self.sealed({"scan": {"credential": credential, "at": at.isoformat()} | more})

    async def upload(self, events: Sequence[object]) -> list[dict[str, Any]]:
        answer = await self.http.post("/v1/gate/uploads", json=events)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["events"]
        return found


async def a_device(service: Service, **venue: Any) -> Device:
    http, _ = await a_gate(service, **venue)
    lane = (await http.get("/v1/gate")).json()
    return Device(service, http, lane["id"])


def statuses(answers: Sequence[dict[str, Any]]) -> list[str]:
    return [answer["status"] for answer in answers]


async def test_what_waited_is_stored_with_its_own_time_and_lateness(service: Service) -> None:
    device = await a_device(service)
    hour = timedelta(hours=1)
    by_hand = {
        "ref": secrets.token_hex(16),
        "full_name": "Bà Tư",
        "at": (NOW - 5 * hour).isoformat(),
    }

    answers = await device.upload(
        [
            device.scan(chip_card(), NOW - 71 * hour, companions=2),
            device.scan(chip_card(), NOW - 5 * MINUTE, way="out"),
            device.sealed({"person": by_hand}),
            device.scan("0912 345 678", NOW - MINUTE),
        ]
    )

    assert statuses(answers) == ["stored"] * 4
    stored = {(r["at"], r["way"], r["party"], r["late"], r["source"]) for r in await rows(service)}
    assert stored == {
        (NOW - 71 * hour, Way.IN, 2, Late.HOURS_72, Source.GATE),
        (NOW - 5 * hour, Way.IN, 0, Late.HOURS_6, Source.GATE),
        (NOW - 5 * MINUTE, Way.OUT, 0, Late.MINUTES_10, Source.GATE),
        (NOW - MINUTE, Way.IN, 0, Late.MINUTES_10, Source.GATE),
    }


async def test_bad_events_are_refused_by_themselves_and_spoil_nothing(service: Service) -> None:
    device = await a_device(service)
    card = chip_card()
    whole = device.scan(card)
    damaged = base64.b64decode(whole["sealed"])
    at = NOW.isoformat()
    bad = [
        whole | {"sealed": base64.b64encode(damaged[:-1] + b"\x00").decode()},
        whole | {"sealed": base64.b64encode(b"\x04" * 200).decode()},
        whole | {"sealed": "not base64"},
        whole | {"sealed": ""},
        whole | {"key": "0" * 16},
        device.sealed({"scan": {"credential": card, "at": "2021-07-20T12:00:00"}}),
        device.scan(card, datetime.fromisoformat("1970-01-01T00:00:00+00:00")),
        device.scan(card, datetime.fromisoformat("2100-01-01T00:00:00+00:00")),
        device.scan("9|8|7|x"),
        device.scan("NZCOVIDTRACER:eyJ0eXAiOiJlbnRyeSJ9"),
        device.scan(new_card()),
        device.scan(card, companions=21),
        device.scan(card, way="refused"),
        device.sealed({"scan": {"credential": card, "at": at}}, gate=device.number + 1),
        device.sealed({}),
        device.sealed({"scan": {"credential": "\ud800", "at": at}}),
        {"key": device.key.id},
        [],
    ]

    answers = await device.upload([device.scan(card), *bad, device.scan(chip_card())])

    assert statuses(answers) == ["stored", *["refused"] * len(bad), "stored"]
    assert why(answers[1:-1]) == [
        *["seal-broken"] * 4,
        *("seal-foreign", "bad-event", "clock-wrong", "clock-wrong"),
        *("credential-unknown", "credential-foreign", "card-not-valid", "bad-event", "bad-event"),
        *("other-gate", "bad-event", "bad-event", "bad-event", "bad-event"),
    ]
    assert len(await rows(service)) == 2
    [problems] = [
        metric
        for metric in service.state["requests"].metrics()
        if metric.name == "chot_problems_total"
    ]
    counted = {labels[0][1]: value for _, labels, value in problems.samples}
    assert counted == Counter(why(answers[1:-1]))


async def test_an_upload_cut_in_the_middle_costs_its_last_line_and_one_too_long_all(
    service: Service,
) -> None:
    device = await a_device(service)
    lines = [json.dumps(device.scan(chip_card(), NOW - n * MINUTE)) for n in range(3)]
    cut = "\n".join(lines)[:-40]

    answer = await device.http.post("/v1/gate/uploads", content=cut, headers=LINES)
    array = await device.http.post(
        "/v1/gate/uploads", content=f"[{cut}", headers={"content-type": "application/json"}
    )
    long = await device.http.post(
        "/v1/gate/uploads", content=(lines[0] + "\n") * 5_001, headers=LINES
    )

    assert statuses(answer.json()["events"]) == ["stored", "stored", "refused"]
    assert (array.status_code, array.json()["type"]) == (400, "/problems/malformed-body")
    assert (long.status_code, long.json()["type"]) == (422, "/problems/too-many-events")
    assert len(await rows(service)) == 2


async def test_sent_again_in_another_order_it_leaves_the_same_rows(service: Service) -> None:
    device = await a_device(service)
    cards = [chip_card(), chip_card()]
    times = [NOW - n * MINUTE for n in (200, 190, 189, 100, 3)]
    events = [device.scan(card, at) for at in times for card in cards]

    first = await device.upload(events)
    before = sorted(tuple(row.values()) for row in await rows(service))
    again = await device.upload(events[::-1])

    # the scan of 189 minutes ago repeats that of 190
    assert statuses(first).count("stored") == 8
    assert set(statuses(again)) == {"already-stored"}
    assert sorted(tuple(row.values()) for row in await rows(service)) == before


async def test_a_live_scan_whose_answer_was_lost_is_found_again(service: Service) -> None:
    device = await a_device(service)
    card = chip_card()
    await show(device.http, card, NOW)

    [answer] = await device.upload([device.scan(card, NOW)])

    assert answer["status"] == "already-stored"
    assert await live_scans(service) == [(Way.IN, 0)]


async def test_a_red_person_who_went_in_is_stored_and_marked(service: Service) -> None:
    device = await a_device(service)
    person = await make_person(service, "Trần Thị Đỏ", cccd="092190999999")
    await stand(service, person, Colour.RED)

    await device.upload([device.scan(chip_card("Trần Thị Đỏ", "092190999999"), NOW)])

    [row] = await rows(service)
    assert (row["way"], row["flags"]) == (Way.IN, Flag.RED)


async def test_what_the_guard_sees_counts_what_came_late(service: Service) -> None:
    device = await a_device(service)
    async with connection(service.state["db"]) as db:
        await db.execute("UPDATE venue SET capacity = 10")

    await device.upload([device.scan(chip_card(), NOW - n * MINUTE) for n in range(9)])
    service.clock.tick(seconds=6)
    lane = (await device.http.get("/v1/gate")).json()

    assert lane["tally"]["entered"] == 9
    assert lane["fullness"] == "nearly_full"


async def test_a_revoked_gate_uploads_nothing(service: Service) -> None:
    device = await a_device(service)
    async with connection(service.state["db"]) as db:
        await db.execute("UPDATE gate_device SET revoked_at = $1", NOW)
    service.state["lanes"].forget(device.number)

    answer = await device.http.post("/v1/gate/uploads", json=[device.scan(chip_card())])

    assert answer.status_code == 401
    assert await rows(service) == []


# the keys


def test_a_key_is_followed_by_another_and_kept_until_nothing_can_come_under_it(
    tmp_path: Path,
) -> None:
    shelf = KeyShelf(tmp_path / "gates", 32)
    keep_keys(shelf, TODAY)
    first = newest_key(shelf)
    waiting = sealed(first, b"{}")

    keep_keys(shelf, TODAY + RENEWED - timedelta(days=1))
    assert newest_key(shelf) == first
    keep_keys(shelf, TODAY + RENEWED)
    assert newest_key(shelf) != first

    keep_keys(shelf, TODAY + RENEWED + KEPT)
    assert unsealed(shelf, first.id, waiting) == b"{}"
    keep_keys(shelf, TODAY + RENEWED + KEPT + timedelta(days=1))
    with pytest.raises(SealForeign):
        unsealed(shelf, first.id, waiting)


def test_what_was_sealed_for_another_service_is_told_from_what_was_damaged(tmp_path: Path) -> None:
    ours, theirs = KeyShelf(tmp_path / "ours", 32), KeyShelf(tmp_path / "theirs", 32)
    keep_keys(ours, TODAY)
    keep_keys(theirs, TODAY)
    foreign = newest_key(theirs)
    text = sealed(foreign, b"{}")

    with pytest.raises(SealForeign):
        unsealed(ours, foreign.id, text)
    with pytest.raises(SealBroken):
        unsealed(ours, newest_key(ours).id, text)


# looking up many at once


async def test_who_asks_meanwhile_shares_a_statement_and_one_failure_ends_none_after_it() -> None:
    asked: list[list[int]] = []

    async def doubled(questions: list[int]) -> list[int]:
        asked.append(questions)
        if 13 in questions:
            raise ValueError("13")
        return [2 * question for question in questions]

    ask = together.Together(doubled)

    assert await asyncio.gather(*map(ask, range(5))) == [0, 2, 4, 6, 8]
    with pytest.raises(ValueError, match="13"):
        await ask(13)
    gone = asyncio.create_task(ask(6))
    await asyncio.sleep(0)
    gone.cancel()

    assert await ask(7) == 14
    assert len(asked[0]) == 5


async def test_many_documents_are_found_by_one_statement_each_by_its_own_strongest_number(
    service: Service,
) -> None:
    looks: Looks = service.state["looks"]
    people = [
        await make_person(service, f"Người {n}", f"+8491234567{n}", cccd=f"09219000000{n}")
        for n in range(3)
    ]
    find = service.state["vault"].find
    async with connection(service.state["db"]) as db:
        await db.executemany(
            "INSERT INTO identifier (kind, hmac, person_id, verified) VALUES (3, $1, $2, true)",
            [
                (find(IdentifierKind.CMND, f"36000000{n}"), person)
                for n, person in enumerate(people)
            ],
        )
    cccd, cmnd = IdentifierKind.CCCD, IdentifierKind.CMND
    numbers = [
        ((cccd, find(cccd, "092190000001")), (cmnd, find(cmnd, "360000002"))),
        ((cccd, find(cccd, "092190000009")), (cmnd, find(cmnd, "360000000"))),
        ((cccd, find(cccd, "092190000009")),),
    ]

    found = await looks._people(list(numbers))

    assert [meant for meant, _ in found] == [people[1], people[0], None]
    assert [list(rows) for _, rows in found] == [[people[1]], [people[0]], []]


async def test_the_public_key_of_the_page_is_the_services(service: Service) -> None:
    venue = await make_venue(service)
    http = await gate_client(service, venue.checkpoint_id)
    lane = (await http.get("/v1/gate")).json()

    http.cookies.set("chot_gate", http.headers["Authorization"].removeprefix("Bearer "))
    page = await http.get("/gate")

    assert lane["seal"]["id"] in page.text
    assert lane["seal"]["public"] in page.text


async def test_the_worker_keeps_every_file_that_the_lane_needs(service: Service) -> None:
    http, _ = await a_gate(service)
    http.cookies.set("chot_gate", http.headers["Authorization"].removeprefix("Bearer "))
    shell = set(re.findall(r'"(/static/[^"]+)"', (await http.get("/gate-worker.js")).text))

    needed = _parts((await http.get("/gate")).text, "/gate")
    for path in needed:
        text = (await http.get(path)).text if ".js" in path else ""
        needed += [one for one in _parts(text, path) if one not in needed]

    assert {"/static/checkin/seal.js", "/static/checkin/lens.js"} <= set(needed)
    assert set(needed) <= shell
