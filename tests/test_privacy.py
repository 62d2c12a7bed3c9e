"""What a thief of the database holds: every table, no key. Each attack is shown to work with its
guard off."""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from checkin.partitions import Owner
from checkin.shuffle import shuffle_newcomers
from kit.postgres_home import binaries
from settings import Settings
from tests.conftest import Service
from tests.make_venues import make_venue

PEOPLE = 120
CANARY = {"full_name": "Trần Thị Chim Hoàng Yến", "phone": "0987 654 321"}
Row = dict[str, Any]


@dataclass
class Truth:
    """Which subjects belong to which person: what the attacks try to find."""

    person_of: dict[Any, int]

    def share(self, guesses: dict[int, Any]) -> float:
        """The share of people for whom the guessed subject is right."""
        people = set(self.person_of.values())
        return sum(self.person_of.get(s) == p for p, s in guesses.items()) / len(people)


@pytest.fixture
async def truth(service: Service) -> Truth:
    """People sign up, declare and scan some seconds later, one after the other, for two days."""
    venue = await make_venue(service)
    tokens = [await visit(service, venue.code, None) for _ in range(PEOPLE)]
    service.clock.tick(days=1)
    for token in tokens:
        await visit(service, venue.code, token)
    citizens = [service.state["device_tokens"].citizen(t, service.clock()) for t in tokens]
    days = service.state["days"]
    today = days.day(service.clock())
    return Truth(
        person_of={
            days.subject(c.person_id, day): c.person_id
            for c in citizens
            for day in (today - timedelta(days=1), today)
        }
    )


async def visit(service: Service, code: str, token: str | None) -> str:
    service.clock.tick(seconds=37)
    phone = await service.client()
    if token is None:
        answer = await phone.post("/v1/people", json=CANARY)
        token = str(answer.json()["token"])
        phone.headers["Authorization"] = f"Bearer {token}"
        calm = {"met_case": False, "from_epidemic_area": False, "met_sick": False}
        done(await phone.post("/v1/declarations", json=calm | {"note": "vì con chim hoàng yến"}))
        service.clock.tick(seconds=11)
    phone.headers["Authorization"] = f"Bearer {token}"
    at = service.clock().isoformat()
    done(await phone.post("/v1/check-ins", json={"code": code, "at": at}))
    return token


def done(answer: httpx.Response) -> None:
    assert answer.status_code == 201, answer.text


@pytest.fixture
async def stolen(settings: Settings) -> AsyncIterator[Owner]:
    db = await asyncpg.connect(settings.database_owner_url)
    yield db
    await db.close()


async def rows(db: Owner, table: str) -> list[Row]:
    """In the order a dump would have them."""
    return [dict(row) for row in await db.fetch(f"SELECT * FROM {table}")]


async def person_tables(db: Owner) -> dict[str, str]:
    """{table: its column with a person id}, from the catalog: a new table is attacked without
    being listed."""
    found = await db.fetch(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE domain_name = 'person_ref' ORDER BY column_name = 'guardian_id'"
    )
    return {row["table_name"]: row["column_name"] for row in reversed(found)}


async def best_join(db: Owner, truth: Truth) -> float:
    """Equal values in any column of a person's row and of a scan, where they name one subject."""
    scans = await rows(db, "scan")
    best = 0.0
    for table, key in (await person_tables(db)).items():
        people = await rows(db, table)
        for column in people[0] if people else ():
            for other in scans[0]:
                subjects = defaultdict(set)
                for scan in scans:
                    subjects[str(scan[other])].add(scan["subject"])
                guesses = {
                    row[key]: next(iter(match))
                    for row in people
                    if len(match := subjects.get(str(row[column]), set())) == 1
                }
                best = max(best, truth.share(guesses))
    return best


async def best_nearest_time(db: Owner, truth: Truth) -> float:
    """The scan nearest in time to any time that stands beside a person, before or after it."""
    scans = await rows(db, "scan")
    best = 0.0
    for table, key in (await person_tables(db)).items():
        people = await rows(db, table)
        times = [c for c in (people[0] if people else ()) if isinstance(people[0][c], datetime)]
        for column in times:
            guesses = {
                row[key]: nearest(scans, row[column])["subject"]
                for row in people
                if row[column] is not None
            }
            best = max(best, truth.share(guesses))
    return best


def nearest(scans: list[Row], time: datetime) -> Row:
    return min(scans, key=lambda scan: abs(scan["at"] - time))


async def best_order(db: Owner, truth: Truth) -> float:
    """The n-th row of a table is the n-th subject that came."""
    came = sorted(await rows(db, "scan"), key=lambda scan: scan["at"])
    best = 0.0
    for table, key in (await person_tables(db)).items():
        people = list(dict.fromkeys(row[key] for row in await rows(db, table)))
        guesses = {p: scan["subject"] for p, scan in zip(people, came, strict=False)}
        best = max(best, truth.share(guesses))
    return best


CHANCE = 0.1  # of 120 people over two hours, luck finds a few


async def test_a_stolen_database_links_nobody_to_a_scan(
    service: Service, truth: Truth, stolen: Owner
) -> None:
    service.clock.tick(hours=1)
    await shuffle_newcomers(stolen, service.clock(), timedelta(days=2))

    assert set(await person_tables(stolen)) >= {"person", "identifier", "declaration", "standing"}
    assert await best_join(stolen, truth) <= CHANCE
    assert await best_nearest_time(stolen, truth) <= CHANCE
    assert await best_order(stolen, truth) <= CHANCE


async def test_the_join_finds_a_planted_link(truth: Truth, stolen: Owner) -> None:
    await stolen.execute("ALTER TABLE person ADD last_subject uuid")
    for subject, person in truth.person_of.items():
        await stolen.execute("UPDATE person SET last_subject = $1 WHERE id = $2", subject, person)

    assert await best_join(stolen, truth) > 0.9


async def test_the_nearest_time_finds_people_once_a_finer_time_stands_beside_them(
    truth: Truth, stolen: Owner
) -> None:
    await stolen.execute("ALTER TABLE person ADD seen timestamptz")
    for scan in await rows(stolen, "scan"):
        person = truth.person_of[scan["subject"]]
        seen = scan["at"] - timedelta(seconds=11)
        await stolen.execute("UPDATE person SET seen = $1 WHERE id = $2", seen, person)

    assert await best_nearest_time(stolen, truth) > 0.9


async def test_the_order_of_rows_finds_people_until_they_are_shuffled(
    truth: Truth, stolen: Owner
) -> None:
    assert await best_order(stolen, truth) > 0.9


async def test_no_subject_returns_on_another_day(truth: Truth, stolen: Owner) -> None:
    linked = await stolen.fetchval(
        "SELECT count(*) FROM (SELECT subject FROM scan GROUP BY subject"
        " HAVING count(DISTINCT at::date) > 1) AS twice"
    )

    assert linked == 0
    assert len(truth.person_of) == 2 * PEOPLE


async def test_the_same_day_key_twice_would_link_both_days(service: Service) -> None:
    venue = await make_venue(service)
    days = service.state["keys"].days
    today = service.state["days"].day(service.clock())
    first, second = (days.folder / f"{day}.key" for day in (today, today + timedelta(days=1)))
    second.write_bytes(first.read_bytes())
    days.delete("none")  # read the folder again

    token = await visit(service, venue.code, None)
    service.clock.tick(days=1)
    await visit(service, venue.code, token)

    db = await asyncpg.connect(service.settings.database_url)
    assert await db.fetchval("SELECT count(DISTINCT subject) FROM scan") == 1
    await db.close()


async def test_a_dump_of_all_tables_holds_no_name_phone_or_answer(
    service: Service, truth: Truth
) -> None:
    dump = subprocess.run(  # noqa: ASYNC221  nothing else runs meanwhile
        [binaries() / "pg_dump", "--dbname", service.settings.database_owner_url, "--inserts"],
        capture_output=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    ).stdout

    assert dump.count(b"INSERT INTO public.person ") == PEOPLE
    for secret in ("Chim Hoàng Yến", "987654321", "987 654 321", "chim hoàng yến"):
        for form in (secret.encode(), secret.encode().hex().encode()):
            assert form not in dump, secret


async def test_no_time_finer_than_the_hour_stands_beside_a_person(stolen: Owner) -> None:
    found = await stolen.fetch(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c"
        " WHERE c.data_type LIKE 'time%' AND coalesce(c.domain_name, '') NOT IN ('hour', 'told_at')"
        " AND c.table_name IN"
        " (SELECT table_name FROM information_schema.columns WHERE domain_name = 'person_ref')"
    )

    assert [tuple(row) for row in found] == []


async def test_no_table_holds_a_person_and_a_subject(stolen: Owner) -> None:
    beside = await stolen.fetchval(
        "SELECT count(*) FROM information_schema.columns WHERE column_name = 'subject'"
        " AND table_name IN"
        " (SELECT table_name FROM information_schema.columns WHERE domain_name = 'person_ref')"
    )

    assert beside == 0


async def test_the_database_itself_refuses_a_finer_time(stolen: Owner) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await stolen.execute(
            "INSERT INTO person (id, sealed, key_id, created)"
            " VALUES (1, '', 1, '2021-07-20 05:00:01Z')"
        )
