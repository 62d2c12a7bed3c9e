"""SQL on the way of a scan: the code's doorway, a batch of the ledger, the row under a key."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from checkin.model import Doorway, Kept, Key, Pending, Stored, Way
from checkin.queries import standing_in
from kit.db import Connection
from venues.model import Screen

DOORWAYS = """
SELECT c.code, c.valid_from, c.valid_to,
    least(p.closed_at, v.closed_at) AS closed_at,
    v.id AS venue_id, p.zone_id, p.id AS checkpoint_id, p.direction, v.name AS venue,
    p.name AS checkpoint, z.name AS zone, v.area, v.address, v.demands_declaration,
    v.opening, p.presence_since,
    ARRAY(
        SELECT (d.id, d.paired_at, d.revoked_at) FROM display d WHERE d.checkpoint_id = p.id
        ORDER BY d.paired_at DESC LIMIT 20
    ) AS screens
FROM code c
JOIN checkpoint p ON p.id = c.checkpoint_id
JOIN venue v ON v.id = p.venue_id
LEFT JOIN zone z ON z.id = p.zone_id
WHERE c.code = ANY($1::text[])
"""


async def doorways(db: Connection, codes: Sequence[str]) -> dict[str, Doorway]:
    """By code, those that there are."""
    return {row["code"]: _doorway(row) for row in await db.fetch(DOORWAYS, codes)}


def _doorway(row: asyncpg.Record) -> Doorway:
    screens = tuple(Screen(id=i, since=since, until=until) for i, since, until in row["screens"])
    return Doorway(**dict(row) | {"screens": screens})


CHECKPOINT = """
SELECT p.name, p.zone_id, z.name AS zone
FROM checkpoint p LEFT JOIN zone z ON z.id = p.zone_id
WHERE p.id = $1
"""


async def checkpoint(db: Connection, checkpoint_id: int) -> tuple[str, int | None, str | None]:
    """Its name, its zone, and the zone's name."""
    row = await db.fetchrow(CHECKPOINT, checkpoint_id)
    assert row is not None  # noqa: S101  checkpoints are closed and never deleted
    return row["name"], row["zone_id"], row["zone"]


# One statement a batch: who may scan and how they stand is read in the same snapshot that writes
# the rows. `given` is sorted by the caller; a person whose token was revoked writes nothing, nor
# one who lacks the declaration that the venue demands.
STORE_SCANS = """
WITH given AS (
    SELECT g.*, s.own, s.own_until, s.hold, s.hold_until,
        coalesce(s.token_generation, 0) <> g.generation AS revoked,
        g.demanding AND NOT coalesce(s.own_until > g.at, false) AS undeclared
    FROM unnest($1::bigint[], $2::smallint[], $3::uuid[], $4::timestamptz[], $5::integer[],
        $6::integer[], $7::integer[], $8::smallint[], $9::smallint[], $10::smallint[],
        $11::smallint[], $12::smallint[], $13::boolean[])
        WITH ORDINALITY AS g (person_id, generation, subject, at, venue_id, zone_id, checkpoint_id,
            way, party, late, source, flags, demanding, n)
    LEFT JOIN standing s ON s.person_id = g.person_id
), stored AS (
    INSERT INTO scan
        (subject, at, venue_id, zone_id, checkpoint_id, way, party, late, source, flags)
    SELECT subject, at, venue_id, zone_id, checkpoint_id, way, party, late, source,
        flags | CASE WHEN way = 1 AND ((own = 3 AND own_until > at) OR (hold = 3 AND hold_until >
        at)) THEN 1 ELSE 0 END
    FROM given WHERE NOT revoked AND NOT undeclared ORDER BY n
    ON CONFLICT DO NOTHING
    RETURNING subject, at, venue_id
)
SELECT g.own, g.own_until, g.hold, g.hold_until, g.revoked, g.undeclared,
    stored.subject IS NOT NULL AS created
FROM given g LEFT JOIN stored ON (stored.subject, stored.at, stored.venue_id) = (g.subject, g.at,
g.venue_id)
ORDER BY g.n
"""

# A second statement on purpose: its snapshot sees a row that another worker committed meanwhile,
# which a UNION in the first one would miss. Only retries come here.
SCANS_BY_KEY = """
SELECT s.subject, s.at, s.venue_id, s.way, s.party, s.zone_id, s.checkpoint_id
FROM scan s JOIN unnest($1::uuid[], $2::timestamptz[], $3::integer[]) AS k (subject, at, venue_id)
    ON (s.subject, s.at, s.venue_id) = (k.subject, k.at, k.venue_id)
WHERE s.at >= $4 AND s.at <= $5
"""


async def store_scans(db: Connection, scans: Sequence[Pending]) -> list[Stored]:
    """One answer a scan, in order; of two equal keys in one batch the first is the one created."""
    rows = await db.fetch(STORE_SCANS, *zip(*scans, strict=True))
    keys = [scan.key for scan in scans]
    seen: set[Key] = set()
    created = []
    for key, row in zip(keys, rows, strict=True):
        created.append(row["created"] and key not in seen)
        seen.add(key)
    retried = [
        key
        for key, row, new in zip(keys, rows, created, strict=True)
        if not new and not row["revoked"]
    ]
    kept = await scans_by_key(db, retried) if retried else {}
    return [
        Stored(
            scan=scan if new else kept.get(key, scan),
            created=new,
            revoked=row["revoked"],
            standing=standing_in(row),
            undeclared=row["undeclared"] and key not in kept,
        )
        for scan, key, row, new in zip(scans, keys, rows, created, strict=True)
    ]


async def scans_by_key(db: Connection, keys: Sequence[Key]) -> dict[Key, Kept]:
    subjects, times, venues = (list(column) for column in zip(*keys, strict=True))
    rows = await db.fetch(SCANS_BY_KEY, subjects, times, venues, min(times), max(times))
    return {
        (row["subject"], row["at"], row["venue_id"]): Kept(
            way=Way(row["way"]),
            party=row["party"],
            zone_id=row["zone_id"],
            checkpoint_id=row["checkpoint_id"],
        )
        for row in rows
    }
