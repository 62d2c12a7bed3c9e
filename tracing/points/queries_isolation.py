"""SQL of when contacts were isolated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.db import Connection

# Entered twice (a button pressed twice) it stands once.
ISOLATE = """
INSERT INTO isolation (person_id, starts, ends, place, source, case_id, made_by, made)
VALUES ($1, $2, $3, $4, 'officer', $5, $6, date_trunc('hour', $7::timestamptz, 'UTC'))
ON CONFLICT DO NOTHING RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIsolation:
    person_id: int
    starts: datetime
    ends: datetime
    place: str
    case_id: int
    made_by: int


async def isolate(db: Connection, new: NewIsolation, now: datetime) -> int | None:
    """None where the same was entered before."""
    found: int | None = await db.fetchval(
        ISOLATE,
        *(new.person_id, new.starts, new.ends, new.place, new.case_id, new.made_by, now),
    )
    return found


TAKE_BACK = """
UPDATE isolation SET taken_back_by = $4, taken_back = date_trunc('hour', $5::timestamptz, 'UTC')
WHERE id = $1 AND case_id = $2 AND person_id = $3 AND taken_back IS NULL RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    id: int
    case_id: int
    person_id: int


async def take_back(db: Connection, which: Which, staff_id: int, now: datetime) -> bool:
    """False where this case has no such isolation of theirs that stands."""
    values = (which.id, which.case_id, which.person_id, staff_id, now)
    return await db.fetchval(TAKE_BACK, *values) is not None


ISOLATIONS = """
SELECT i.id, i.starts, i.ends, i.place, coalesce(i.case_id = $2, false) AS own,
    coalesce(s.name, '') AS by
FROM isolation i LEFT JOIN staff s ON s.id = i.made_by
WHERE i.person_id = ANY($1::bigint[]) AND i.taken_back IS NULL ORDER BY i.starts, i.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """`own`: entered from this case, so it can be taken back here."""

    id: int
    starts: datetime
    ends: datetime
    place: str
    own: bool
    by: str


async def isolations(db: Connection, people: Sequence[int], case_id: int) -> list[Isolation]:
    """That stand, from whichever case they were entered."""
    return [Isolation(**row) for row in await db.fetch(ISOLATIONS, people, case_id)]
