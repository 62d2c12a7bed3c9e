"""How full a venue is: for its staff, and in one word for everybody."""

from __future__ import annotations

import pytest

from checkin import occupancy
from checkin.crowds import FRESH, PUBLIC_FRESH, Crowd, Fullness, crowd, fullness
from tests.conftest import NOW, Service
from tests.make_people import make_person, make_scans
from tests.make_venues import make_venue
from tests.stored import change
from tests.test_checkin_occupancy import CAPACITY, keeper, occupied, scan


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
