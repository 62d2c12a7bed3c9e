"""Venues, zones, checkpoints and codes, and what can be wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.errors import Conflict, Forbidden, Unprocessable


class Direction(StrEnum):
    """What a scan at a checkpoint does; `both` leaves the choice to the person."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


class VenueKind(StrEnum):
    """The taxonomy; typical stay, masks off and indoor of each stand in the table `venue_kind`."""

    MARKET = "market"
    SUPERMARKET = "supermarket"
    CONVENIENCE = "convenience"
    RESTAURANT = "restaurant"
    CAFE = "cafe"
    BAR = "bar"
    KARAOKE = "karaoke"
    OFFICE = "office"
    FACTORY = "factory"
    SCHOOL = "school"
    HOSPITAL = "hospital"
    CLINIC = "clinic"
    PHARMACY = "pharmacy"
    BANK = "bank"
    GOVERNMENT = "government"
    WORSHIP = "worship"
    GYM = "gym"
    CINEMA = "cinema"
    HOTEL = "hotel"
    TRANSPORT_HUB = "transport_hub"
    SALON = "salon"
    PARK = "park"
    RESIDENCE = "residence"
    EVENT = "event"
    OTHER = "other"


class Mistake(StrEnum):
    """What is wrong with one field of a venue."""

    MISSING = "missing"
    TOO_LONG = "too-long"
    NOT_A_NUMBER = "not-a-number"
    OUT_OF_RANGE = "out-of-range"
    UNKNOWN_KIND = "unknown-kind"
    WARD_UNKNOWN = "ward-unknown"
    WARD_UNCLEAR = "ward-unclear"
    HOURS_UNREADABLE = "hours-unreadable"
    PHONE_UNREADABLE = "phone-unreadable"
    COORDINATES_HALF = "coordinates-half"
    TAKEN = "taken"
    NOT_YOURS = "not-yours"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueFacts:
    """What people say of a venue. `area` is the path of its ward, `opening` '08:00-22:00' (the end
    may be on the next day), both '' when not known; None means as its kind."""

    name: str
    kind: VenueKind
    address: str
    area: str = ""
    latitude: float | None = None
    longitude: float | None = None
    opening: str = ""
    indoor: bool | None = None
    masks_off: bool | None = None
    small: bool | None = None
    typical_stay: int | None = None  # minutes
    area_m2: int | None = None
    capacity: int | None = None
    listed: bool = False
    demands_declaration: bool = False
    contact_name: str = ""
    contact_phone: str = ""  # E.164


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVenue(VenueFacts):
    organisation_id: int
    natural_key: str
    search: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue(VenueFacts):
    id: int
    organisation_id: int
    organisation: str
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueLine:
    """A venue on a list."""

    id: int
    organisation: str
    name: str
    kind: VenueKind
    address: str
    area: str
    checkpoints: int  # open ones


@dataclass(frozen=True, slots=True, kw_only=True)
class KindFacts:
    """What holds for a kind's venues that say nothing else."""

    kind: VenueKind
    typical_stay: int  # minutes
    masks_off: bool
    indoor: bool
    small: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    code: str
    valid_from: datetime
    valid_to: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Its codes stand newest first; the first one is on today's poster."""

    id: int
    name: str
    direction: Direction
    zone_id: int | None
    zone: str | None
    created_at: datetime
    closed_at: datetime | None
    codes: tuple[Code, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """A screen at a door, as its keepers see it."""

    id: int
    paired_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """A screen as scans are judged by it: what it showed counts in [since, until)."""

    id: int
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What stands on a screen, but for the step."""

    display_id: int
    checkpoint_id: int
    checkpoint: str
    direction: str
    zone: str | None
    venue: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenDoor:
    """A door as its screens are set up."""

    id: int
    venue_id: int
    name: str
    venue: str
    closed_at: datetime | None
    presence_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """`created` is false where the organisation had a venue of this name and address already."""

    venue_id: int
    created: bool


class VenueWrong(Unprocessable):
    """The venue cannot be as described; `fields` says of each wrong field what is wrong with it."""

    def __init__(self, fields: Mapping[str, Mistake]) -> None:
        super().__init__(fields=fields)
        self.fields = fields


class VenueExists(Conflict):
    """The organisation has a venue of this name and address already; `venue` is its number."""


class MayNotRegister(Forbidden):
    """This account may not register a venue for that organisation, or have it in that ward."""


class OrganisationUnclear(Unprocessable):
    """This account acts for several organisations, or for none; name one."""


class NameTaken(Conflict):
    """This venue has one of that name already."""


class WordsMissing(Unprocessable):
    """A name or a reason is needed, in words that can be seen."""


class ZoneUnknown(Unprocessable):
    """This venue has no such zone."""


class DoorClosed(Conflict):
    """This checkpoint is closed for good; make a new one."""
