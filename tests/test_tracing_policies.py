"""The policies a new installation starts with."""

from __future__ import annotations

from datetime import date, timedelta

from tracing.engine.model import DAY, MINUTE, QuarantineRule
from tracing.engine.policies import CDC, CWA, POLICIES, QUARANTINE_RULES, VN_3638, VN_11042, WHO


def test_the_seeded_policies_are_dated_and_the_vietnamese_ones_follow_each_other() -> None:
    vietnamese = [policy for policy in POLICIES if policy.name.startswith("vn-")]
    assert len(vietnamese) == 5
    day = date(2020, 12, 3)
    while day < date(2022, 6, 1):
        assert sum(not policy.historic(day) for policy in vietnamese) == 1
        day += timedelta(days=1)
    assert VN_3638.historic(date(2021, 12, 29))
    assert not VN_3638.historic(date(2021, 12, 28))


def test_the_seeded_policies_differ_where_the_texts_do() -> None:
    assert (VN_3638.days_before_symptomatic, VN_11042.days_before_symptomatic) == (3, 2)
    assert (VN_11042.min_minutes_masked, VN_11042.min_minutes_unmasked) == (15, 0)
    assert (WHO.days_before_symptomatic, WHO.days_after) == (2, 10)
    assert (CDC.cumulative, CWA.min_minutes_masked, CWA.tail) == (True, 10, 30)


def test_every_quarantine_rule_belongs_to_a_policy_and_is_in_force_at_some_time() -> None:
    names = {(policy.name, policy.version) for policy in POLICIES}
    assert {(rule.policy, rule.version) for rule in QUARANTINE_RULES} <= names
    keys = [(rule.policy, rule.version, rule.tier, rule.vaccinated) for rule in QUARANTINE_RULES]
    assert len(set(keys)) == len(keys)

    def lasts(rule: QuarantineRule) -> bool:
        return rule.in_force_to is None or rule.in_force_from < rule.in_force_to

    assert all(lasts(rule) for rule in QUARANTINE_RULES)


def test_no_minimum_of_a_policy_is_longer_than_the_day_it_is_summed_over() -> None:
    longest = max(max(p.min_minutes_masked, p.min_minutes_unmasked) for p in POLICIES)
    assert longest * MINUTE < DAY
