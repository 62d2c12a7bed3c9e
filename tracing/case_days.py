"""The days a case counts from: what in them contradicts itself, and which period they make."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from tracing.case import CaseFile
from tracing.engine.columns import milliseconds
from tracing.engine.model import IndexCase, Interval, Policy
from tracing.engine.period import infectious_period

LONGEST_INCUBATION = timedelta(days=14)


class DayDoubt(StrEnum):
    SAMPLED_LONG_BEFORE = "sampled-long-before-onset"
    ISOLATED_BEFORE_PERIOD = "isolated-before-period"


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    onset: date | None
    sampled: date | None
    isolated: datetime | None
    met_source: date | None = None


def days_of(case: CaseFile) -> Days:
    return Days(
        onset=case.onset,
        sampled=case.sampled,
        isolated=case.isolated,
        met_source=case.met_source,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruler:
    """What a period is measured with."""

    policy: Policy
    zone: timezone
    now: datetime

    def period(self, days: Days) -> Interval:
        case = IndexCase(
            person=0,
            onset=days.onset,
            sampled=days.sampled,
            isolated=None if days.isolated is None else milliseconds(days.isolated),
            met_source=days.met_source,
        )
        offset = self.zone.utcoffset(None) // timedelta(milliseconds=1)
        return infectious_period(case, offset, self.policy, milliseconds(self.now))


def doubts(days: Days, ruler: Ruler) -> list[DayDoubt]:
    """None is an error: a positive sample may come before the symptoms, though hardly by weeks."""
    found = []
    if days.onset and days.sampled and days.onset - days.sampled > LONGEST_INCUBATION:
        found.append(DayDoubt.SAMPLED_LONG_BEFORE)
    period = ruler.period(days)
    if days.isolated and period.start == period.end:
        found.append(DayDoubt.ISOLATED_BEFORE_PERIOD)
    return found


def widens(before: Days, after: Days, ruler: Ruler) -> bool:
    """Whether people may be traced whom nobody has agreed to trace."""
    old, new = ruler.period(before), ruler.period(after)
    return new.start < new.end and (new.start < old.start or new.end > old.end)
