"""What a gate kept, sealed, while nothing answered: opened, recognised, stored once, each with a
clear answer."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from accounts.model import Role
from checkin.cards import new_card
from checkin.model import Colour, Flag, Late, Source, Way
from checkin.seal import newest_key, sealed
from kit.db import connection
from tests.conftest import NOW, Service
from tests.make_gates import a_gate, chip_card, gate_client, show
from tests.make_people import make_person, stand
from tests.make_venues import make_checkpoint, staff_client
from tests.stored import live_scans, rows
from tests.test_checkin_pages_weight import _parts
from tests.test_checkin_uploads import LINES, why

MINUTE = timedelta(minutes=1)


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
        whole | {"sealed": base64.b64encode(damaged[:-1] + bytes([damaged[-1] ^ 1])).decode()},
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
        device.sealed({"scan": {"credential": card.replace("Hoa", "H\0oa"), "at": at}}),
        device.sealed({"person": {"ref": "0" * 32, "full_name": "Bà\0Tư", "at": at}}),
        {"key": device.key.id},
        [],
    ]

    answers = await device.upload([device.scan(card), *bad, device.scan(chip_card())])

    assert statuses(answers) == ["stored", *["refused"] * len(bad), "stored"]
    assert why(answers[1:-1]) == [
        *["seal-broken"] * 4,
        *("seal-foreign", "bad-event", "clock-wrong", "clock-wrong"),
        *("credential-unknown", "credential-foreign", "card-not-valid", "bad-event", "bad-event"),
        *("other-gate", *["bad-event"] * 6),
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


async def test_what_a_device_kept_is_stored_by_what_it_was_then_after_it_is_paired_anew(
    service: Service,
) -> None:
    http, venue = await a_gate(service)
    before = Device(service, http, (await http.get("/v1/gate")).json()["id"])
    hour = timedelta(hours=1)
    kept = [before.scan(chip_card(), NOW - hour), before.scan(chip_card(), NOW + hour)]
    keeper = await staff_client(service, Role.ADMIN, area="")
    service.clock.tick(minutes=30)
    revoked = await keeper.post(f"/v1/gates/{before.number}/revoke")
    service.clock.tick(hours=1)
    door = await make_checkpoint(service, venue.id)
    http = await gate_client(service, door.id)
    now = Device(service, http, (await http.get("/v1/gate")).json()["id"])
    elsewhere = await a_device(service)

    answers = await now.upload([*kept, now.scan(chip_card()), elsewhere.scan(chip_card())])

    assert revoked.is_success, revoked.text
    assert statuses(answers) == ["stored", "refused", "stored", "refused"]
    assert why([answers[1], answers[3]]) == ["other-gate"] * 2
    doors = {(row["at"], row["checkpoint_id"]) for row in await rows(service)}
    assert doors == {(NOW - hour, venue.checkpoint_id), (NOW, door.id)}


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
