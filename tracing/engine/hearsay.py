"""What the points of a case tell the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tracing.engine.model import Interview, Stay, VenueFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearsay:
    """Stays at places whose numbers are below zero. `people`: the records of each who was listed,
    the first of which stands for them in all of the rest; `said` is of (person, place)."""

    stays: Sequence[Stay] = ()
    places: Mapping[int, VenueFacts] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    zones: Mapping[int, str] = field(default_factory=dict)
    people: Sequence[Sequence[int]] = ()
    said: Mapping[tuple[int, int], Interview] = field(default_factory=dict)
    relations: Mapping[int, str] = field(default_factory=dict)

    def told_of(self, human: Callable[[int], int]) -> dict[tuple[int, int], Interview]:
        """By the human being; of somebody who is listed twice, what makes an exposure likelier."""
        found: dict[tuple[int, int], Interview] = {}
        for (person, place), said in self.said.items():
            key = (human(person), place)
            before = found.get(key)
            found[key] = said if before is None else _likelier(before, said)
        return found


def _likelier(one: Interview, other: Interview) -> Interview:
    masks = {one.masked, other.masked}
    masked = False if False in masks else True if True in masks else None
    return Interview(masked=masked, physical=one.physical or other.physical)
