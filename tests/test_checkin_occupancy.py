"""Who counts as inside, what staff and the public learn of it, and checking everyone out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import asyncpg
import httpx
import pytest

from accounts.model import Role
from checkin import occupancy
from checkin.crowds import FRESH, PUBLIC_FRESH, Crowd, Fullness, crowd, fullness
from checkin.model import Source, Way
from checkin.queries_occupancy import LATEST
from kit.db import connection
from settings import Settings
from tests.conftest import NOW, Service
from tests.make_people import audit_acts, make_person, make_scans
from tests.make_venues import MadeVenue, make_venue, make_zone, staff_client
from tests.test_checkin_api import body, change, check_in, check_out, signed_up
from tracing.facts import Facts, gather, milliseconds
from tracing.model import Ended, Scan, Stay
from tracing.stay import stays
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


@pytest.mark.parametrize(
    ("inside", "warning", "shown"),
    [
        (0, Fullness.FREE, Crowd.QUIET),
        (39, Fullness.FREE, Crowd.QUIET),
        (40, Fullness.FREE, Crowd.BUSY),
        (80, Fullness.FREE, Crowd.CROWDED),
        (90, Fullness.NEARLY_FULL, Crowd.CROWDED),
        (100, Fullness.FULL, Crowd.CROWDED),
        (130, Fullness.FULL, Crowd.CROWDED),
    ],
)
def test_capacity_decides_warning_and_word(inside: int, warning: Fullness, shown: Crowd) -> None:
    assert (fullness(inside, 100), crowd(inside, 100)) == (warning, shown)


async def test_a_full_venue_warns_its_staff_on_page_and_interface(service: Service) -> None:
    venue = await make_venue(service)
    staff = await keeper(service, venue)
    await change(service, CAPACITY, venue.id, 1)
    await make_scans(service, [scan(await make_person(service), venue, NOW)])

    found = await occupied(staff, venue)
    page = await staff.get(f"/venues/{venue.id}/occupancy", headers={"Accept-Language": "en"})

    assert (found["inside"], found["capacity"], found["warning"]) == (1, 1, "full")
    assert "Full: let nobody in" in page.text
    assert await occupancy.gate_fullness(service.state, venue.id) == Fullness.FULL


async def test_another_venues_staff_neither_count_nor_close(service: Service) -> None:
    venue, other = await make_venue(service), await make_venue(service)
    stranger = await keeper(service, other)
    path = f"/v1/venues/{venue.id}"
    await make_scans(service, [scan(await make_person(service), venue, NOW)])

    answers = [
        await stranger.get(f"{path}/occupancy"),
        await stranger.post(f"{path}/closings"),
        await stranger.post(f"{path}/closings/undo", json={"at": NOW.isoformat()}),
        await stranger.post(f"{path}/crowd", json={"shown": True}),
        await stranger.get(f"/venues/{venue.id}/occupancy"),
        await stranger.post(f"/venues/{venue.id}/closings"),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert (await occupied(await keeper(service, venue), venue))["inside"] == 1


async def test_the_public_sees_one_of_three_words_only_where_the_venue_wants_it(
    service: Service,
) -> None:
    venue, unlisted = await make_venue(service), await make_venue(service)
    public = await service.client()
    for one in (venue, unlisted):
        await change(service, CAPACITY, one.id, 2)
        staff = await keeper(service, one)
        await staff.post(f"/v1/venues/{one.id}/crowd", json={"shown": True})
    before = await public.get(f"/v1/venues/{venue.id}/crowd")
    await change(service, "UPDATE venue SET listed = true WHERE id = $1", venue.id)
    await make_scans(service, [scan(await make_person(service), venue, NOW)])

    shown = await public.get(f"/v1/venues/{venue.id}/crowd")
    page = await public.get(f"/crowd/{venue.id}")
    hidden = await public.get(f"/v1/venues/{unlisted.id}/crowd")
    nowhere = await public.get("/v1/venues/999999/crowd")
    await (await keeper(service, venue)).post(f"/v1/venues/{venue.id}/crowd", json={"shown": False})
    withdrawn = await public.get(f"/v1/venues/{venue.id}/crowd")

    assert before.status_code == hidden.status_code == nowhere.status_code == 404
    assert before.json() == hidden.json() == nowhere.json() == withdrawn.json()
    assert shown.json()["crowd"] == "busy"
    assert set(shown.json()) == {"venue", "crowd", "at"}
    assert "Vừa" in page.text


async def test_the_public_word_does_not_follow_one_person(service: Service) -> None:
    venue = await make_venue(service)
    staff, public = await keeper(service, venue), await service.client()
    await change(service, "UPDATE venue SET listed = true, crowd_shown = true, capacity = 1")
    path = f"/v1/venues/{venue.id}/crowd"
    empty = await public.get(path)
    await make_scans(service, [scan(await make_person(service), venue, NOW)])

    service.clock.now += FRESH
    for_staff = await occupied(staff, venue)
    at_once = await public.get(path)
    service.clock.now = NOW + PUBLIC_FRESH
    later = await public.get(path)

    assert for_staff["inside"] == 1
    assert [one.json()["crowd"] for one in (empty, at_once, later)] == ["quiet", "quiet", "crowded"]


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
    facts = Facts(days=service.state["days"], humans={})
    day = service.state["days"].day(NOW)
    async with connection(service.state["desk_db"]) as db:
        await gather(db, facts, {day: {person}})
    (stay,) = stays(facts.world(), milliseconds(NOW + timedelta(hours=30)))
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
