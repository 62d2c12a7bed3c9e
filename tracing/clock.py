"""The clock of a case: all F1 are to be reached within the hour after it was opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tracing.case import CaseFile, Status
from tracing.engine.contact import Coverage

TARGET = timedelta(hours=1)  # Ho Chi Minh City, 2021


class ClockState(StrEnum):
    RUNNING = "running"
    OVERDUE = "overdue"
    DONE = "done"
    LATE = "late"  # all were reached, after more than the hour
    PARTLY = "partly"  # all who were found were reached, but not everything could be looked at
    NOBODY = "nobody"  # traced, and nobody to reach
    OFF = "off"  # of a case that was refused, or closed with people left


class Gap(StrEnum):
    """Why a trace may have found nobody, or not everybody."""

    PERSON_UNKNOWN = "person-unknown"
    PERIOD_EMPTY = "period-empty"
    DAYS_MISSING = "days-missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Of a case that was traced: how many F1 there are, when the last of them was reached (None
    while one is left), and what the last trace could look at."""

    f1: int
    stopped: datetime | None
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    state: ClockState
    elapsed: timedelta
    gaps: tuple[Gap, ...] = ()


def clock(case: CaseFile, found: Reached | None, now: datetime) -> Clock:
    """`found`: None before the first trace."""
    stopped = found.stopped if found else None
    gaps = tuple(_gaps(case, found.coverage)) if found else ()
    elapsed = max(timedelta(), (stopped or now) - case.opened_at)
    return Clock(state=_state(case, found, elapsed, gaps), elapsed=elapsed, gaps=gaps)


def _state(
    case: CaseFile, found: Reached | None, elapsed: timedelta, gaps: tuple[Gap, ...]
) -> ClockState:
    in_time = elapsed <= TARGET
    if found is not None and found.stopped is not None:
        if not found.f1:
            return ClockState.NOBODY
        if gaps:
            return ClockState.PARTLY
        return ClockState.DONE if in_time else ClockState.LATE
    if case.status not in (Status.OPENED, Status.APPROVED):
        return ClockState.OFF
    return ClockState.RUNNING if in_time else ClockState.OVERDUE


def _gaps(case: CaseFile, coverage: Coverage) -> Iterator[Gap]:
    if not case.people:
        yield Gap.PERSON_UNKNOWN
    if coverage.days == 0:
        yield Gap.PERIOD_EMPTY
    if coverage.missing:
        yield Gap.DAYS_MISSING
