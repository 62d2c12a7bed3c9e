"""What may be said of a venue, and who may say it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, replace

from accounts import areas
from accounts.model import Scope
from venues.intake import ADDRESS_LIMIT, TEXT_LIMIT
from venues.intake_text import compared, folded
from venues.intake_values import CAPACITY_LIMIT, phone
from venues.model import Mistake, NewVenue, Venue, VenueFacts, WordsMissing

OPENING = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
LONGEST_STAY = 720  # minutes
LARGEST = 10_000_000  # m²
LIMITS = {"name": TEXT_LIMIT, "address": ADDRESS_LIMIT, "contact_name": TEXT_LIMIT}
RANGES = {
    "latitude": (-90, 90),
    "longitude": (-180, 180),
    "typical_stay": (1, LONGEST_STAY),
    "area_m2": (1, LARGEST),
    "capacity": (1, CAPACITY_LIMIT),
}


def facts_of(venue: Venue) -> VenueFacts:
    return VenueFacts(**{field.name: getattr(venue, field.name) for field in fields(VenueFacts)})


def one_line(text: str) -> str:
    """Composed letters, single spaces, nothing that cannot be stored or seen on a poster."""
    seen = (c for c in " ".join(text.split()) if unicodedata.category(c) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", "".join(seen)).strip()


def said(text: str) -> str:
    """What was typed into the form of a page. WordsMissing for nothing."""
    if found := text.strip():
        return found
    raise WordsMissing


def settled(facts: VenueFacts) -> VenueFacts:
    """As it is stored: texts on one line, an international phone number."""
    return replace(
        facts,
        name=one_line(facts.name),
        address=one_line(facts.address),
        contact_name=one_line(facts.contact_name),
        contact_phone=phone(facts.contact_phone) or one_line(facts.contact_phone),
    )


def mistakes(facts: VenueFacts) -> dict[str, Mistake]:
    """By field; none when the venue can be stored."""
    return dict(_mistakes(facts))


def _mistakes(facts: VenueFacts) -> Iterator[tuple[str, Mistake]]:
    for field, limit in LIMITS.items():
        text = getattr(facts, field)
        if len(text) > limit:
            yield field, Mistake.TOO_LONG
        if not text and field != "contact_name":
            yield field, Mistake.MISSING
    if facts.area and not _is_ward(facts.area):
        yield "area", Mistake.WARD_UNKNOWN
    if facts.opening and not OPENING.fullmatch(facts.opening):
        yield "opening", Mistake.HOURS_UNREADABLE
    if facts.contact_phone and phone(facts.contact_phone) is None:
        yield "contact_phone", Mistake.PHONE_UNREADABLE
    if (facts.latitude is None) != (facts.longitude is None):
        yield "latitude", Mistake.COORDINATES_HALF
    for field, (least, most) in RANGES.items():
        value = getattr(facts, field)
        if value is not None and not least <= value <= most:
            yield field, Mistake.OUT_OF_RANGE


def _is_ward(path: str) -> bool:
    try:
        return areas.area(path).kind is areas.AreaKind.WARD
    except areas.UnknownArea:
        return False


def is_in_areas(scope: Scope, area: str) -> bool:
    return area.startswith(tuple(scope.areas))


def new_venue(facts: VenueFacts, organisation_id: int, organisation: str) -> NewVenue:
    return NewVenue(
        **{field.name: getattr(facts, field.name) for field in fields(VenueFacts)},
        organisation_id=organisation_id,
        natural_key=natural_key(facts.name, facts.address),
        search=search_text(facts, organisation),
    )


def natural_key(name: str, address: str) -> str:
    """Equal for one venue of an organisation however it is typed."""
    return f"{compared(name)}\n{compared(address)}"


def search_text(facts: VenueFacts, organisation: str) -> str:
    return " ".join(folded(text) for text in (facts.name, facts.address, organisation))
