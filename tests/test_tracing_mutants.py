"""Every rule decides something: with one line of the engine wrong, some world is traced wrong."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.abc import InspectLoader
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

from tests import golden
from tests.oracle import answer
from tests.oracle_model import Answer, Told
from tests.test_tracing_oracle import TIERS, expected, explained, short
from tests.worlds import random_world
from tracing.engine.contact import Tiers
from tracing.engine.model import IndexCase, Policy, World

WORLDS = 250
ROOT = Path(__file__).parent.parent
Engine = Callable[[IndexCase, World, Policy, int, int], Tiers]
# In the order in which they import each other.
FILES = (
    *("period", "ends", "stay", "presence", "ranking", "exposure", "sweep", "tiers", "worklist"),
)


@dataclass(frozen=True)
class Mutant:
    file: str
    right: str
    wrong: str


MUTANTS = {
    # the period, and overlaps
    "days begin in UTC": Mutant("period", "* DAY - offset", "* DAY"),
    "nothing is clipped at the beginning": Mutant(
        "presence", "np.maximum(stays.start[row], windows.start[window])", "stays.start[row]"
    ),
    "nothing is clipped at the end": Mutant(
        "presence",
        "np.minimum(stays.end[row] + tail, windows.end[window])",
        "stays.end[row] + tail",
    ),
    "no tail": Mutant("presence", "stays.end[row] + tail", "stays.end[row]"),
    "touching is meeting": Mutant("exposure", "found = (start < end)", "found = (start <= end)"),
    "touching is meeting for later tiers": Mutant("sweep", "max(1, minimum)", "max(0, minimum)"),
    "a tail on the contact's departure": Mutant(
        "exposure",
        "end = np.minimum(sources.end, other.end)",
        "end = np.minimum(sources.end, other.end + self.policy.tail * MINUTE)",
    ),
    "the minimum itself is too short": Mutant(
        "exposure", "end - start >= terms.minimum", "end - start > terms.minimum"
    ),
    "the case is its own contact": Mutant(
        "tiers", "np.flatnonzero(judged.person != chains.case)", "np.arange(len(judged))"
    ),
    "linked identities are strangers": Mutant(
        "stay", "looked_up(scans.person, world.humans, scans.person)", "scans.person"
    ),
    "masks stay on everywhere": Mutant(
        "exposure",
        "~self._masks_off[np.searchsorted(self._venues, venue)]",
        "np.ones(len(person), np.bool_)",
    ),
    "nobody is asked": Mutant("exposure", "ints(sorted(world.interviews))", "ints()"),
    "nobody is told of": Mutant(
        "stay", "= _told(world, moment)", "= _told(replace(world, told=[]), moment)"
    ),
    "what was told of a point is not heard": Mutant(
        "exposure", "in np.flatnonzero(venue < 0).tolist()", "in ()"
    ),
    # sums
    "pieces add up under every policy": Mutant(
        "exposure", "if not policy.cumulative or not len(found)", "if not len(found)"
    ),
    "pieces never add up": Mutant(
        "exposure", "if not policy.cumulative or not len(found)", "if True"
    ),
    "a day of pieces is any two days": Mutant("exposure", "first + DAY", "first + 2 * DAY"),
    "pieces with different sources add up": Mutant(
        "exposure",
        "for rows in _groups(found.person, found.source):\n        reached",
        "for rows in _groups(found.person):\n        reached",
    ),
    # later tiers
    "contacts carry from ever": Mutant(
        "presence", "since = since + policy.latency * HOUR", "since = since * 0"
    ),
    "nobody is latent": Mutant("presence", "policy.latency * HOUR", "0 * HOUR"),
    "isolation is ignored": Mutant(
        "presence", "one_of(people, isolations)", "np.zeros(len(people), np.bool_)"
    ),
    "isolation ends all": Mutant("presence", "return [*found, (since, FOREVER)]", "return found"),
    "one earliest time a person": Mutant(
        "tiers", "since[known] < chains.since[place[known]]", "False"
    ),
    "who is on the list is added too": Mutant(
        "tiers", "known, found = chains.reached, {}", "known, found = ints(), {}"
    ),
    "a human being is added twice": Mutant(
        "tiers", "len(more), distinct(np.concatenate((known, more)))", "len(more), known"
    ),
    "rejected people carry": Mutant(
        "tiers", "one_of(last.person, world.rejected)", "one_of(last.person, ())"
    ),
    "the verifier is not heard": Mutant("tiers", "if said.tier == tier and", "if False and"),
    "presences are joined, not shrunk": Mutant(
        "sweep", "line.numbers(sources.venue, sources.end - least)", "leaves"
    ),
    "who left counts as there": Mutant("sweep", "begun[met] - gone[met]", "begun[met]"),
    "the first to come is the earliest": Mutant(
        "sweep", "np.where(already, came, sources.start[first])", "sources.start[first]"
    ),
    "the last to come is the best": Mutant(
        "sweep", "for place in (last_there, first_until, within,", "for place in (last_there,"
    ),
    "guesses rank as high": Mutant("ranking", "found.tail_only | guessed", "found.tail_only"),
    "every scan is believed": Mutant(
        "ranking", "[implausible, low, close]", "[low & ~low, low, close]"
    ),
    # ends
    "«check out everyone» is seen": Mutant(
        "ends", "Source.EXIT: Ended.SCANNED,", "**dict.fromkeys(Source, Ended.SCANNED),"
    ),
    "everybody stays an hour": Mutant("ends", "ints(one.typical_stay for", "ints(60 for"),
    "staff stay as long as guests": Mutant("ends", "estimate[place] = until", "pass"),
    "every scan begins a new shift": Mutant(
        "ends", "if at <= until else (at, at)", "if False else (at, at)"
    ),
    "an out counts whenever it comes": Mutant("ends", "& (own.at[out] <= following[there])", ""),
    "a button counts after twelve hours": Mutant("ends", "> LONGEST]] = NONE", "> NEVER]] = NONE"),
    "the next arrival ends nothing": Mutant(
        "ends", "moves_on = visits.following <= estimate", "moves_on = visits.following < 0"
    ),
    "the next arrival always ends": Mutant(
        "ends", "moves_on = visits.following <= estimate", "moves_on = visits.following < NEVER"
    ),
    "repeat scans are stays of their own": Mutant(
        "stay", "line.numbers(place, rows.start) > before", "before == before"
    ),
    "void scans count": Mutant("stay", "(told.at <= moment) & ~void", "(told.at <= moment)"),
    "corrections are ignored": Mutant("ends", "left_at > own.at[visits.row]", "left_at < 0"),
    "leaving unseen in is absence": Mutant(
        "stay", "lone[own.source[lone] != Source.BUTTON]", "lone[:0]"
    ),
    "the closing hour caps nothing": Mutant(
        "ends", "np.where(closes >= 0,", "np.where(closes > 9999,"
    ),
    "the future is known": Mutant("stay", "& (told.at <= moment)", ""),
}


@pytest.fixture(scope="module")
def told() -> list[tuple[Told, Answer]]:
    rng = Random(20210709)
    golden_world = Told(
        case=golden.CASE, world=golden.WORLD, policy=golden.POLICY, moment=golden.MOMENT
    )
    worlds = [golden_world, *(random_world(rng) for _ in range(WORLDS))]
    return [(world, answer(world, TIERS)) for world in worlds]


def noticed(engine: Engine, told: list[tuple[Told, Answer]]) -> int | None:
    """The number of the first world where the engine is not right."""
    for number, (one, truth) in enumerate(told):
        try:
            found = engine(one.case, one.world, one.policy, one.moment, TIERS)
            right = short(found) == expected(truth) and explained(found, truth)
        except (ValueError, IndexError, KeyError):  # as wrong as a wrong answer
            right = False
        if not right:
            return number
    return None


class Source(InspectLoader):
    """A module from a text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_source(self, fullname: str) -> str:
        return self.text


def engine_with(monkeypatch: pytest.MonkeyPatch, mutant: Mutant | None) -> Engine:
    """The engine loaded anew, one line of it wrong."""
    modules: dict[str, ModuleType] = {}
    for file in FILES:
        text = (ROOT / "tracing" / "engine" / f"{file}.py").read_text(encoding="utf-8")
        if mutant and mutant.file == file:
            assert text.count(mutant.right) == 1, "the line to change is there, once"
            text = text.replace(mutant.right, mutant.wrong)
        name = f"tracing.engine.{file}"
        loader = Source(text)
        spec = importlib.util.spec_from_loader(name, loader)
        assert spec
        modules[file] = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, modules[file])
        loader.exec_module(modules[file])
    engine: Engine = modules["worklist"].trace_world
    return engine


def test_the_engine_as_it_is_answers_every_world_right(
    monkeypatch: pytest.MonkeyPatch, told: list[tuple[Told, Answer]]
) -> None:
    assert noticed(engine_with(monkeypatch, None), told) is None


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_a_wrong_line_is_noticed(
    mutant: Mutant, monkeypatch: pytest.MonkeyPatch, told: list[tuple[Told, Answer]]
) -> None:
    assert noticed(engine_with(monkeypatch, mutant), told) is not None
