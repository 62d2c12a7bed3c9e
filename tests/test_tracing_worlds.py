"""Random worlds in PostgreSQL: what a run reads is all that matters to its answer."""

from __future__ import annotations

from random import Random

import pytest

from tests.conftest import Service
from tests.long_worlds import long_world
from tests.stored_worlds import answers
from tests.worlds import random_world
from tracing import queries_facts

WORLDS = 25
LONG_WORLDS = 40


async def test_random_worlds_have_the_answer_of_the_engine_over_all_their_facts(
    service: Service,
) -> None:
    listed = later = told_of = 0
    for seed in range(WORLDS):
        all_facts, found, expected = await answers(service, random_world(Random(seed)))
        assert found == expected, seed
        listed += len(all_facts.contacts) + len(all_facts.brief)
        later += sum(one.tier > 1 for one in all_facts.contacts)
        told_of += sum(one.exposures[0].venue < 0 for one in all_facts.contacts)
    assert listed > 20
    assert later > 10
    assert told_of > 2


async def test_what_is_read_as_for_a_city_is_the_same(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries_facts, "MANY", 0)
    monkeypatch.setattr(queries_facts, "FEW_WINDOWS", 0)

    for seed in range(WORLDS):
        _, found, expected = await answers(service, random_world(Random(seed)))
        assert found == expected, seed


async def test_worlds_of_people_who_sleep_somewhere_for_days_have_it_too(service: Service) -> None:
    listed = later = 0
    for seed in range(LONG_WORLDS):
        all_facts, found, expected = await answers(service, long_world(Random(seed)))
        assert found == expected, seed
        listed += len(all_facts.contacts)
        later += sum(one.tier > 1 for one in all_facts.contacts)
    assert listed > 40
    assert later > 5
