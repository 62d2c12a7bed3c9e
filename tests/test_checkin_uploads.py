"""Scans kept offline, uploaded many at once: an answer each, the same rows however they come."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import anyio.from_thread
import anyio.to_thread
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin import ledger, uploads
from checkin.model import Late, Source, Way
from kit.db import connection
from tests.conftest import NOW, Service
from tests.make_batches import pending
from tests.make_phones import signed_up
from tests.make_venues import MadeVenue, make_venue

LINES = {"content-type": "application/x-ndjson"}
SLOTS = 72 * 6  # of ten minutes: as far back as a phone may bring scans


def event(venue: MadeVenue, at: datetime = NOW, **more: object) -> dict[str, Any]:
    return {"code": venue.code, "at": at.isoformat(), "way": "in", **more}


async def upload(phone: httpx.AsyncClient, events: Sequence[object]) -> list[dict[str, Any]]:
    answer = await phone.post("/v1/uploads", json=events)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


async def rows(service: Service, columns: str) -> list[tuple[Any, ...]]:
    async with connection(service.state["db"]) as db:
        return [tuple(row) for row in await db.fetch(f"SELECT {columns} FROM scan ORDER BY at")]


def why(answers: Sequence[dict[str, Any]]) -> list[str]:
    return [
        a["problem"]["type"].removeprefix("/problems/") if a["problem"] else "" for a in answers
    ]


async def test_what_waited_is_stored_with_its_own_time_and_its_lateness(service: Service) -> None:
    phone, venue = await signed_up(service), await make_venue(service)
    hours = [timedelta(hours=h) for h in (71, 23, 5)]

    answers = await upload(
        phone,
        [event(venue, NOW - h) for h in hours]
        + [event(venue, NOW - timedelta(minutes=5), way="out", button=True)],
    )

    assert [a["status"] for a in answers] == ["stored"] * 4
    assert await rows(service, "at, way, source, late") == [
        (NOW - hours[0], Way.IN, Source.UPLOAD, Late.HOURS_72),
        (NOW - hours[1], Way.IN, Source.UPLOAD, Late.HOURS_24),
        (NOW - hours[2], Way.IN, Source.UPLOAD, Late.HOURS_6),
        (NOW - timedelta(minutes=5), Way.OUT, Source.BUTTON, Late.MINUTES_10),
    ]


async def test_bad_events_are_refused_by_themselves_and_spoil_nothing(service: Service) -> None:
    phone, venue = await signed_up(service), await make_venue(service)
    good = [json.dumps(event(venue, NOW - timedelta(minutes=n))) for n in range(3)]
    bad = [
        json.dumps(event(venue) | {"code": "\x00" * 13}),
        json.dumps(event(venue) | {"code": "\ud800" * 13}),
        json.dumps(event(venue) | {"at": "2021-07-20T12:00:00"}),
        json.dumps(event(venue) | {"at": "1970-01-01T00:00:00Z"}),
        json.dumps(event(venue) | {"at": "2100-01-01T00:00:00Z"}),
        json.dumps(event(venue) | {"at": "0001-01-01T00:00:00+14:00"}),
        json.dumps(event(venue) | {"code": "0000-0000-00000"}),
        json.dumps(event(venue) | {"companions": 21}),
        json.dumps(event(venue) | {"way": "refused"}),
        json.dumps(event(venue) | {"button": True}),
        json.dumps(event(venue) | {"name": "A"}),
        "[]",
        "\x00",
        good[0][:-5],  # the line at which the upload was cut
    ]
    body = "\n".join([good[0], *bad[:7], "", good[1], *bad[7:-1], good[2], bad[-1]])

    answer = await phone.post("/v1/uploads", content=body, headers=LINES)

    assert answer.status_code == 200
    found = answer.json()["events"]
    assert len(found) == len(good) + len(bad)
    assert [n for n, a in enumerate(found) if a["status"] == "stored"] == [0, 8, 15]
    refused = [a for a in found if a["status"] == "refused"]
    assert why(refused) == [
        *("unknown-code", "bad-event", "bad-event"),
        *("clock-wrong", "clock-wrong", "clock-wrong", "unknown-code"),
        *["bad-event"] * 7,
    ]
    assert len(await rows(service, "at")) == 3


async def test_bytes_that_are_no_text_cost_their_own_line_only(service: Service) -> None:
    phone, venue = await signed_up(service), await make_venue(service)
    good = json.dumps(event(venue)).encode()

    answer = await phone.post(
        "/v1/uploads", content=b'{"code":"\xff\xfe' + b"\n" + good, headers=LINES
    )

    assert [a["status"] for a in answer.json()["events"]] == ["refused", "stored"]


async def test_one_event_too_many_stores_none(service: Service) -> None:
    phone, venue = await signed_up(service), await make_venue(service)
    line = json.dumps(event(venue)) + "\n"

    answer = await phone.post("/v1/uploads", content=line * 5_001, headers=LINES)

    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/too-many-events"
    assert await rows(service, "at") == []


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        ('[{"code": "', "application/json", 400),
        ("{}", "application/json", 400),
        ("[]", "text/plain", 415),
        ("[]", "application/json", 200),
        ("", "application/x-ndjson", 200),
    ],
)
async def test_a_body_that_is_no_list_is_refused_whole(
    service: Service, content: str, kind: str, status: int
) -> None:
    phone = await signed_up(service)

    answer = await phone.post("/v1/uploads", content=content, headers={"content-type": kind})

    assert answer.status_code == status


async def test_what_is_there_already_stands_and_says_so(service: Service) -> None:
    phone, venue = await signed_up(service), await make_venue(service)
    await phone.post("/v1/check-ins", json={"code": venue.code, "at": NOW.isoformat()})

    same, other = await upload(phone, [event(venue), event(venue, companions=3)])

    assert (same["status"], same["scan"]["differs"]) == ("already-stored", False)
    assert (other["status"], other["scan"]["differs"]) == ("already-stored", True)
    assert await rows(service, "party, source") == [(0, Source.POSTER)]


async def test_a_poster_replaced_since_still_counts_at_the_time_of_the_scan(
    service: Service,
) -> None:
    phone, venue = await signed_up(service), await make_venue(service)
    async with connection(service.state["db"]) as db:
        until = NOW - timedelta(hours=1)
        await db.execute("UPDATE code SET valid_to = $2 WHERE code = $1", venue.code, until)

    before, after = await upload(phone, [event(venue, NOW - timedelta(hours=2)), event(venue)])

    assert before["status"] == "stored"
    assert why([after]) == ["code-revoked"]


async def test_a_revoked_device_uploads_nothing(service: Service) -> None:
    phone, venue = await signed_up(service), await make_venue(service)
    async with connection(service.state["db"]) as db:
        await db.execute(
            "INSERT INTO standing (person_id, token_generation) SELECT id, 1 FROM person"
        )

    answer = await phone.post("/v1/uploads", json=[event(venue)])

    assert answer.status_code == 401
    assert await rows(service, "at") == []


@pytest.mark.parametrize("guarded", [True, False])
async def test_no_transaction_holds_one_persons_scans_of_two_days(
    service: Service, monkeypatch: pytest.MonkeyPatch, guarded: bool
) -> None:
    if not guarded:
        monkeypatch.setattr(uploads, "_day", lambda *_: NOW.date())
    phone, venue = await signed_up(service), await make_venue(service)
    events = [event(venue, NOW - timedelta(minutes=20 * n)) for n in range(SLOTS // 2)]
    random.Random(3).shuffle(events)

    await upload(phone, events)

    days: dict[str, set[object]] = {}
    local_day = "((at AT TIME ZONE 'UTC') + interval '7 hours')::date"
    for transaction, day in await rows(service, f"xmin::text, {local_day}"):
        days.setdefault(transaction, set()).add(day)
    assert all(len(of_one) == 1 for of_one in days.values()) is guarded


async def test_a_full_lane_refuses_before_the_body_is_read(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = await signed_up(service)
    monkeypatch.setattr(ledger, "QUEUE", 0)

    async def body() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = await phone.post("/v1/uploads", content=body(), headers=LINES)

    assert answer.status_code == 503
    assert answer.headers["retry-after"]


async def test_uploads_take_a_third_of_a_batch_at_most(service: Service) -> None:
    book = ledger.Ledger(service.state["db"])  # not started: what is stored waits
    late = [pending() for _ in range(1_000)]
    waiting = [asyncio.create_task(book.store(scan, late=True)) for scan in late]
    waiting += [asyncio.create_task(book.store(pending())) for _ in range(1_000)]
    await asyncio.sleep(0)

    batch = await book._next_batch()

    assert len(batch) == ledger.BATCH
    assert sum(scan in late for scan, _ in batch) == ledger.LATE_SHARE
    for task in waiting:
        task.cancel()


async def test_every_order_of_tripled_uploads_leaves_the_same_rows(service: Service) -> None:
    venues = [await make_venue(service) for _ in range(3)]

    async def left_by(pieces: list[list[dict[str, Any]]]) -> set[tuple[Any, ...]]:
        phone = await signed_up(service)
        before = set(await rows(service, "subject, at, venue_id, way, party, source"))
        for piece in pieces:
            await upload(phone, piece)
        after = set(await rows(service, "subject, at, venue_id, way, party, source"))
        assert len(after - before) == len({row[:3] for row in after - before})
        return {row[1:] for row in after - before}

    scans = st.lists(
        st.tuples(
            st.integers(1, SLOTS - 1),
            st.sampled_from(venues),
            st.sampled_from(["in", "out"]),
            st.integers(0, 20),
        ),
        min_size=1,
        max_size=12,
        unique_by=lambda scan: (scan[0], scan[1].id),
    )

    @settings(max_examples=20, derandomize=True)
    @given(scans, st.randoms(use_true_random=False))
    def holds(chosen: list[tuple[int, MadeVenue, str, int]], chance: random.Random) -> None:
        once = [
            event(venue, NOW - timedelta(minutes=10 * n), way=way, companions=party)
            for n, venue, way, party in chosen
        ]
        sent = once * 3
        chance.shuffle(sent)
        cut = chance.randrange(len(sent) + 1)

        left = anyio.from_thread.run(left_by, [sent[:cut], sent[cut:]])

        assert left == {
            (
                NOW - timedelta(minutes=10 * n),
                venue.id,
                Way.IN if way == "in" else Way.OUT,
                party if way == "in" else 0,
                Source.UPLOAD,
            )
            for n, venue, way, party in chosen
        }

    await anyio.to_thread.run_sync(holds)
