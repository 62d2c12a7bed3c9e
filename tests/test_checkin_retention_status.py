"""The status tells what is past its limit, until it is cleaned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from commands.retention import clean, status
from tests.conftest import NOW, Service
from tests.make_people import make_person
from tests.make_phones import NOTHING, body, check_in, signed_up
from tests.make_venues import make_venue
from tests.quiet_hour import CASE, NAMED, forget, statuses
from tests.stored import change, owner_of, value
from tracing.queries_retention import case_files_left


async def test_the_status_counts_what_is_past_its_limit_and_a_day(service: Service) -> None:
    phone = await signed_up(service)
    await phone.post("/v1/declarations", json=NOTHING)
    service.clock.tick(days=21, hours=12)
    _, early = await statuses(service)

    service.clock.tick(hours=13)
    _, late = await statuses(service)

    assert (early["declarations"].past, late["declarations"].past) == (0, 1)
    assert late["declarations"].rows == 1
    assert late["declarations"].oldest == NOW


async def test_the_status_tells_people_past_their_time_until_they_are_forgotten(
    service: Service,
) -> None:
    await make_person(service)
    service.clock.tick(days=61, hours=1)
    _, before = await statuses(service)

    await forget(service)
    _, after = await statuses(service)

    assert (before["people"].rows, before["people"].past) == (1, 1)
    assert (after["people"].rows, after["people"].past) == (0, 0)
    assert after["numbers of people forgotten"].rows == 1


async def test_the_status_shows_a_key_without_partition_and_a_day_past_its_time(
    service: Service,
) -> None:
    venue, phone = await make_venue(service), await signed_up(service)
    await check_in(phone, body(venue, service.clock()))
    today = service.state["days"].day(NOW)
    await change(service, f"DROP TABLE scan_{today - timedelta(days=2):%Y%m%d}")
    service.state["days"].destroy(today - timedelta(days=1))

    days, _ = await statuses(service)
    service.clock.tick(days=22)
    later, _ = await statuses(service)

    found = {day.day: day for day in days}
    assert found[today].scans == 1
    assert not found[today - timedelta(days=2)].partition
    assert not found[today - timedelta(days=1)].key
    assert not any(day.past for day in days)
    assert {day.day for day in later if day.past} == {d for d in found if d < today}


async def test_the_status_tells_closed_case_files_older_than_a_year(service: Service) -> None:
    await change(service, CASE, None, NOW.replace(minute=0))

    async with owner_of(service) as db:
        early = await case_files_left(db, NOW + timedelta(days=365, hours=23))
        late = await case_files_left(db, NOW + timedelta(days=366, hours=1))

    assert (early.past, late.past) == (0, 1)


async def test_the_command_fails_until_what_is_past_is_cleaned(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the clock of the machine, to which everything here is years old."""
    await make_person(service)
    await change(
        service,
        "INSERT INTO declaration SELECT 1, id, '', 1, 1, 'x', created, created FROM person",
    )

    before = await status(service.settings, datetime.now(UTC))
    table = capsys.readouterr().out
    cleaned = await clean(service.settings, datetime.now(UTC))
    after = await status(service.settings, datetime.now(UTC))

    assert (before, cleaned, after) == (1, 0, 0)
    assert "PAST ITS TIME" in table
    assert "PAST ITS TIME" not in capsys.readouterr().out


async def test_an_archive_is_not_cleaned(service: Service) -> None:
    await make_person(service)

    refused = await clean(replace(service.settings, archive=True), NOW + timedelta(days=99))

    assert refused == 2
    assert await value(service, NAMED) == 1
