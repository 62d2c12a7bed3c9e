"""Choice by weight, with the sums made once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Weighted(Generic[T]):
    things: list[T]
    cumulated: list[int]

    def pick(self, rng: Random) -> T:
        return rng.choices(self.things, cum_weights=self.cumulated)[0]


def weighted(weights: Mapping[T, int]) -> Weighted[T]:
    total = 0
    cumulated = [total := total + weight for weight in weights.values()]
    return Weighted(list(weights), cumulated)
