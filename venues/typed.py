"""A venue as somebody types it into a form: every field a text, whatever it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from accounts import areas
from venues import rules
from venues.intake_row import Reason, RowRefused
from venues.intake_values import coordinates
from venues.model import Mistake, Venue, VenueFacts, VenueKind

CHOICES = {"": None, "yes": True, "no": False}
SHOWN = {value: text for text, value in CHOICES.items()}
CANDIDATES = 20
NUMBERS = ("typical_stay", "area_m2", "capacity")
POSITION_MISTAKES = {
    Reason.COORDINATE_MISSING: Mistake.COORDINATES_HALF,
    Reason.COORDINATE_UNREADABLE: Mistake.COORDINATES_HALF,
}


class TypedVenue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`area` is the path chosen for the text `ward_asked`; when `ward` says something else by now,
    the choice no longer counts."""

    name: str = ""
    organisation: str = ""
    kind: str = ""
    address: str = ""
    ward: str = ""
    area: str = ""
    ward_asked: str = ""
    position: str = ""
    opens: str = ""
    closes: str = ""
    indoor: str = ""
    masks_off: str = ""
    small: str = ""
    typical_stay: str = ""
    area_m2: str = ""
    capacity: str = ""
    listed: str = ""
    demands_declaration: str = ""
    contact_name: str = ""
    contact_phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """`wards` are those that an unclear ward may mean."""

    facts: VenueFacts
    mistakes: dict[str, Mistake]
    wards: list[areas.Area]


def understand(typed: TypedVenue) -> Understood:
    read = {
        "area": _ward(typed),
        "kind": _kind(typed.kind),
        "position": _position(typed.position),
        **{name: _number(getattr(typed, name)) for name in NUMBERS},
    }
    mistakes = {name: found for name, found in read.items() if isinstance(found, Mistake)}
    facts = _facts(typed, {name: None if name in mistakes else read[name] for name in read})
    unclear = mistakes.get("area") is Mistake.WARD_UNCLEAR
    return Understood(
        facts=facts,
        mistakes=rules.mistakes(rules.settled(facts)) | mistakes,
        wards=_wards(typed.ward) if unclear else [],
    )


def _facts(typed: TypedVenue, read: Mapping[str, Any]) -> VenueFacts:
    """`read`: the fields that had to be understood, None where that failed."""
    latitude, longitude = read["position"] or (None, None)
    return VenueFacts(
        name=typed.name,
        kind=read["kind"] or VenueKind.OTHER,
        address=typed.address,
        area=read["area"] or "",
        latitude=latitude,
        longitude=longitude,
        opening=f"{typed.opens}-{typed.closes}" if typed.opens or typed.closes else "",
        indoor=CHOICES.get(typed.indoor),
        masks_off=CHOICES.get(typed.masks_off),
        small=CHOICES.get(typed.small),
        **{name: read[name] for name in NUMBERS},
        listed=bool(typed.listed),
        demands_declaration=bool(typed.demands_declaration),
        contact_name=typed.contact_name,
        contact_phone=typed.contact_phone,
    )


def _kind(text: str) -> VenueKind | Mistake:
    if not text:
        return Mistake.MISSING
    return VenueKind(text) if text in list(VenueKind) else Mistake.UNKNOWN_KIND


def _number(text: str) -> int | Mistake | None:
    if not text.strip():
        return None
    digits = text.strip()
    if not digits.isascii() or not digits.removeprefix("-").isdigit():
        return Mistake.NOT_A_NUMBER
    return Mistake.OUT_OF_RANGE if digits.startswith("-") else int(digits)


def _position(text: str) -> tuple[float | None, float | None] | Mistake:
    """Of «10.0361, 105.7800» as maps show it, and of «10,0361 105,7800»."""
    parts = text.replace(";", " ").split()
    if len(parts) == 1:
        parts = text.split(",")
    if not parts:
        return None, None
    if len(parts) != 2:
        return Mistake.COORDINATES_HALF
    latitude, longitude = (part.strip(" ,()") for part in parts)
    try:
        return coordinates(latitude, longitude) or (None, None)
    except RowRefused as refused:
        return POSITION_MISTAKES.get(refused.reason, Mistake.OUT_OF_RANGE)


def _ward(typed: TypedVenue) -> str | Mistake:
    if typed.area and typed.ward == typed.ward_asked:
        return typed.area
    if not rules.one_line(typed.ward):
        return ""
    found = areas.find_ward(typed.ward)
    if found is not None:
        return found.path
    return Mistake.WARD_UNCLEAR if _wards(typed.ward) else Mistake.WARD_UNKNOWN


def _wards(text: str) -> list[areas.Area]:
    """Those that an unclear text may mean."""
    named = areas.search(text, 10 * CANDIDATES)
    return [one for one in named if one.kind is areas.AreaKind.WARD][:CANDIDATES]


def typed_of(venue: Venue) -> TypedVenue:
    """What the form shows of a venue that is there already."""
    opens, _, closes = venue.opening.partition("-")
    ward = areas.area_name(venue.area)
    known = venue.latitude is not None
    return TypedVenue(
        name=venue.name,
        organisation=venue.organisation,
        kind=venue.kind,
        address=venue.address,
        ward=ward,
        area=venue.area,
        ward_asked=ward,
        position=f"{venue.latitude}, {venue.longitude}" if known else "",
        opens=opens,
        closes=closes,
        indoor=SHOWN[venue.indoor],
        masks_off=SHOWN[venue.masks_off],
        small=SHOWN[venue.small],
        **{name: _shown(getattr(venue, name)) for name in NUMBERS},
        listed="1" if venue.listed else "",
        demands_declaration="1" if venue.demands_declaration else "",
        contact_name=venue.contact_name,
        contact_phone=venue.contact_phone,
    )


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)
