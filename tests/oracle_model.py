"""What the oracle of tracing is told, what it answers, and in which numbers it thinks."""

from __future__ import annotations

from dataclasses import dataclass, field

from checkin.model import Source
from tracing.engine.model import Ended, IndexCase, Policy, World

A_DAY = 24 * 60
HALF_A_DAY = 12 * 60
SEEN = (Source.EXIT, Source.POSTER, Source.GATE, Source.STAFF, Source.IMPORT)
SAID = (Source.BUTTON, Source.UPLOAD)
UNSEEN = (Source.CLOSING, Source.TIMER)
Minutes = list[int]


@dataclass
class Presence:
    """`parts`: (end, start, how it ended) of what was joined to it; `rank_last`: hard to
    believe."""

    person: int
    venue: int
    zone: int | None
    start: int
    end: int
    upper: int
    ended: Ended
    implausible: bool = False
    parts: list[tuple[int, int, Ended]] = field(default_factory=list)

    def how(self) -> Ended:
        return max(self.parts, key=lambda part: part[:2])[2] if self.parts else self.ended


@dataclass(frozen=True)
class Told:
    """One trace to answer."""

    case: IndexCase
    world: World
    policy: Policy
    moment: int


@dataclass(frozen=True)
class Rules:
    """The lines of the specification that can be left out, to see whom they decide about."""

    clipped: bool = True
    isolated: bool = True
    half_open: bool = True
    every_hop: bool = True


SPECIFIED = Rules()


@dataclass(frozen=True)
class Piece:
    """Minutes without a gap that two people shared in one pair of stays."""

    source: int
    minutes: Minutes
    minimum: int
    place: int  # of its rank, 3 for what is hard to believe


@dataclass(frozen=True)
class Row:
    """What a list says of somebody: times in milliseconds, lengths in minutes."""

    tier: int
    first: int
    last: int
    minutes: int
    count: int
    place: int


@dataclass(frozen=True)
class Answer:
    """`since`: by hop and person, when they were first reached by so many hops. `pieces`: by hop
    and person, everything shared with those who carried it."""

    contacts: dict[int, Row]
    brief: dict[int, Row]
    since: dict[int, dict[int, int]]
    upper_bound_adds: dict[int, int]
    pieces: dict[int, dict[int, list[Piece]]]

    @property
    def tiers(self) -> dict[int, int]:
        return {person: row.tier for person, row in self.contacts.items()}


def minute(milliseconds: int) -> int:
    assert milliseconds % 60_000 == 0, "the oracle knows whole minutes only"
    return milliseconds // 60_000
