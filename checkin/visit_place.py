"""Where a row of past visits was: venues and zones by code or name, made on demand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from checkin import queries_import
from checkin.partitions import Owner
from checkin.visit_rows import Column, Reason, RowRefused, Where
from checkin.visit_scans import Place
from venues import queries, queries_doors, register, rules
from venues.code import BadCode, parse_code
from venues.intake_text import compared, tidy
from venues.model import VenueFacts, VenueKind


@dataclass(slots=True, kw_only=True)
class Places:
    """All venues at the beginning of an import, and those it made."""

    by_code: dict[str, tuple[int, int | None]]
    by_name: dict[str, list[int]]
    zones: dict[tuple[int, str], int]
    found: dict[Where, Place | RowRefused] = field(default_factory=dict)
    made: int = 0

    def venue(self, text: str) -> Place | None:
        """By the text of its code, or by its name as people compare names."""
        try:
            venue_id, zone_id = self.by_code[parse_code(text)]
        except (BadCode, KeyError):
            pass
        else:
            return Place(venue_id, zone_id)
        named = self.by_name.get(compared(text), [])
        if len(named) > 1:
            raise RowRefused(Column.VENUE, Reason.VENUE_AMBIGUOUS)
        return Place(named[0], None) if named else None


async def read_places(db: Owner) -> Places:
    by_name = defaultdict(list)
    for venue_id, name in await queries_import.venues(db):
        by_name[compared(name)].append(venue_id)
    zones = {(venue, compared(name)): id_ for venue, id_, name in await queries_import.zones(db)}
    return Places(by_code=await queries_import.codes(db), by_name=dict(by_name), zones=zones)


async def find_place(
    db: Owner, places: Places, where: Where, owner: str | None, now: datetime
) -> Place | RowRefused:
    """`owner`: the organisation whose venues the unknown ones become; None makes none. The answer
    is remembered."""
    found = places.found.get(where)
    if found is None:
        try:
            found = await _find(db, places, where, owner, now)
        except RowRefused as refused:
            found = refused
        places.found[where] = found
    return found


async def _find(db: Owner, places: Places, where: Where, owner: str | None, now: datetime) -> Place:
    name, zone = map(tidy, where)
    if not name:
        raise RowRefused(Column.VENUE, Reason.VENUE_MISSING)
    place = places.venue(name)
    if place is None:
        if owner is None:
            raise RowRefused(Column.VENUE, Reason.VENUE_UNKNOWN)
        venue_id, is_new = await _make_venue(db, name, owner, now)
        place = Place(venue_id, None)
        places.by_name[compared(name)] = [venue_id]
        places.made += is_new
    if not zone:
        return place
    key = (place.venue_id, compared(zone))
    if key not in places.zones:
        added = await queries_doors.add_zone(db, place.venue_id, zone) if owner else None
        if added is None:
            raise RowRefused(Column.ZONE, Reason.ZONE_UNKNOWN)
        places.zones[key] = added.id
    return Place(place.venue_id, places.zones[key])


async def _make_venue(db: Owner, name: str, owner: str, now: datetime) -> tuple[int, bool]:
    """(id, made). One that was renamed since it was made is found by its key."""
    owner_id = (await queries.add_organisations(db, [owner], now))[owner]
    facts = VenueFacts(name=name, kind=VenueKind.OTHER, address="")
    venue = rules.new_venue(facts, owner_id, owner)
    if made := await register.add(db, [venue], None, now):
        return made[0], True
    return await queries.venue_by_key(db, owner_id, venue.natural_key), False
