"""Holds go with the file of their case, and who saw an alert with the day of its scan."""

from __future__ import annotations

from datetime import timedelta

import database
from checkin import queries_retention
from commands.retention import status
from kit.db import connection
from tests.conftest import NOW
from tests.make_holds import Held, held
from tests.make_people import make_person
from tests.make_venues import make_venue
from tests.quiet_hour import forget
from tests.stored import change, owner_of, value
from tracing.queries_retention import CASE_FILES, case_files_past

__all__ = ["held"]  # the fixture

GUESTS = {"Bà Ngoại": "+84900000003", "Cậu Út": "+84900000004"}
CLOSE = "UPDATE case_file SET status = 'closed', closed = $2 WHERE id = $1"


async def kept(held: Held) -> tuple[object, object]:
    async with owner_of(held.service) as db:
        await database.keep(db, held.service.settings, held.service.clock())
    return (
        await value(held.service, "SELECT count(*) FROM entry_hold"),
        await value(held.service, "SELECT count(*) FROM objection"),
    )


async def test_holds_and_objections_go_twelve_months_after_their_case_was_closed(
    held: Held,
) -> None:
    await held.stand()
    await held.citizen.post("/v1/me/objections", json={"words": "nhầm người"})
    await held.propose(colour="amber")
    await change(held.service, CLOSE, held.case_id, NOW)

    held.service.clock.now = NOW + CASE_FILES
    before = await kept(held)
    held.service.clock.tick(hours=1)
    after = await kept(held)

    assert (before, after) == ((2, 1), (0, 0))
    assert await value(held.service, "SELECT count(*) FROM standing WHERE hold IS NOT NULL") == 0


async def test_the_status_counts_holds_that_should_be_gone(held: Held) -> None:
    await held.stand()
    await change(held.service, CLOSE, held.case_id, NOW)

    assert await status(held.service.settings, NOW + timedelta(days=1)) == 0
    assert await status(held.service.settings, NOW + CASE_FILES + timedelta(days=2)) == 1
    async with owner_of(held.service) as db:
        past = await case_files_past(db, NOW + timedelta(hours=1))
    assert past == [held.case_id]


async def test_a_hold_of_a_case_that_is_still_open_stays(held: Held) -> None:
    await held.stand()
    held.service.clock.now = NOW + 2 * CASE_FILES

    assert await kept(held) == (1, 0)


async def test_who_saw_an_alert_is_forgotten_with_the_scan(held: Held) -> None:
    await held.stand()
    venue = await make_venue(held.service)
    form = {"code": venue.code, "at": held.service.clock().isoformat()}
    await held.citizen.post("/v1/check-ins", json=form)
    (alert,) = (await held.officers.opener.get("/v1/alerts")).json()["alerts"]
    await held.officers.opener.post(f"/v1/alerts/{alert['reference']}/seen")
    rows = "SELECT count(*) FROM alert_seen"

    held.service.clock.tick(days=21)
    await kept(held)
    within = await value(held.service, rows)
    held.service.clock.tick(days=1)
    await kept(held)

    assert (within, await value(held.service, rows)) == (1, 0)


async def test_an_emptied_person_counts_as_no_generation_that_a_device_has(held: Held) -> None:
    person = await make_person(held.service, "Mai", "+84900000002")
    async with owner_of(held.service) as db:
        await queries_retention.empty_people(db, [person], NOW)
    async with connection(held.service.state["db"]) as db:
        found = await db.fetchval(
            "SELECT token_generation FROM standing WHERE person_id = $1", person
        )

    assert found == 1


async def test_whoever_stands_at_a_point_alone_keeps_their_name_as_long_as_the_file(
    held: Held,
) -> None:
    # given somebody at a point before the infectious period, so no contact; and the same withdrawn
    opener, path = held.officers.opener, f"/v1/cases/{held.case_id}/points"
    facts = {"kind": "home", "name": "nhà ngoại", "with_case": True}
    people = [await make_person(held.service, name, phone) for name, phone in GUESTS.items()]
    for day, phone in zip(("25", "26"), GUESTS.values(), strict=True):
        times = {"start": f"2021-06-{day}T18:00:00+07:00", "end": f"2021-06-{day}T20:00:00+07:00"}
        added = await opener.post(path, json=facts | times | {"people": [{"phone": phone}]})
        assert added.status_code == 201, added.text
    point = added.json()["point"]["id"]
    await opener.post(f"{path}/{point}/withdrawal", json={"reason": "nhầm ngày"})
    contacts = "SELECT count(*) FROM contact WHERE person_id = ANY($1)"
    assert await value(held.service, contacts, people) == 0
    named = "SELECT count(*) FROM person WHERE id = ANY($1) AND sealed <> ''"

    # when nothing else has kept them for 60 days
    held.service.clock.tick(days=61)
    await forget(held.service)
    kept = await value(held.service, named, people)
    await change(held.service, "DELETE FROM point")
    await forget(held.service)

    # then their names stay while the file has its points
    assert (kept, await value(held.service, named, people)) == (2, 0)
