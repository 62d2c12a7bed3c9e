"""`chot serve --workers 2` as a real program: one door through all workers, and an end that loses
nothing and leaves nobody behind."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

import database
from settings import Settings
from tests.test_demo_start import CHECKOUT, LONG, answers, free_port, has_server, place
from venues.code import new_code

__all__ = ["place"]

TOKEN = "a token for the figures of this test"
VENUE = """
WITH o AS (INSERT INTO organisation (name, created_at) VALUES ('Chợ', $2) RETURNING id),
v AS (
    INSERT INTO venue (organisation_id, name, kind, address, area, demands_declaration,
        natural_key, created_at)
    SELECT id, 'Chợ', 'market', '1', '2025/92/31120/', false, 'chợ', $2 FROM o RETURNING id
), p AS (
    INSERT INTO checkpoint (venue_id, name, direction, created_at)
    SELECT id, 'Cửa', 'both', $2 FROM v RETURNING id
)
INSERT INTO code (code, checkpoint_id, valid_from) SELECT $1, id, $2 FROM p
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    process: subprocess.Popen[bytes]
    url: str
    settings: Settings


@pytest.fixture
def serving(place: Path) -> Iterator[Serving]:
    port = free_port()
    kept = {name: text for name, text in os.environ.items() if not name.startswith("CHOT_")}
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "chot.py", "serve", "--workers", "2"],
            cwd=CHECKOUT,
            env=kept
            | {"CHOT_DATA_DIR": str(place / "data"), "CHOT_PORT": str(port)}
            | {"CHOT_METRICS_TOKEN": TOKEN},
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    until(lambda: answers(url))
    yield Serving(process=process, url=url, settings=Settings(data_dir=place / "data"))
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(LONG)


def until(holds: object) -> None:
    assert callable(holds)
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def change(settings: Settings, statement: str, *values: object) -> None:
    with database.opened(settings, lambda _: None) as opened:
        db = await asyncpg.connect(opened.database_owner_url)
        await db.execute(statement, *values)
        await db.close()


async def scan(client: httpx.AsyncClient, code: str, at: datetime) -> httpx.Response:
    # a connection of its own, so that either worker may get it
    return await client.post(
        "/v1/check-ins",
        json={"code": code, "at": at.isoformat()},
        headers={"connection": "close"},
    )


def scans_counted(url: str) -> int:
    """By all workers; each posts its figures now and then."""
    text = httpx.get(f"{url}/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
    counted = re.search(r'seconds_count\{.*"/v1/check-ins",status="2xx"\} (\d+)', text)
    return int(counted[1]) if counted else 0


async def sign_up(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/people", json={"full_name": "Hoa", "phone": "0912345678"})
    client.headers["authorization"] = f"Bearer {answer.json()['token']}"


async def test_a_code_revoked_is_refused_by_all_workers_and_an_end_under_load_loses_nothing(
    serving: Serving, place: Path
) -> None:
    start = datetime.now(UTC) - timedelta(hours=1)
    old, new = new_code(), new_code()
    await change(serving.settings, VENUE, old, start - timedelta(days=1))
    async with httpx.AsyncClient(base_url=serving.url, timeout=LONG) as client:
        await sign_up(client)
        # given a code that every worker knows
        warm = [await scan(client, old, start + timedelta(seconds=n)) for n in range(20)]
        assert {answer.status_code for answer in warm} == {201}
        await asyncio.to_thread(until, lambda: scans_counted(serving.url) == len(warm))

        # when it is replaced
        await change(serving.settings, "UPDATE code SET valid_to = $1", start)
        await change(
            serving.settings,
            "INSERT INTO code (code, checkpoint_id, valid_from) "
            "SELECT $1, checkpoint_id, $2 FROM code",
            new,
            start,
        )

        # then it is soon refused by all
        refused = 0
        while refused < 20:
            at = datetime.now(UTC)
            refused = refused + 1 if (await scan(client, old, at)).status_code == 410 else 0

        # and when the service ends while scans come
        stored: list[datetime] = []
        enough = asyncio.Event()

        async def visitor(lane: int) -> None:
            for n in range(100_000):
                at = start + timedelta(seconds=600 + lane, milliseconds=n)
                try:
                    answer = await scan(client, new, at)
                except httpx.HTTPError:
                    return
                if answer.status_code == 201:
                    stored.append(at.replace(microsecond=at.microsecond // 1000 * 1000))
                if len(stored) == 100:
                    enough.set()

        visitors = [asyncio.create_task(visitor(lane)) for lane in range(16)]
        await enough.wait()
        serving.process.send_signal(signal.SIGTERM)
        await asyncio.gather(*visitors)

    # then whatever was confirmed is there
    await asyncio.to_thread(serving.process.wait, LONG)
    with database.opened(serving.settings, lambda _: None) as opened:
        db = await asyncpg.connect(opened.database_owner_url)
        kept = {row["at"] for row in await db.fetch("SELECT at FROM scan")}
        await db.close()
    assert set(stored) <= kept
    logged = [line for line in (place / "log").read_text().splitlines() if line.startswith("{")]
    assert sum(json.loads(line)["route"] == "/v1/check-ins" for line in logged) >= len(stored)


def test_a_killed_service_leaves_no_worker(serving: Serving, place: Path) -> None:
    serving.process.kill()
    serving.process.wait(LONG)

    until(lambda: not answers(serving.url))

    assert has_server(place)
    with database.opened(serving.settings, lambda _: None):
        pass  # takes the orphaned database over, and stops it
