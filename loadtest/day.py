"""Who comes when: the shape of a day as shares of it, and the queue of what is due."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

Shape: TypeAlias = Callable[[random.Random], float]  # when someone arrives, 0 to 1


def peaks(opens: float, closes: float, *hours: tuple[float, float, float]) -> Shape:
    """`hours`: (hour, spread, share of the people); the rest come evenly."""

    def arrival(chance: random.Random) -> float:
        where = chance.random()
        for hour, spread, share in hours:
            if where < share:
                return (min(max(chance.gauss(hour, spread), opens), closes) - opens) / length
            where -= share
        return chance.random()

    length = closes - opens
    return arrival


def burst(start: float, length: float, factor: float) -> Shape:
    """Evenly, but from `start` on for `length` (shares of the time) `factor` times as many."""
    within = factor * length / (factor * length + 1 - length)

    def arrival(chance: random.Random) -> float:
        if chance.random() < within:
            return start + chance.random() * length
        outside = chance.random() * (1 - length)
        return outside if outside < start else outside + length

    return arrival


def flat(chance: random.Random) -> float:
    return chance.random()


@dataclass(slots=True, kw_only=True, eq=False)
class Guest:
    """A person with a phone; `token` once they have signed up."""

    number: int
    code: str
    phone: str
    token: str = ""


@dataclass(order=True, slots=True)
class Due:
    when: float  # seconds from the start
    order: int
    act: str = field(compare=False)  # arrive, in, again, out
    guest: Guest = field(compare=False)
    at: str = field(compare=False, default="")  # fixed by the first attempt


class Day:
    """What is due, in seconds from the start; shared by all phones of this process."""

    def __init__(self, shape: Shape, people: int, seconds: float, codes: list[str]) -> None:
        self.chance = random.Random(2021)
        self.seconds = seconds
        self.due: list[Due] = []
        self.order = itertools.count()
        popular = [1 / (rank + 1) for rank in range(len(codes))]  # Zipf: few places take most
        for number, code in enumerate(self.chance.choices(codes, popular, k=people)):
            guest = Guest(number=number, code=code, phone=f"09{number:08}")
            self.add(shape(self.chance) * seconds, "arrive", guest)

    def add(self, when: float, act: str, guest: Guest, at: str = "") -> None:
        heapq.heappush(self.due, Due(when, next(self.order), act, guest, at))

    def next(self) -> Due | None:
        return heapq.heappop(self.due) if self.due else None
