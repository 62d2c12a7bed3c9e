"""SQL of people, declarations and readings: one constant, one typed function, one round trip. The
way of a scan: queries_scans.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from checkin.model import (
    Colour,
    NewDeclaration,
    NewPerson,
    PersonRow,
    Reading,
    Sex,
    Source,
    Standing,
    Way,
)
from kit.db import Connection

COLOURS = {None: None} | {int(colour): colour for colour in Colour}


def standing_in(row: asyncpg.Record) -> Standing:
    """Of a row with the four columns of a standing."""
    return Standing(
        own=COLOURS[row["own"]],
        own_until=row["own_until"],
        hold=COLOURS[row["hold"]],
        hold_until=row["hold_until"],
    )


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
        standing=standing_in(row),
    )


PEOPLE_BY_IDENTIFIER = "SELECT DISTINCT person_id FROM identifier WHERE kind = $1 AND hmac = $2"


async def people_by_identifier(db: Connection, kind: int, hmac: bytes) -> list[int]:
    """All people under a phone or document: a phone may be shared, so there may be several."""
    return [row["person_id"] for row in await db.fetch(PEOPLE_BY_IDENTIFIER, kind, hmac)]


PEOPLE_BY_VERIFIED = """
SELECT hmac, person_id FROM identifier WHERE kind = $1 AND verified AND hmac = ANY($2::bytea[])
"""


async def people_by_verified(db: Connection, kind: int, hmacs: Sequence[bytes]) -> dict[bytes, int]:
    """Whom identifiers of one kind name; of no kind but a phone does one name several."""
    rows = await db.fetch(PEOPLE_BY_VERIFIED, kind, hmacs)
    return {row["hmac"]: row["person_id"] for row in rows}


# The step of a recursion over `same`: who stands at the other end of their links.
LINKED_TO_SAME = """
    CASE WHEN l.person_id = same.person_id THEN l.same_as ELSE l.person_id END
    FROM same JOIN person_link l ON same.person_id IN (l.person_id, l.same_as) AND l.undone IS NULL
"""
# Everyone whom links join to the people of $1, directly or through others.
SAME_PEOPLE = f"""RECURSIVE same (person_id) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT {LINKED_TO_SAME}
)"""
LINKED_PEOPLE = f"WITH {SAME_PEOPLE} SELECT person_id FROM same"


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
SELECT s.at, s.venue_id, v.name AS venue, z.name AS zone, s.way, s.party, s.source,
    (SELECT c.code FROM code c WHERE c.checkpoint_id = s.checkpoint_id
        ORDER BY c.valid_from DESC LIMIT 1) AS code
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
            code=row["code"],
        )
        for row in await db.fetch(READINGS, subjects, since, until)
    ]
