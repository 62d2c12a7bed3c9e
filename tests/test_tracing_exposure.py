"""Exposures, their minima, the first tier, its order and what it says of itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.golden import at, came, july_policy, left, was
from tests.make_traces import (
    BAR,
    CASE,
    HALL,
    INDEX,
    MET,
    NOW,
    OTHER,
    POLICY,
    both,
    brief,
    listed,
    trace,
    world,
)
from tracing.engine.contact import Rank, Why
from tracing.engine.model import INDOCHINA, MINUTE, Ended, Interval, Interview, World
from tracing.engine.period import infectious_period
from tracing.engine.policies import VN_3638, VN_11042
from tracing.engine.worklist import trace_world

SECOND = 1000


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


def test_a_mask_that_was_off_as_told_is_not_said_of_the_place() -> None:
    told = both(HALL, at(9, "10:00"), at(9, "11:00"))
    told = replace(told, interviews={MET: Interview(masked=False)})
    in_bar = both(BAR, at(9, "10:00"), at(9, "11:00"))

    def whys(found: World) -> set[Why]:
        return {reason.why for reason in trace(found).contacts[0].reasons}

    assert whys(told) & {Why.MASK_OFF, Why.MASK_OFF_TOLD} == {Why.MASK_OFF_TOLD}
    assert whys(in_bar) & {Why.MASK_OFF, Why.MASK_OFF_TOLD} == {Why.MASK_OFF}
    said = replace(in_bar, interviews={MET: Interview(masked=False)})
    assert whys(said) & {Why.MASK_OFF, Why.MASK_OFF_TOLD} == {Why.MASK_OFF}


def test_time_in_person_until_isolation_outranks_as_long_a_tail_that_ends_with_it() -> None:
    stays = [
        came(OTHER, HALL, at(10, "10:00"), zone=1),
        came(OTHER, HALL, at(10, "10:05"), zone=2),
        left(OTHER, HALL, at(10, "18:00")),
    ]
    told = world(
        *(was(one, BAR, at(10, "08:00"), at(10, "09:00")) for one in (CASE, OTHER)),
        *(stays, was(MET, HALL, at(10, "10:20"), at(10, "10:35"))),
    )
    isolated = Interval(start=at(10, "10:35"), end=at(12, "00:00"))
    told = replace(told, isolations={OTHER: [isolated]})

    found = trace_world(INDEX, told, july_policy(tail=30), NOW, 2).contacts

    assert [(one.person, one.tier) for one in found] == [(OTHER, 1), (MET, 2)]
    assert found[1].rank is Rank.MEDIUM
    assert Why.TAIL_ONLY not in {reason.why for reason in found[1].reasons}
