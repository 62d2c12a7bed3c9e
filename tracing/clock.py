"""The clock of a case: all F1 are to be reached within the hour after it was opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tracing.case import Status

TARGET = timedelta(hours=1)  # Ho Chi Minh City, 2021


class ClockState(StrEnum):
    RUNNING = "running"
    OVERDUE = "overdue"
    DONE = "done"
    LATE = "late"  # all were reached, after more than the hour
    OFF = "off"  # of a case that was refused, or closed with people left


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    state: ClockState
    elapsed: timedelta


def clock(status: Status, opened: datetime, stopped: datetime | None, now: datetime) -> Clock:
    """`stopped`: when the last F1 was reached; None while one is left or nobody was traced."""
    elapsed = max(timedelta(), (stopped or now) - opened)
    if stopped is not None:
        return Clock(
            state=ClockState.DONE if elapsed <= TARGET else ClockState.LATE, elapsed=elapsed
        )
    if status not in (Status.OPENED, Status.APPROVED):
        return Clock(state=ClockState.OFF, elapsed=elapsed)
    state = ClockState.RUNNING if elapsed <= TARGET else ClockState.OVERDUE
    return Clock(state=state, elapsed=elapsed)
