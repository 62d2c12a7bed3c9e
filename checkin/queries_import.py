"""All SQL of the import of past visits, run by the owner role."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from uuid import UUID

from checkin.partitions import Owner, partition_name
from checkin.visit_rows import milliseconds
from checkin.visit_scans import COLUMNS, END, SIGNATURE, SharedEnd, key_of
from kit.db import Connection

LOCK = 0x696D706F  # «impo»: one import at a time, so that a person is made once

TRY_LOCK = "SELECT pg_try_advisory_xact_lock($1)"


async def only_import(db: Owner) -> bool:
    """Until the end of the transaction; False while another import is under way."""
    free: bool = await db.fetchval(TRY_LOCK, LOCK)
    return free


VENUES = "SELECT id, name FROM venue"
CODES = """
SELECT c.code, p.venue_id, p.zone_id FROM code c JOIN checkpoint p ON p.id = c.checkpoint_id
"""
ZONES = "SELECT venue_id, id, name FROM zone"


async def venues(db: Owner) -> list[tuple[int, str]]:
    """(id, name), closed ones too: these visits are of the past."""
    return [(row["id"], row["name"]) for row in await db.fetch(VENUES)]


async def codes(db: Connection) -> dict[str, tuple[int, int | None]]:
    """{code: (venue, zone)}, replaced codes too."""
    return {row["code"]: (row["venue_id"], row["zone_id"]) for row in await db.fetch(CODES)}


async def zones(db: Owner) -> list[tuple[int, int, str]]:
    """(venue, zone, name)."""
    return [(row["venue_id"], row["id"], row["name"]) for row in await db.fetch(ZONES)]


async def copy_people(
    db: Owner,
    people: Sequence[bytes],
    identifiers: Sequence[bytes],
    hour: datetime,
    *,
    shuffled: bool = False,
) -> None:
    """Rows as checkin.visit_people makes them, made in that hour. `shuffled`: the hourly shuffle
    leaves them where they lie."""
    last = struct.pack(">i?", 1, shuffled)
    created = struct.pack(">iq", 8, milliseconds(hour) * 1000)
    columns = ("id", "sealed", "key_id", "created", "shuffled")
    await _copy(db, "person", columns, people, created + last)
    columns = ("kind", "hmac", "person_id", "verified", "shuffled")
    await _copy(db, "identifier", columns, identifiers, last)


async def _copy(
    db: Owner, table: str, columns: Sequence[str], rows: Sequence[bytes], last: bytes = b""
) -> None:
    """`last` ends each row."""
    if not rows:
        return
    data = BytesIO(b"".join((SIGNATURE, (last.join(rows) + last), END)))
    await db.copy_to_table(table, source=data, columns=columns, format="binary")


DAY_HAS_SCANS = "SELECT EXISTS (SELECT FROM scan WHERE at >= $1 AND at < $2)"


async def day_has_scans(db: Owner, since: datetime, until: datetime) -> bool:
    found: bool = await db.fetchval(DAY_HAS_SCANS, since, until)
    return found


STORED_SCANS = """
SELECT uuid_send(subject) || timestamptz_send(at) || int4send(venue_id) AS sent, way
FROM scan WHERE at >= $1 AND at < $2 AND subject = ANY($3::uuid[])
"""


async def stored_scans(
    db: Owner, subjects: Sequence[UUID], since: datetime, until: datetime
) -> dict[bytes, int]:
    """{beginning of the row: way} of the scans these subjects have in that time."""
    rows = await db.fetch(STORED_SCANS, since, until, subjects)
    return {key_of(sent): way for sent, way in rows}


async def copy_scans(db: Owner, rows: Sequence[bytes], day: date) -> None:
    """Rows of one day as checkin.visit_scans makes them, into its partition."""
    await _copy(db, partition_name(day), COLUMNS, rows)


ADD_SHARED_ENDS = """
INSERT INTO amendment (subject, at, venue_id, seq, void, left_at, reason)
SELECT DISTINCT ON (subject, at, venue_id) subject, at, venue_id, 0, false, left_at, 'import'
FROM unnest($1::uuid[], $2::timestamptz[], $3::integer[], $4::timestamptz[])
    AS g (subject, at, venue_id, left_at)
ORDER BY subject, at, venue_id, left_at
ON CONFLICT DO NOTHING
"""


async def add_shared_ends(db: Owner, ends: Sequence[SharedEnd]) -> None:
    """A correction that stands there already is newer than the file."""
    columns = zip(*((end.subject, end.at, end.venue_id, end.left_at) for end in ends), strict=True)
    await db.execute(ADD_SHARED_ENDS, *map(list, columns))
