"""The wire forms of runs: how far one is, and what it found."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct

from tracing import words
from tracing.runs.listing import Run
from tracing.runs.queries import RunProgress
from tracing.words import Translate


class CoverageAnswer(Struct, frozen=True, kw_only=True):
    begins: date
    kept_from: date | None
    missing: list[date]
    sentence: str


class TierAnswer(Struct, frozen=True, kw_only=True):
    tier: int
    high: int
    medium: int
    low: int
    upper_bound_adds: int | None


class RunAnswer(Struct, frozen=True, kw_only=True):
    """`upper_bound_adds`: how many more people if every stay lasted as long as it could have; null
    while that is counted, which takes a moment longer than the list. All tiers together, then each
    by itself."""

    id: int
    policy: str
    policy_version: int
    historic: bool
    moment: datetime
    coverage: CoverageAnswer
    max_tier: int
    high: int
    medium: int
    low: int
    brief: int
    upper_bound_adds: int | None
    tiers: list[TierAnswer]


class RunStateAnswer(Struct, frozen=True, kw_only=True):
    """`state`: running, done, failed or cancelled; `why` it failed: error, worker-gone. While it
    runs, `days_read` of `days` are read for F`tier`. `result` once it is done."""

    id: int
    state: str
    why: str | None
    moment: datetime
    max_tier: int
    tier: int
    days_read: int
    days: int
    result: RunAnswer | None


def run_answer(run: Run, historic: bool, translate: Translate) -> RunAnswer:
    return RunAnswer(
        id=run.id,
        policy=run.policy,
        policy_version=run.policy_version,
        historic=historic,
        moment=run.moment,
        coverage=CoverageAnswer(
            begins=run.coverage.begins,
            kept_from=run.coverage.kept_from,
            missing=list(run.coverage.missing),
            sentence=words.coverage(translate, run.coverage),
        ),
        max_tier=run.max_tier,
        high=run.numbers.high,
        medium=run.numbers.medium,
        low=run.numbers.low,
        brief=run.numbers.brief,
        upper_bound_adds=run.numbers.upper_bound_adds,
        tiers=[
            TierAnswer(
                tier=one.tier,
                high=one.high,
                medium=one.medium,
                low=one.low,
                upper_bound_adds=one.upper_bound_adds,
            )
            for one in run.numbers.tiers
        ],
    )


def run_state_answer(run: RunProgress, result: RunAnswer | None) -> RunStateAnswer:
    return RunStateAnswer(
        id=run.id,
        state=run.state,
        why=run.why or None,
        moment=run.moment,
        max_tier=run.max_tier,
        tier=run.tier,
        days_read=run.done,
        days=run.total,
        result=result,
    )
