"""Points in the engine: stays that somebody told of, traced like those that were scanned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests import golden
from tests.golden import A, B, D, P, X, at, was
from tracing import words
from tracing.case import DayImplausible
from tracing.engine.contact import Contact, Rank, Tiers, Why
from tracing.engine.model import Ended, Interview, Scan, Scans, World
from tracing.engine.worklist import trace_world
from tracing.finding import Names, finding_of
from tracing.point import (
    DetailOfAnotherKind,
    EndsBeforeStart,
    FlightWrong,
    Listed,
    NotAtThePoint,
    PlaceUnnamed,
    PlateWrong,
    Point,
    PointFacts,
    PointKind,
    Relation,
    SeatWrong,
    Stayed,
    WardUnknown,
)
from tracing.point_stays import hearsay_of, place_id, place_name
from tracing.points.rules import checked, checked_stay

HERE = timezone(timedelta(hours=7))
MOTHER, COUSIN, GUEST = 21, 22, 23
NOW = datetime(2021, 7, 12, 8, 0, tzinfo=HERE)


def local(day: int, clock: str) -> datetime:
    hours, minutes = map(int, clock.split(":"))
    return datetime(2021, 7, day, hours, minutes, tzinfo=HERE)


def home(*listed: Listed, **changed: Any) -> Point:
    facts = PointFacts(
        kind=PointKind.HOME, name="bà Tư", start=local(9, "18:00"), end=local(9, "22:00")
    )
    return Point(id=7, facts=replace(facts, **changed), listed=listed)


def listed(person: int, **said: Any) -> Listed:
    return Listed(people=(person,), stayed=replace(Stayed(), **said))


def traced(points: Sequence[Point], scans: Sequence[Scan] = (), case: int = X) -> Tiers:
    told = hearsay_of(points, case, HERE)
    world: World = replace(
        golden.WORLD,
        scans=Scans.of([*golden.SCANS, *scans]),
        venues={**golden.VENUES, **told.places},
        told=told.stays,
        told_of=told.told_of(golden.WORLD.human),
    )
    return trace_world(replace(golden.CASE, person=case), world, golden.POLICY, golden.MOMENT, 3)


def row(found: Tiers, person: int) -> Contact:
    return next(one for one in (*found.contacts, *found.brief) if one.person == person)


def test_an_evening_at_home_makes_contacts_who_carry_on_by_their_own_scans() -> None:
    # given the case at home, its mother with it, and a cousin for ten minutes whom it embraced;
    # the mother is at D the next morning with a guest
    with_mother = [
        *was(MOTHER, D, at(10, "09:00"), at(10, "10:00")),
        *was(GUEST, D, at(10, "09:30"), at(10, "10:30")),
    ]
    point = home(
        listed(MOTHER, relation=Relation.MOTHER),
        listed(COUSIN, start=local(9, "21:50"), physical=True),
        listed(B, end=local(9, "18:10")),
    )

    found = traced([point], with_mother)

    mother, cousin, guest = (row(found, one) for one in (MOTHER, COUSIN, GUEST))
    assert (mother.tier, mother.minutes, mother.rank) == (1, 240, Rank.HIGH)
    assert mother.exposures[0].ended == (Ended.TOLD, Ended.TOLD)
    assert Why.MASK_OFF in {one.why for one in mother.reasons}
    # no minimum after physical contact, at that place alone
    assert (cousin.tier, cousin.minutes, cousin.brief) == (1, 10, False)
    assert (guest.tier, guest.minutes) == (2, 30)
    assert [hop.person for hop in guest.path] == [MOTHER, GUEST]
    assert guest.path[0].exposure
    assert guest.path[0].exposure.venue == place_id(point)
    # ten minutes without physical contact are brief, as anywhere
    assert not any(one.venue == place_id(point) and one.reached for one in row(found, B).exposures)


def test_a_point_that_is_withdrawn_takes_its_contacts_and_theirs_along() -> None:
    scans = [
        *was(MOTHER, D, at(10, "09:00"), at(10, "10:00")),
        *was(GUEST, D, at(10, "09:30"), at(10, "10:30")),
    ]

    found = traced([replace(home(listed(MOTHER)), why="nhầm người")], scans)

    assert {one.person for one in (*found.contacts, *found.brief)}.isdisjoint({MOTHER, GUEST})
    assert len(found.contacts) == len(golden.CONTACTS)


def test_people_at_a_point_of_a_contact_meet_each_other_without_the_case() -> None:
    # given P, F1 since 10:30, at a party in the evening with the cousin; the case was not there
    party = home(listed(P), listed(COUSIN), kind=PointKind.PARTY, with_case=False)

    found = traced([party])

    assert (row(found, COUSIN).tier, row(found, COUSIN).minutes) == (2, 240)
    assert [hop.person for hop in row(found, COUSIN).path] == [P, COUSIN]


def test_a_case_that_nobody_is_known_of_was_at_its_points_all_the_same() -> None:
    found = traced([home(listed(MOTHER))], case=0)

    assert {one.person for one in found.contacts} == {MOTHER}


def test_masks_are_as_they_were_told_of_that_place() -> None:
    # given a policy without a minimum where masks are off
    policy = golden.july_policy(unmasked=0)
    point = home(listed(MOTHER, masked=True), listed(COUSIN), end=local(9, "18:10"))
    told = hearsay_of([point], X, HERE)
    world = replace(
        golden.WORLD,
        venues={**golden.VENUES, **told.places},
        told=told.stays,
        told_of=told.told_of(golden.WORLD.human),
        interviews={MOTHER: Interview(masked=False)},
    )

    found = trace_world(golden.CASE, world, policy, golden.MOMENT, 1)

    assert COUSIN in {one.person for one in found.contacts}
    assert row(found, MOTHER).brief


def test_a_market_where_masks_were_off_as_told_is_no_place_that_asks_for_it() -> None:
    market = home(listed(MOTHER), kind=PointKind.MARKET, masked=False)
    at_home = home(listed(MOTHER), masked=False)

    by_market, by_home = (
        {one.why for one in row(traced([point]), MOTHER).reasons} for point in (market, at_home)
    )

    assert by_market & {Why.MASK_OFF, Why.MASK_OFF_TOLD} == {Why.MASK_OFF_TOLD}
    assert by_home & {Why.MASK_OFF, Why.MASK_OFF_TOLD} == {Why.MASK_OFF}


def test_seats_within_two_rows_of_the_case_are_close_on_a_flight() -> None:
    flight = home(
        listed(MOTHER, seat="14F"),
        listed(COUSIN, seat="15A"),
        kind=PointKind.FLIGHT,
        flight="VN123",
        seat="12A",
    )

    found = traced([flight])

    assert (row(found, MOTHER).rank, row(found, COUSIN).rank) == (Rank.HIGH, Rank.MEDIUM)


def test_a_stay_at_a_point_ends_when_the_trace_is_made_and_none_begins_after() -> None:
    late = home(listed(MOTHER), start=local(11, "10:00"), end=local(13, "10:00"))
    later = replace(home(listed(COUSIN), start=local(12, "09:00"), end=local(13, "10:00")), id=8)
    told = hearsay_of([late, later], X, HERE)
    world = replace(golden.WORLD, venues=told.places, told=told.stays, scans=Scans.of([]))

    found = trace_world(replace(golden.CASE, isolated=None), world, golden.POLICY, golden.MOMENT, 1)

    assert {one.person: one.minutes for one in found.contacts} == {MOTHER: 22 * 60}


def test_what_was_told_twice_of_one_human_being_is_what_makes_an_exposure_likelier() -> None:
    told = hearsay_of(
        [home(listed(1, masked=True), listed(2, physical=True, masked=False))], X, HERE
    )

    assert told.told_of(lambda person: 1) == {(1, -7): Interview(masked=False, physical=True)}


FLIGHT, BUS, CAR = PointKind.FLIGHT, PointKind.BUS, PointKind.VEHICLE


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"end": local(9, "18:00")}, EndsBeforeStart),
        ({"start": datetime(1970, 1, 1, tzinfo=HERE)}, DayImplausible),
        ({"end": datetime(2100, 1, 1, tzinfo=HERE)}, DayImplausible),
        ({"start": local(12, "08:01"), "end": local(12, "08:02")}, DayImplausible),
        ({"kind": PointKind.MARKET, "name": " "}, PlaceUnnamed),
        ({"kind": CAR, "name": ""}, PlaceUnnamed),
        ({"kind": CAR, "plate": "không nhớ"}, PlateWrong),
        ({"kind": CAR, "plate": "12"}, PlateWrong),
        ({"kind": FLIGHT, "flight": "123"}, FlightWrong),
        ({"kind": FLIGHT, "flight": "VN123", "seat": "A12"}, SeatWrong),
        ({"kind": FLIGHT, "flight": "VN123", "seat": "120"}, SeatWrong),
        ({"kind": BUS, "route": "Cần Thơ – Sài Gòn", "seat": "ghế đầu"}, SeatWrong),
        ({"seat": "12A"}, DetailOfAnotherKind),
        ({"kind": BUS, "flight": "VN123"}, DetailOfAnotherKind),
        ({"area": "2025/92/"}, WardUnknown),
        ({"area": "ở đâu đó"}, WardUnknown),
    ],
)
def test_a_point_that_cannot_be_so_is_refused(
    changed: dict[str, Any], wrong: type[Exception]
) -> None:
    with pytest.raises(wrong):
        checked(home(**changed).facts, NOW)


def test_details_are_read_as_people_write_them() -> None:
    bus = home(kind=BUS, name="", route=" Cần Thơ –  Sài Gòn ", plate="65b-123.45", seat="b12")
    flight = home(kind=FLIGHT, name="", flight="vn 123", seat="12 a")

    assert place_name(checked(bus.facts, NOW)) == "Xe khách Cần Thơ – Sài Gòn 65B12345"
    assert place_name(checked(flight.facts, NOW)) == "Chuyến bay VN123"
    assert checked(flight.facts, NOW).seat == "12A"
    assert place_name(home().facts) == "Nhà bà Tư"


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"start": local(9, "22:00"), "end": local(9, "23:00")}, NotAtThePoint),
        ({"end": local(9, "17:00")}, NotAtThePoint),
        ({"start": local(9, "20:00"), "end": local(9, "19:00")}, EndsBeforeStart),
        ({"end": local(12, "09:00")}, DayImplausible),
        ({"seat": "1A"}, DetailOfAnotherKind),
    ],
)
def test_who_was_there_was_there_then(said: dict[str, Any], wrong: type[Exception]) -> None:
    with pytest.raises(wrong):
        checked_stay(replace(Stayed(), **said), home().facts, NOW)


def test_the_minutes_at_a_point_do_not_shorten_a_stay_that_was_scanned() -> None:
    # given the case said to be at home while it was scanned at A
    point = home(listed(MOTHER), start=local(9, "10:00"), end=local(9, "10:30"))

    found = traced([point])

    assert row(found, P).minutes == 30
    assert Why.TWO_VENUES in {one.why for one in row(found, MOTHER).reasons}
    assert A in {one.venue for one in row(found, P).exposures}


def test_a_duty_of_24_hours_is_no_day_without_hours() -> None:
    point = home(listed(MOTHER), start=local(9, "07:00"), end=local(10, "07:00"))

    found = row(traced([point]), MOTHER)

    assert Why.WHOLE_DAY not in {one.why for one in found.reasons}
    assert found.together == 24 * 3_600_000


def test_a_day_that_was_told_without_hours_is_said_so_and_contradicts_no_scan() -> None:
    # given a row of a list with a date alone: the case and its mother that day, scans of both at A
    point = home(listed(MOTHER), start=local(9, "00:00"), end=local(10, "00:00"))
    scanned = golden.was(MOTHER, A, at(9, "10:00"), at(9, "11:00"))

    found = traced([point], scanned)

    mother = row(found, MOTHER)
    whys = {one.why for one in mother.reasons}
    assert Why.WHOLE_DAY in whys
    assert not whys & {Why.SAME_VENUE, Why.SMALL_INDOOR, Why.SAME_ZONE, Why.TWO_VENUES}
    assert not any(exposure.doubts for exposure in (*mother.exposures, *row(found, P).exposures))
    names = Names(venues={place_id(point): "Quán X", A: "Chợ A"}, zones={})
    shown = finding_of(mother, names, 0)
    assert shown.shown_minutes is None
    because = words.Because(venue=shown.venue, minutes=1440, minimum=15, together=1440)
    said = words.reason(str, shown.why, because)
    assert "1440" not in said
    assert "the whole day, hours unknown, at Quán X" in said
