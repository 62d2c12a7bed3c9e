"""A hold reaches the records that are linked to its person after it was made."""

from __future__ import annotations

import database
from checkin.queries_holds import spread_holds
from kit.db import connection
from tests.make_holds import Held, device, held
from tests.make_people import link, make_person
from tests.make_venues import make_venue
from tests.stored import change, owner_of

__all__ = ["held"]  # the fixture


async def keep(held: Held) -> None:
    async with owner_of(held.service) as db:
        await database.keep(db, held.service.settings, held.service.clock())


async def test_a_link_made_after_a_hold_brings_it_within_the_hour_and_lifting_ends_both(
    held: Held,
) -> None:
    hold_id = await held.stand()
    middle = await make_person(held.service, "Hoa", "+84900000001")
    far = await make_person(held.service, "Hoa", "+84900000002")
    await link(held.service, held.person_id, middle)
    await link(held.service, middle, far)
    phone, venue = await device(held.service, far), await make_venue(held.service)

    await keep(held)
    own = (await phone.get("/v1/me/standing")).json()
    form = {"code": venue.code, "at": held.service.clock().isoformat()}
    scanned = await phone.post("/v1/check-ins", json=form)
    alerts = (await held.officers.opener.get("/v1/alerts")).json()["alerts"]
    await held.officers.opener.post(f"{held.path}/{hold_id}/end", json={"reason": "âm tính"})
    after = (await phone.get("/v1/me/standing")).json()

    assert (own["colour"], own["hold"]["reason"]) == ("red", "close-contact")
    assert scanned.json()["colour"] == "red"
    assert [one["number"] for one in alerts] == [held.number]
    assert after["colour"] == "green"


async def test_an_undone_link_and_a_hold_that_is_over_spread_nothing(held: Held) -> None:
    await held.stand()
    other = await make_person(held.service, "Hoa", "+84900000001")
    await link(held.service, held.person_id, other)
    async with connection(held.service.state["db"]) as db:
        later = await spread_holds(db, held.service.clock.now.replace(year=2022))
    await change(held.service, "UPDATE person_link SET undone = made")

    await keep(held)
    phone = await device(held.service, other)

    assert later == 0
    assert (await phone.get("/v1/me/standing")).json()["colour"] == "green"
