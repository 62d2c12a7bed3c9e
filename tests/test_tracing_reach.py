"""Whom the engine reaches against whom networkx reaches, where both are asked the same: without a
minimum, tails, latency and isolation a list is who can be reached by paths that respect time."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import networkx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.golden import at
from tests.oracle import infectious
from tests.oracle_model import Told
from tests.oracle_stays import stays
from tests.worlds import random_world
from tracing.engine.model import MINUTE
from tracing.engine.worklist import trace_world

MANY = 12  # more tiers than a world has people


def plain(told: Told) -> Told:
    """The same people and places, and nothing that a graph cannot tell."""
    world = replace(
        told.world,
        humans={},
        interviews={},
        isolations={},
        confirmed={},
        rejected=frozenset(),
    )
    policy = replace(
        told.policy,
        min_minutes_masked=0,
        min_minutes_unmasked=0,
        tail=0,
        latency=0,
        cumulative=False,
    )
    return replace(told, world=world, policy=policy)


def reached(told: Told) -> set[int]:
    """By a graph of (person, slot of time): everybody goes on in time, and to whoever is at the
    same place in the same slot."""
    present = stays(told.world, told.moment)
    carries, case = infectious(told), told.case.person
    edges = {end for one in present for end in (one.start, one.end)}
    edges |= {at(day, "00:00") // MINUTE for day in range(8, 16)} | {told.moment // MINUTE}
    if told.case.isolated is not None:
        edges.add(told.case.isolated // MINUTE)
    slots = sorted(edges)
    graph = networkx.DiGraph()
    graph.add_node("case")
    for person in {one.person for one in present}:
        networkx.add_path(graph, [(person, slot) for slot in slots])
    for slot in slots:
        there = [one for one in present if one.start <= slot < one.end]
        for one in there:
            for other in there:
                if one.person == other.person or one.venue != other.venue or other.person == case:
                    continue
                if one.person != case:
                    graph.add_edge((one.person, slot), (other.person, slot))
                elif carries(slot):
                    graph.add_edge("case", (other.person, slot))
    found = {node[0] for node in networkx.descendants(graph, "case")}
    return found - {case}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rng=st.randoms(use_true_random=False))
def test_the_engine_reaches_whom_a_graph_library_reaches(rng: Random) -> None:
    told = plain(random_world(rng))

    found = trace_world(told.case, told.world, told.policy, told.moment, MANY)

    assert {one.person for one in found.contacts} == reached(told)
    assert not found.brief


def test_the_worlds_it_is_asked_about_have_long_chains() -> None:
    rng = Random(7)
    sizes = [len(reached(plain(random_world(rng)))) for _ in range(60)]

    assert sum(size >= 3 for size in sizes) >= 20
