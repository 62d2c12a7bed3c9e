"""All SQL of the import of past visits, run by the owner role.

Rows wait in temporary tables, which no log, dump or backup ever holds, and are stored sorted by
random ids: in the order of the file, neighbours on disk would link a person's days.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from checkin.vault import IdentifierKind
from kit.db import Connection

LOCK = 0x696D706F  # «impo»: one import at a time, so that a person is made once

STAGING = """
CREATE TEMPORARY TABLE IF NOT EXISTS import_person (id bigint, sealed bytea, key_id smallint)
    ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS import_identifier
    (kind smallint, hmac bytea, person_id bigint, verified boolean) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS import_visit (
    subject uuid, at timestamptz(3), venue_id integer, zone_id integer,
    left_subject uuid, left_at timestamptz(3)
) ON COMMIT DELETE ROWS;
"""
SORT_MEMORY = "SET LOCAL work_mem = '128MB'"

TRY_LOCK = "SELECT pg_try_advisory_xact_lock($1)"


async def open_staging(db: Connection) -> bool:
    """For the transaction that `db` is in; False while another import is under way."""
    if not await db.fetchval(TRY_LOCK, LOCK):
        return False
    await db.execute(STAGING)
    await db.execute(SORT_MEMORY)
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueName:
    id: int
    name: str


VENUES = "SELECT id, name FROM venue"
CODES = """
SELECT c.code, p.venue_id, p.zone_id FROM code c JOIN checkpoint p ON p.id = c.checkpoint_id
"""
ZONES = "SELECT venue_id, id, name FROM zone"


async def venues(db: Connection) -> list[VenueName]:
    """Closed ones too: these visits are of the past."""
    return [VenueName(id=row["id"], name=row["name"]) for row in await db.fetch(VENUES)]


async def codes(db: Connection) -> dict[str, tuple[int, int | None]]:
    """{code: (venue, zone)}, replaced codes too."""
    return {row["code"]: (row["venue_id"], row["zone_id"]) for row in await db.fetch(CODES)}


async def zones(db: Connection) -> list[tuple[int, int, str]]:
    """(venue, zone, name)."""
    return [(row["venue_id"], row["id"], row["name"]) for row in await db.fetch(ZONES)]


IMPORTED_PEOPLE = """
SELECT hmac, person_id FROM identifier WHERE kind = $1 AND verified AND hmac = ANY($2::bytea[])
"""


async def imported_people(db: Connection, identities: Sequence[bytes]) -> dict[bytes, int]:
    rows = await db.fetch(IMPORTED_PEOPLE, IdentifierKind.IMPORTED, identities)
    return {row["hmac"]: row["person_id"] for row in rows}


async def stage_people(
    db: Connection,
    people: Iterable[tuple[int, bytes, int]],
    identifiers: Iterable[tuple[int, bytes, int, bool]],
) -> None:
    """(id, sealed, key id); (kind, hmac, person id, verified)."""
    await db.copy_records_to_table("import_person", records=people)
    await db.copy_records_to_table("import_identifier", records=identifiers)


# subject, at, venue, zone, subject of the day of leaving, left at
StagedVisit = tuple[UUID, datetime, int, int | None, UUID | None, datetime | None]


async def stage_visits(db: Connection, visits: Iterable[StagedVisit]) -> None:
    await db.copy_records_to_table("import_visit", records=visits)


STORE_PEOPLE = """
INSERT INTO person (id, sealed, key_id, created)
SELECT id, sealed, key_id, date_trunc('hour', $1::timestamptz, 'UTC') FROM import_person
ORDER BY id
"""
STORE_IDENTIFIERS = """
INSERT INTO identifier (kind, hmac, person_id, verified)
SELECT kind, hmac, person_id, verified FROM import_identifier ORDER BY kind, hmac
"""


async def store_people(db: Connection, now: datetime) -> None:
    await db.execute(STORE_PEOPLE, now)
    await db.execute(STORE_IDENTIFIERS)


# Counted by RETURNING: on a cluster the row count is wrong where rows were there already.
STORE_ARRIVALS = """
WITH stored AS (
    INSERT INTO scan (subject, at, venue_id, zone_id, way, party, late, source, flags)
    SELECT subject, at, venue_id, zone_id, 1, 0, 5, 5, 0 FROM import_visit
    ORDER BY subject, at, venue_id
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM stored
"""
STORE_DEPARTURES = """
WITH stored AS (
    INSERT INTO scan (subject, at, venue_id, zone_id, way, party, late, source, flags)
    SELECT left_subject, left_at, venue_id, zone_id, 2, 0, 5, 5, 0 FROM import_visit
    WHERE left_at IS NOT NULL
    ORDER BY left_subject, left_at, venue_id
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM stored
"""


# The departures that found an arrival under their key: the end is kept beside their own arrival.
STORE_SHARED_ENDS = """
INSERT INTO amendment (subject, at, venue_id, seq, void, left_at, by_staff, reason)
SELECT DISTINCT ON (v.subject, v.at, v.venue_id)
    v.subject, v.at, v.venue_id, 0, false, v.left_at, NULL, 'import'
FROM import_visit v
JOIN scan s ON (s.subject, s.at, s.venue_id) = (v.left_subject, v.left_at, v.venue_id)
WHERE s.way = 1 AND s.at >= $1 AND s.at <= $2
ORDER BY v.subject, v.at, v.venue_id, v.left_at
ON CONFLICT DO NOTHING
"""
LOST_ARRIVALS = """
SELECT count(*)
FROM import_visit v JOIN scan s ON (s.subject, s.at, s.venue_id) = (v.subject, v.at, v.venue_id)
WHERE s.way <> 1 AND s.at >= $1 AND s.at <= $2
"""


STAGED = """
SELECT count(*), count(left_at) AS ends, min(at) AS first, max(coalesce(left_at, at)) AS last
FROM import_visit
"""


async def store_visits(db: Connection) -> tuple[int, int, int]:
    """Arrivals and departures that were not there yet; arrivals that had to give way to a departure
    of the same moment that an earlier file brought.

    Arrivals go first: where one visit ends as the next at the same venue begins, both have one key,
    and the arrival must stand.
    """
    arrivals, departures = await db.fetchval(STORE_ARRIVALS), await db.fetchval(STORE_DEPARTURES)
    [staged] = await db.fetch(STAGED)
    lost = 0
    if (arrivals, departures) != (staged["count"], staged["ends"]):
        await db.execute(STORE_SHARED_ENDS, staged["first"], staged["last"])
        lost = await db.fetchval(LOST_ARRIVALS, staged["first"], staged["last"])
    return arrivals, departures, lost
