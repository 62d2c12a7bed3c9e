"""People by place and day, counted once nothing is added to a day any more."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import date, timedelta
from math import inf

import asyncpg
import pytest

from checkin import footfall, queries_footfall, queries_import
from checkin.footfall import keep_footfall
from checkin.partitions import destroy_days
from serving import keep_hourly
from settings import Settings
from tests.conftest import Service
from tests.golden import at, came, was
from tests.make_imports import LAN, Importer, importer
from tests.make_people import make_person, make_scans
from tests.make_venues import make_venue, make_zone
from tests.stored import owner_of

__all__ = ["importer"]  # the fixture
# The database of the tests has days from the first on.
FIRST, LAST = date(2021, 6, 29), date(2021, 7, 16)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(footfall, "BUDGET", inf)


async def counted_by(service: Service) -> bool:
    async with owner_of(service) as db:
        return await keep_footfall(db, service.state["days"], service.clock())


async def counts(service: Service) -> dict[date, list[tuple[int, int, int]]]:
    async with owner_of(service) as db:
        rows = await db.fetch("SELECT * FROM footfall ORDER BY day")
    return {
        row["day"]: sorted(zip(row["venues"], row["zones"], row["people"], strict=True))
        for row in rows
    }


async def test_everybody_counts_once_a_place_and_day_and_only_complete_days_do(
    service: Service,
) -> None:
    # given three who came on the 15th and one of them twice, an exit alone, and one on the 17th,
    # of which phones may still bring scans
    market = (await make_venue(service)).id
    hall = await make_zone(service, market, "Sảnh")
    a, b, c, d = [await make_person(service, phone=f"+8491300000{n}") for n in range(4)]
    scans = [*was(a, market, at(15, "08:00"), at(15, "09:00")), came(a, market, at(15, "10:00"))]
    scans += [came(b, market, at(15, "08:00")), came(c, market, at(15, "08:00"), zone=hall)]
    scans += was(d, market, at(14, "23:00"), at(15, "01:00"))
    scans += [came(a, market, at(17, "08:00"))]
    await make_scans(service, scans)

    assert not await counted_by(service)
    found = await counts(service)
    assert (min(found), max(found), len(found)) == (FIRST, LAST, 18)
    assert {day: people for day, people in found.items() if people} == {
        date(2021, 7, 14): [(market, 0, 1)],
        date(2021, 7, 15): [(market, 0, 2), (market, hall, 1)],
    }
    # the 17th is complete when its last minute is 72 hours old, and stored an hour later
    service.clock.tick(hours=13, seconds=-1)
    assert not await counted_by(service)
    assert date(2021, 7, 17) not in await counts(service)
    service.clock.tick(seconds=1)
    assert not await counted_by(service)
    assert (await counts(service))[date(2021, 7, 17)] == [(market, 0, 1)]


async def test_a_pass_that_took_long_leaves_days_for_the_next(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(footfall, "BUDGET", -1.0)
    assert await counted_by(service)
    assert await counts(service) == {}
    monkeypatch.setattr(footfall, "BUDGET", inf)
    assert not await counted_by(service)
    assert len(await counts(service)) == 18


async def test_a_service_counts_at_its_start_and_two_do_not_disturb_each_other(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    ended = threading.Event()
    ended.set()
    services = [asyncio.to_thread(keep_hourly, service.settings, ended) for _ in range(2)]

    await asyncio.gather(*services)

    found = await counts(service)
    assert FIRST in found
    assert caplog.records == []
    # nor if one had looked before the other counted
    async with owner_of(service) as db:
        assert await queries_footfall.count(db, FIRST, *service.state["days"].bounds(FIRST))
    assert await counts(service) == found


async def test_a_database_that_is_away_is_an_alarm_and_no_end(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    ended = threading.Event()
    ended.set()
    away = replace(settings, database_owner_url="postgresql://chot_owner@127.0.0.1:1/chot")

    await asyncio.to_thread(keep_hourly, away, ended)

    assert [one.getMessage() for one in caplog.records] == [
        "complete days could not be counted: clusters take longer"
    ]


async def test_counts_go_with_their_day(service: Service) -> None:
    await counted_by(service)

    async with owner_of(service) as db:
        gone = await destroy_days(db, service.state["days"], FIRST + timedelta(days=2))

    assert FIRST in gone
    assert min(await counts(service)) == FIRST + timedelta(days=2)


async def test_an_import_makes_a_day_be_counted_anew_and_none_is_counted_meanwhile(
    service: Service, importer: Importer
) -> None:
    await counted_by(service)
    visit = f"{LAN},2021-07-15T08:00:00+07:00,2021-07-15T09:00:00+07:00"

    report = await importer.rows(visit)
    after = await counts(service)
    async with importer.db.transaction():
        assert await queries_import.only_import(importer.db)
        under_way = await counted_by(service), await counts(service)
    again = await counted_by(service), await counts(service)

    assert report.arrivals == 1
    assert date(2021, 7, 15) not in after
    assert under_way == (True, after)
    assert (again[0], len(again[1])) == (False, len(after) + 1)
    assert [people for _, _, people in again[1][date(2021, 7, 15)]] == [1]


async def test_the_service_itself_counts_nothing(service: Service) -> None:
    db = await asyncpg.connect(service.settings.database_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db.execute("DELETE FROM footfall")
    await db.close()
