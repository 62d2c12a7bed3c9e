"""The worked example of the specification, by the brute force and by the engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from tests import golden
from tests.golden import A, B, C, D, G, P, Q, R, S, T, U, W, X, at, was
from tests.oracle import answer
from tests.oracle_model import Told
from tracing.engine.contact import Contact, Tiers
from tracing.engine.model import Interval, Scan, Scans, Verdict
from tracing.engine.worklist import trace_world

TOLD = Told(case=golden.CASE, world=golden.WORLD, policy=golden.POLICY, moment=golden.MOMENT)


def trace(told: Told, max_tier: int = 4) -> Tiers:
    return trace_world(told.case, told.world, told.policy, told.moment, max_tier)


def rows(found: Iterable[Contact]) -> dict[int, tuple[int, int, int]]:
    return {one.person: (one.tier, one.first_exposure, one.minutes) for one in found}


def tiers(found: Tiers) -> dict[int, int]:
    return {one.person: one.tier for one in found.contacts}


def with_scans(*stays: list[Scan]) -> Told:
    scans = [*golden.SCANS, *(scan for stay in stays for scan in stay)]
    return replace(TOLD, world=replace(golden.WORLD, scans=Scans.of(scans)))


def test_the_brute_force_gives_the_answer_worked_out_by_hand() -> None:
    found = answer(TOLD)
    assert {p: (r.tier, r.first, r.minutes) for p, r in found.contacts.items()} == golden.CONTACTS
    assert {p: (r.tier, r.first, r.minutes) for p, r in found.brief.items()} == golden.BRIEF


def test_the_engine_gives_the_answer_worked_out_by_hand() -> None:
    found = trace(TOLD)
    assert rows(found.contacts) == golden.CONTACTS
    assert rows(found.brief) == golden.BRIEF
    assert found.period == Interval(start=at(8, "00:00"), end=at(11, "12:00"))
    assert not any(found.upper_bound_adds.values())
    # and nobody else: R met P too early, T met P in isolation
    assert not {R, T} & {one.person for one in (*found.contacts, *found.brief)}


def test_the_first_tier_by_itself_lists_b_as_brief() -> None:
    found = trace(TOLD, max_tier=1)
    assert {one.person for one in found.contacts} == {P, W}
    assert {one.person: one.minutes for one in found.brief} == golden.BRIEF_WITH_THE_CASE


def test_each_contact_has_the_path_that_explains_it() -> None:
    path = {
        one.person: [
            (hop.exposure.source, hop.person, hop.exposure.venue, hop.exposure.length // 60_000)
            for hop in one.path
            if hop.exposure
        ]
        for one in trace(TOLD).contacts
    }
    assert path == {
        P: [(X, P, A, 30)],
        W: [(X, W, G, 15)],
        S: [(X, P, A, 30), (P, S, A, 30)],
        Q: [(X, P, A, 30), (P, Q, D, 30)],
        B: [(X, P, A, 30), (P, B, A, 15)],
    }


def test_b_is_f2_by_p_and_its_brief_time_with_the_case_is_not_lost() -> None:
    [found] = [one for one in trace(TOLD).contacts if one.person == B]
    assert [(one.source, one.length // 60_000, one.reached) for one in found.exposures] == [
        (X, 10, False),
        (P, 15, True),
    ]


def test_days_that_begin_in_utc_would_change_who_is_listed() -> None:
    # given the same scans, read by an authority that keeps UTC
    told = replace(TOLD, world=replace(golden.WORLD, offset=0))
    found = trace(told)
    # then the period begins seven hours later, and the night at G is before it
    assert tiers(found) == answer(told).tiers == {P: 1, S: 2, Q: 2, B: 2}
    assert not found.brief


def test_without_isolation_p_carries_on_and_t_is_listed() -> None:
    told = replace(TOLD, world=replace(golden.WORLD, isolations={}))
    assert tiers(trace(told)) == golden.TIERS | {T: 2}


def test_an_isolation_for_an_earlier_case_that_ended_before_cuts_nothing() -> None:
    earlier = (Interval(start=at(1, "00:00"), end=at(9, "10:30")),)
    told = replace(TOLD, world=replace(golden.WORLD, isolations={P: earlier}))
    assert tiers(trace(told)) == golden.TIERS | {T: 2}


def test_whom_a_rejected_contact_met_is_no_contact() -> None:
    told = replace(TOLD, world=replace(golden.WORLD, rejected=frozenset({P})))
    found = trace(told)
    assert tiers(found) == {P: 1, W: 1}
    # and B falls back to what it was with the case
    assert {one.person for one in found.brief} == {B, U}


def test_a_brief_one_carries_nobody_unless_somebody_confirmed_the_contact() -> None:
    # given B at D with a guest, the evening after ten minutes with the case, and P rejected
    guest = 30
    told = with_scans(
        was(B, D, at(9, "18:00"), at(9, "19:00")), was(guest, D, at(9, "18:00"), at(9, "19:00"))
    )
    told = replace(told, world=replace(told.world, rejected=frozenset({P})))
    assert guest not in tiers(trace(told))
    confirmed = {B: Verdict(tier=1, since=at(9, "10:50"))}
    found = trace(replace(told, world=replace(told.world, confirmed=confirmed)))
    [row] = [one for one in found.contacts if one.person == guest]
    assert row.tier == 2
    assert [hop.exposure is None for hop in row.path] == [True, False]


def test_latency_lets_whom_somebody_meets_at_once_off() -> None:
    told = replace(TOLD, policy=golden.july_policy(latency=2))
    # then P carries from 12:30 on, and only Q is left
    assert tiers(trace(told)) == {P: 1, W: 1, Q: 2}


def test_a_contact_of_the_first_tier_late_carries_from_an_earlier_second_tier_time() -> None:
    # given Z, with the case only on the 10th, but with W on the 8th after W met the case there
    z, q = 20, 21
    told = with_scans(
        was(W, C, at(8, "14:00"), at(8, "15:00")),
        was(z, C, at(8, "14:00"), at(8, "15:00")),
        was(z, G, at(9, "18:00"), at(9, "19:00")),
        was(q, G, at(9, "18:00"), at(9, "19:00")),
        was(X, A, at(10, "18:00"), at(10, "19:00")),
        was(z, A, at(10, "18:00"), at(10, "19:00")),
    )
    # when
    found = trace(told)
    # then Z is F1, yet whoever met Z on the 9th is F3 by the earlier path
    assert (tiers(found)[z], tiers(found)[q]) == (1, 3)
    assert tiers(found) == answer(told).tiers
    [row] = [one for one in found.contacts if one.person == q]
    assert [hop.person for hop in row.path] == [W, z, q]


def test_cycles_end_and_the_case_is_nobodys_contact() -> None:
    # given P, S and B together again after all their exposures, then Q with the case
    again = [was(person, C, at(9, "20:00"), at(9, "21:00")) for person in (P, S, B)]
    told = with_scans(*again, *(was(p, D, at(11, "08:00"), at(11, "09:00")) for p in (X, Q)))
    # then only Q moves up
    assert tiers(trace(told, 9)) == answer(told, 9).tiers == golden.TIERS | {Q: 1}


def test_a_contact_who_is_a_case_is_marked_and_one_who_fell_ill_before_may_be_the_source() -> None:
    onsets = {P: golden.CASE.onset, W: at_day(9), S: at_day(8), Q: None}
    found = trace(replace(TOLD, world=replace(golden.WORLD, onsets=onsets)))
    marks = {
        one.person: [r.why.value for r in one.reasons if "case" in r.why or "source" in r.why]
        for one in found.contacts
    }
    assert marks == {
        P: ["a-case"],
        W: ["a-case", "possible-source"],
        S: ["a-case"],
        Q: ["a-case"],
        B: [],
    }


def at_day(day: int) -> date:
    return date(2021, 7, day)
