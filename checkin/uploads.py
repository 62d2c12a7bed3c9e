"""Scans that a phone or a gate kept while it had no network, many at once: each is judged and
answered by itself, so that one that cannot be read spoils nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Protocol, TypeVar

from accounts.model import Citizen, SignInFirst
from checkin.ledger import LedgerFull
from checkin.model import Doorway, Stored
from checkin.scan import Asked, recorded
from checkin.state import State
from kit.db import DatabaseAway
from kit.errors import Problem, Unprocessable

EVENTS = 5_000
AT_ONCE = 12  # scans of all uploads of a worker under way, beside those of the door
REST = 0.010  # seconds after as many of one upload, which belong to the door

# Not of one event but of the hour, or of the device: the whole upload comes again, and finds the
# rows that it left.
OF_ALL = (LedgerFull, DatabaseAway, SignInFirst)


class TooManyEvents(Unprocessable):
    """An upload takes up to 5,000 events; send the others in another one. None was stored."""


class BadEvent(Unprocessable):
    """This event is not a scan; `detail` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The row that stands for an event, and its door."""

    asked: Asked
    stored: Stored
    doorway: Doorway


class Event(Protocol):
    @property
    def at(self) -> datetime: ...


A = TypeVar("A")
E = TypeVar("E", bound=Event)
R = TypeVar("R")


async def take_scans(
    state: State, citizen: Citizen, events: Sequence[Asked | Problem]
) -> list[Outcome | Problem]:
    """Of one citizen's phone."""
    return await take(state, events, partial(_taken, state, citizen))


async def take(
    state: State, events: Sequence[E | Problem], one: Callable[[E], Awaitable[R]]
) -> list[R | Problem]:
    """What became of each, in order. They are taken as they happened, and the days one after
    another, so that no transaction holds one person's scans of two days."""
    outcomes: dict[int, R | Problem] = {}
    days: dict[date, list[tuple[int, E]]] = {}
    for n, event in enumerate(events):
        if isinstance(event, Problem):
            outcomes[n] = event
        else:
            days.setdefault(_day(state, event), []).append((n, event))
    for of_day in days.values():
        of_day.sort(key=_time)
        for start in range(0, len(of_day), AT_ONCE):
            some = of_day[start : start + AT_ONCE]
            taken = (_in_turn(state, one, event) for _, event in some)
            found = await asyncio.gather(*taken, return_exceptions=True)
            for (n, _), outcome in zip(some, found, strict=True):
                if isinstance(outcome, Problem) and not isinstance(outcome, OF_ALL):
                    outcomes[n] = outcome
                elif isinstance(outcome, BaseException):
                    raise outcome
                else:
                    outcomes[n] = outcome
            await asyncio.sleep(REST)
    for outcome in outcomes.values():
        if isinstance(outcome, Problem):
            state["requests"].refused(outcome.slug())
    return [outcomes[n] for n in range(len(events))]


async def _in_turn(state: State, one: Callable[[E], Awaitable[R]], event: E) -> R:
    async with state["uploading"]:
        return await one(event)


async def gently(make: Callable[[A], R], items: Iterable[A], at_once: int) -> list[R]:
    """`make` of each, with the door let in between."""
    made = []
    for n, item in enumerate(items, 1):
        made.append(make(item))
        if n % at_once == 0:
            await asyncio.sleep(REST)
    return made


async def _taken(state: State, citizen: Citizen, event: Asked) -> Outcome:
    stored, doorway = await recorded(state, citizen, event, late=True)
    return Outcome(asked=event, stored=stored, doorway=doorway)


def _time(numbered: tuple[int, Event]) -> datetime:
    return numbered[1].at


def _day(state: State, event: Event) -> date:
    try:
        return state["days"].day(event.at)
    except OverflowError:  # a year that no time zone reaches; it is refused by itself
        return date.min
