"""A case's list on its way out, and what all formats need to say of it: names in parts, units of an
area, phones, days, and who met whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache

from accounts import areas
from accounts.areas import AreaKind, UnknownArea
from tracing.engine.model import Ended
from tracing.exports.queries import Worked
from tracing.exports.sheet import Origin
from tracing.finding import Meeting
from tracing.names import NOBODY, Named
from tracing.point import Point
from tracing.point_stays import place_name
from tracing.runs.listing import Line
from tracing.words import Basis, Translate

VIETNAM = "+84"
TOLD = frozenset({Ended.TOLD, Ended.TOLD_DAY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """`lines` that leave, `names` by their numbers, `worked` by person id: what the officers found
    out. Whoever is missing there has said or done nothing yet. `points` of the case, oldest first.
    """

    origin: Origin
    lines: Sequence[Line]
    names: Mapping[str, Named]
    worked: Mapping[int, Worked]
    zone: timezone
    translate: Translate
    points: Sequence[Point] = ()

    def named(self, line: Line) -> Named:
        return self.names.get(line.number, NOBODY)

    def basis(self) -> Basis:
        return self.origin.basis(self.zone, self.translate)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)


def unnamed_points(points: Iterable[Point]) -> dict[str, str]:
    """'home 2', by what the list calls the place: a point is called as somebody typed it, with
    whatever names and phones they typed."""
    found: dict[str, str] = {}
    counted = Counter[str]()
    for point in points:
        name = place_name(point.facts)
        if name not in found:
            counted[point.facts.kind] += 1
            found[name] = f"{point.facts.kind} {counted[point.facts.kind]}"
    return found


def unnamed_place(one: Meeting, points: Mapping[str, str]) -> str:
    """A venue's name, which is public; of a point, its kind and number. Stays at points, and only
    those, were told."""
    return points.get(one.venue, "point") if TOLD & set(one.ended) else one.venue


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Who met whom, the source first; its case has the case's own number. No meetings where
    somebody entered the contact by hand."""

    source: str
    target: str
    tier: int
    meetings: tuple[Meeting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameParts:
    family: str
    middle: str
    given: str


def name_parts(full_name: str) -> NameParts:
    """'Nguyễn Thị Hoa' → Nguyễn, Thị, Hoa. A single word is what people are called by."""
    words = full_name.split()
    if len(words) < 2:
        return NameParts(family="", middle="", given=full_name.strip())
    return NameParts(family=words[0], middle=" ".join(words[1:-1]), given=words[-1])


@cache
def units(path: str) -> Mapping[AreaKind, str]:
    """The names of an area and of those above it: a ward of 2025 has no district."""
    found = {}
    while path.count("/") > 1:
        try:
            one = areas.area(path)
        except UnknownArea:
            return {}
        found[one.kind] = one.name
        path = path[: path.rindex("/", 0, -1) + 1]
    return found


def dialled(phone: str) -> str:
    """'+84912345678' → '0912345678', as it is dialled here: digits only, since in a CSV a plus
    begins a formula and an apostrophe before it would reach the other system."""
    if phone.startswith(VIETNAM):
        return "0" + phone.removeprefix(VIETNAM)
    return "00" + phone[1:] if phone.startswith("+") else phone


def is_contact(line: Line, last_tier: int) -> bool:
    """Brief ones whom nobody confirmed, and those a verifier rejected, are no F1 and no F2; they
    stay on the desk."""
    return line.close and line.tier <= last_tier


def source_of(line: Line, case_number: str) -> str:
    """The number of whom this person met: the case, or the one before them on the path."""
    return line.path[-2] if len(line.path) > 1 else case_number


def meetings_with_source(line: Line) -> tuple[Meeting, ...]:
    """With the case all are known; further on the path says which one."""
    if line.tier == 1 or not line.found.path:
        return line.found.meetings
    met = line.found.path[-1].meeting
    return () if met is None else (met,)


def links(case_number: str, lines: Iterable[Line]) -> Iterator[Link]:
    """Each pair once. With the case all meetings are known; further on the path says which one."""
    seen = set()
    for line in lines:
        source, tier = case_number, line.tier - len(line.path)
        for target, step in zip(line.path, line.found.path, strict=True):
            tier += 1
            if (source, target) not in seen:
                seen.add((source, target))
                met = [] if step.meeting is None else [step.meeting]
                meetings = line.found.meetings if line.tier == 1 else tuple(met)
                yield Link(source=source, target=target, tier=tier, meetings=meetings)
            source = target
