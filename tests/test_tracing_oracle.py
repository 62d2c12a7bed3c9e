"""The engine against a brute force of the same semantics."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import Answer, Told, answer
from tests.worlds import random_world
from tracing.exposure import first_tier
from tracing.model import TierOne


def short(found: TierOne) -> tuple[dict[int, tuple[int, int]], dict[int, int], int]:
    contacts = {one.person: (one.first_exposure, one.minutes) for one in found.contacts}
    return contacts, {one.person: one.minutes for one in found.brief}, found.upper_bound_adds


def expected(truth: Answer) -> tuple[dict[int, tuple[int, int]], dict[int, int], int]:
    return truth.contacts, truth.brief, truth.upper_bound_adds


def engine(told: Told) -> TierOne:
    return first_tier(told.case, told.world, told.policy, told.moment)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rng=st.randoms(use_true_random=False))
def test_the_engine_lists_whom_the_brute_force_lists(rng: Random) -> None:
    told = random_world(rng)
    assert short(engine(told)) == expected(answer(told))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rng=st.randoms(use_true_random=False))
def test_the_order_of_the_scans_changes_nothing(rng: Random) -> None:
    told = random_world(rng)
    shuffled = list(told.world.scans)
    rng.shuffle(shuffled)
    turned = replace(told, world=replace(told.world, scans=shuffled))
    assert engine(turned) == engine(told)
