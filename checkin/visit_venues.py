"""The venues of a file of past visits: read before it, and made on demand."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from checkin import queries_import
from checkin.partitions import Owner
from checkin.visit_place import Place, Places, Spot
from checkin.visit_rows import ImportRefused
from venues import queries, queries_doors, register, rules
from venues.intake_text import compared
from venues.model import VenueFacts, VenueKind


async def read_places(db: Owner, *, grows: bool) -> Places:
    by_name = defaultdict(list)
    for venue_id, name in await queries_import.venues(db):
        by_name[compared(name)].append(venue_id)
    return Places(
        by_code={code: Place(*at) for code, at in (await queries_import.codes(db)).items()},
        by_name=dict(by_name),
        zones={(venue, compared(name)): id_ for venue, id_, name in await queries_import.zones(db)},
        grows=grows,
    )


async def make_place(
    db: Owner, places: Places, spot: Spot, owner: str, now: datetime
) -> tuple[Place, int]:
    """(where it is, venues made for it). `owner`: the organisation whose they become."""
    place, made = places.venue(spot.venue), 0
    if place is None:
        venue_id, made = await _make_venue(db, spot.venue, owner, now)
        place = Place(venue_id, None)
        places.by_name[compared(spot.venue)] = [venue_id]
    if not spot.zone:
        return place, made
    key = (place.venue_id, compared(spot.zone))
    if key not in places.zones:
        added = await queries_doors.add_zone(db, place.venue_id, spot.zone)
        if added is None:
            raise ImportRefused(f"somebody just made the zone «{spot.zone}»; run it again")
        places.zones[key] = added.id
    return Place(place.venue_id, places.zones[key]), made


async def _make_venue(db: Owner, name: str, owner: str, now: datetime) -> tuple[int, int]:
    """(id, 1 if it was made). One that was renamed since it was made is found by its key."""
    owner_id = (await queries.add_organisations(db, [owner], now))[owner]
    facts = VenueFacts(name=name, kind=VenueKind.OTHER, address="")
    venue = rules.new_venue(facts, owner_id, owner)
    if made := await register.add(db, [venue], None, now):
        return made[0], 1
    return await queries.venue_by_key(db, owner_id, venue.natural_key), 0
