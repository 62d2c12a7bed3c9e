"""How the end of a stay is judged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from checkin.model import Source, Way
from tests.golden import ALL_OF_JULY, at, came, left, place, was
from tracing.engine.model import MINUTE, Amendment, Doubt, Ended, Scan, Scans, Stay, World
from tracing.engine.stay import at_most, stays

SHOP, CAFE, ROOM = 1, 2, 3
PERSON, CARD = 7, 8
VENUES = {
    SHOP: place(SHOP, typical_stay=40, closes=22 * 60),
    CAFE: place(CAFE, typical_stay=60),
    ROOM: place(ROOM, typical_stay=30, closes=2 * 60),
}
NOW = at(20, "12:00")


def world(*scans: Scan) -> World:
    return World(scans=Scans.of(scans), venues=VENUES, kept_days=ALL_OF_JULY)


def only(told: World, moment: int = NOW) -> Stay:
    [stay] = stays(told, moment)
    return stay


@pytest.mark.parametrize(
    ("source", "ended"),
    [
        (Source.EXIT, Ended.SCANNED),
        (Source.GATE, Ended.STAFF),
        (Source.STAFF, Ended.STAFF),
        (Source.BUTTON, Ended.BUTTON),
    ],
)
def test_an_out_says_how_it_is_known_and_beats_the_typical_stay(
    source: Source, ended: Ended
) -> None:
    stay = only(
        world(came(PERSON, SHOP, at(9, "10:00")), left(PERSON, SHOP, at(9, "13:00"), source=source))
    )
    assert (stay.end, stay.upper, stay.ended) == (at(9, "13:00"), at(9, "13:00"), ended)


def test_without_any_out_the_typical_stay_is_estimated_and_closing_caps_the_upper_bound() -> None:
    stay = only(world(came(PERSON, SHOP, at(9, "12:00"))))
    assert (stay.end, stay.ended) == (at(9, "12:40"), Ended.ESTIMATED)
    assert stay.upper == at(9, "22:00")


def test_without_a_closing_hour_the_upper_bound_is_twelve_hours() -> None:
    assert only(world(came(PERSON, CAFE, at(9, "08:00")))).upper == at(9, "20:00")


def test_a_closing_hour_past_midnight_caps_the_night_it_belongs_to() -> None:
    assert only(world(came(PERSON, ROOM, at(9, "23:00")))).upper == at(10, "02:00")
    assert only(world(came(PERSON, ROOM, at(10, "01:00")))).upper == at(10, "02:00")


def test_check_out_everyone_at_closing_is_no_evidence() -> None:
    # given a case who came at 21:30 and «check out everyone» at 22:00
    everyone = left(PERSON, CAFE, at(9, "22:00"), source=Source.CLOSING)
    stay = only(world(came(PERSON, CAFE, at(9, "20:30")), everyone))
    # then the estimate stands, and 22:00 is the latest it can have been
    assert (stay.end, stay.ended) == (at(9, "21:30"), Ended.ESTIMATED)
    assert stay.upper == at(9, "22:00")


def test_an_estimate_past_closing_stands_and_the_upper_bound_is_not_before_it() -> None:
    everyone = left(PERSON, SHOP, at(9, "22:00"), source=Source.CLOSING)
    stay = only(world(came(PERSON, SHOP, at(9, "21:30")), everyone))
    assert (stay.end, stay.ended, stay.upper) == (at(9, "22:10"), Ended.ESTIMATED, at(9, "22:10"))


def test_a_timer_caps_only_the_upper_bound() -> None:
    timer = left(PERSON, CAFE, at(9, "11:30"), source=Source.TIMER)
    stay = only(world(came(PERSON, CAFE, at(9, "10:00")), timer))
    assert (stay.end, stay.upper) == (at(9, "11:00"), at(9, "11:30"))


def test_a_button_pressed_hours_late_counts_until_twelve_hours_and_the_next_arrival() -> None:
    arrival = came(PERSON, CAFE, at(9, "08:00"))
    # within twelve hours
    at_twelve = left(PERSON, CAFE, at(9, "20:00"), source=Source.BUTTON)
    assert only(world(arrival, at_twelve)).end == at(9, "20:00")
    # a second later
    after = replace(at_twelve, at=at_twelve.at + 1000)
    late = only(world(arrival, after))
    assert (late.end, late.ended, late.upper) == (at(9, "09:00"), Ended.ESTIMATED, at(9, "20:00"))
    # after the next arrival elsewhere
    elsewhere = came(PERSON, SHOP, at(9, "08:30"))
    pressed = left(PERSON, CAFE, at(9, "09:30"), source=Source.BUTTON)
    cafe = next(s for s in stays(world(arrival, elsewhere, pressed), NOW) if s.venue == CAFE)
    assert (cafe.end, cafe.ended) == (at(9, "08:30"), Ended.NEXT_SCAN)


def test_the_next_arrival_ends_a_stay_before_its_estimate_and_not_after() -> None:
    early, late = came(PERSON, SHOP, at(9, "10:20")), came(PERSON, SHOP, at(9, "15:00"))
    first = came(PERSON, CAFE, at(9, "10:00"))
    stay = next(s for s in stays(world(first, early), NOW) if s.venue == CAFE)
    assert (stay.end, stay.upper, stay.ended) == (at(9, "10:20"), at(9, "10:20"), Ended.NEXT_SCAN)
    stay = next(s for s in stays(world(first, late), NOW) if s.venue == CAFE)
    assert (stay.end, stay.upper, stay.ended) == (at(9, "11:00"), at(9, "15:00"), Ended.ESTIMATED)


def test_another_zone_of_the_same_venue_is_a_next_arrival() -> None:
    found = stays(
        world(
            came(PERSON, CAFE, at(9, "10:00"), zone=1),
            came(PERSON, CAFE, at(9, "10:30"), zone=2),
            left(PERSON, CAFE, at(9, "11:00")),
        ),
        NOW,
    )
    assert [(s.zone, s.start, s.end) for s in found] == [
        (1, at(9, "10:00"), at(9, "10:30")),
        (2, at(9, "10:30"), at(9, "11:00")),
    ]


@pytest.mark.parametrize("midnight", [at(10, "00:00"), at(10, "07:00")], ids=["local", "utc"])
def test_a_stay_and_its_next_arrival_may_lie_on_two_days(midnight: int) -> None:
    before, after = midnight - 20 * MINUTE, midnight + 10 * MINUTE
    moved = world(came(PERSON, CAFE, before), came(PERSON, SHOP, after))
    assert next(s for s in stays(moved, NOW) if s.venue == CAFE).end == after
    whole = only(world(*was(PERSON, CAFE, before, after)))
    assert (whole.start, whole.end) == (before, after)


def test_staff_stay_a_shift() -> None:
    told = replace(world(came(PERSON, SHOP, at(9, "08:00"))), shifts={(PERSON, SHOP): 480})
    stay = only(told)
    assert (stay.end, stay.ended) == (at(9, "16:00"), Ended.ESTIMATED)


def test_staff_who_scan_the_same_card_all_day_have_one_stay_of_one_shift() -> None:
    every_half_hour = [
        came(PERSON, SHOP, at(9, "08:00") + index * 30 * MINUTE, source=Source.GATE)
        for index in range(15)
    ]
    told = replace(world(*every_half_hour), shifts={(PERSON, SHOP): 480})
    stay = only(told)
    assert (stay.start, stay.end, stay.ended) == (at(9, "08:00"), at(9, "16:00"), Ended.ESTIMATED)


def test_repeat_scans_that_touch_are_one_stay_and_those_that_do_not_are_two() -> None:
    touching = [
        *was(PERSON, CAFE, at(9, "10:00"), at(9, "10:30")),
        came(PERSON, CAFE, at(9, "10:30")),
    ]
    assert only(world(*touching)).end == at(9, "11:30")
    apart = [*was(PERSON, CAFE, at(9, "10:00"), at(9, "10:30")), came(PERSON, CAFE, at(9, "10:31"))]
    assert len(stays(world(*apart), NOW)) == 2


def test_an_out_before_its_in_by_a_wrong_clock_ends_nothing_and_is_flagged() -> None:
    wrong = left(PERSON, CAFE, at(9, "09:58"), source=Source.BUTTON)
    stay = only(world(came(PERSON, CAFE, at(9, "10:00")), wrong))
    assert (stay.start, stay.end, stay.ended) == (at(9, "10:00"), at(9, "11:00"), Ended.ESTIMATED)
    assert stay.doubts == {Doubt.OUT_BEFORE_IN}


def test_a_lone_out_is_presence_in_its_minute() -> None:
    stay = only(world(left(PERSON, CAFE, at(9, "10:00") + 42_000, source=Source.GATE)))
    assert (stay.start, stay.end) == (at(9, "10:00"), at(9, "10:01"))
    assert stay.ended == Ended.SEEN_LEAVING


@pytest.mark.parametrize("source", [Source.CLOSING, Source.TIMER, Source.BUTTON])
def test_what_nobody_at_the_venue_saw_is_no_presence(source: Source) -> None:
    assert not len(stays(world(left(PERSON, CAFE, at(9, "10:00"), source=source)), NOW))


def test_two_venues_at_once_are_both_kept_and_flagged() -> None:
    both = stays(world(came(PERSON, CAFE, at(9, "10:00")), came(PERSON, SHOP, at(9, "10:00"))), NOW)
    assert {s.venue for s in both} == {CAFE, SHOP}
    assert all(s.doubts == {Doubt.TWO_VENUES} for s in both)
    # and a stay that only touches the next is not at once with it
    moved = stays(
        world(came(PERSON, CAFE, at(9, "10:00")), came(PERSON, SHOP, at(9, "10:30"))), NOW
    )
    assert all(not s.doubts for s in moved)


def test_nothing_ends_after_the_moment_of_the_run_and_nothing_later_is_known() -> None:
    scans = was(PERSON, CAFE, at(9, "10:00"), at(9, "12:00"))
    stay = only(world(*scans), at(9, "10:20"))
    assert (stay.end, stay.upper, stay.ended) == (at(9, "10:20"), at(9, "10:20"), Ended.ESTIMATED)
    assert not len(stays(world(*scans), at(9, "09:59")))


def test_a_refusal_is_neither_presence_nor_a_next_arrival() -> None:
    refused = replace(came(PERSON, SHOP, at(9, "10:10")), way=Way.REFUSED)
    assert only(world(came(PERSON, CAFE, at(9, "10:00")), refused)).end == at(9, "11:00")


def test_an_amendment_voids_a_scan_or_corrects_the_end() -> None:
    arrival, out = was(PERSON, CAFE, at(9, "10:00"), at(9, "10:30"))
    told = world(arrival, out)
    corrected = replace(told, amendments={arrival.key: Amendment(left_at=at(9, "10:50"))})
    stay = only(corrected)
    assert (stay.end, stay.upper, stay.ended) == (at(9, "10:50"), at(9, "10:50"), Ended.CORRECTED)
    voided = replace(told, amendments={out.key: Amendment(void=True)})
    assert only(voided).ended == Ended.ESTIMATED
    backwards = only(replace(told, amendments={arrival.key: Amendment(left_at=at(9, "09:00"))}))
    assert backwards.end == at(9, "10:30")
    assert backwards.doubts == {Doubt.OUT_BEFORE_IN}


def test_linked_identities_are_one_human_being() -> None:
    told = world(came(PERSON, CAFE, at(9, "10:00")), came(CARD, SHOP, at(9, "10:30")))
    found = stays(replace(told, humans={CARD: PERSON}), NOW)
    assert [(s.person, s.venue, s.end) for s in found] == [
        (PERSON, CAFE, at(9, "10:30")),
        (PERSON, SHOP, at(9, "11:10")),
    ]


def test_at_most_makes_stays_as_long_as_the_facts_allow_and_joins_them() -> None:
    # given two visits to one cafe, the first without an out
    told = world(
        came(PERSON, CAFE, at(9, "10:00")), *was(PERSON, CAFE, at(9, "15:00"), at(9, "16:00"))
    )
    judged = stays(told, NOW)
    assert [(s.start, s.end) for s in judged] == [
        (at(9, "10:00"), at(9, "11:00")),
        (at(9, "15:00"), at(9, "16:00")),
    ]
    # then at most they were one
    (whole,) = at_most(judged)
    assert (whole.start, whole.end) == (at(9, "10:00"), at(9, "16:00"))
