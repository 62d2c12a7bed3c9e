"""Who infected whom among cases: those that somebody named as the source, and cases who stood on
another case's list of contacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Known(StrEnum):
    """How a link is known: somebody named the source, or one was the other's contact."""

    SOURCE = "source"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A case. `day`: of its onset, else of its sample. `source`: the number of the case that is
    said to have infected it; `elsewhere`: that one is of areas that are not one's own."""

    id: int
    number: str
    onset: date | None
    sampled: date | None
    area: str
    source_id: int | None
    source: str | None
    elsewhere: bool

    @property
    def day(self) -> date:
        found = self.onset or self.sampled
        assert found is not None  # noqa: S101  a constraint of the table
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """From whoever fell ill first, where nobody said otherwise. `tier`: on the list of contacts."""

    source: int
    target: int
    known: Known
    tier: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A case stands as F`tier` on the list of another one."""

    case_id: int
    contact_id: int
    tier: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmission:
    """Nodes by day. `total`: of the cases asked for, of which the latest alone may be here."""

    nodes: Sequence[Node]
    links: Sequence[Link]
    total: int


def transmission(nodes: Iterable[Node], meetings: Iterable[Meeting], total: int) -> Transmission:
    ordered = sorted(nodes, key=lambda one: (one.day, one.id))
    place = {one.id: at for at, one in enumerate(ordered)}
    sources = [
        Link(source=one.source_id, target=one.id, known=Known.SOURCE)
        for one in ordered
        if one.source_id in place and one.source_id != one.id
    ]
    named = {frozenset((one.source, one.target)) for one in sources}
    return Transmission(
        nodes=ordered, links=[*sources, *_contacts(meetings, place, named)], total=total
    )


def _contacts(
    meetings: Iterable[Meeting], place: Mapping[int, int], named: set[frozenset[int]]
) -> list[Link]:
    """A pair each that nobody named, by the shortest of the two lists."""
    tiers: dict[tuple[int, int], int] = {}
    for one in meetings:
        both = (one.case_id, one.contact_id)
        if not place.keys() >= set(both) or frozenset(both) in named:
            continue
        first, second = sorted(both, key=place.__getitem__)
        tiers[first, second] = min(one.tier, tiers.get((first, second), one.tier))
    return [
        Link(source=first, target=second, known=Known.CONTACT, tier=tier)
        for (first, second), tier in sorted(tiers.items())
    ]
