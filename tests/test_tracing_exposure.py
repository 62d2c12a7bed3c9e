"""Exposures, their minima, the first tier, its order and what it says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from checkin.model import Source
from tests.golden import ALL_OF_JULY, at, came, july_policy, left, place, was
from tracing.contact import Rank, Tiers, Why
from tracing.model import (
    INDOCHINA,
    MINUTE,
    Ended,
    IndexCase,
    Interval,
    Interview,
    Policy,
    Scan,
    Scans,
    World,
)
from tracing.period import infectious_period
from tracing.policies import VN_3638, VN_11042
from tracing.worklist import trace_world

CASE, MET, OTHER, CARD = 1, 2, 3, 4
HALL, BAR, KIOSK = 1, 2, 3
VENUES = {
    HALL: place(HALL, typical_stay=40),
    BAR: place(BAR, masks_off=True),
    KIOSK: place(KIOSK, small=True),
}
SECOND = 1000
POLICY = july_policy()
INDEX = IndexCase(person=CASE, onset=date(2021, 7, 10), sampled=date(2021, 7, 12))
NOW = at(14, "12:00")


def world(*stays: Sequence[Scan]) -> World:
    scans = [scan for stay in stays for scan in stay]
    return World(scans=Scans.of(scans), venues=VENUES, kept_days=ALL_OF_JULY)


def trace(told: World, policy: Policy = POLICY, case: IndexCase = INDEX) -> Tiers:
    return trace_world(case, told, policy, NOW)


def listed(found: Tiers) -> set[int]:
    return {one.person for one in found.contacts}


def brief(found: Tiers) -> set[int]:
    return {one.person for one in found.brief}


def both(venue: int, start: int, end: int) -> World:
    return world(was(CASE, venue, start, end), was(MET, venue, start, end))


# The infectious period


def test_the_period_runs_from_local_midnight_until_isolation_the_last_day_or_now() -> None:
    start = at(8, "00:00")
    assert infectious_period(INDEX, INDOCHINA, POLICY, NOW) == Interval(start=start, end=NOW)
    ten_days = replace(POLICY, days_after=2)
    assert infectious_period(INDEX, INDOCHINA, ten_days, NOW).end == at(13, "00:00")
    isolated = replace(INDEX, isolated=at(11, "12:00"))
    assert infectious_period(isolated, INDOCHINA, ten_days, NOW).end == at(11, "12:00")
    long_ago = replace(INDEX, isolated=at(1, "12:00"))
    assert infectious_period(long_ago, INDOCHINA, POLICY, NOW) == Interval(start=start, end=start)


def test_without_symptoms_the_sample_is_the_anchor_or_the_first_meeting_with_the_source() -> None:
    silent = replace(INDEX, onset=None)
    assert infectious_period(silent, INDOCHINA, VN_11042, NOW).start == at(10, "00:00")
    assert infectious_period(silent, INDOCHINA, VN_3638, NOW).start == at(-2, "00:00")
    met = replace(silent, met_source=date(2021, 7, 5))
    assert infectious_period(met, INDOCHINA, VN_3638, NOW).start == at(5, "00:00")
    assert infectious_period(met, INDOCHINA, VN_11042, NOW).start == at(10, "00:00")
    with pytest.raises(ValueError, match="onset"):
        infectious_period(replace(silent, sampled=None), INDOCHINA, POLICY, NOW)


@pytest.mark.parametrize("midnight", [at(9, "00:00"), at(9, "07:00")], ids=["local", "utc"])
def test_a_visit_over_midnight_is_one_exposure(midnight: int) -> None:
    found = trace(both(HALL, midnight - 10 * MINUTE, midnight + 10 * MINUTE))
    assert [one.minutes for one in found.contacts] == [20]


# Overlap


def test_touching_stays_are_no_contact_even_where_there_is_no_minimum() -> None:
    told = world(
        was(CASE, BAR, at(9, "10:00"), at(9, "11:00")),
        was(MET, BAR, at(9, "11:00"), at(9, "12:00")),
    )
    found = trace(told, july_policy(unmasked=0))
    assert not found.contacts
    assert not found.brief


def test_the_minimum_is_compared_in_seconds_and_shown_floored() -> None:
    start = at(9, "10:00")
    short = trace(both(HALL, start, start + 15 * MINUTE - SECOND))
    assert (listed(short), [one.minutes for one in short.brief]) == (set(), [14])
    enough = trace(both(HALL, start, start + 15 * MINUTE))
    assert (listed(enough), [one.minutes for one in enough.contacts]) == ({MET}, [15])


def test_pieces_of_one_person_do_not_add_up_unless_the_policy_says_so() -> None:
    met_twice = world(
        was(CASE, HALL, at(9, "10:00"), at(9, "12:00")),
        was(MET, HALL, at(9, "10:00"), at(9, "10:08")),
        was(MET, HALL, at(9, "11:00"), at(9, "11:08")),
    )
    assert brief(trace(met_twice)) == {MET}
    found = trace(met_twice, july_policy(cumulative=True))
    assert [(one.minutes, one.first_exposure) for one in found.contacts] == [(16, at(9, "10:00"))]
    assert Why.SUMMED in {reason.why for reason in found.contacts[0].reasons}


def test_pieces_add_up_within_the_earliest_24_hours_that_hold_enough() -> None:
    # given 8 minutes on the 8th, on the 9th a minute too late, and later that day
    told = world(
        was(CASE, HALL, at(8, "10:00"), at(8, "11:00")),
        was(CASE, HALL, at(9, "10:00"), at(9, "13:00")),
        was(MET, HALL, at(8, "10:00"), at(8, "10:08")),
        was(MET, HALL, at(9, "10:00"), at(9, "10:08")),
        was(MET, HALL, at(9, "12:00"), at(9, "12:08")),
    )
    (contact,) = trace(told, july_policy(cumulative=True)).contacts
    # then the first piece is outside, kept, and not counted
    assert (contact.first_exposure, contact.minutes) == (at(9, "10:00"), 16)
    assert [one.reached for one in contact.exposures] == [False, True, True]


def test_who_left_before_the_case_came_is_never_a_contact_and_who_came_after_only_by_a_tail() -> (
    None
):
    told = world(
        was(MET, HALL, at(9, "09:00"), at(9, "10:00")),
        was(CASE, HALL, at(9, "10:05"), at(9, "11:00")),
        was(OTHER, HALL, at(9, "11:05"), at(9, "12:00")),
    )
    assert not trace(told).contacts
    found = trace(told, july_policy(tail=30))
    assert listed(found) == {OTHER}
    (contact,) = found.contacts
    assert (contact.minutes, contact.rank) == (25, Rank.LOW)
    assert contact.reasons[0].why == Why.TAIL_ONLY
    assert contact.exposures[0].tail_only


def test_an_exposure_is_clipped_to_the_period_of_the_case() -> None:
    isolated = replace(INDEX, isolated=at(9, "10:20"))
    found = trace(both(HALL, at(9, "10:00"), at(9, "11:00")), case=isolated)
    assert [(one.minutes, one.last_exposure) for one in found.contacts] == [(20, at(9, "10:20"))]


def test_every_exposure_is_kept_and_says_on_which_ends_it_rests() -> None:
    told = world(
        was(CASE, HALL, at(9, "10:00"), at(9, "12:00")),
        was(MET, HALL, at(9, "10:00"), at(9, "10:05")),
        [came(MET, HALL, at(9, "11:00"))],
    )
    (contact,) = trace(told).contacts
    assert [one.ended for one in contact.exposures] == [
        (Ended.SCANNED, Ended.SCANNED),
        (Ended.SCANNED, Ended.ESTIMATED),
    ]
    assert [one.length // MINUTE for one in contact.exposures] == [5, 40]
    assert (contact.first_exposure, contact.minutes) == (at(9, "11:00"), 40)


# Which minimum


def test_where_masks_come_off_the_unmasked_minimum_holds() -> None:
    start, end = at(9, "10:00"), at(9, "10:05")
    policy = july_policy(unmasked=0)
    assert brief(trace(both(HALL, start, end), policy)) == {MET}
    assert listed(trace(both(BAR, start, end), policy)) == {MET}


@pytest.mark.parametrize(
    ("venue", "interview", "is_contact"),
    [
        (HALL, Interview(masked=False), True),
        (BAR, Interview(masked=True), False),
        (BAR, Interview(masked=True, physical=True), True),
        (HALL, Interview(physical=True), True),
    ],
)
def test_an_interview_sets_mask_and_physical_contact(
    venue: int, interview: Interview, is_contact: bool
) -> None:
    told = both(venue, at(9, "10:00"), at(9, "10:05"))
    found = trace(replace(told, interviews={MET: interview}), july_policy(unmasked=0))
    assert (listed(found) == {MET}) is is_contact


# Oneself


def test_phone_and_card_of_one_human_being_are_no_contacts_of_each_other() -> None:
    told = replace(
        world(
            was(CASE, HALL, at(9, "10:00"), at(9, "11:00")),
            was(CARD, HALL, at(9, "10:01"), at(9, "11:00")),
            was(MET, BAR, at(9, "12:00"), at(9, "13:00")),
            was(CARD, BAR, at(9, "12:00"), at(9, "13:00")),
        ),
        humans={CARD: CASE},
    )
    # then the card's meetings are the case's own, whichever of the two the case was opened by
    assert listed(trace(told)) == {MET}
    assert listed(trace(told, case=replace(INDEX, person=CARD))) == {MET}


# Order


def test_the_list_is_ordered_by_class_then_minutes_then_the_latest_exposure() -> None:
    start, end = at(9, "10:00"), at(9, "11:00")
    told = world(
        [came(CASE, HALL, start, zone=1), left(CASE, HALL, end)],
        [came(10, HALL, start, zone=1), left(10, HALL, start + 20 * MINUTE)],  # same zone
        was(11, HALL, start, start + 20 * MINUTE),
        was(12, HALL, start, start + 40 * MINUTE),
        was(13, HALL, start + 5 * MINUTE, start + 25 * MINUTE),
        was(14, HALL, start, start + 5 * MINUTE),  # brief
        was(CASE, KIOSK, at(9, "12:00"), at(9, "12:30")),
        was(15, KIOSK, at(9, "12:00"), at(9, "12:30")),
        [came(CASE, HALL, at(9, "14:00"))],
        [came(16, HALL, at(9, "14:00"))],  # two estimated ends
    )
    found = trace(told)
    assert [(one.person, one.rank) for one in found.contacts] == [
        (15, Rank.HIGH),
        (10, Rank.HIGH),
        (12, Rank.MEDIUM),
        (13, Rank.MEDIUM),
        (11, Rank.MEDIUM),
        (16, Rank.LOW),
    ]
    assert [(one.person, one.rank) for one in found.brief] == [(14, Rank.LOW)]


def test_every_row_says_why_it_stands_where_it_stands() -> None:
    start, end = at(9, "10:00"), at(9, "10:10")
    (row,) = trace(both(HALL, start, end)).brief
    assert [(reason.why, reason.minutes, reason.minimum) for reason in row.reasons] == [
        (Why.BRIEF, 10, 15),
        (Why.SAME_VENUE, 10, 15),
    ]
    (row,) = trace(both(BAR, start, end), july_policy(unmasked=0)).contacts
    assert [reason.why for reason in row.reasons] == [Why.MASK_OFF, Why.SAME_VENUE]


# What a list says of itself


def test_a_list_says_how_many_more_the_upper_bound_would_add() -> None:
    # given one who came after the estimated end of the case, and one met anyway
    told = world(
        [came(CASE, HALL, at(9, "10:00"))],
        was(MET, HALL, at(9, "10:00"), at(9, "11:30")),
        was(OTHER, HALL, at(9, "11:00"), at(9, "12:00")),
    )
    found = trace(told)
    assert (listed(found), found.upper_bound_adds[1]) == ({MET}, 1)


def test_a_case_at_21_30_and_check_out_everyone_at_22_00() -> None:
    everyone = [
        left(person, HALL, at(9, "22:00"), source=Source.CLOSING) for person in (CASE, MET, OTHER)
    ]
    told = world(
        [came(CASE, HALL, at(9, "21:00"))],
        [came(MET, HALL, at(9, "21:20"))],
        [came(OTHER, HALL, at(9, "21:40"))],
        everyone,
    )
    found = trace(told)
    # then who came after the case had stayed its usual time is not listed, but told of
    assert (listed(found), found.upper_bound_adds[1]) == ({MET}, 1)
    assert found.contacts[0].rank == Rank.LOW


def test_coverage_names_the_days_of_the_period_that_are_gone() -> None:
    kept = frozenset(day for day in ALL_OF_JULY if day >= date(2021, 7, 11))
    case = replace(INDEX, isolated=at(13, "00:00"))
    told = replace(both(HALL, at(12, "10:00"), at(12, "11:00")), kept_days=kept)
    found = trace(told, case=case)
    assert listed(found) == {MET}
    assert found.coverage.begins == date(2021, 7, 8)
    assert found.coverage.kept_from == date(2021, 7, 11)
    assert found.coverage.missing == tuple(date(2021, 7, day) for day in (8, 9, 10))
    assert trace(both(HALL, at(9, "10:00"), at(9, "11:00")), case=case).coverage.missing == ()


def test_a_day_that_retention_deletes_while_a_trace_runs_is_missing_not_silently_empty() -> None:
    told = both(HALL, at(9, "10:00"), at(9, "11:00"))
    gone = replace(told, scans=Scans.of([]), kept_days=ALL_OF_JULY - {date(2021, 7, 9)})
    found = trace(gone)
    assert (list(found.contacts), found.coverage.missing) == ([], (date(2021, 7, 9),))


def test_a_cashier_who_scanned_once_met_the_case_but_on_two_estimates() -> None:
    told = world([came(CASE, HALL, at(9, "15:00"))], [came(MET, HALL, at(9, "08:00"))])
    assert not trace(told).contacts
    (contact,) = trace(replace(told, shifts={(MET, HALL): 480})).contacts
    assert (contact.minutes, contact.rank) == (40, Rank.LOW)


def test_a_venue_with_20_000_visits_in_the_hour_lists_each_person_once() -> None:
    # given one arrival every 180 ms from 10:00 on, each for 20 minutes, and a case from 10:30 on
    arrivals = [(100 + index, at(9, "10:00") + index * 180) for index in range(20_000)]
    crowd = [
        scan
        for person, arrival in arrivals
        for scan in was(person, HALL, arrival, arrival + 20 * MINUTE)
    ]
    found = trace(world(was(CASE, HALL, at(9, "10:30"), at(9, "11:30")), crowd))
    # then those from 10:25 on shared 15 minutes, and those from 10:10 on some
    assert (len(found.contacts), len(found.brief)) == (11_666, 5_000)
