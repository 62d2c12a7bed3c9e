"""The three that the tracing benchmark compares answer alike, and it notices where they do not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from bench.city_api import ALL, walls_of
from bench.city_traces import DAYS, Job, measured
from bench.city_world import build
from bench.rivals import Answer
from bench.tracing_city import DifferentAnswers, compared
from demo.crowd import CASE, SHOPPER
from settings import Settings
from tests.conftest import NOW
from tracing.engine.columns import ints

SCANS = 6000
SHORTEN = "UPDATE visit SET gone = arrived + 1 WHERE person = $1"


async def test_engine_textbook_and_duckdb_answer_alike_and_a_changed_stay_is_noticed(
    settings: Settings, tmp_path: Path
) -> None:
    # given a small city, with everybody's judged stays beside its scans
    built = await build(settings, tmp_path, SCANS, 2021, NOW)
    owner = await asyncpg.connect(settings.database_owner_url)
    assert built.scans == pytest.approx(SCANS, rel=0.15)
    people = [int(built.people[number]) for number in (CASE, SHOPPER, 2, 3)]
    job = Job(built=built, cases=people, days=DAYS, max_tier=2)
    # when each is asked for the first two tiers of four cases
    ours = await measured(job)
    for tier in (1, 2):
        said = await compared(job, ours, tier, f"F{tier}")
        # then they agree, and there was something to agree on
        assert len(said) == 4
        assert sum(one[tier] for one in ours.found) > 0
    assert ours.rows > 0
    assert ours.buffers > 0
    # and each step of an officer is answered
    walls = await walls_of(replace(job, cases=people[2:3], max_tier=1))
    assert {name: len(found) for name, found in walls.items()} == dict.fromkeys(ALL, 1)
    # but once the textbook's table differs from what was scanned, they do not
    await owner.execute(SHORTEN, people[1])
    await owner.close()
    with pytest.raises(DifferentAnswers):
        await compared(job, ours, 1, "F1")


def test_a_checksum_covers_people_and_times_but_not_their_order() -> None:
    one = Answer(person=ints([1, 2]), since=ints([3, 4]), last=ints([5, 6]), together=ints([7, 8]))
    turned = Answer(
        person=ints([2, 1]), since=ints([4, 3]), last=ints([6, 5]), together=ints([8, 7])
    )

    assert one.checksum() == turned.checksum()
    for column in ("person", "since", "last", "together"):
        other = replace(one, **{column: getattr(one, column) + 1})
        assert other.checksum() != one.checksum(), column
