"""The worked example of the specification, by the brute force and by the engine."""

from __future__ import annotations

from dataclasses import replace

from tests import golden
from tests.golden import A, B, C, D, G, P, Q, S, W, X, at, was
from tests.oracle import Told, answer
from tracing.exposure import first_tier
from tracing.model import Interval, TierOne

TOLD = Told(
    case=golden.CASE,
    world=golden.WORLD,
    policy=golden.POLICY,
    moment=golden.MOMENT,
    isolations=golden.ISOLATIONS,
)


def trace(told: Told) -> TierOne:
    return first_tier(told.case, told.world, told.policy, told.moment)


def test_the_brute_force_gives_the_answer_worked_out_by_hand() -> None:
    found = answer(TOLD)
    assert found.contacts == golden.CONTACTS
    assert found.brief == golden.BRIEF
    assert found.tiers == golden.TIERS


def test_the_engine_gives_its_first_tier_and_the_brief_ones() -> None:
    found = trace(TOLD)
    contacts = {one.person: (one.first_exposure, one.minutes) for one in found.contacts}
    assert contacts == golden.CONTACTS
    assert {one.person: one.minutes for one in found.brief} == golden.BRIEF
    assert found.period == Interval(start=at(8, "00:00"), end=at(11, "12:00"))
    assert found.upper_bound_adds == 0


def test_days_that_begin_in_utc_would_change_who_is_listed() -> None:
    # given the same scans, read by an authority that keeps UTC
    told = replace(TOLD, world=replace(golden.WORLD, offset=0))
    found = trace(told)
    # then the period begins seven hours later, and the night at G is before it
    assert {one.person for one in found.contacts} == answer(told).contacts.keys() == {P}
    assert {one.person for one in found.brief} == answer(told).brief.keys() == {B}


def test_quarantine_for_an_earlier_case_does_not_stop_what_came_after_it() -> None:
    # given P, once in quarantine until the 5th and free when X came
    earlier = Interval(start=at(1, "00:00"), end=at(5, "00:00"))
    told = replace(TOLD, isolations={P: (earlier, *golden.ISOLATIONS[P])})
    # then P still carries it on
    assert answer(told).tiers == golden.TIERS


def test_a_person_met_before_the_exposure_of_a_contact_is_no_contact() -> None:
    assert golden.R not in answer(TOLD).tiers


def test_a_contact_of_the_first_tier_late_carries_from_an_earlier_second_tier_time() -> None:
    # given Z, with the case only on the 10th, but with W on the 8th after W met the case there
    z, q = 20, 21
    scans = [
        *golden.SCANS,
        *was(W, C, at(8, "14:00"), at(8, "15:00")),
        *was(z, C, at(8, "14:00"), at(8, "15:00")),
        *was(z, G, at(9, "18:00"), at(9, "19:00")),
        *was(q, G, at(9, "18:00"), at(9, "19:00")),
        *was(X, A, at(10, "18:00"), at(10, "19:00")),
        *was(z, A, at(10, "18:00"), at(10, "19:00")),
    ]
    # when
    found = answer(replace(TOLD, world=replace(golden.WORLD, scans=scans)))
    # then Z is F1, yet whoever met Z on the 9th is F3 by the earlier path
    assert found.tiers[z] == 1
    assert found.tiers[q] == 3


def test_cycles_end_and_the_case_is_nobodys_contact() -> None:
    # given P, S and B together again after all their exposures, then Q with the case
    scans = [*golden.SCANS]
    for person in (P, S, B):
        scans += was(person, C, at(9, "20:00"), at(9, "21:00"))
    for person in (X, Q):
        scans += was(person, D, at(11, "08:00"), at(11, "09:00"))
    # then only Q moves up
    tiers = answer(replace(TOLD, world=replace(golden.WORLD, scans=scans))).tiers
    assert tiers == golden.TIERS | {Q: 1}
