"""The list of a case: who is no contact of themselves, its order, and what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from checkin.model import Source
from tests.golden import ALL_OF_JULY, at, came, july_policy, left, place, was
from tests.make_traces import (
    BAR,
    CARD,
    CASE,
    HALL,
    INDEX,
    KIOSK,
    MET,
    NOW,
    OTHER,
    POLICY,
    both,
    listed,
    trace,
    world,
)
from tracing.engine.contact import Rank, Why
from tracing.engine.model import MINUTE, Scans
from tracing.engine.worklist import trace_world

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


def test_a_reason_says_the_minutes_at_its_own_place_and_the_most_by_itself() -> None:
    # given twenty minutes in one part of a hall, and an hour in another place
    zoned = at(9, "10:00")
    told = world(
        [came(CASE, HALL, zoned, zone=1), left(CASE, HALL, zoned + 20 * MINUTE)],
        [came(MET, HALL, zoned, zone=1), left(MET, HALL, zoned + 20 * MINUTE)],
        was(CASE, BAR, at(9, "12:00"), at(9, "13:00")),
        was(MET, BAR, at(9, "12:00"), at(9, "13:00")),
    )
    (row,) = trace(replace(told, venues={**told.venues, BAR: place(BAR)})).contacts
    said = {reason.why: (reason.venue, reason.minutes, reason.together) for reason in row.reasons}
    assert said == {Why.SAME_ZONE: (HALL, 20, 60), Why.LONGER: (HALL, 20, 60)}


def test_pieces_that_add_up_are_not_said_of_one_place() -> None:
    told = world(
        was(CASE, HALL, at(9, "10:00"), at(9, "10:08")),
        was(MET, HALL, at(9, "10:00"), at(9, "10:08")),
        was(CASE, BAR, at(9, "12:00"), at(9, "12:07")),
        was(MET, BAR, at(9, "12:00"), at(9, "12:07")),
    )
    (row,) = trace(told, july_policy(cumulative=True)).contacts
    said = {reason.why: (reason.minutes, reason.together) for reason in row.reasons}
    assert said[Why.SUMMED][1] == 15
    assert {minutes for minutes, _ in said.values()} <= {7, 8}


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


def test_the_upper_bound_counts_a_human_being_once_and_nobody_who_is_on_the_list() -> None:
    # given one whom both the case and a contact may have met, and one who is an F2 anyway
    told = world(
        [came(CASE, HALL, at(9, "10:00"))],  # maybe until the evening
        was(MET, HALL, at(9, "10:20"), at(9, "10:50")),
        was(OTHER, HALL, at(9, "11:10"), at(9, "11:40")),
        [came(MET, BAR, at(9, "12:00"))],
        was(OTHER, BAR, at(9, "13:10"), at(9, "13:40")),
        was(10, HALL, at(9, "11:10"), at(9, "11:40")),
        was(10, BAR, at(9, "12:10"), at(9, "12:40")),
    )
    found = trace_world(INDEX, told, POLICY, NOW, 2)
    assert {one.person: one.tier for one in found.contacts} == {MET: 1, 10: 2}
    assert found.upper_bound_adds == {1: 1, 2: 0}


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
