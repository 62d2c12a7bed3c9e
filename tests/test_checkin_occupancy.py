"""Who counts as inside, what staff and the public learn of it, and checking everyone out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import asyncpg
import httpx

from accounts.model import Role
from checkin.crowds import FRESH
from checkin.model import Source, Way
from checkin.queries_occupancy import LATEST
from kit.db import connection
from settings import Settings
from tests.conftest import NOW, Service
from tests.make_people import make_person, make_scans
from tests.make_phones import body, check_in, check_out, signed_up
from tests.make_venues import MadeVenue, make_venue, make_zone, staff_client
from tracing.engine.columns import milliseconds
from tracing.engine.model import Scan
from venues.model import VenueKind

CAPACITY = "UPDATE venue SET capacity = $2 WHERE id = $1"
MINUTE = timedelta(minutes=1)


async def keeper(service: Service, venue: MadeVenue) -> httpx.AsyncClient:
    return await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)


async def occupied(staff: httpx.AsyncClient, venue: MadeVenue) -> dict[str, Any]:
    answer = await staff.get(f"/v1/venues/{venue.id}/occupancy")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def scan(
    person: int,
    venue: MadeVenue,
    at: datetime,
    *,
    way: Way = Way.IN,
    zone: int | None = None,
    source: Source = Source.POSTER,
) -> Scan:
    return Scan(
        person=person, at=milliseconds(at), venue=venue.id, zone=zone, way=way, source=source
    )


async def test_in_minus_out_with_companions_is_who_is_inside(service: Service) -> None:
    venue = await make_venue(service)
    staff = await keeper(service, venue)
    hoa, lan = await signed_up(service, "Hoa"), await signed_up(service, "Lan")

    await check_in(hoa, body(venue, companions=3))
    await check_in(lan, body(venue))
    both = await occupied(staff, venue)
    service.clock.tick(seconds=30)
    await check_out(hoa, body(venue, service.clock()))
    one = await occupied(staff, venue)

    assert both["inside"] == 5
    assert one["inside"] == 1


async def test_who_was_not_scanned_going_out_counts_for_the_typical_stay(service: Service) -> None:
    venue = await make_venue(service, kind=VenueKind.PHARMACY)  # 10 minutes
    staff = await keeper(service, venue)
    person = await make_person(service)
    await make_scans(service, [scan(person, venue, NOW)])

    service.clock.tick(minutes=9)
    still = await occupied(staff, venue)
    service.clock.tick(minutes=1)
    gone = await occupied(staff, venue)

    assert (still["inside"], gone["inside"]) == (1, 0)


async def test_who_came_in_elsewhere_is_no_longer_here(service: Service) -> None:
    venue, other = await make_venue(service), await make_venue(service)
    person = await make_person(service)
    await make_scans(
        service, [scan(person, venue, NOW - 5 * MINUTE), scan(person, other, NOW - MINUTE)]
    )

    assert (await occupied(await keeper(service, venue), venue))["inside"] == 0
    assert (await occupied(await keeper(service, other), other))["inside"] == 1


async def test_zones_are_counted_by_where_each_was_last_seen(service: Service) -> None:
    venue = await make_venue(service)
    ground, upper = [await make_zone(service, venue.id, name) for name in ("Tầng 1", "Tầng 2")]
    people = [await make_person(service) for _ in range(3)]
    await make_scans(
        service,
        [
            scan(people[0], venue, NOW - 9 * MINUTE, zone=ground),
            scan(people[0], venue, NOW - 2 * MINUTE, zone=upper),
            scan(people[1], venue, NOW - 9 * MINUTE, zone=ground),
            scan(people[2], venue, NOW - 9 * MINUTE),
        ],
    )

    found = await occupied(await keeper(service, venue), venue)

    assert found["inside"] == 3
    assert [(z["zone"], z["inside"]) for z in found["zones"]] == [
        ("Tầng 1", 1),
        ("Tầng 2", 1),
        (None, 1),
    ]


async def test_refusals_and_undone_scans_are_nobody(service: Service) -> None:
    venue = await make_venue(service)
    refused, undone = await make_person(service), await make_person(service)
    await make_scans(
        service,
        [
            scan(refused, venue, NOW - MINUTE, way=Way.REFUSED),
            scan(undone, venue, NOW - 2 * MINUTE),
        ],
    )
    async with connection(service.state["db"]) as db:
        await db.execute(
            "INSERT INTO amendment (subject, at, venue_id, seq, void, reason) "
            "SELECT subject, at, venue_id, 1, true, 'undone' FROM scan WHERE way = 1"
        )

    assert (await occupied(await keeper(service, venue), venue))["inside"] == 0


async def test_after_midnight_a_person_is_still_one_person(service: Service) -> None:
    """Another day is another subject: one of two left under it, and nobody counts twice."""
    venue = await make_venue(service, kind=VenueKind.BAR)  # 120 minutes
    midnight = datetime(2021, 7, 20, 17, 0, tzinfo=UTC)
    gone, stayed = await make_person(service), await make_person(service)
    await make_scans(
        service,
        [
            scan(gone, venue, midnight - 30 * MINUTE),
            scan(stayed, venue, midnight - 20 * MINUTE),
            scan(gone, venue, midnight + 5 * MINUTE, way=Way.OUT, source=Source.EXIT),
            scan(stayed, venue, midnight + 6 * MINUTE),
        ],
    )
    service.clock.now = midnight + 10 * MINUTE
    staff = await keeper(service, venue)

    inside = (await occupied(staff, venue))["inside"]
    closing = await staff.post(f"/v1/venues/{venue.id}/closings")
    service.clock.tick(seconds=10)

    assert inside == 1
    assert closing.json()["people"] == 1
    assert (await occupied(staff, venue))["inside"] == 0
    # and every row of that night turns back into one of the two
    async with connection(service.state["db"]) as db:
        rows = await db.fetch("SELECT subject, at FROM scan")
    days = service.state["days"]
    assert {days.people([r["subject"]], days.day(r["at"]))[0] for r in rows} == {gone, stayed}


async def test_a_count_is_kept_for_seconds_and_then_made_anew(service: Service) -> None:
    venue = await make_venue(service)
    staff = await keeper(service, venue)
    await occupied(staff, venue)
    await make_scans(service, [scan(await make_person(service), venue, NOW)])

    kept = await occupied(staff, venue)
    service.clock.now += FRESH
    anew = await occupied(staff, venue)

    assert (kept["inside"], anew["inside"]) == (0, 1)


async def test_the_count_agrees_with_a_slow_one_in_a_busy_day(service: Service) -> None:
    """Random comings and goings at three venues, against a walk through each person's scans."""
    rng = Random(12)
    venues = [await make_venue(service, kind=VenueKind.CONVENIENCE) for _ in range(3)]
    people = [await make_person(service) for _ in range(40)]
    moments = rng.sample(range(1, 20 * 60), 400)
    scans = [
        scan(
            rng.choice(people),
            rng.choice(venues),
            NOW - timedelta(seconds=moment),
            way=rng.choice([Way.IN, Way.IN, Way.OUT]),
        )
        for moment in moments
    ]
    await make_scans(service, scans)

    for venue in venues:
        expected = 0
        for person in people:
            own = sorted((s for s in scans if s.person == person), key=lambda s: s.at)
            here = [s for s in own if s.venue == venue.id]
            last = here[-1] if here else None
            moved = last and any(s.at > last.at and s.way is Way.IN for s in own)
            fresh = last and last.at > milliseconds(NOW - 10 * MINUTE)
            expected += bool(last and last.way is Way.IN and not moved and fresh)
        found = await occupied(await keeper(service, venue), venue)
        assert found["inside"] == expected
        assert expected > 0


async def test_the_count_reads_the_venues_own_rows_by_the_index(
    settings_read_only: Settings,
) -> None:
    db = await asyncpg.connect(settings_read_only.database_url)
    try:
        await db.execute("SET enable_seqscan = off")
        plan = "\n".join(
            row[0]
            for row in await db.fetch(f"EXPLAIN {LATEST}", 1, NOW - timedelta(minutes=40), NOW)
        )
    finally:
        await db.close()

    assert "venue_id_at" in plan
    assert "scan_20210720 " in plan
    assert "scan_20210718" not in plan  # other days are not even opened
