"""A point (mốc dịch tễ) that somebody told of: a place and time without a code to scan, and who was
there; and what can be wrong with one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.errors import Conflict, Unprocessable

MOST_LISTED = 500
MOST_UNKNOWN = 100_000


class PointKind(StrEnum):
    HOME = "home"
    WORK = "work"
    MARKET = "market"
    BUS = "bus"
    FLIGHT = "flight"
    VEHICLE = "vehicle"
    PARTY = "party"
    OTHER = "other"


class Relation(StrEnum):
    """Whom somebody is to the case, in the words that the ministry's forms have; stored and told so
    in every language, and shown in that of the desk."""

    FATHER = "Cha"
    MOTHER = "Mẹ"
    WIFE = "Vợ"
    HUSBAND = "Chồng"
    GRANDFATHER = "Ông"
    GRANDMOTHER = "Bà"
    AUNT_OF_FATHER = "Cô"
    AUNT_OF_MOTHER = "Dì"
    UNCLE_YOUNGER = "Chú"
    UNCLE_OLDER = "Bác"
    CHILD = "Con"
    GRANDCHILD = "Cháu"
    OLDER_BROTHER = "Anh"
    OLDER_SISTER = "Chị"
    YOUNGER = "Em"
    FRIEND = "Bạn bè"
    COLLEAGUE = "Đồng nghiệp"
    RELATIVE = "Họ hàng"
    CREW = "Tổ bay"
    OTHER = "Khác"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointFacts:
    """`name` may be empty where the kind or a detail says enough; `unknown`: about how many others
    were there whom nobody knows. `with_case`: the case itself was there, all of that time; else the
    people listed met each other. `masked`: None leaves it to the kind. `seat` is the case's."""

    kind: PointKind
    name: str = ""
    address: str = ""
    area: str = ""
    start: datetime
    end: datetime
    with_case: bool = True
    masked: bool | None = None
    unknown: int = 0
    flight: str = ""
    plate: str = ""
    route: str = ""
    seat: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stayed:
    """What is told of somebody who was there; times only where they are not the point's."""

    start: datetime | None = None
    end: datetime | None = None
    seat: str = ""
    relation: Relation | None = None
    physical: bool = False
    masked: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """`people`: the records that were meant; the first one stands for them all. `by_phone`: and
    whoever is found under its phone later."""

    people: tuple[int, ...]
    by_phone: bool = False
    stayed: Stayed


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """`why`: it was withdrawn, and counts no more; '' while it stands."""

    id: int
    facts: PointFacts
    listed: tuple[Listed, ...] = ()
    why: str = ""


class EndsBeforeStart(Unprocessable):
    """This ends before it begins, or as it begins: correct one of the two times."""


class NotAtThePoint(Unprocessable):
    """These times lie outside those of the point; enter a point of their own for them."""


class PlaceUnnamed(Unprocessable):
    """Say which place it was: a name, or the flight, number plate or route."""


class TextUnprintable(Unprocessable):
    """This text holds a character that cannot be printed."""


class WardUnknown(Unprocessable):
    """There is no such ward; write it with its province, or leave it empty."""


class SeatWrong(Unprocessable):
    """A seat is a row and a letter, as 12A; on a bus also a letter or a number by itself."""


class PlateWrong(Unprocessable):
    """A number plate has digits and letters, as 65A-123.45."""


class FlightWrong(Unprocessable):
    """A flight has the two signs of its airline and a number, as VN123."""


class DetailOfAnotherKind(Unprocessable):
    """A place of this kind has no such detail: leave it empty, or choose the kind that has it."""


class PersonNeeded(Unprocessable):
    """Say who it was: a phone number, a name, or the number of somebody in this case."""


class RelationUnknown(Unprocessable):
    """This is none of the relations to choose from; leave it empty if none fits."""


class NumberUnknown(Unprocessable):
    """Nobody in this case has this number."""


class ListedAlready(Conflict):
    """This person is listed here already. Of people who share a phone, give the others by name; of
    people who share a name, add a word to it."""


class ListedTwice(Conflict):
    """Another line means this person already. Of people who share a phone, give the others by name;
    of people who share a name, add a word to it."""


class ListedIsTheCase(Unprocessable):
    """This is the case itself; list only the others who were there."""


class ListedTooMany(Conflict):
    """A point lists 500 people at most; give the others as a number of unknown people."""


class PointWithdrawn(Conflict):
    """This point was withdrawn; enter it again if it was right after all."""


class NobodyToGive(Unprocessable):
    """Nobody who is listed here is a contact of this case: list people first."""
