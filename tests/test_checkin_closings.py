"""A venue closes: everyone in it is checked out, and that moves no estimate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from checkin.model import Source, Way
from kit.db import connection
from tests.conftest import NOW, Service
from tests.make_people import audit_acts, make_person, make_scans
from tests.make_phones import body, check_in, signed_up
from tests.make_venues import make_venue
from tests.test_checkin_occupancy import MINUTE, keeper, occupied, scan
from tracing.engine.columns import ints, milliseconds
from tracing.engine.links import Links
from tracing.engine.model import Ended, Stay
from tracing.engine.stay import stays
from tracing.facts import Facts, gather
from venues.model import VenueKind


async def test_everyone_is_checked_out_and_it_can_be_undone(service: Service) -> None:
    venue = await make_venue(service)  # a market: 45 minutes
    staff = await keeper(service, venue)
    people = [await make_person(service) for _ in range(4)]
    await make_scans(
        service,
        [
            scan(people[0], venue, NOW - 5 * MINUTE),
            scan(people[1], venue, NOW - 180 * MINUTE),  # beyond the usual, nobody saw them leave
            scan(people[2], venue, NOW - 9 * MINUTE),
            scan(people[2], venue, NOW - 8 * MINUTE, way=Way.OUT, source=Source.EXIT),
            scan(people[3], venue, NOW - timedelta(hours=13)),
        ],
    )
    path = f"/v1/venues/{venue.id}/closings"

    done = await staff.post(path)
    closed = await occupied(staff, venue)
    undone = await staff.post(f"{path}/undo", json={"at": done.json()["at"]})
    again = await staff.post(f"{path}/undo", json={"at": done.json()["at"]})
    back = await occupied(staff, venue)

    assert (done.status_code, done.json()["people"]) == (201, 2)
    assert (undone.json()["people"], again.json()["people"]) == (2, 0)
    assert (closed["inside"], back["inside"]) == (0, 1)
    assert [act for act, _ in await audit_acts(service)] == [
        "everyone checked out",
        "closing undone",
    ]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_year_out_of_reach_is_no_closing(service: Service, at: str) -> None:
    venue = await make_venue(service)
    staff = await keeper(service, venue)

    undone = await staff.post(f"/v1/venues/{venue.id}/closings/undo", json={"at": at})
    page = await staff.get(f"/venues/{venue.id}/occupancy", params={"closed": at})

    assert (undone.status_code, undone.json()["people"]) == (200, 0)
    assert page.status_code == 200


async def test_the_page_closes_says_how_many_and_takes_it_back(service: Service) -> None:
    venue = await make_venue(service)
    staff = await keeper(service, venue)
    await make_scans(service, [scan(await make_person(service), venue, NOW - MINUTE)])
    english = {"Accept-Language": "en"}

    done = await staff.post(f"/venues/{venue.id}/closings")
    page = await staff.get(done.headers["location"], headers=english)
    await staff.post(f"/venues/{venue.id}/closings/undo", data={"at": NOW.isoformat()})
    after = await staff.get(done.headers["location"], headers=english)

    assert "1 person was checked out" in page.text
    assert "Nobody is checked out by that." in after.text


async def test_a_citizen_is_not_told_to_have_left_when_everyone_was_checked_out(
    service: Service,
) -> None:
    venue = await make_venue(service)
    staff, phone = await keeper(service, venue), await signed_up(service)
    await check_in(phone, body(venue, NOW - MINUTE))

    await staff.post(f"/v1/venues/{venue.id}/closings")
    (visit,) = (await phone.get("/v1/me/visits")).json()["visits"]

    assert visit["left_at"] is None


async def the_stay(service: Service, person: int) -> Stay:
    """As a trace of the next day judges it."""
    facts = Facts(days=service.state["days"], links=Links([]))
    day = service.state["days"].day(NOW)
    async with connection(service.state["desk_db"]) as db:
        await gather(db, facts, {day: ints([person])})
    [stay] = stays(facts.world(), milliseconds(NOW + timedelta(hours=30)))
    return stay


@pytest.mark.parametrize(
    ("kind", "estimated", "latest"),
    [(VenueKind.PHARMACY, 10, 30), (VenueKind.RESTAURANT, 60, 60)],
)
async def test_closing_moves_no_best_estimate_and_caps_how_long_it_can_have_been(
    service: Service, kind: VenueKind, estimated: int, latest: int
) -> None:
    """A case who came at 21:30; everyone is checked out at 22:00. An estimate beyond that stands:
    it is the best there is, and the upper bound is never before it."""
    venue = await make_venue(service, kind=kind)
    came = datetime(2021, 7, 20, 14, 30, tzinfo=UTC)
    person = await make_person(service)
    await make_scans(service, [scan(person, venue, came)])
    before = await the_stay(service, person)

    service.clock.now = came + 30 * MINUTE
    done = await (await keeper(service, venue)).post(f"/v1/venues/{venue.id}/closings")
    after = await the_stay(service, person)

    assert done.json()["people"] == 1
    assert (before.end, before.ended) == (after.end, after.ended)
    assert (after.end, after.ended) == (
        milliseconds(came + estimated * MINUTE),
        Ended.ESTIMATED,
    )
    assert before.upper == milliseconds(came + timedelta(hours=12))
    assert after.upper == milliseconds(came + latest * MINUTE)
