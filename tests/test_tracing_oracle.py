"""The engine against a brute force of the same semantics, over all tiers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from sys import argv

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import answer
from tests.oracle_model import Answer, Row, Rules, Told
from tests.worlds import random_world
from tracing.engine.contact import Contact, Rank, Tiers
from tracing.engine.model import MINUTE, Scans
from tracing.engine.ranking import PLACES
from tracing.engine.worklist import trace_world

Short = dict[int, tuple[int, int, int, int, int, Rank]]
TIERS = 4


def short(found: Tiers) -> tuple[Short, Short, dict[int, int]]:
    def rows(contacts: Iterable[Contact]) -> Short:
        return {
            one.person: (
                *(one.tier, one.first_exposure, one.last_exposure, one.minutes, one.count),
                one.rank,
            )
            for one in contacts
        }

    return rows(found.contacts), rows(found.brief), more(found.upper_bound_adds)


def expected(truth: Answer) -> tuple[Short, Short, dict[int, int]]:
    def rows(people: Mapping[int, Row]) -> Short:
        return {
            person: (row.tier, row.first, row.last, row.minutes, row.count, PLACES[row.place])
            for person, row in people.items()
        }

    return rows(truth.contacts), rows(truth.brief), more(truth.upper_bound_adds)


def more(adds: Mapping[int, int]) -> dict[int, int]:
    """Tiers that nobody carries further are not looked at."""
    return {tier: count for tier, count in adds.items() if count}


def engine(told: Told) -> Tiers:
    return trace_world(told.case, told.world, told.policy, told.moment, TIERS)


def explained(found: Tiers, truth: Answer) -> bool:
    """Every step of every path is something two people shared when the first carried on."""
    for contact in (*found.contacts, *found.brief):
        before = contact.tier - len(contact.path)
        for tier, hop in enumerate(contact.path, before + 1):
            if hop.exposure is None:
                assert tier == before + 1, "entered by hand, so nothing stands before it"
                continue
            one = hop.exposure
            shared = {
                (piece.source, piece.minutes[0] * MINUTE, (piece.minutes[-1] + 1) * MINUTE)
                for piece in truth.pieces[tier][hop.person]
            }
            if (one.source, one.start, one.end) not in shared:
                return False
    return True


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rng=st.randoms(use_true_random=False))
def test_the_engine_lists_whom_the_brute_force_lists(rng: Random) -> None:
    told = random_world(rng)
    found, truth = engine(told), answer(told, TIERS)
    assert short(found) == expected(truth)
    assert explained(found, truth)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rng=st.randoms(use_true_random=False))
def test_the_order_of_the_scans_changes_nothing(rng: Random) -> None:
    told = random_world(rng)
    shuffled = list(told.world.scans)
    rng.shuffle(shuffled)
    turned = replace(told, world=replace(told.world, scans=Scans.of(shuffled)))
    assert list(engine(turned).contacts) == list(engine(told).contacts)
    assert list(engine(turned).brief) == list(engine(told).brief)


SHARES = {"F1": 60.0, "F2": 30.0, "F3": 10.0}
LEFT_OUT = {
    "clipping": Rules(clipped=False),
    "isolation": Rules(isolated=False),
    "half-open": Rules(half_open=False),
    "the hop rule": Rules(every_hop=False),
}


def shares(count: int, seed: int = 1) -> dict[str, float]:
    """Per cent of so many worlds that have such a contact, or are decided by such a rule; in every
    one of them the engine is compared with the brute force."""
    rng = Random(seed)
    found = dict.fromkeys([*SHARES, "F4", *LEFT_OUT, "any of these rules"], 0)
    for number in range(count):
        told = random_world(rng)
        truth = answer(told, TIERS)
        assert short(engine(told)) == expected(truth), f"world {number} of seed {seed}"
        for tier in set(truth.tiers.values()):
            found[f"F{tier}"] += 1
        decided = {
            name
            for name, rules in LEFT_OUT.items()
            if answer(told, TIERS, rules).tiers != truth.tiers
        }
        for name in decided:
            found[name] += 1
        found["any of these rules"] += bool(decided)
    return {name: 100 * one / count for name, one in found.items()}


def test_the_random_worlds_have_later_tiers_and_the_rules_decide_them() -> None:
    found = shares(100)
    assert found["F2"] >= SHARES["F2"] * 0.7, "a small sample of what the command below prints"
    assert found["F3"] >= SHARES["F3"] * 0.5
    assert min(found[name] for name in LEFT_OUT) >= 1


if __name__ == "__main__":
    count = int(argv[1]) if len(argv) > 1 else 10_000
    for name, share in shares(count).items():
        print(f"{name:20} {share:5.1f} %")  # noqa: T201
