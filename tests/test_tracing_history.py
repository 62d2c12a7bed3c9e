"""Where a case itself was: its visits, its places on the map, and the days drawn."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kit.db import connection
from tests.conftest import Service
from tests.golden import X, at, came, was
from tests.make_cases import (
    approve,
    approved_case,
    make_golden_world,
    make_officers,
    open_case,
)
from tests.make_people import audit_acts, make_scans
from tests.make_venues import CAI_KHE, make_zone
from tracing.engine.contact import Coverage
from tracing.engine.model import INDOCHINA, Ended, Interval, Stay
from tracing.finding import Names
from tracing.pictures.history import History
from tracing.pictures.timeline import Line, lines

HOUR = 100 / 24
HOME = {
    "kind": "home",
    "name": "bà Tư hẻm 51",
    "address": "51/2 đường Mậu Thân",
    "area": CAI_KHE,
    "start": "2021-07-09T18:00:00+07:00",
    "end": "2021-07-09T22:00:00+07:00",
    "unknown": 3,
}


def stay(start: int, end: int, upper: int | None = None, venue: int = 1) -> Stay:
    return Stay(
        person=1,
        venue=venue,
        zone=None,
        start=start,
        end=end,
        upper=upper or end,
        ended=Ended.ESTIMATED if upper else Ended.SCANNED,
    )


def drawn(*visits: Stay, isolated: int | None = None, gone: tuple[int, ...] = (5,)) -> list[Line]:
    """The case was infected on 5 July, and infectious from the 6th to the 7th at noon."""
    history = History(
        infected=Interval(start=at(5, "00:00"), end=at(6, "00:00")),
        infectious=Interval(start=at(6, "00:00"), end=at(7, "12:00")),
        coverage=Coverage(
            begins=date(2021, 7, 5),
            kept_from=date(2021, 7, max(gone) + 1),
            missing=tuple(date(2021, 7, day) for day in gone),
        ),
        visits=visits,
        names=Names(venues={}, zones={}),
        places={},
        offset=INDOCHINA,
    )
    return lines(history, isolated)


def test_each_local_day_is_a_line_with_its_times_shaded() -> None:
    first, second, third = drawn(isolated=at(7, "12:00"))

    assert [one.day.day for one in (first, second, third)] == [5, 6, 7]
    assert (first.missing, second.missing) == (True, False)
    assert first.infected is not None
    assert (first.infected.width, first.infectious) == (100, None)
    assert third.infectious is not None
    assert (third.infectious.begins, third.infectious.width) == (0, 50)
    assert (second.isolated, third.isolated) == (None, 50)


def test_days_that_are_no_longer_kept_are_one_line() -> None:
    made = drawn(gone=(5, 6))

    assert [(one.day.day, one.last.day, one.missing) for one in made] == [
        (5, 6, True),
        (7, 7, False),
    ]


def test_a_visit_over_midnight_goes_on_on_the_next_line() -> None:
    _, evening, night = drawn(stay(at(6, "23:00"), at(7, "01:00")))

    [before], [after] = evening.bars, night.bars
    assert (before.part.begins, before.part.width) == pytest.approx((23 * HOUR, HOUR))
    assert (after.part.begins, after.part.width) == pytest.approx((0, HOUR))
    assert (before.continued, after.continued) == (False, True)


def test_what_is_only_possible_is_a_tail_behind_the_bar() -> None:
    _, day, _ = drawn(stay(at(6, "08:00"), at(6, "09:00"), upper=at(6, "12:00")))

    [bar] = day.bars
    assert bar.part.width == pytest.approx(HOUR)
    assert bar.tail is not None
    assert (bar.tail.begins, bar.tail.width) == pytest.approx((9 * HOUR, 3 * HOUR))


def test_a_name_has_room_until_the_next_visit_and_two_at_once_have_lanes() -> None:
    _, day, _ = drawn(
        stay(at(6, "08:00"), at(6, "10:00")),
        stay(at(6, "09:00"), at(6, "11:00"), venue=2),
        stay(at(6, "10:00"), at(6, "12:00"), venue=3),
    )

    assert [bar.lane for bar in day.bars] == [0, 1, 0]
    assert day.lanes == 2
    assert [bar.room for bar in day.bars] == pytest.approx([2 * HOUR, 15 * HOUR, 14 * HOUR])


async def test_the_places_and_times_of_a_case_as_json_and_as_a_page(service: Service) -> None:
    # given X, whom P met at A and W at G; a visit after its isolation, and one whose end nobody saw
    world = await make_golden_world(service)
    zone = await make_zone(service, world.venues[3], "Tầng 2")
    here = replace(came(X, 3, at(5, "19:30")), person=world.people[X], venue=world.venues[3])
    late = was(world.people[X], world.venues[4], at(12, "10:00"), at(12, "11:00"))
    await make_scans(service, [replace(here, zone=zone), *late])
    async with connection(service.state["db"]) as db:
        await db.execute(
            "UPDATE venue SET latitude = 10.03, longitude = 105.78, name = $2 WHERE id = $1",
            *(world.venues[1], "<b>Chợ A"),
        )
    officers = await make_officers(service)
    case_id = await approved_case(officers)

    answer = await officers.opener.post(f"/v1/cases/{case_id}/history")
    page = await officers.opener.post(f"/desk/cases/{case_id}/history?lang=en")

    found = answer.json()
    assert answer.status_code == 200
    assert found["infected"]["start"] == "2021-06-25T17:00:00Z"
    assert found["infectious"] == {"start": "2021-07-07T17:00:00Z", "end": "2021-07-11T05:00:00Z"}
    assert found["missing"] == ["2021-06-26", "2021-06-27", "2021-06-28"]
    assert [(one["place"], one["ended"]) for one in found["visits"]] == [
        (1, "estimated"),
        (2, "scanned"),
        (3, "scanned"),
    ]
    guessed = found["visits"][0]
    assert (guessed["zone"], guessed["start"]) == ("Tầng 2", "2021-07-05T12:30:00Z")
    assert guessed["end"] < guessed["latest"]
    names = ("venue", "latitude", "longitude", "visits", "minutes", "contacts")
    assert [tuple(one[name] for name in names) for one in found["places"]] == [
        ("Chợ D", None, None, 1, 45, 0),
        ("Chợ G", None, None, 1, 80, 1),
        ("<b>Chợ A", 10.03, 105.78, 1, 60, 1),
    ]
    assert page.status_code == 200
    assert "Chợ A" in page.text
    assert "<b>Chợ A" not in page.text.replace("<b>&lt;b&gt;Chợ A", "")
    assert page.text.count("data-latitude=") == 1
    assert "Not on the map" in page.text
    assert len(await audit_acts(service, "look-at-history")) == 2


async def test_a_point_that_was_told_is_a_visit_also_of_somebody_nobody_knows(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers, phone="+84911111111")
    mother = {"name": "Lê Thị Mẹ", "relation": "Mẹ"}
    added = await officers.opener.post(
        f"/v1/cases/{case_id}/points", json=HOME | {"people": [mother]}
    )

    answer = await officers.opener.post(f"/v1/cases/{case_id}/history")
    page = await officers.opener.post(f"/desk/cases/{case_id}/history?lang=en")

    found = answer.json()
    assert (added.status_code, answer.status_code) == (201, 200)
    [visit], [place] = found["visits"], found["places"]
    assert (visit["ended"], visit["start"]) == ("told", "2021-07-09T11:00:00Z")
    assert (place["venue"], place["latitude"]) == ("Nhà bà Tư hẻm 51", None)
    assert (place["minutes"], place["contacts"]) == (240, 1)
    assert "told in an interview" in page.text


async def test_nobody_sees_where_a_case_was_before_its_approval_or_from_another_area(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    others = await make_officers(service, area="2025/79/")
    case_id = (await open_case(officers.opener))["id"]

    before = await officers.opener.post(f"/v1/cases/{case_id}/history")
    await approve(officers.approver, case_id)
    elsewhere = [
        await others.opener.post(f"/{where}/cases/{case_id}/history") for where in ("v1", "desk")
    ]

    assert (before.status_code, before.json()["type"]) == (409, "/problems/case-not-approved")
    assert [one.status_code for one in elsewhere] == [404, 404]
    assert not await audit_acts(service, "look-at-history")
