"""SQL of gates: their devices, whom a credential means, and what passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

import asyncpg

from accounts.model import Scope
from checkin.model import Key, Way
from checkin.model_gate import GateLine, KnownRow, Lane, Near, Span, Tally
from checkin.queries import LINKED_TO_SAME, SAME_PEOPLE, standing_in
from kit.db import Connection
from venues.queries import IN_SCOPE, arrays


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGate:
    checkpoint_id: int
    name: str
    pairing: bytes
    pairing_until: datetime
    made_by: int


ADD_GATE = """
INSERT INTO gate_device (checkpoint_id, name, pairing, pairing_until, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""


async def add_gate(db: Connection, new: NewGate, now: datetime) -> int:
    values = (new.checkpoint_id, new.name, new.pairing, new.pairing_until, new.made_by, now)
    found: int = await db.fetchval(ADD_GATE, *values)
    return found


PAIR_GATE = """
UPDATE gate_device SET pairing = NULL, paired_at = $2
WHERE pairing = $1 AND pairing_until > $2 AND revoked_at IS NULL
RETURNING id
"""


async def pair_gate(db: Connection, pairing: bytes, now: datetime) -> int | None:
    """None where the code was used, is over, or never was."""
    found: int | None = await db.fetchval(PAIR_GATE, pairing, now)
    return found


OFFERED_GATE = """
SELECT g.id, g.name, g.checkpoint_id, p.name AS checkpoint, g.pairing_until, g.paired_at
FROM gate_device g JOIN checkpoint p ON p.id = g.checkpoint_id
WHERE g.pairing = $1 AND g.pairing_until > $2 AND g.revoked_at IS NULL
"""


async def offered_gate(db: Connection, pairing: bytes, now: datetime) -> GateLine | None:
    row = await db.fetchrow(OFFERED_GATE, pairing, now)
    return None if row is None else GateLine(**row)


GATES = """
SELECT g.id, g.name, g.checkpoint_id, p.name AS checkpoint, g.pairing_until, g.paired_at
FROM gate_device g JOIN checkpoint p ON p.id = g.checkpoint_id
WHERE p.venue_id = $1 AND g.revoked_at IS NULL
    AND (g.paired_at IS NOT NULL OR g.pairing_until > $2)
ORDER BY p.id, g.id
"""


async def gates(db: Connection, venue_id: int, now: datetime) -> list[GateLine]:
    """Those in use and those whose code still waits."""
    return [GateLine(**row) for row in await db.fetch(GATES, venue_id, now)]


REVOKE_GATE = f"""
UPDATE gate_device g SET revoked_at = $5, pairing = NULL
FROM checkpoint p JOIN venue v ON v.id = p.venue_id
WHERE {IN_SCOPE} AND g.id = $4 AND p.id = g.checkpoint_id AND g.revoked_at IS NULL
RETURNING g.id
"""


async def revoke_gate(db: Connection, scope: Scope, gate_id: int, now: datetime) -> bool:
    return await db.fetchval(REVOKE_GATE, *arrays(scope), gate_id, now) is not None


LANES = """
SELECT g.id AS gate_id, g.name, g.made_by, p.id AS checkpoint_id, p.venue_id, p.zone_id,
    p.direction, v.name AS venue, p.name AS checkpoint, z.name AS zone, v.demands_declaration,
    least(p.closed_at, v.closed_at) AS closed_at, g.revoked_at
FROM gate_device g
JOIN checkpoint p ON p.id = g.checkpoint_id
JOIN venue v ON v.id = p.venue_id
LEFT JOIN zone z ON z.id = p.zone_id
"""
LANE = f"{LANES}WHERE g.id = $1 AND g.paired_at IS NOT NULL AND g.revoked_at IS NULL"
LANES_OF_VENUE = f"{LANES}WHERE g.id = ANY($1) AND p.venue_id = $2 AND g.paired_at IS NOT NULL"


async def lane(db: Connection, gate_id: int) -> Lane | None:
    row = await db.fetchrow(LANE, gate_id)
    return None if row is None else Lane(**row)


async def lanes_of_venue(db: Connection, venue_id: int, gates: Sequence[int]) -> dict[int, Lane]:
    """By gate, those of `gates` that were ever paired there, revoked or not."""
    rows = await db.fetch(LANES_OF_VENUE, gates, venue_id)
    return {row["gate_id"]: Lane(**row) for row in rows}


# Each question (n) has the numbers of one document, the strongest first; by the first of them that
# somebody has seen a document of. Nobody has two CCCD numbers (kind 2), so a document with another
# one than the record has is not that person's: its further numbers were written there to find them.
# A human being who stands red under one of their records is red under all of them, so links are
# followed.
PEOPLE_OF_DOCUMENTS = f"""
WITH RECURSIVE given AS MATERIALIZED (
    SELECT * FROM unnest($1::integer[], $2::smallint[], $3::bytea[])
        WITH ORDINALITY AS g (n, kind, hmac, rank)
), meant (n, person_id) AS (
    SELECT DISTINCT ON (g.n) g.n, i.person_id
    FROM given g
    JOIN identifier i ON (i.kind, i.hmac) = (g.kind, g.hmac) AND i.verified AND i.kind <> 1
    WHERE g.kind = 2 OR NOT EXISTS (
        SELECT FROM given c JOIN identifier o ON o.kind = c.kind AND o.hmac <> c.hmac
        WHERE c.n = g.n AND c.kind = 2 AND o.person_id = i.person_id AND o.verified
    )
    ORDER BY g.n, g.rank
), same (n, meant, person_id) AS (
    SELECT n, person_id, person_id FROM meant
    UNION
    SELECT same.n, same.meant, {LINKED_TO_SAME}
)
SELECT same.n, same.meant, p.id, p.sealed, p.key_id,
    coalesce(s.token_generation, 0) AS generation, s.own, s.own_until, s.hold, s.hold_until
FROM same JOIN person p ON p.id = same.person_id LEFT JOIN standing s ON s.person_id = p.id
"""

Meant: TypeAlias = "tuple[int | None, dict[int, KnownRow]]"


async def people_of_documents(
    db: Connection, documents: Sequence[Sequence[tuple[int, bytes]]]
) -> list[Meant]:
    """Whom each document means, with everyone whom links join to them; None: nobody yet."""
    numbers = [(n, *number) for n, document in enumerate(documents) for number in document]
    meant: list[int | None] = [None] * len(documents)
    found: list[dict[int, KnownRow]] = [{} for _ in documents]
    columns = [list(column) for column in zip(*numbers, strict=True)]
    for row in await db.fetch(PEOPLE_OF_DOCUMENTS, *columns):
        meant[row["n"]] = row["meant"]
        found[row["n"]][row["id"]] = _known_row(row)
    return list(zip(meant, found, strict=True))


PERSON_OF_CARD = "SELECT person_id FROM card WHERE hmac = $1 AND revoked IS NULL"


async def person_of_card(db: Connection, hmac: bytes) -> int | None:
    found: int | None = await db.fetchval(PERSON_OF_CARD, hmac)
    return found


KNOWN_PEOPLE = f"""
WITH {SAME_PEOPLE}
SELECT p.id, p.sealed, p.key_id, coalesce(s.token_generation, 0) AS generation,
    s.own, s.own_until, s.hold, s.hold_until
FROM same JOIN person p ON p.id = same.person_id LEFT JOIN standing s ON s.person_id = p.id
"""


async def known_people(db: Connection, people: Sequence[int]) -> dict[int, KnownRow]:
    """The given ones and everyone whom links join to them."""
    return {row["id"]: _known_row(row) for row in await db.fetch(KNOWN_PEOPLE, people)}


def _known_row(row: asyncpg.Record) -> KnownRow:
    return KnownRow(
        id=row["id"],
        sealed=row["sealed"],
        key_id=row["key_id"],
        generation=row["generation"],
        standing=standing_in(row),
    )


# Each question is a look into the index of its day: left to join, the planner reads the whole day
# while it takes the new partition for small (OFFSET 0 keeps it from that). The whole span is given
# beside the questions' own, so that only its days are looked at.
NEAR_SCANS = """
SELECT g.n, s.at, s.way, s.party
FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::timestamptz[])
    WITH ORDINALITY AS g (subject, venue_id, since, until, n)
CROSS JOIN LATERAL (
    SELECT s.subject, s.at, s.venue_id, s.way, s.party FROM scan s
    WHERE s.subject = g.subject AND s.venue_id = g.venue_id AND s.at >= g.since AND s.at <= g.until
        AND s.at >= $5 AND s.at <= $6
    OFFSET 0
) s
LEFT JOIN amendment a ON (a.subject, a.at, a.venue_id) = (s.subject, s.at, s.venue_id) AND a.void
WHERE a.subject IS NULL
ORDER BY g.n, s.at
"""


async def near_scans(db: Connection, spans: Sequence[Span]) -> list[list[Near]]:
    """Of each the scans that are not void, oldest first."""
    columns = [list(column) for column in zip(*spans, strict=True)]
    found: list[list[Near]] = [[] for _ in spans]
    first, last = min(span.since for span in spans), max(span.until for span in spans)
    for n, at, way, party in await db.fetch(NEAR_SCANS, *columns, first, last):
        found[n - 1].append(Near(at=at, way=Way(way), party=party))
    return found


# Only what a gate of this venue, or of this checkpoint alone, scanned; a second time changes
# nothing, and is no error.
VOID_SCAN = """
WITH given AS (
    SELECT s.subject, s.at, s.venue_id, coalesce(max(a.seq), 0) + 1 AS seq,
        coalesce(bool_or(a.void), false) AS void
    FROM scan s LEFT JOIN amendment a
        ON (a.subject, a.at, a.venue_id) = (s.subject, s.at, s.venue_id)
    WHERE s.subject = $1 AND s.at = $2 AND s.venue_id = $3 AND s.source = 2
        AND s.checkpoint_id = coalesce($6, s.checkpoint_id)
    GROUP BY s.subject, s.at, s.venue_id
), added AS (
    INSERT INTO amendment (subject, at, venue_id, seq, void, by_staff, reason)
    SELECT subject, at, venue_id, seq, true, $4, $5 FROM given WHERE NOT void
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM given
"""


async def void_scan(
    db: Connection, key: Key, by_staff: int, reason: str, checkpoint_id: int | None
) -> bool:
    """Whether there is such a scan; `checkpoint_id` None: of any of the venue."""
    return bool(await db.fetchval(VOID_SCAN, *key, by_staff, reason, checkpoint_id))


TALLY = """
SELECT coalesce(sum(1 + s.party) FILTER (WHERE s.way = 1), 0) AS entered,
    coalesce(sum(1 + s.party) FILTER (WHERE s.way = 2), 0) AS left,
    coalesce(sum(1 + s.party) FILTER (WHERE s.way = 3), 0) AS refused
FROM scan s
LEFT JOIN amendment a ON (a.subject, a.at, a.venue_id) = (s.subject, s.at, s.venue_id) AND a.void
WHERE s.venue_id = $1 AND s.checkpoint_id = $2 AND s.at >= $3 AND s.at < $4 AND s.source = 2
    AND a.subject IS NULL
"""


async def tally(
    db: Connection, venue_id: int, checkpoint_id: int, since: datetime, until: datetime
) -> Tally:
    row = await db.fetchrow(TALLY, venue_id, checkpoint_id, since, until)
    assert row is not None  # noqa: S101  a sum without groups is one row
    return Tally(**row)


COUNT_TYPED = """
INSERT INTO gate_typed (gate_id, day, numbers) VALUES ($1, $2, 1)
ON CONFLICT (gate_id, day) DO UPDATE SET numbers = gate_typed.numbers + 1
RETURNING numbers
"""


async def count_typed(db: Connection, gate_id: int, day: date) -> int:
    found: int = await db.fetchval(COUNT_TYPED, gate_id, day)
    return found
