"""SQL of zones, checkpoints, their codes and the print log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from accounts.model import Scope
from kit.db import Connection
from venues.model import Checkpoint, Code, Direction, Zone
from venues.queries import IN_SCOPE, arrays

ZONES = "SELECT id, name FROM zone WHERE venue_id = $1 ORDER BY id"


async def zones(db: Connection, venue_id: int) -> list[Zone]:
    return [Zone(**row) for row in await db.fetch(ZONES, venue_id)]


ADD_ZONE = """
INSERT INTO zone (venue_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id, name
"""


async def add_zone(db: Connection, venue_id: int, name: str) -> Zone | None:
    """None where the venue has a zone of this name."""
    row = await db.fetchrow(ADD_ZONE, venue_id, name)
    return None if row is None else Zone(**row)


CHECKPOINTS = """
SELECT p.id, p.name, p.direction, p.zone_id, z.name AS zone, p.created_at, p.closed_at,
    c.code, c.valid_from, c.valid_to, c.reason
FROM checkpoint p
JOIN code c ON c.checkpoint_id = p.id
LEFT JOIN zone z ON z.id = p.zone_id
WHERE p.venue_id = $1
ORDER BY p.closed_at NULLS FIRST, p.id, c.valid_to DESC NULLS FIRST, c.valid_from DESC
"""


async def checkpoints(db: Connection, venue_id: int) -> list[Checkpoint]:
    """Open ones first, in the order they were made; the closed ones behind them."""
    found = []
    for _, group in groupby(await db.fetch(CHECKPOINTS, venue_id), key=lambda row: row["id"]):
        rows = [dict(row) for row in group]
        codes = tuple(
            Code(**{k: row.pop(k) for k in ("code", "valid_from", "valid_to", "reason")})
            for row in rows
        )
        direction = Direction(rows[0].pop("direction"))
        found.append(Checkpoint(**rows[0], direction=direction, codes=codes))
    return found


ADD_CHECKPOINT = """
INSERT INTO checkpoint (venue_id, zone_id, name, direction, created_at)
VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCheckpoint:
    venue_id: int
    name: str
    direction: Direction
    zone_id: int | None


async def add_checkpoint(db: Connection, new: NewCheckpoint, now: datetime) -> int | None:
    """None where an open one has this name; a zone of another venue is a ForeignKeyViolation."""
    values = (new.venue_id, new.zone_id, new.name, new.direction, now)
    found: int | None = await db.fetchval(ADD_CHECKPOINT, *values)
    return found


ADD_FIRST_CHECKPOINTS = """
INSERT INTO checkpoint (venue_id, name, direction, created_at)
SELECT id, $2, $3, $4 FROM unnest($1::integer[]) AS id RETURNING id
"""


async def add_first_checkpoints(
    db: Connection, venue_ids: Sequence[int], name: str, direction: Direction, now: datetime
) -> list[int]:
    rows = await db.fetch(ADD_FIRST_CHECKPOINTS, venue_ids, name, direction, now)
    return [row["id"] for row in rows]


ADD_CODES = """
INSERT INTO code (code, checkpoint_id, valid_from, issued_by)
SELECT code, checkpoint_id, $3, $4
FROM unnest($1::text[], $2::integer[]) AS g (code, checkpoint_id)
"""


async def add_codes(
    db: Connection,
    codes: Sequence[tuple[str, int]],
    since: datetime,
    staff_id: int | None,
) -> None:
    """`codes` with the checkpoint of each."""
    texts, checkpoints = zip(*codes, strict=True)
    await db.execute(ADD_CODES, list(texts), list(checkpoints), since, staff_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A checkpoint as an act on it is judged."""

    id: int
    venue_id: int
    closed_at: datetime | None


# FOR UPDATE orders two new codes for one door, so that one code is live at any moment.
LOCKED_DOOR = f"""
SELECT p.id, p.venue_id, p.closed_at
FROM checkpoint p JOIN venue v ON v.id = p.venue_id
WHERE {IN_SCOPE} AND p.id = $4
FOR UPDATE OF p
"""


async def locked_door(db: Connection, scope: Scope, checkpoint_id: int) -> Door | None:
    row = await db.fetchrow(LOCKED_DOOR, *arrays(scope), checkpoint_id)
    return None if row is None else Door(**row)


CLOSE_CHECKPOINT = "UPDATE checkpoint SET closed_at = $2 WHERE id = $1 AND closed_at IS NULL"


async def close_checkpoint(db: Connection, checkpoint_id: int, now: datetime) -> None:
    """Its code stays: a scan of the poster is told that the door is closed."""
    await db.execute(CLOSE_CHECKPOINT, checkpoint_id, now)


# Another worker's clock may be ahead by a little: a code never ends before it began.
END_CODE = """
UPDATE code SET valid_to = greatest($2, valid_from), reason = $3
WHERE checkpoint_id = $1 AND valid_to IS NULL RETURNING valid_to
"""


async def end_code(db: Connection, checkpoint_id: int, now: datetime, reason: str) -> datetime:
    """The moment from which the next code holds; `reason` is why this one had to end."""
    found: datetime = await db.fetchval(END_CODE, checkpoint_id, now, reason)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Printable:
    """What a poster is made of."""

    venue: str
    organisation: str
    address: str
    area: str
    checkpoint: str
    direction: str
    zone: str | None
    code: str
    valid_from: datetime


PRINTABLE_COLUMNS = """v.name AS venue, o.name AS organisation, v.address, v.area,
    p.name AS checkpoint, p.direction, z.name AS zone, c.code, c.valid_from"""
PRINTABLE_TABLES = """checkpoint p
JOIN venue v ON v.id = p.venue_id
JOIN organisation o ON o.id = v.organisation_id
JOIN code c ON c.checkpoint_id = p.id AND c.valid_to IS NULL
LEFT JOIN zone z ON z.id = p.zone_id"""

PRINTABLE = f"""
SELECT {PRINTABLE_COLUMNS} FROM {PRINTABLE_TABLES}
WHERE {IN_SCOPE} AND p.id = $4 AND p.closed_at IS NULL
"""


async def printable(db: Connection, scope: Scope, checkpoint_id: int) -> Printable | None:
    """None of a closed door too: nobody should hang its poster."""
    row = await db.fetchrow(PRINTABLE, *arrays(scope), checkpoint_id)
    return None if row is None else Printable(**row)


ALL_PRINTABLE = f"""
SELECT {PRINTABLE_COLUMNS} FROM {PRINTABLE_TABLES}
WHERE {IN_SCOPE} AND p.closed_at IS NULL AND v.closed_at IS NULL
    AND v.search LIKE ALL ($4::text[])
ORDER BY vietnamese_order(v.name) COLLATE "C", v.id, p.id
LIMIT $5 OFFSET $6
"""


async def all_printable(
    db: Connection, scope: Scope, words: Sequence[str], limit: int, offset: int
) -> list[Printable]:
    patterns = [f"%{word}%" for word in words]
    rows = await db.fetch(ALL_PRINTABLE, *arrays(scope), patterns, limit, offset)
    return [Printable(**row) for row in rows]


COUNT_PRINTABLE = f"""
SELECT count(*) FROM checkpoint p JOIN venue v ON v.id = p.venue_id
WHERE {IN_SCOPE} AND p.closed_at IS NULL AND v.closed_at IS NULL
    AND v.search LIKE ALL ($4::text[])
"""


async def count_printable(db: Connection, scope: Scope, words: Sequence[str]) -> int:
    patterns = [f"%{word}%" for word in words]
    found: int = await db.fetchval(COUNT_PRINTABLE, *arrays(scope), patterns)
    return found


LOG_PRINTS = """
INSERT INTO print_log (code, staff_id, at, format, language)
SELECT code, $2, $3, $4, $5 FROM unnest($1::text[]) AS code
"""


async def log_prints(
    db: Connection,
    codes: Sequence[str],
    staff_id: int,
    now: datetime,
    paper: str,
    language: str,
) -> None:
    await db.execute(LOG_PRINTS, codes, staff_id, now, paper, language)
