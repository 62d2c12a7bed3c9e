"""Declarations and people go when nothing keeps them any more, and the status proves it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

import database
from accounts.tokens import LIFETIME
from checkin import queries_retention, retention
from checkin.partitions import Owner, make_days
from tests.conftest import NOW, Service
from tests.make_people import link, make_person
from tests.make_phones import NOTHING, body, check_in, signed_up
from tests.make_venues import make_venue
from tests.quiet_hour import CASE, NAMED, forget
from tests.stored import change, owner_of, value

MET_A_CASE = NOTHING | {"met_case": True}
# What refers to a person. A new table belongs here once IDLE_PEOPLE or people_in_cases says whether
# its rows keep them, and empty_people what becomes of these.
KNOWN = {
    *("person", "identifier", "person_link", "card", "declaration", "standing", "venue_staff"),
    *("case_file", "case_person", "contact", "isolation"),
    "entry_hold",
}


async def test_a_declaration_goes_after_21_days_and_its_verdict_with_it(service: Service) -> None:
    phone = await signed_up(service)
    await phone.post("/v1/declarations", json=MET_A_CASE)

    kept = await declarations_after(service, days=20, hours=23)
    gone = await declarations_after(service, hours=2)

    assert (kept, gone) == (1, 0)
    assert await value(service, "SELECT count(*) FROM standing WHERE own IS NOT NULL") == 0


async def declarations_after(service: Service, **time: float) -> object:
    now = service.clock.tick(**time)
    async with owner_of(service) as db:
        await retention.forget_declarations(db, now)
    return await value(service, "SELECT count(*) FROM declaration")


async def test_a_verdict_that_still_holds_stays(service: Service) -> None:
    phone = await signed_up(service)
    await phone.post("/v1/declarations", json=MET_A_CASE)
    await change(service, "UPDATE standing SET own_until = '2021-12-01 00:00Z'")

    await declarations_after(service, days=22)

    assert await value(service, "SELECT own FROM standing") == 3


async def test_a_person_whom_nothing_keeps_is_emptied_after_60_days(service: Service) -> None:
    await make_person(service, cccd="092090000001")
    service.clock.tick(days=59, hours=23)
    too_early = await forget(service)

    service.clock.tick(hours=1, seconds=1)
    forgotten = await forget(service)

    assert (too_early, forgotten) == (0, 1)
    assert await value(service, NAMED) == 0
    assert await value(service, "SELECT count(*) FROM identifier") == 0
    assert await value(service, "SELECT max(birth_year) FROM person") is None


async def test_the_token_of_somebody_forgotten_stores_no_scan_for_nobody(service: Service) -> None:
    venue, phone = await make_venue(service), await signed_up(service)
    service.clock.tick(days=61)

    await forget(service)

    assert (await check_in(phone, body(venue, service.clock()))).status_code == 401
    assert await value(service, "SELECT count(*) FROM scan") == 0


async def test_a_scan_of_the_days_that_are_kept_keeps_its_person(service: Service) -> None:
    venue, phone = await make_venue(service), await signed_up(service)
    service.clock.tick(days=61)
    async with owner_of(service) as db:
        today = service.state["days"].day(service.clock())
        await make_days(db, service.state["days"], today, today)
    assert (await check_in(phone, body(venue, service.clock()))).status_code == 201

    service.clock.tick(days=20)

    assert await forget(service) == 0
    assert (await check_in(phone, body(venue, service.clock()))).status_code == 201


async def test_who_comes_while_they_are_being_forgotten_is_not_emptied(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue, phone = await make_venue(service), await signed_up(service)
    service.clock.tick(days=61)
    revoke = queries_retention.revoke

    async def scanned_just_before(db: Owner, people: list[int]) -> None:
        assert (await check_in(phone, body(venue, service.clock()))).status_code == 201
        await revoke(db, people)

    monkeypatch.setattr(queries_retention, "revoke", scanned_just_before)

    assert await forget(service) == 0
    assert await value(service, NAMED) == 1


@pytest.mark.parametrize(
    "keeper",
    [
        "INSERT INTO card (hmac, person_id) VALUES ('x', $1)",
        "INSERT INTO venue_staff (venue_id, person_id, shift_minutes) VALUES (1, $1, 480)",
        "INSERT INTO isolation (person_id, starts, ends, source) "
        "VALUES ($1, '2021-07-01', '2021-07-15', 'order')",
        "INSERT INTO standing (person_id, hold, hold_until, hold_case, hold_approved_by) "
        "VALUES ($1, 3, '2022-01-01', 1, 1)",
        "INSERT INTO entry_hold (person_id, case_id, colour, reason, sealed, key_id, until, "
        "proposed_by, proposed) VALUES ($1, 1, 3, 'confirmed-case', '', 1, '2021-07-21 05:00Z', 1, "
        "'2021-07-20 05:00Z')",
        "INSERT INTO declaration (id, person_id, sealed, key_id, verdict, policy, made, "
        "valid_until) VALUES (1, $1, '', 1, 1, 'x', '2021-09-18 05:00Z', '2021-09-19 05:00Z')",
        "INSERT INTO person (id, sealed, key_id, guardian_id, created) "
        "VALUES (1, 'child', 1, $1, '2021-09-18 05:00Z')",
    ],
)
async def test_what_somebody_still_is_keeps_them(service: Service, keeper: str) -> None:
    person_id = await make_person(service)
    await change(service, keeper, person_id)
    service.clock.tick(days=61)

    assert await forget(service) == 0


async def test_whom_a_case_file_names_is_kept_as_long_as_the_file(service: Service) -> None:
    person_id = await make_person(service)
    await change(service, CASE, person_id, NOW.replace(minute=0))
    service.clock.tick(days=61)
    kept = await forget(service)

    await change(service, "DELETE FROM case_file")

    assert (kept, await forget(service)) == (0, 1)


async def test_links_and_revoked_cards_say_nothing_of_somebody_forgotten(service: Service) -> None:
    one, other = await make_person(service), await make_person(service, phone="+84912345679")
    await link(service, one, other)
    await change(
        service, "INSERT INTO card (hmac, person_id, revoked) VALUES ('x', $1, '2021-07-01')", one
    )
    service.clock.tick(days=61)

    assert await forget(service) == 2
    assert await value(service, "SELECT count(*) FROM person_link") == 0
    assert await value(service, "SELECT person_id FROM card WHERE revoked IS NOT NULL") is None


async def test_a_bare_number_goes_when_no_token_can_name_it(service: Service) -> None:
    await make_person(service)
    service.clock.tick(days=61)
    await forget(service)

    service.clock.tick(days=LIFETIME.days - 1)
    await forget(service)
    left = await value(service, "SELECT count(*) FROM person")
    service.clock.tick(days=2)
    await forget(service)

    assert left == 1
    assert await value(service, "SELECT count(*) FROM person") == 0
    assert await value(service, "SELECT count(*) FROM standing") == 0


async def test_every_table_that_names_a_person_is_thought_of(service: Service) -> None:
    async with owner_of(service) as db:
        rows = await db.fetch(
            "SELECT DISTINCT conrelid::regclass::text AS name FROM pg_constraint "
            "WHERE confrelid = 'person'::regclass"
        )

    assert {row["name"] for row in rows} <= KNOWN


async def test_the_keeper_forgets_in_the_quiet_hour_and_never_in_an_archive(
    service: Service,
) -> None:
    await make_person(service)
    noon, night = NOW + timedelta(days=62), NOW + timedelta(days=62, hours=15)
    archive = replace(service.settings, archive=True)

    async with owner_of(service) as db:
        await database.keep(db, service.settings, noon)
        await database.keep(db, archive, night)
        before = await db.fetchval(NAMED)
        await database.keep(db, service.settings, night)
        after = await db.fetchval(NAMED)

    assert (before, after) == (1, 0)
