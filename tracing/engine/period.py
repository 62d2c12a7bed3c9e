"""When a case was infectious, or was infected; which days of that are still kept."""

from __future__ import annotations

from datetime import date, timedelta

from tracing.engine.contact import Coverage
from tracing.engine.model import DAY, IndexCase, Interval, Policy, World

EPOCH = date(1970, 1, 1)


def infectious_period(case: IndexCase, offset: int, policy: Policy, moment: int) -> Interval:
    """From 00:00 local of the policy's first day until isolation, its last day, or now.

    Empty (start = end) for a case isolated before it was infectious. ValueError for a case with
    neither onset nor sample.
    """
    before = policy.days_before_symptomatic if case.onset else policy.days_before_asymptomatic
    first = _anchor(case) - timedelta(days=before)
    if policy.asymptomatic_from_source and not case.onset and case.met_source:
        first = case.met_source
    ends = [moment]
    if case.isolated is not None:
        ends.append(case.isolated)
    if policy.days_after is not None:
        ends.append(_midnight(_anchor(case) + timedelta(days=policy.days_after + 1), offset))
    start = _midnight(first, offset)
    return Interval(start=start, end=max(start, min(ends)))


def infection_period(case: IndexCase, offset: int, policy: Policy, moment: int) -> Interval:
    """Backward: the days on which the case itself may have been infected, the last one included."""
    first = _anchor(case) - timedelta(days=policy.look_back_from)
    last = _anchor(case) - timedelta(days=policy.look_back_to)
    start = _midnight(first, offset)
    return Interval(
        start=start, end=max(start, min(moment, _midnight(last + timedelta(days=1), offset)))
    )


def _anchor(case: IndexCase) -> date:
    anchor = case.onset or case.sampled
    if anchor is None:
        raise ValueError("a case needs the day of its onset or of its sample")
    return anchor


def coverage(period: Interval, world: World) -> Coverage:
    begins = _local_day(period.start, world.offset)
    days = 0
    if period.start < period.end:
        days = (_local_day(period.end - 1, world.offset) - begins).days + 1
    wanted = [begins + timedelta(days=index) for index in range(days)]
    return Coverage(
        begins=begins,
        kept_from=min(world.kept_days, default=None),
        missing=tuple(day for day in wanted if day not in world.kept_days),
        days=days,
    )


def _midnight(day: date, offset: int) -> int:
    return (day - EPOCH).days * DAY - offset


def _local_day(at: int, offset: int) -> date:
    return EPOCH + timedelta(days=(at + offset) // DAY)
