"""Where a row of past visits was: venues and zones by code or name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from checkin.visit_rows import Column, Reason, RowRefused, Where
from venues.code import BadCode, parse_code
from venues.intake_text import compared, tidy


class Place(NamedTuple):
    venue_id: int
    zone_id: int | None


class Spot(NamedTuple):
    """A place as a file writes it; `place` is None where its venue or zone is still to be made."""

    venue: str
    zone: str
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """All venues at the beginning of an import, and those it made. `grows`: unknown ones are no
    fault, because they will be made."""

    by_code: dict[str, Place]
    by_name: dict[str, list[int]]
    zones: dict[tuple[int, str], int]
    grows: bool

    def venue(self, text: str) -> Place | None:
        """By the text of its code, or by its name as people compare names."""
        try:
            return self.by_code[parse_code(text)]
        except (BadCode, KeyError):
            named = self.by_name.get(compared(text), [])
        if len(named) > 1:
            raise RowRefused(Column.VENUE, Reason.VENUE_AMBIGUOUS)
        return Place(named[0], None) if named else None

    def spot(self, where: Where) -> Spot:
        """Raises RowRefused where it is unknown and nothing may be made."""
        name, zone = map(tidy, where)
        if not name:
            raise RowRefused(Column.VENUE, Reason.VENUE_MISSING)
        place = self.venue(name)
        if place is None and not self.grows:
            raise RowRefused(Column.VENUE, Reason.VENUE_UNKNOWN)
        if place and zone:
            zone_id = self.zones.get((place.venue_id, compared(zone)))
            if zone_id is None and not self.grows:
                raise RowRefused(Column.ZONE, Reason.ZONE_UNKNOWN)
            place = None if zone_id is None else Place(place.venue_id, zone_id)
        return Spot(name, zone, place)
