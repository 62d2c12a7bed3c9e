"""The first tier from the database, as the officers see it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import asyncpg

from kit.db import connection
from tests.conftest import Service
from tests.golden import A, B, G, P, U, W, X, at, came, was
from tests.make_cases import (
    GoldenWorld,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
)
from tests.make_people import link, make_person, make_scans
from tracing import queries_facts


def by_letter(found: dict[str, Any], *, brief: bool) -> dict[str, tuple[str, int]]:
    """{letter: (first exposure in UTC, minutes)}; in the golden world a masked name tells it."""
    return {
        one["name"][3]: (one["first_exposure"], one["minutes"])
        for one in found["contacts"]
        if one["brief"] is brief
    }


EXPECTED = {"P": ("2021-07-09T03:30:00Z", 30), "W": ("2021-07-07T17:00:00Z", 15)}
EXPECTED_BRIEF = {"U": ("2021-07-07T17:00:00Z", 14), "B": ("2021-07-09T03:50:00Z", 10)}


async def test_the_golden_world_has_the_contacts_worked_out_by_hand(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)

    found = await contacts_of(officers.opener, await approved_case(officers))

    assert by_letter(found, brief=False) == EXPECTED
    assert by_letter(found, brief=True) == EXPECTED_BRIEF
    assert [one["name"][3] for one in found["contacts"]] == ["P", "W", "U", "B"]
    assert [one["rank"] for one in found["contacts"]] == ["medium", "medium", "low", "low"]
    assert found["run"]["upper_bound_adds"] == 0
    assert found["run"]["coverage"]["missing"] == []
    exposure = found["contacts"][0]["exposures"][0]
    assert (exposure["venue"], exposure["ends"]) == ("Chợ A", ["scanned", "scanned"])


async def test_a_database_with_another_time_zone_gives_the_same_list(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    owner = await asyncpg.connect(service.settings.database_owner_url)
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f"ALTER DATABASE {name} SET timezone = 'America/New_York'")
    await owner.close()
    for pool in (service.state["db"], service.state["desk_db"]):
        await pool.expire_connections()

    found = await contacts_of(officers.opener, await approved_case(officers))

    async with connection(service.state["desk_db"]) as db:
        assert await db.fetchval("SHOW timezone") == "America/New_York"
    assert by_letter(found, brief=False) == EXPECTED
    assert by_letter(found, brief=True) == EXPECTED_BRIEF


async def test_a_card_of_the_case_is_no_contact_and_a_contacts_card_is_one_person(
    service: Service,
) -> None:
    # given X with a card used beside the phone, and P whose card came to A in place of the phone
    world = await make_golden_world(service)
    own, card = await make_person(service, "Thẻ X", ""), await make_person(service, "Thẻ P", "")
    await link(service, world.people[X], own)
    await link(service, world.people[P], card)
    venue = world.venues[A]
    await make_scans(service, was(own, venue, at(9, "10:00"), at(9, "11:00")))
    await make_scans(service, was(card, venue, at(9, "10:40"), at(9, "10:59")))
    officers = await make_officers(service)

    case_id = await approved_case(officers)

    case = (await officers.opener.get(f"/v1/cases/{case_id}")).json()
    assert len(case["people"]) == 2
    found = await contacts_of(officers.opener, case_id)
    assert len(by_letter(found, brief=False)) == 2
    assert not {"T. X.", "C. X."} & {one["name"] for one in found["contacts"]}


async def test_days_whose_key_is_gone_are_missing_coverage(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    service.state["days"].destroy(date(2021, 7, 8))

    found = await contacts_of(officers.opener, await approved_case(officers))

    assert found["run"]["coverage"]["missing"] == ["2021-07-08"]
    assert by_letter(found, brief=False).keys() == {"P"}


async def test_a_voided_scan_and_a_corrected_end_count(service: Service) -> None:
    # given that P was never at A, and B stayed until 11:20 instead of 11:05
    world = await make_golden_world(service)
    days = service.state["days"]
    async with connection(service.state["db"]) as db:
        for person, came_at, void, left_at in (
            (P, at(9, "10:30"), True, None),
            (B, at(9, "10:50"), False, at(9, "10:55")),
        ):
            when = datetime.fromtimestamp(came_at / 1000, UTC)
            until = None if left_at is None else datetime.fromtimestamp(left_at / 1000, UTC)
            await db.execute(
                "INSERT INTO amendment VALUES ($1, $2, $3, 1, $4, $5, NULL, 'interview')",
                *(days.subject(world.people[person], days.day(when)), when, world.venues[A]),
                *(void, until),
            )
    officers = await make_officers(service)

    found = await contacts_of(officers.opener, await approved_case(officers))

    assert "P" not in by_letter(found, brief=False)
    assert by_letter(found, brief=True)["B"] == ("2021-07-09T03:50:00Z", 5)


async def test_a_later_run_takes_off_the_list_and_deletes_nobody(service: Service) -> None:
    # given a list with W on it, confirmed by somebody, who was never at G; and U, who says in the
    # interview that there was physical contact
    world = await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    async with connection(service.state["db"]) as db:
        await db.execute(
            "UPDATE contact SET state = 'confirmed', tracer = 7 WHERE person_id = $1",
            world.people[W],
        )
        await db.execute("UPDATE contact SET physical = true WHERE person_id = $1", world.people[U])
    await void(service, world, W, at(7, "23:30"), G)
    await void(service, world, W, at(8, "00:15"), G)

    run = await officers.opener.post(f"/v1/cases/{case_id}/runs", json={})

    assert run.status_code == 201
    found = await contacts_of(officers.opener, case_id)
    assert by_letter(found, brief=False).keys() == {"P", "U", "W"}, "who was confirmed stays"
    why = {one["name"][3]: one["off_list"] for one in found["contacts"]}
    assert [letter for letter, off in why.items() if off] == ["W"]
    async with connection(service.state["db"]) as db:
        row = await db.fetchrow(
            "SELECT listed, state, tracer FROM contact WHERE person_id = $1", world.people[W]
        )
    assert row is not None
    assert tuple(row) == (False, "confirmed", 7)


async def void(service: Service, world: GoldenWorld, person: int, came_at: int, venue: int) -> None:
    days, when = service.state["days"], datetime.fromtimestamp(came_at / 1000, UTC)
    subject = days.subject(world.people[person], days.day(when))
    async with connection(service.state["db"]) as db:
        await db.execute(
            "INSERT INTO amendment VALUES ($1, $2, $3, 1, true, NULL, NULL, 'undo')",
            *(subject, when, world.venues[venue]),
        )


async def test_long_stays_and_shifts_that_began_long_before_are_found(service: Service) -> None:
    # given the case at A at 22:00, a guard on a shift of 20 hours since 06:00, a night porter who
    # came at 05:00 and scanned out at 23:00, and a guest of the morning
    world = await make_golden_world(service)
    venue = world.venues[A]
    guard, porter, guest = [
        await make_person(service, f"{name} Đêm", "") for name in ("Gác", "Khuân", "Lạ")
    ]
    async with connection(service.state["db"]) as db:
        await db.execute("INSERT INTO venue_staff VALUES ($1, $2, 1200)", venue, guard)
    await make_scans(
        service,
        [
            *was(world.people[X], venue, at(10, "22:00"), at(10, "22:40")),
            came(guard, venue, at(10, "06:00")),
            *was(porter, venue, at(10, "05:00"), at(10, "23:00")),
            came(guest, venue, at(10, "06:00")),
        ],
    )
    officers = await make_officers(service)

    found = await contacts_of(officers.opener, await approved_case(officers))

    assert {one["name"] for one in found["contacts"]} >= {"G. Đ.", "K. Đ."}
    assert "L. Đ." not in {one["name"] for one in found["contacts"]}


async def generic(service: Service, text: str, values: list[object]) -> list[asyncpg.Record]:
    """The plan for whatever values, and which of its parts these make it run."""
    async with connection(service.state["desk_db"]) as db, db.transaction():
        await db.execute("SET LOCAL enable_seqscan = off")
        await db.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        found = await db.fetch(f"EXPLAIN (ANALYZE, COSTS OFF) {text}", *values)
    return [row for row in found if "never executed" not in row[0]]


async def test_visitors_are_found_by_index_on_their_days_only(service: Service) -> None:
    since, until = (datetime.fromtimestamp(at(9, hour) / 1000, UTC) for hour in ("08:00", "12:00"))
    async with connection(service.state["desk_db"]) as db, db.transaction():
        await db.execute("SET LOCAL enable_seqscan = off")
        rows = await db.fetch(
            f"EXPLAIN {queries_facts.VISITORS}", [1], [since], [until], [until], since, until
        )
        subjects = [service.state["days"].subject(1, date(2021, 7, 9))]
        rows += await db.fetch(f"EXPLAIN {queries_facts.SCANS}", subjects, since, until)
    of_few = [[1], [since], [until], [until], since, until]
    of_days = [[f"{{{subjects[0]}}}"], [since], [until], since, until]
    rows += await generic(service, queries_facts.VISITORS_OF_FEW, of_few)
    rows += await generic(service, queries_facts.SCANS_OF_DAYS, of_days)

    plan = "\n".join(row[0] for row in rows)
    assert set(re.findall(r"on scan_(\d{8})", plan)) == {"20210709"}
    assert "scan_20210709_venue_id_at_subject_way_zone_id_source_idx" in plan
    assert "scan_20210709_pkey" in plan
    assert "Seq Scan" not in plan
