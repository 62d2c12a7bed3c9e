"""What was found out about several records of one human being."""

from __future__ import annotations

import pytest

from tracing.engine.model import Interview, Verdict
from tracing.told import Told

HUMANS = {3: 2}


def human(record: int) -> int:
    return HUMANS.get(record, record)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Interview(masked=True), Interview(masked=False), Interview(masked=False)),
        (Interview(masked=True), Interview(physical=True), Interview(masked=True, physical=True)),
        (Interview(), Interview(physical=True), Interview(physical=True)),
    ],
)
def test_the_riskier_of_two_interviews_holds(
    one: Interview, other: Interview, expected: Interview
) -> None:
    alone = Interview(masked=True)

    for said in ({1: alone, 2: one, 3: other}, {3: other, 2: one, 1: alone}):
        assert Told(interviews=said).interviews_of(human) == {1: alone, 2: expected}


def test_the_nearest_of_two_verdicts_holds() -> None:
    near, later, far = (Verdict(tier=t, since=since) for t, since in ((1, 5), (1, 9), (2, 0)))

    assert Told(confirmed={2: far, 3: near}).confirmed_of(human) == {2: near}
    assert Told(confirmed={2: near, 3: later}).confirmed_of(human) == {2: near}
