"""All SQL of check-in: one constant, one typed function, one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from checkin.model import (
    Colour,
    Doorway,
    Kept,
    Key,
    NewDeclaration,
    NewPerson,
    Pending,
    PersonRow,
    Reading,
    Sex,
    Source,
    Standing,
    Stored,
    Way,
)
from kit.db import Connection

# One statement a batch: who may scan and how they stand is read in the same snapshot that writes
# the rows.
# given is sorted by the caller; a person whose token was revoked writes nothing.
STORE_SCANS = """
WITH given AS (
    SELECT g.*, s.own, s.own_until, s.hold, s.hold_until,
        coalesce(s.token_generation, 0) <> g.generation AS revoked
    FROM unnest($1::bigint[], $2::smallint[], $3::uuid[], $4::timestamptz[], $5::integer[],
        $6::integer[], $7::integer[], $8::smallint[], $9::smallint[], $10::smallint[],
        $11::smallint[],
        $12::smallint[])
        WITH ORDINALITY AS g (person_id, generation, subject, at, venue_id, zone_id, checkpoint_id,
            way, party, late, source, flags, n)
    LEFT JOIN standing s ON s.person_id = g.person_id
), stored AS (
    INSERT INTO scan
        (subject, at, venue_id, zone_id, checkpoint_id, way, party, late, source, flags)
    SELECT subject, at, venue_id, zone_id, checkpoint_id, way, party, late, source,
        flags | CASE WHEN way = 1 AND ((own = 3 AND own_until > at) OR (hold = 3 AND hold_until >
        at)) THEN 1 ELSE 0 END
    FROM given WHERE NOT revoked ORDER BY n
    ON CONFLICT DO NOTHING
    RETURNING subject, at, venue_id
)
SELECT g.own, g.own_until, g.hold, g.hold_until, g.revoked, stored.subject IS NOT NULL AS created
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
    columns = [
        (
            *(s.person_id, s.generation, s.subject, s.at, s.venue_id, s.zone_id),
            *(s.checkpoint_id, s.way, s.party, s.late, s.source, s.flags),
        )
        for s in scans
    ]
    rows = await db.fetch(STORE_SCANS, *(list(column) for column in zip(*columns, strict=True)))
    seen: set[Key] = set()
    created = []
    for scan, row in zip(scans, rows, strict=True):
        created.append(row["created"] and scan.key not in seen)
        seen.add(scan.key)
    retried = [
        scan.key
        for scan, row, new in zip(scans, rows, created, strict=True)
        if not new and not row["revoked"]
    ]
    kept = await scans_by_key(db, retried) if retried else {}
    return [
        Stored(
            scan=scan if new else kept.get(scan.key, scan),
            created=new,
            revoked=row["revoked"],
            standing=_standing(row),
        )
        for scan, row, new in zip(scans, rows, created, strict=True)
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


def _standing(row: asyncpg.Record) -> Standing:
    return Standing(
        own=None if row["own"] is None else Colour(row["own"]),
        own_until=row["own_until"],
        hold=None if row["hold"] is None else Colour(row["hold"]),
        hold_until=row["hold_until"],
    )


DOORWAY = """
SELECT c.code, c.valid_from, c.valid_to,
    least(p.closed_at, v.closed_at) AS closed_at,
    v.id AS venue_id, p.zone_id, p.id AS checkpoint_id, p.direction, v.name AS venue, p.name AS
    checkpoint,
    z.name AS zone, v.area, v.address, v.demands_declaration
FROM code c
JOIN checkpoint p ON p.id = c.checkpoint_id
JOIN venue v ON v.id = p.venue_id
LEFT JOIN zone z ON z.id = p.zone_id
WHERE c.code = $1
"""


async def doorway(db: Connection, code: str) -> Doorway | None:
    row = await db.fetchrow(DOORWAY, code)
    return None if row is None else Doorway(**row)


ADD_PERSON = """
WITH added AS (
    INSERT INTO person (id, sealed, key_id, birth_year, sex, area, guardian_id, created)
    VALUES ($1, $2, $3, $4, $5, $6, $7, date_trunc('hour', $8::timestamptz, 'UTC'))
    RETURNING id
)
INSERT INTO identifier (kind, hmac, person_id, verified)
SELECT i.kind, i.hmac, added.id, i.verified
FROM added, unnest($9::smallint[], $10::bytea[], $11::boolean[]) AS i (kind, hmac, verified)
"""


async def add_person(db: Connection, person: NewPerson, now: datetime) -> None:
    """The person with their identifiers; a verified document that names somebody else already is
    refused by the
    index (UniqueViolationError)."""
    await db.execute(
        ADD_PERSON,
        person.id,
        person.sealed,
        person.key_id,
        person.birth_year,
        person.sex,
        person.area,
        person.guardian_id,
        now,
        [i.kind for i in person.identifiers],
        [i.hmac for i in person.identifiers],
        [i.verified for i in person.identifiers],
    )


PERSON = """
SELECT p.id, p.sealed, p.key_id, p.birth_year, p.sex, p.area, coalesce(s.token_generation, 0) AS
generation,
    s.own, s.own_until, s.hold, s.hold_until
FROM person p LEFT JOIN standing s ON s.person_id = p.id
WHERE p.id = $1
"""


async def person(db: Connection, person_id: int) -> PersonRow | None:
    row = await db.fetchrow(PERSON, person_id)
    if row is None:
        return None
    return PersonRow(
        id=row["id"],
        sealed=row["sealed"],
        key_id=row["key_id"],
        birth_year=row["birth_year"],
        sex=None if row["sex"] is None else Sex(row["sex"]),
        area=row["area"],
        generation=row["generation"],
        standing=_standing(row),
    )


PEOPLE_BY_IDENTIFIER = "SELECT DISTINCT person_id FROM identifier WHERE kind = $1 AND hmac = $2"


async def people_by_identifier(db: Connection, kind: int, hmac: bytes) -> list[int]:
    """All people under a phone or document: a phone may be shared, so there may be several."""
    return [row["person_id"] for row in await db.fetch(PEOPLE_BY_IDENTIFIER, kind, hmac)]


# Everyone whom links join to the given people, directly or through others.
LINKED_PEOPLE = """
WITH RECURSIVE same (person_id) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT CASE WHEN l.person_id = same.person_id THEN l.same_as ELSE l.person_id END
    FROM same JOIN person_link l ON same.person_id IN (l.person_id, l.same_as) AND l.undone IS NULL
)
SELECT person_id FROM same
"""


async def linked_people(db: Connection, people: Sequence[int]) -> list[int]:
    return [row["person_id"] for row in await db.fetch(LINKED_PEOPLE, people)]


# The newest word counts, and a correction may say better or worse: append the declaration, replace
# the verdict.
ADD_DECLARATION = """
WITH added AS (
    INSERT INTO declaration (id, person_id, sealed, key_id, verdict, policy, made, valid_until)
    VALUES ($1, $2, $3, $4, $5, $6, date_trunc('hour', $7::timestamptz, 'UTC'), $8)
)
INSERT INTO standing (person_id, own, own_until) VALUES ($2, $5, $8)
ON CONFLICT (person_id) DO UPDATE SET own = EXCLUDED.own, own_until = EXCLUDED.own_until
"""


async def add_declaration(db: Connection, given: NewDeclaration, now: datetime) -> None:
    await db.execute(
        ADD_DECLARATION,
        given.id,
        given.person_id,
        given.sealed,
        given.key_id,
        given.verdict,
        given.policy,
        now,
        given.valid_until,
    )


READINGS = """
SELECT s.at, s.venue_id, v.name AS venue, z.name AS zone, s.way, s.party, s.source
FROM scan s JOIN venue v ON v.id = s.venue_id LEFT JOIN zone z ON z.id = s.zone_id
LEFT JOIN amendment a ON (a.subject, a.at, a.venue_id) = (s.subject, s.at, s.venue_id) AND a.void
WHERE s.subject = ANY($1::uuid[]) AND s.at >= $2 AND s.at < $3 AND a.subject IS NULL
ORDER BY s.at, s.venue_id
"""


async def readings(
    db: Connection, subjects: Sequence[UUID], since: datetime, until: datetime
) -> list[Reading]:
    """The scans of one person, whose subjects of the days are given, oldest first."""
    return [
        Reading(
            at=row["at"],
            venue_id=row["venue_id"],
            venue=row["venue"],
            zone=row["zone"],
            way=Way(row["way"]),
            party=row["party"],
            source=Source(row["source"]),
        )
        for row in await db.fetch(READINGS, subjects, since, until)
    ]
