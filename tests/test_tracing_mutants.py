"""Every rule decides something: with one line of the engine wrong, some world is traced wrong.

Also the proof that the random worlds are not empty talk: each rule must decide a share of them.
"""

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
from tests.oracle import Answer, Told, answer
from tests.test_tracing_oracle import expected, short
from tests.worlds import random_world
from tracing.model import IndexCase, Policy, TierOne, World

WORLDS = 400
ROOT = Path(__file__).parent.parent
Engine = Callable[[IndexCase, World, Policy, int], TierOne]


@dataclass(frozen=True)
class Mutant:
    """`decides`: the least share of the random worlds, in per cent, that must notice."""

    file: str
    right: str
    wrong: str
    decides: float


MUTANTS = {
    "nothing is clipped at the beginning": Mutant(
        "exposure", "max(stay.start, other.start, period.start)", "max(stay.start, other.start)", 5
    ),
    "nothing is clipped at the end": Mutant(
        "exposure",
        "other.end, period.end)\n                if",
        "other.end)\n                if",
        1,
    ),
    "touching is meeting": Mutant("exposure", "if start < end and", "if start <= end and", 2),
    "the minimum itself is too short": Mutant(
        "exposure", "shared.start >= minimum * MINUTE", "shared.start > minimum * MINUTE", 2
    ),
    "no tail": Mutant("exposure", "policy.tail * MINUTE", "0 * MINUTE", 2),
    "a tail on the contact's departure": Mutant(
        "exposure",
        "min(stay.end + tail, other.end, period.end)",
        "min(stay.end + tail, other.end + tail, period.end)",
        2,
    ),
    "days begin in UTC": Mutant("exposure", "* DAY - offset", "* DAY", 5),
    "the case is its own contact": Mutant(
        "exposure", "if start < end and other.person != source", "if start < end", 5
    ),
    "linked identities are strangers": Mutant(
        "stay", "own[world.human(scan.person)]", "own[scan.person]", 2
    ),
    "pieces add up under every policy": Mutant(
        "exposure", "if policy.cumulative and len(found) > 1", "if len(found) > 1", 0.1
    ),
    "pieces never add up": Mutant(
        "exposure", "if policy.cumulative and len(found) > 1", "if False", 0.1
    ),
    "a day of pieces is any two days": Mutant(
        "exposure", "end=first.start + DAY", "end=first.start + 2 * DAY", 0.1
    ),
    "masks stay on everywhere": Mutant("exposure", "not venue.masks_off if", "True if", 2),
    "nobody is asked": Mutant("exposure", "world.interviews.get(other.person", "{}.get(0", 0.5),
    "«check out everyone» is seen": Mutant(
        "stay", "Source.EXIT: Ended.SCANNED,", "**dict.fromkeys(Source, Ended.SCANNED),", 5
    ),
    "everybody stays an hour": Mutant("stay", "world.venues[arrival.venue].typical_stay", "60", 5),
    "staff stay as long as guests": Mutant(
        "stay", "if shift and visit.began + shift", "if None and visit.began + shift", 0.5
    ),
    "every scan begins a new shift": Mutant(
        "stay", "began=began if at <= until else at", "began=at", 0.1
    ),
    "an out counts whenever it comes": Mutant(
        "stay", "out.venue == venue and at < out.at <= following", "out.venue == venue", 2
    ),
    "a button counts after twelve hours": Mutant(
        "stay", "out.source in SAID and out.at - arrival.at <= LONGEST", "out.source in SAID", 0.1
    ),
    "the next arrival ends nothing": Mutant(
        "stay", "if visit.following <= estimate:", "if False:", 2
    ),
    "the next arrival always ends": Mutant(
        "stay", "if visit.following <= estimate:", "if visit.following < NEVER:", 2
    ),
    "repeat scans are stays of their own": Mutant(
        "stay", "stay.start <= last.end and", "stay.start < stay.start and", 1
    ),
    "void scans count": Mutant("stay", "amended is None or not amended.void", "True", 0.1),
    "corrections are ignored": Mutant(
        "stay", "amended.left_at > arrival.at", "amended.left_at < 0", 0.1
    ),
    "leaving unseen in is absence": Mutant(
        "stay", "if out.source != Source.BUTTON:", "if False:", 0.1
    ),
    "the closing hour caps nothing": Mutant("stay", "if closes is not None:", "if False:", 0.1),
    "the future is known": Mutant("stay", "or scan.at > moment", "", 0.1),
}


@pytest.fixture(scope="module")
def told() -> list[tuple[Told, Answer]]:
    rng = Random(20210709)
    worlds = [
        Told(
            case=golden.CASE,
            world=golden.WORLD,
            policy=golden.POLICY,
            moment=golden.MOMENT,
            isolations=golden.ISOLATIONS,
        ),
        *(random_world(rng) for _ in range(WORLDS)),
    ]
    return [(world, answer(world)) for world in worlds]


def noticed(engine: Engine, told: list[tuple[Told, Answer]]) -> float:
    """Per cent of the worlds where the engine is not right."""
    wrong = 0
    for one, truth in told:
        found = engine(one.case, one.world, one.policy, one.moment)
        wrong += short(found) != expected(truth)
    return 100 * wrong / len(told)


class Source(InspectLoader):
    """A module from a text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def get_source(self, fullname: str) -> str:
        return self.text


def engine_with(monkeypatch: pytest.MonkeyPatch, mutant: Mutant | None) -> Engine:
    """The engine loaded anew, one line of it wrong."""
    modules: dict[str, ModuleType] = {}
    for file in ("stay", "exposure"):
        text = (ROOT / "tracing" / f"{file}.py").read_text(encoding="utf-8")
        if mutant and mutant.file == file:
            assert text.count(mutant.right) == 1, "the line to change is there, once"
            text = text.replace(mutant.right, mutant.wrong)
        name = f"tracing.{file}"
        loader = Source(text)
        spec = importlib.util.spec_from_loader(name, loader)
        assert spec
        modules[file] = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, modules[file])
        loader.exec_module(modules[file])
    engine: Engine = modules["exposure"].first_tier
    return engine


def test_the_engine_as_it_is_answers_every_world_right(
    monkeypatch: pytest.MonkeyPatch, told: list[tuple[Told, Answer]]
) -> None:
    assert noticed(engine_with(monkeypatch, None), told) == 0


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS.keys())
def test_a_wrong_line_is_noticed(
    mutant: Mutant, monkeypatch: pytest.MonkeyPatch, told: list[tuple[Told, Answer]]
) -> None:
    assert noticed(engine_with(monkeypatch, mutant), told) >= mutant.decides


def test_the_random_worlds_have_contacts_and_brief_ones(told: list[tuple[Told, Answer]]) -> None:
    assert sum(bool(truth.contacts) for _, truth in told) > WORLDS / 4
    assert sum(bool(truth.brief) for _, truth in told) > WORLDS / 10
