"""People, scans and standing as the other packages see them, and what can be wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, IntFlag
from typing import NamedTuple, TypeAlias
from uuid import UUID

from kit.errors import Conflict, Gone, NotFound, Unavailable, Unprocessable
from venues.model import Screen


class Way(IntEnum):
    """Which way a scan goes; a refusal is a scan that turned someone away at a door."""

    IN = 1
    OUT = 2
    REFUSED = 3


class Source(IntEnum):
    """Who or what said so; the tracing side judges the end of a stay by it."""

    POSTER = 1  # the citizen's phone at a poster
    GATE = 2  # a guard or a gate device at the time
    STAFF = 3  # entered by hand by venue staff
    UPLOAD = 4  # the citizen's phone, sent late
    IMPORT = 5  # taken over from another system
    BUTTON = 6  # the citizen pressed «check out»
    CLOSING = 7  # «check out everyone» of a venue
    TIMER = 8  # an end no human saw
    EXIT = 9  # the citizen's phone at an exit's poster


# Said for many people at once or by a clock: nobody saw this one leave.
UNSEEN = frozenset({Source.CLOSING, Source.TIMER})


class Flag(IntFlag):
    RED = 1  # stood red when scanned by themselves: they were there, and the desk is told
    IMPLAUSIBLE = 2  # outside opening hours, or by the bare code where a screen shows another


class Late(IntEnum):
    """How long after its own time a scan arrived: a class, because a receipt time would link
    people to places."""

    MINUTES_10 = 0
    HOUR = 1
    HOURS_6 = 2
    HOURS_24 = 3
    HOURS_72 = 4
    IMPORTED = 5


class Colour(IntEnum):
    GREEN = 1
    AMBER = 2
    RED = 3


class Sex(IntEnum):
    MALE = 1
    FEMALE = 2


Key: TypeAlias = tuple[UUID, datetime, int]  # subject, at, venue: a scan's natural key


# Standing, Pending and Stored are made for every scan: a tuple in less than half of a frozen
# dataclass's time.
class Standing(NamedTuple):
    """What the door may know; the worse of the own verdict and the authority's hold counts while
    it lasts."""

    own: Colour | None = None
    own_until: datetime | None = None
    hold: Colour | None = None
    hold_until: datetime | None = None


class Pending(NamedTuple):
    """A scan on its way into the ledger, as STORE_SCANS takes it. `person_id` and `generation` are
    checked, never stored with it."""

    person_id: int
    generation: int
    subject: UUID
    at: datetime
    venue_id: int
    zone_id: int | None
    checkpoint_id: int | None
    way: Way
    party: int
    late: Late
    source: Source
    flags: int
    demanding: bool = False  # refused without a valid declaration

    @property
    def key(self) -> Key:
        return self.subject, self.at, self.venue_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What stands under a key already."""

    way: Way
    party: int
    zone_id: int | None
    checkpoint_id: int | None


class Stored(NamedTuple):
    """The row that stands under a scan's key, and what the same statement said of the person."""

    scan: Pending | Kept
    created: bool
    revoked: bool
    standing: Standing
    undeclared: bool = False  # and therefore not stored
    elsewhere: bool = False  # the row stands at another checkpoint of the venue than was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Doorway:
    """What a code leads to, as the scan needs it. `code` is the text that was scanned: on a screen
    its step stands behind the code of the poster."""

    code: str
    venue_id: int
    zone_id: int | None
    checkpoint_id: int
    direction: str
    venue: str
    checkpoint: str
    zone: str | None
    area: str
    address: str
    demands_declaration: bool
    valid_from: datetime
    valid_to: datetime | None
    closed_at: datetime | None
    opening: str
    presence_since: datetime | None
    screens: tuple[Screen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    kind: int
    hmac: bytes
    verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    id: int
    sealed: bytes
    key_id: int
    birth_year: int | None
    sex: Sex | None
    area: str
    guardian_id: int | None
    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A person as stored: still sealed."""

    id: int
    sealed: bytes
    key_id: int
    birth_year: int | None
    sex: Sex | None
    area: str
    generation: int
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDeclaration:
    id: int
    person_id: int
    sealed: bytes
    key_id: int
    verdict: Colour
    policy: str
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One stored scan as its own person may read it."""

    at: datetime
    venue_id: int
    venue: str
    zone: str | None
    way: Way
    party: int
    source: Source
    code: str | None = None  # of the door, for the button that checks out


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A stay as its own person sees it; an end that was not scanned is None, never both."""

    venue: str
    zone: str | None
    arrived_at: datetime | None
    left_at: datetime | None
    party: int
    code: str | None = None


class UnknownCode(NotFound):
    """This code belongs to no venue; check the letters, or ask the staff."""


class CodeRevoked(Gone):
    """This code was replaced; scan the new poster or ask the staff."""


class CheckpointClosed(Gone):
    """This checkpoint was closed; use another entrance."""


class ClockWrong(Unprocessable):
    """The time of this scan is too far from ours; set the phone's clock and scan again."""


class WrongDirection(Conflict):
    """This code is for the other way; use the poster of the entrance or of the exit."""


class DeclarationNeeded(Conflict):
    """This venue asks for a health declaration that is still valid."""


class DeclarationUnconfirmed(Unprocessable):
    """Confirm that what you declare is true and complete."""


class LeftOnWrong(Unprocessable):
    """The day you left an epidemic area cannot be in the future."""


class DayMissing(Unavailable):
    """The service has no key for that day; its operator has been told."""


class PhoneNumberWrong(Unprocessable):
    """This is not a phone number; write it like 0912 345 678 or +84 912 345 678."""
