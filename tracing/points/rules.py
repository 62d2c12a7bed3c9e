"""What may be said of a point, and of people who were at it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from accounts import areas
from accounts.areas import AreaKind, UnknownArea
from tracing.case import OLDEST_CASE, DayImplausible, TextTooLong
from tracing.point import (
    DetailOfAnotherKind,
    EndsBeforeStart,
    FlightWrong,
    NotAtThePoint,
    PlaceUnnamed,
    PlateWrong,
    PointFacts,
    PointKind,
    SeatWrong,
    Stayed,
    TextUnprintable,
    WardUnknown,
)
from venues.intake_text import compared, folded, is_unprintable, tidy

LONGEST_TEXT = 200
DETAILS = {
    PointKind.BUS: frozenset({"route", "plate", "seat"}),
    PointKind.FLIGHT: frozenset({"flight", "seat"}),
    PointKind.VEHICLE: frozenset({"plate"}),
}
SAID_ENOUGH = frozenset({PointKind.HOME})
SEATS = {
    PointKind.FLIGHT: re.compile(r"[1-9]\d?[A-Z]"),
    PointKind.BUS: re.compile(r"(?=.)[A-Z]?\d{0,2}[A-Z]?"),
}
TITLES = frozenset(map(compared, ("anh", "chị", "em", "ông", "bà", "cô", "chú", "bác", "dì")))
KIN = frozenset(map(compared, ("vợ", "chồng", "con", "cháu", "bố", "cha", "mẹ", "má", "bạn")))
"""As the first word, somebody who belongs to whoever is named."""
OF = compared("của")
PLATE = re.compile(r"(?=(?:.*\d){3})[A-Z0-9]{4,10}")
FLIGHT = re.compile(r"(?:[A-Z]{2}|[A-Z]\d|\d[A-Z])\d{1,4}")


def checked(facts: PointFacts, now: datetime) -> PointFacts:
    """The same, its texts in order; raises what is wrong with it."""
    found = replace(
        facts,
        name=plain_text("name", facts.name),
        address=plain_text("address", facts.address),
        route=plain_text("route", facts.route),
        flight=_signs(facts.flight),
        plate=_signs(facts.plate),
        seat=_signs(facts.seat),
    )
    for name in ("flight", "plate", "route", "seat"):
        if getattr(found, name) and name not in DETAILS.get(found.kind, frozenset()):
            raise DetailOfAnotherKind(field=name)
    if found.flight and not FLIGHT.fullmatch(found.flight):
        raise FlightWrong(field="flight")
    if found.plate and not PLATE.fullmatch(found.plate):
        raise PlateWrong(field="plate")
    _check_seat(found.kind, found.seat)
    said = found.name or found.flight or found.plate or found.route
    if not said and found.kind not in SAID_ENOUGH:
        raise PlaceUnnamed(field="name")
    if found.area:
        check_ward(found.area)
    check_times(found.start, found.end, now)
    return found


def checked_stay(stayed: Stayed, facts: PointFacts, now: datetime) -> Stayed:
    seat = _signs(stayed.seat)
    if seat and facts.kind not in SEATS:
        raise DetailOfAnotherKind(field="seat")
    _check_seat(facts.kind, seat)
    start, end = stayed.start or facts.start, stayed.end or facts.end
    if start >= facts.end or end <= facts.start:
        raise NotAtThePoint(field="start")
    check_times(start, end, now)
    return replace(stayed, seat=seat)


def check_times(start: datetime, end: datetime, now: datetime) -> None:
    for name, at in (("start", start), ("end", end)):
        if not now - OLDEST_CASE <= at <= now:
            raise DayImplausible(field=name)
    if end <= start:
        raise EndsBeforeStart(field="end")


def plain_text(name: str, text: str) -> str:
    """On one line, and short enough to store."""
    found = tidy(text)
    if is_unprintable(found):
        raise TextUnprintable(field=name)
    if len(found) > LONGEST_TEXT:
        raise TextTooLong(field=name, longest=LONGEST_TEXT)
    return found


def may_be_one(told: str, known: str) -> bool:
    """Whether a name as it is told may be that of a record: «anh Ba» is «Nguyễn Văn Ba», «vợ anh
    Ba» is not. Nobody's name is no other one."""
    one, other = set(_untitled(told)), set(_untitled(known))
    if one == other or not other:
        return True
    said = _words(told)
    if said[0] in KIN or OF in said:
        return False
    return one <= other or other <= one


def _untitled(name: str) -> list[str]:
    """Folded words: an officer may type without marks."""
    said = _words(name)
    while len(said) > 1 and said[0] in TITLES:
        said = said[1:]
    return folded(" ".join(said)).split()


def _words(name: str) -> list[str]:
    return compared(name).split()


def _signs(text: str) -> str:
    """'65a-123.45' → '65A12345'."""
    return re.sub(r"[\s.\-]", "", text).upper()


def _check_seat(kind: PointKind, seat: str) -> None:
    if seat and not SEATS[kind].fullmatch(seat):
        raise SeatWrong(field="seat")


def check_ward(path: str) -> None:
    try:
        found = areas.area(path)
    except UnknownArea:
        raise WardUnknown(field="area") from None
    if found.kind is not AreaKind.WARD:
        raise WardUnknown(field="area")
