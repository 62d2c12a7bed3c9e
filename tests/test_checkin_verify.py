"""`chot verify`: what was acknowledged against what is stored. Each way to be wrong is planted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

import chot
from checkin.verify import Reconciled, reconcile
from kit.db import connection
from settings import Settings
from tests.conftest import NOW, Service
from tests.make_gates import chip_card, gate_client, show
from tests.make_venues import MadeVenue, make_venue

Line = dict[str, object]


async def phone_of(service: Service) -> httpx.AsyncClient:
    phone = await service.client()
    made = await phone.post("/v1/people", json={"full_name": "Hoa", "phone": "0912 345 678"})
    phone.headers["authorization"] = f"Bearer {made.json()['token']}"
    return phone


async def scan(phone: httpx.AsyncClient, venue: MadeVenue, minute: int, way: str = "in") -> Line:
    """A scan that was acknowledged, as the load generators write it."""
    body = {"code": venue.code, "at": (NOW - timedelta(minutes=minute)).isoformat()}
    answer = await phone.post(f"/v1/check-{way}s", json=body)
    assert answer.status_code in (200, 201)
    token = phone.headers["authorization"].removeprefix("Bearer ")
    return {"token": token, "at": body["at"], "way": way, "code": venue.code}


async def reconciled(service: Service, lines: Iterable[Line | bytes]) -> Reconciled:
    text = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    state = service.state
    async with connection(state["db"]) as db:
        return await reconcile(db, text, state["device_tokens"], state["days"], state["vault"])


async def meddle(service: Service, statement: str) -> None:
    db = await asyncpg.connect(service.settings.database_owner_url)
    await db.execute(statement)
    await db.close()


async def three_scans(service: Service) -> tuple[httpx.AsyncClient, MadeVenue, list[Line]]:
    venue, phone = await make_venue(service), await phone_of(service)
    lines = [await scan(phone, venue, 30), await scan(phone, venue, 20, "out")]
    return phone, venue, [*lines, await scan(phone, venue, 10)]


async def test_what_was_acknowledged_and_stands_is_whole(service: Service) -> None:
    phone, venue, lines = await three_scans(service)
    again = await scan(phone, venue, 10)

    found = await reconciled(service, [*lines, again])

    assert found.whole
    assert (found.acknowledged, found.repeated) == (3, 1)


async def test_a_gates_scans_are_held_against_the_people_of_their_documents(
    service: Service,
) -> None:
    venue, card = await make_venue(service), chip_card()
    gate = await gate_client(service, venue.checkpoint_id)
    await show(gate, card, NOW)
    line: Line = {"document": card[:12], "at": NOW.isoformat(), "way": "in", "code": venue.code}
    nobody = line | {"document": "092190999999"}

    whole = await reconciled(service, [line, nobody | {"answered": False}])
    lost = await reconciled(service, [line, nobody])

    assert (whole.whole, whole.acknowledged) == (True, 1)
    assert (lost.lost, lost.doubled) == (1, 0)


async def test_a_missing_row_is_lost(service: Service) -> None:
    _, _, lines = await three_scans(service)
    await meddle(service, "DELETE FROM scan WHERE way = 2")

    found = await reconciled(service, lines)

    assert not found.whole
    assert (found.lost, found.doubled, found.differing) == (1, 0, 0)


async def test_a_row_that_nobody_asked_for_is_a_double(service: Service) -> None:
    _, _, lines = await three_scans(service)
    await meddle(
        service,
        "INSERT INTO scan SELECT subject, at + interval '1 ms', venue_id, zone_id, checkpoint_id, "
        "way, party, late, source, flags FROM scan WHERE way = 2",
    )

    found = await reconciled(service, lines)

    assert not found.whole
    assert (found.lost, found.doubled, found.differing) == (0, 1, 0)


async def test_a_second_row_under_the_same_key_is_a_double(service: Service) -> None:
    """As a damaged index would let one in."""
    _, _, lines = await three_scans(service)
    await meddle(
        service,
        "ALTER TABLE scan DROP CONSTRAINT scan_pkey; INSERT INTO scan SELECT * FROM scan LIMIT 1",
    )

    found = await reconciled(service, lines)

    assert (found.lost, found.doubled, found.differing) == (0, 1, 0)


async def test_a_part_of_a_day_is_held_against_that_part(service: Service) -> None:
    """A load test of a minute, on people who came before and come again."""
    _, _, lines = await three_scans(service)

    assert (await reconciled(service, lines[1:2])).whole


async def test_another_way_than_the_answer_said_is_a_difference(service: Service) -> None:
    _, _, lines = await three_scans(service)
    await meddle(service, "UPDATE scan SET way = 3 WHERE way = 2")

    found = await reconciled(service, lines)

    assert not found.whole
    assert (found.lost, found.doubled, found.differing) == (0, 0, 1)


async def test_a_scan_that_was_never_answered_may_be_stored_or_not(service: Service) -> None:
    _, _, lines = await three_scans(service)
    absent = lines[0] | {"at": (NOW - timedelta(hours=2)).isoformat(), "answered": False}

    found = await reconciled(service, [*lines[:2], lines[2] | {"answered": False}, absent])

    assert found.whole
    assert (found.acknowledged, found.unanswered, found.unanswered_stored) == (2, 2, 1)


async def test_a_scan_answered_at_last_counts_as_answered(service: Service) -> None:
    _, _, lines = await three_scans(service)

    found = await reconciled(service, [lines[0] | {"answered": False}, *lines])

    assert (found.acknowledged, found.unanswered) == (3, 0)


async def test_a_day_whose_key_is_gone_is_counted_apart(service: Service) -> None:
    _, _, lines = await three_scans(service)
    service.state["days"].destroy(service.state["days"].day(NOW))

    found = await reconciled(service, lines)

    assert (found.expired, found.acknowledged, found.lost) == (3, 0, 0)


@pytest.mark.parametrize(
    "change",
    [{"token": "no token"}, {"code": "no code"}, {"way": "up"}, {"at": "2021-07-20T12:00:00"}],
)
async def test_a_line_that_says_nothing_is_no_proof(service: Service, change: Line) -> None:
    _, _, lines = await three_scans(service)

    found = await reconciled(service, [lines[0], lines[1] | change, b'{"token": "cut'])

    assert not found.whole
    assert (found.acknowledged, found.unreadable) == (1, 2)


async def test_a_token_past_its_time_still_says_whose_scan_it_was(service: Service) -> None:
    _, _, lines = await three_scans(service)
    service.clock.tick(days=300)

    assert (await reconciled(service, lines)).acknowledged == 3


def test_the_command_says_the_counts_and_fails_where_something_is_lost(
    settings_read_only: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DATABASE_URL", settings_read_only.database_url)
    monkeypatch.setenv("DATABASE_OWNER_URL", settings_read_only.database_owner_url)
    monkeypatch.setenv("CHOT_KEY_DIR", str(settings_read_only.key_dir))
    nothing, nonsense = tmp_path / "empty.ndjson", tmp_path / "nonsense.ndjson"
    nothing.touch()
    nonsense.write_text("{}\n")

    statuses = [chot.main(["verify", str(path)]) for path in (nothing, nonsense, tmp_path / "no")]

    assert statuses == [0, 1, 2]
    assert "lost 0, doubled 0, differing 0" in capsys.readouterr().out
