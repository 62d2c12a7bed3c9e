"""SQL of the facts that a trace starts from: scans, places, links between records of people.

Subjects and windows come as arrays, bounds beside them as parameters, so that only the partitions
of the days in question are looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from kit.db import Connection

Rows = Sequence[asyncpg.Record]

SCANS = """
SELECT subject, at, venue_id, zone_id, way, source, flags
FROM scan
WHERE subject = ANY($1::uuid[]) AND at >= $2 AND at < $3 AND way <> 3
"""


async def scans(db: Connection, subjects: Sequence[UUID], since: datetime, until: datetime) -> Rows:
    return await db.fetch(SCANS, subjects, since, until)


# Whoever left after `until` may have come before `since`: beyond it outs count, arrivals do not.
VISITORS = """
SELECT s.subject, s.at, s.way, w.until
FROM unnest($1::integer[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[])
    AS w (venue_id, since, until, outs_until)
JOIN scan s ON s.venue_id = w.venue_id AND s.at >= w.since AND s.at < w.outs_until
    AND (s.way = 1 AND s.at < w.until OR s.way = 2)
WHERE s.at >= $5 AND s.at < $6
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When somebody must have come to or gone from a venue to have been there with the case."""

    venue_id: int
    since: datetime
    until: datetime
    outs_until: datetime


async def visitors(db: Connection, windows: Sequence[Window]) -> Rows:
    """(subject, at, way, until); empty for no windows."""
    if not windows:
        return []
    return await db.fetch(
        VISITORS,
        [w.venue_id for w in windows],
        [w.since for w in windows],
        [w.until for w in windows],
        [w.outs_until for w in windows],
        min(w.since for w in windows),
        max(w.outs_until for w in windows),
    )


AMENDMENTS = """
SELECT subject, at, venue_id, void, left_at
FROM amendment
WHERE subject = ANY($1::uuid[]) AND at >= $2 AND at < $3
ORDER BY seq
"""


async def amendments(
    db: Connection, subjects: Sequence[UUID], since: datetime, until: datetime
) -> Rows:
    """The last one of a scan counts."""
    return await db.fetch(AMENDMENTS, subjects, since, until)


# Written as a join of two lists rather than with OR, which could only be done row by row.
LINKS = """
WITH RECURSIVE both_ways (a, b) AS MATERIALIZED (
    SELECT person_id, same_as FROM person_link WHERE undone IS NULL
    UNION ALL
    SELECT same_as, person_id FROM person_link WHERE undone IS NULL
), same (person_id) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT l.b FROM same JOIN both_ways l ON l.a = same.person_id
)
SELECT l.a, l.b FROM both_ways l JOIN same ON same.person_id = l.a WHERE l.a < l.b
"""


async def links(db: Connection, people: Collection[int]) -> list[tuple[int, int]]:
    """Every live link among the given people and those they are linked to, however far."""
    return [(row["a"], row["b"]) for row in await db.fetch(LINKS, list(people))]


SHIFTS = """
SELECT person_id, venue_id, shift_minutes FROM venue_staff WHERE person_id = ANY($1::bigint[])
"""
LONG_SHIFTS = """
SELECT person_id FROM venue_staff WHERE venue_id = ANY($1::integer[]) AND shift_minutes > $2
"""


async def shifts(db: Connection, people: Collection[int]) -> Rows:
    return await db.fetch(SHIFTS, list(people))


async def long_shifts(db: Connection, venues: Collection[int], minutes: int) -> list[int]:
    """People who work there for longer than `minutes` at a time."""
    return [row["person_id"] for row in await db.fetch(LONG_SHIFTS, list(venues), minutes)]


PLACES = """
SELECT v.id, v.name, v.opening, v.latitude, v.longitude,
    coalesce(v.typical_stay, k.typical_stay) AS typical_stay,
    coalesce(v.masks_off, k.masks_off) AS masks_off,
    coalesce(v.indoor, k.indoor) AS indoor,
    coalesce(v.small, k.small) AS small
FROM venue v JOIN venue_kind k ON k.kind = v.kind
WHERE v.id = ANY($1::integer[])
"""
ZONES = "SELECT id, name FROM zone WHERE venue_id = ANY($1::integer[])"


async def places(db: Connection, venues: Collection[int]) -> Rows:
    return await db.fetch(PLACES, list(venues))


async def zones(db: Connection, venues: Collection[int]) -> dict[int, str]:
    return {row["id"]: row["name"] for row in await db.fetch(ZONES, list(venues))}
