"""The first tier from the database: the golden world, random worlds against the pure engine, and
names that leave an audit row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from random import Random
from typing import Any

import asyncpg
import httpx
import pytest

from accounts import audit
from accounts.keydir import FIRST
from kit.db import connection
from tests.conftest import Service
from tests.golden import A, B, G, P, T, U, W, X, at, came, was
from tests.make_cases import (
    PHONES,
    GoldenWorld,
    Officers,
    approved_case,
    make_golden_world,
    make_officers,
)
from tests.make_people import audit_acts, link, make_person, make_scans
from tests.make_venues import make_venue
from tests.oracle import Told
from tests.worlds import random_world
from tracing.exposure import first_tier
from tracing.model import Contact, TierOne
from tracing.trace import Asked, trace

WORLDS = 25


async def contacts_of(client: httpx.AsyncClient, case_id: int) -> dict[str, Any]:
    answer = await client.get(f"/v1/cases/{case_id}/contacts?limit=1000")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


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

    run = await officers.opener.post(f"/v1/cases/{case_id}/runs")

    assert run.status_code == 201
    found = await contacts_of(officers.opener, case_id)
    assert by_letter(found, brief=False).keys() == {"P", "U"}
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


# --- random worlds -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loaded:
    told: Told
    people: dict[int, int]
    asked: Asked


async def load(service: Service, told: Told) -> Loaded:
    """The world in the database; its answer must be the engine's over all of it."""
    world = told.world
    people = {one: await make_person(service, f"Người {one}", "") for one in range(1, 8)}
    venues = {one: (await make_venue(service)).id for one in world.venues}
    async with connection(service.state["db"]) as db:
        for number, facts in world.venues.items():
            hours = (
                ""
                if facts.closes is None
                else f"06:00-{facts.closes // 60:02}:{facts.closes % 60:02}"
            )
            await db.execute(
                "UPDATE venue SET typical_stay = $2, masks_off = $3, indoor = $4, small = $5, "
                "opening = $6 WHERE id = $1",
                *(venues[number], facts.typical_stay, facts.masks_off, facts.indoor, facts.small),
                hours,
            )
        for (person, venue), minutes in world.shifts.items():
            await db.execute(
                "INSERT INTO venue_staff VALUES ($1, $2, $3)",
                venues[venue],
                people[person],
                minutes,
            )
        for (person, when, venue), found in world.amendments.items():
            moment = datetime.fromtimestamp(when / 1000, UTC)
            left_at = found.left_at and datetime.fromtimestamp(found.left_at / 1000, UTC)
            days = service.state["days"]
            await db.execute(
                "INSERT INTO amendment VALUES ($1, $2, $3, 1, $4, $5, NULL, 'interview')",
                *(days.subject(people[person], days.day(moment)), moment, venues[venue]),
                *(found.void, left_at),
            )
    for one, same in world.humans.items():
        await link(service, people[one], people[same])
    await make_scans(
        service,
        [replace(s, person=people[s.person], venue=venues[s.venue]) for s in world.scans],
    )
    own = {told.case.person, *(one for one in world.humans if world.human(one) == told.case.person)}
    ended = told.case.isolated
    isolated = None if ended is None else datetime.fromtimestamp(ended / 1000, UTC)
    asked = Asked(
        people=[people[one] for one in own],
        onset=told.case.onset,
        sampled=told.case.sampled,
        isolated=isolated,
        policy=told.policy,
        interviews={people[one]: said for one, said in world.interviews.items()},
    )
    return Loaded(told, people, asked)


def summary(found: TierOne, numbers: dict[int, int]) -> object:
    def row(one: Contact) -> tuple[object, ...]:
        return (one.rank, one.together, one.first_exposure, one.last_exposure, len(one.exposures))

    return (
        {numbers[one.person]: row(one) for one in found.contacts},
        {numbers[one.person]: row(one) for one in found.brief},
        found.upper_bound_adds,
        found.period,
    )


async def test_random_worlds_have_the_answer_of_the_engine_over_all_their_facts(
    service: Service,
) -> None:
    listed = 0
    for seed in range(WORLDS):
        told = random_world(Random(seed))
        humans = told.world.humans
        shifts = {key: one for key, one in told.world.shifts.items() if key[0] not in humans}
        told = replace(told, world=replace(told.world, shifts=shifts))
        expected = first_tier(told.case, told.world, told.policy, told.moment)
        loaded = await load(service, told)

        moment = datetime.fromtimestamp(told.moment / 1000, UTC)
        state = service.state
        found = await trace(state["desk_db"], state["days"], loaded.asked, moment)

        numbers = {made: number for number, made in loaded.people.items()}
        same = {number: number for number in range(1, 8)}
        assert summary(found.answer, numbers) == summary(expected, same), seed
        listed += len(expected.contacts) + len(expected.brief)
    assert listed > 10


# --- names ---------------------------------------------------------------------------------------


async def reveal(client: httpx.AsyncClient, case_id: int, numbers: list[str]) -> httpx.Response:
    body = {"numbers": numbers, "purpose": "contact-tracing"}
    return await client.post(f"/v1/cases/{case_id}/contacts/reveal", json=body)


async def unrecorded(service: Service, officers: Officers, case_id: int) -> set[str]:
    """Names that the case gave without an audit row of this case about their person."""
    key, vault = service.state["keys"].audit.key(FIRST), service.state["vault"]
    numbers = [one["number"] for one in (await contacts_of(officers.opener, case_id))["contacts"]]
    answer = await reveal(officers.opener, case_id, numbers)
    named = set() if answer.is_error else {one["full_name"] for one in answer.json()["revealed"]}
    async with connection(service.state["db"]) as db:
        rows = await db.fetch("SELECT about FROM audit WHERE case_id = $1", case_id)
        people = await db.fetch("SELECT id, sealed, key_id FROM person")
    recorded = {
        vault.open(*person)["full_name"]
        for person in people
        if audit.reference(key, person["id"]) in {row["about"] for row in rows}
    }
    return named - recorded


async def test_a_reveal_names_people_with_a_purpose_and_a_row_for_each(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    found = await contacts_of(officers.opener, case_id)

    answer = await reveal(officers.opener, case_id, [found["contacts"][0]["number"]])

    assert answer.json()["revealed"] == [
        {
            "number": found["contacts"][0]["number"],
            "full_name": "Chị P",
            "phone": "+84912000002",
            "address": "",
            "birth_year": 1990,
        }
    ]
    async with connection(service.state["db"]) as db:
        rows = await db.fetch("SELECT purpose, case_id, about FROM audit WHERE act = 'reveal-name'")
        assert [(row["purpose"], row["case_id"]) for row in rows] == [("contact-tracing", case_id)]
        assert rows[0]["about"] is not None
        assert await audit.first_broken(db, service.state["keys"].audit.key(FIRST)) is None


async def test_a_number_of_another_case_or_of_nobody_reveals_nothing(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    one, other = await approved_case(officers), await approved_case(officers)
    number = (await contacts_of(officers.opener, one))["contacts"][0]["number"]

    foreign = await reveal(officers.opener, other, [number])
    invented = await reveal(officers.opener, one, ["ZZZZZZZZ"])

    assert foreign.status_code == invented.status_code == 404
    assert await audit_acts(service, "reveal-name") == []


async def test_without_its_audit_row_no_name_is_revealed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    owner = await asyncpg.connect(service.settings.database_owner_url)

    # when the audit takes no row
    await owner.execute("REVOKE INSERT ON audit FROM chot_app")
    refused = await unrecorded(service, officers, case_id)
    page = await officers.opener.post(f"/desk/cases/{case_id}/reveal", data={"purpose": "sampling"})
    sheet = await officers.opener.get(f"/v1/cases/{case_id}/contacts.csv?purpose=sampling")
    await owner.execute("GRANT INSERT ON audit TO chot_app")
    await owner.close()

    # then nobody is named, neither by JSON nor by page nor by sheet
    assert refused == set()
    assert page.status_code == sheet.status_code == 500
    assert "Chị" not in page.text + sheet.text
    assert await unrecorded(service, officers, case_id) == set()

    # and the look finds names when the guard is off
    async def nothing(*_: object) -> int:
        return 0

    other = await approved_case(officers, phone=PHONES[T])
    monkeypatch.setattr(audit, "record", nothing)
    assert await unrecorded(service, officers, other) == {"Chị P"}


async def test_the_page_shows_names_only_after_the_button(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)

    before = await officers.opener.get(f"/desk/cases/{case_id}")
    shown = await officers.opener.post(
        f"/desk/cases/{case_id}/reveal", data={"purpose": "quarantine"}
    )

    assert "Chị P" not in before.text
    assert {"Chị P", "Chị W", "Chị X"} <= {
        n for n in ("Chị P", "Chị W", "Chị X") if n in shown.text
    }
    assert shown.headers["cache-control"] == "no-store"
    assert len(await audit_acts(service, "reveal-name")) == 5


async def test_what_a_case_knows_of_places_is_sealed(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    await approved_case(officers)

    async with connection(service.state["db"]) as db:
        rows = await db.fetch("SELECT sealed FROM contact UNION ALL SELECT sealed FROM case_file")

    assert len(rows) == 5
    assert not [row for row in rows if b"venue" in row["sealed"] or b"+84" in row["sealed"]]
