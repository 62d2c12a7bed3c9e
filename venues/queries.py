"""SQL of venues: one constant, one typed function, one round trip. Their doors: queries_doors.py.

A statement on behalf of staff begins with the three arrays of their scope: what is not theirs is
not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import asyncpg

from accounts.model import Scope
from kit.db import Connection
from venues.model import KindFacts, NewVenue, Venue, VenueFacts, VenueKind, VenueLine

IN_SCOPE = """(v.organisation_id = ANY($1::integer[]) OR v.id = ANY($2::integer[])
    OR EXISTS (SELECT FROM unnest($3::text[]) a WHERE starts_with(v.area, a)))"""

FACTS = """v.name, v.kind, v.address, v.area, v.latitude, v.longitude, v.opening, v.indoor,
    v.masks_off, v.small, v.typical_stay, v.area_m2, v.capacity, v.listed, v.demands_declaration,
    v.contact_name, v.contact_phone"""


def arrays(scope: Scope) -> tuple[list[int], list[int], list[str]]:
    return scope.organisations, scope.venues, scope.areas


KINDS = "SELECT kind, typical_stay, masks_off, indoor, small FROM venue_kind ORDER BY kind"


async def kinds(db: Connection) -> dict[VenueKind, KindFacts]:
    rows = [KindFacts(**row) for row in await db.fetch(KINDS)]
    return {VenueKind(row.kind): row for row in rows}


# Sorted, or two imports of the same organisations in opposite order would deadlock.
ADD_ORGANISATIONS = """
INSERT INTO organisation (name, created_at)
SELECT name, $2 FROM unnest($1::text[]) AS name ORDER BY name
ON CONFLICT DO NOTHING
"""
ORGANISATIONS = "SELECT name, id FROM organisation WHERE name = ANY($1::text[])"


async def add_organisations(db: Connection, names: Sequence[str], now: datetime) -> dict[str, int]:
    """The ids of all, those that were there too. A statement of its own reads them: it sees what
    another worker committed meanwhile."""
    await db.execute(ADD_ORGANISATIONS, names, now)
    return {row["name"]: row["id"] for row in await db.fetch(ORGANISATIONS, names)}


ORGANISATION_NAMES = """
SELECT id, name FROM organisation WHERE id = ANY($1::integer[])
ORDER BY vietnamese_order(name) COLLATE "C"
"""


async def organisation_names(db: Connection, ids: Sequence[int]) -> dict[int, str]:
    return {row["id"]: row["name"] for row in await db.fetch(ORGANISATION_NAMES, ids)}


ADD_VENUES = """
INSERT INTO venue (name, kind, address, area, latitude, longitude, opening, indoor, masks_off,
    small, typical_stay, area_m2, capacity, listed, demands_declaration, contact_name,
    contact_phone, organisation_id, natural_key, search, created_at)
SELECT g.*, $21
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[],
    $7::text[], $8::boolean[], $9::boolean[], $10::boolean[], $11::smallint[], $12::integer[],
    $13::integer[], $14::boolean[], $15::boolean[], $16::text[], $17::text[], $18::integer[],
    $19::text[], $20::text[])
    AS g (name, kind, address, area, latitude, longitude, opening, indoor, masks_off, small,
        typical_stay, area_m2, capacity, listed, demands_declaration, contact_name, contact_phone,
        organisation_id, natural_key, search)
ORDER BY g.organisation_id, g.natural_key
ON CONFLICT (organisation_id, natural_key) DO NOTHING
RETURNING id
"""


async def add_venues(db: Connection, venues: Sequence[NewVenue], now: datetime) -> list[int]:
    """The ids of those that were not there yet, in no order."""
    columns = [[getattr(v, field.name) for v in venues] for field in fields(NewVenue)]
    return [row["id"] for row in await db.fetch(ADD_VENUES, *columns, now)]


VENUE_BY_KEY = "SELECT id FROM venue WHERE organisation_id = $1 AND natural_key = $2"


async def venue_by_key(db: Connection, organisation_id: int, natural_key: str) -> int:
    found: int = await db.fetchval(VENUE_BY_KEY, organisation_id, natural_key)
    return found


VENUE = f"""
SELECT v.id, v.organisation_id, o.name AS organisation, {FACTS}, v.created_at, v.closed_at
FROM venue v JOIN organisation o ON o.id = v.organisation_id
WHERE {IN_SCOPE} AND v.id = $4
"""


async def venue(db: Connection, scope: Scope, venue_id: int) -> Venue | None:
    row = await db.fetchrow(VENUE, *arrays(scope), venue_id)
    return None if row is None else Venue(**_facts(row))


# FOR UPDATE, so that of two edits at once the second builds on the first.
LOCKED_VENUE = f"{VENUE} FOR UPDATE OF v"


async def locked_venue(db: Connection, scope: Scope, venue_id: int) -> Venue | None:
    row = await db.fetchrow(LOCKED_VENUE, *arrays(scope), venue_id)
    return None if row is None else Venue(**_facts(row))


def _facts(row: asyncpg.Record) -> dict[str, Any]:
    return dict(row) | {"kind": VenueKind(row["kind"])}


# The natural key stays as registered: a list imported again still finds a venue whose name was
# corrected here.
CHANGE_VENUE = """
UPDATE venue SET name = $2, kind = $3, address = $4, area = $5, latitude = $6, longitude = $7,
    opening = $8, indoor = $9, masks_off = $10, small = $11, typical_stay = $12, area_m2 = $13,
    capacity = $14, listed = $15, demands_declaration = $16, contact_name = $17,
    contact_phone = $18, search = $19
WHERE id = $1
"""


async def change_venue(db: Connection, venue_id: int, facts: VenueFacts, search: str) -> None:
    """Of a venue that the caller locked in its scope."""
    values = [getattr(facts, field.name) for field in fields(VenueFacts)]
    await db.execute(CHANGE_VENUE, venue_id, *values, search)


SHOW_CROWD = "UPDATE venue SET crowd_shown = $2 WHERE id = $1 AND crowd_shown <> $2 RETURNING id"


async def show_crowd(db: Connection, venue_id: int, shown: bool) -> bool:
    """Whether that changed anything; of a venue that the caller locked in its scope."""
    return await db.fetchval(SHOW_CROWD, venue_id, shown) is not None


VENUES = f"""
SELECT v.id, o.name AS organisation, v.name, v.kind, v.address, v.area,
    (SELECT count(*) FROM checkpoint p WHERE p.venue_id = v.id AND p.closed_at IS NULL)
        AS checkpoints
FROM venue v JOIN organisation o ON o.id = v.organisation_id
WHERE {IN_SCOPE} AND v.closed_at IS NULL AND v.search LIKE ALL ($4::text[])
    AND (vietnamese_order(v.name) COLLATE "C", v.id) > (vietnamese_order($5::text), $6)
ORDER BY vietnamese_order(v.name) COLLATE "C", v.id
LIMIT $7
"""


async def venues(
    db: Connection, scope: Scope, words: Sequence[str], after: tuple[str, int], limit: int
) -> list[VenueLine]:
    """By name, from the one behind `after`; each of `words` (folded) stands in name, address or
    organisation."""
    patterns = [f"%{word}%" for word in words]
    rows = await db.fetch(VENUES, *arrays(scope), patterns, *after, limit)
    return [VenueLine(**_facts(row)) for row in rows]


COUNT_VENUES = f"""
SELECT count(*) FROM venue v
WHERE {IN_SCOPE} AND v.closed_at IS NULL AND v.search LIKE ALL ($4::text[])
"""


async def count_venues(db: Connection, scope: Scope, words: Sequence[str]) -> int:
    patterns = [f"%{word}%" for word in words]
    found: int = await db.fetchval(COUNT_VENUES, *arrays(scope), patterns)
    return found
