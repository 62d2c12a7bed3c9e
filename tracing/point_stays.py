"""From points to what the engine needs of them: stays, and the kind of place each was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timezone

from tracing.engine.columns import milliseconds
from tracing.engine.hearsay import Hearsay
from tracing.engine.model import Ended, Interview, Stay, VenueFacts
from tracing.point import Listed, Point, PointFacts, PointKind

ROWS_NEAR = 2  # before and behind, and the row itself: the usual rule of WHO and ECDC for aircraft
# (masks off, indoor, small), as the kinds of venues are.
KINDS = {
    PointKind.HOME: (True, True, True),
    PointKind.WORK: (False, True, False),
    PointKind.MARKET: (False, False, False),
    PointKind.BUS: (False, True, True),
    PointKind.FLIGHT: (False, True, False),
    PointKind.VEHICLE: (False, True, True),
    PointKind.PARTY: (True, True, False),
    PointKind.OTHER: (False, True, False),
}
# Names of places are as people here say them, in lists of every language.
CALLED = {
    PointKind.HOME: "Nhà",
    PointKind.BUS: "Xe khách",
    PointKind.FLIGHT: "Chuyến bay",
    PointKind.VEHICLE: "Xe",
}


def hearsay_of(points: Sequence[Point], case: int, zone: timezone) -> Hearsay:
    """Of those that stand. `case`: the record that stands for the case itself; `zone`: of days."""
    standing = [point for point in points if not point.why]
    listed = [(point, one) for point in standing for one in point.listed]
    return Hearsay(
        stays=[stay for point in standing for stay in _stays(point, case, zone)],
        places={place_id(point): _place(point) for point in standing},
        names={place_id(point): place_name(point.facts) for point in standing},
        zones={place_id(point): _near_rows(point.facts) for point in standing},
        people=[one.people for _, one in listed],
        said={
            (one.people[0], place_id(point)): Interview(
                masked=one.stayed.masked, physical=one.stayed.physical
            )
            for point, one in listed
        },
        relations={
            one.people[0]: str(one.stayed.relation) for _, one in listed if one.stayed.relation
        },
    )


def place_id(point: Point) -> int:
    """Below zero: no venue has such a number."""
    return -point.id


def place_name(facts: PointFacts) -> str:
    """'Chuyến bay VN123', 'Xe khách Cần Thơ – Sài Gòn 65B12345', 'Nhà bà Tư'."""
    known = (facts.name, facts.flight, facts.route, facts.plate)
    said = " ".join(dict.fromkeys(one for one in known if one))
    called = CALLED.get(facts.kind, "")
    if said.casefold().startswith(called.casefold()):
        return said
    return f"{called} {said}".strip()


def _place(point: Point) -> VenueFacts:
    masks_off, indoor, small = KINDS[point.facts.kind]
    if point.facts.masked is not None:
        masks_off = not point.facts.masked
    return VenueFacts(
        id=place_id(point),
        typical_stay=0,
        closes=None,
        masks_off=masks_off,
        indoor=indoor,
        small=small,
        masks_told=masks_off != KINDS[point.facts.kind][0],
    )


def _stays(point: Point, case: int, zone: timezone) -> Iterator[Stay]:
    facts = point.facts
    if facts.with_case:
        yield _stay(point, case, None, zone)
    for one in point.listed:
        yield _stay(point, one.people[0], one, zone)


def _stay(point: Point, person: int, listed: Listed | None, zone: timezone) -> Stay:
    facts = point.facts
    start, end, close = facts.start, facts.end, _row_of(facts.seat) is not None
    if listed:
        start, end = listed.stayed.start or start, listed.stayed.end or end
        close = _near(facts.seat, listed.stayed.seat)
    return Stay(
        person=person,
        venue=place_id(point),
        zone=place_id(point) if close and facts.kind is PointKind.FLIGHT else None,
        start=milliseconds(start),
        end=milliseconds(end),
        upper=milliseconds(end),
        ended=Ended.TOLD_DAY if _whole_days(start, end, zone) else Ended.TOLD,
    )


def _whole_days(start: datetime, end: datetime, zone: timezone) -> bool:
    """What a list makes of days without hours; a duty of 24 hours from seven on is none."""
    return all(at.astimezone(zone).time() == time() for at in (start, end))


def _row_of(seat: str) -> int | None:
    """'12A' → 12."""
    digits = re.match(r"\d+", seat)
    return int(digits[0]) if digits else None


def _near(seat: str, other: str) -> bool:
    """Rows of an aircraft that the rules for close contacts name."""
    one, two = _row_of(seat), _row_of(other)
    return one is not None and two is not None and abs(one - two) <= ROWS_NEAR


def _near_rows(facts: PointFacts) -> str:
    """What the part of an aircraft is called in which people sat close to the case."""
    return f"gần ghế {facts.seat}" if facts.seat else ""
