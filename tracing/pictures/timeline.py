"""The visits of a case drawn: a line a day, across it the 24 hours; all lengths in percent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tracing.engine.model import DAY, Interval, Stay
from tracing.engine.period import EPOCH
from tracing.pictures.history import History

WHOLE = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Of a day, from the left."""

    begins: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The part of a visit that lies on one day. `visit`: its place among all visits; `tail`: how
    much longer it may have lasted; `room`: from its beginning to the next bar of its lane. Visits
    at two places at once lie on two lanes."""

    visit: int
    lane: int
    part: Part
    tail: Part | None
    room: float
    continued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One local day; `isolated`: when, on this day. Days whose scans are no longer kept, one after
    the other, are one line, to `last`."""

    day: date
    last: date
    missing: bool
    infected: Part | None
    infectious: Part | None
    isolated: float | None
    lanes: int
    bars: tuple[Bar, ...]


def lines(history: History, isolated: int | None = None) -> list[Line]:
    """Every day from the first on which the case may have been infected to the last on which it
    may have infected others."""
    whole, offset = history.whole, history.offset
    if whole.start == whole.end:
        return []
    first, last = (whole.start + offset) // DAY, (whole.end - 1 + offset) // DAY
    missing = set(history.coverage.missing)
    found: list[Line] = []
    for number in range(first, last + 1):
        midnight = number * DAY - offset
        today = Interval(start=midnight, end=midnight + DAY)
        bars = _bars(history.visits, today)
        day = EPOCH + timedelta(days=number)
        on_it = isolated is not None and today.start <= isolated < today.end
        if found and found[-1].missing and day in missing and not bars and not found[-1].bars:
            found[-1] = replace(found[-1], last=day)
            continue
        found.append(
            Line(
                day=day,
                last=day,
                missing=day in missing,
                infected=_part(history.infected, today),
                infectious=_part(history.infectious, today),
                isolated=_at(isolated, today) if on_it and isolated is not None else None,
                lanes=max((one.lane + 1 for one in bars), default=1),
                bars=bars,
            )
        )
    return found


def _bars(visits: Sequence[Stay], today: Interval) -> tuple[Bar, ...]:
    rows = [
        (number, one)
        for number, one in enumerate(visits)
        if one.start < today.end and max(one.upper, one.start + 1) > today.start
    ]
    lanes = _lanes(one for _, one in rows)
    begins = [_at(max(one.start, today.start), today) for _, one in rows]
    found = []
    for row, (number, one) in enumerate(rows):
        part = _part(Interval(start=one.start, end=one.end), today)
        following = [
            begins[later] for later in range(row + 1, len(rows)) if lanes[later] == lanes[row]
        ]
        found.append(
            Bar(
                visit=number,
                lane=lanes[row],
                part=part or Part(begins=begins[row], width=0),
                tail=_part(Interval(start=one.end, end=one.upper), today),
                room=min(following, default=WHOLE) - begins[row],
                continued=one.start < today.start,
            )
        )
    return tuple(found)


def _lanes(visits: Iterable[Stay]) -> list[int]:
    """The lowest lane for each, in order of their beginnings, that is free by then."""
    free: list[int] = []
    found = []
    for one in visits:
        lane = next((n for n, until in enumerate(free) if until <= one.start), len(free))
        free[lane : lane + 1] = [one.upper]
        found.append(lane)
    return found


def _part(found: Interval, today: Interval) -> Part | None:
    start, end = max(found.start, today.start), min(found.end, today.end)
    if start >= end:
        return None
    begins = _at(start, today)
    return Part(begins=begins, width=_at(end, today) - begins)


def _at(moment: int, today: Interval) -> float:
    return WHOLE * (moment - today.start) / (today.end - today.start)
