"""SQL of what waits at the desk: second persons, holds to decide, objections to answer, and who
acted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.db import Connection

STAFF_NAMES = "SELECT id, name FROM staff WHERE id = ANY($1::integer[])"


async def staff_names(db: Connection, staff: Collection[int]) -> dict[int, str]:
    rows = await db.fetch(STAFF_NAMES, list(staff)) if staff else []
    return {row["id"]: row["name"] for row in rows}


WAITING_HOLDS = """
SELECT h.id, h.case_id, c.number AS case_number, h.person_id, h.colour, h.reason, h.until,
    h.proposed_by, o.made AS objected
FROM entry_hold h
JOIN case_file c ON c.id = h.case_id
LEFT JOIN objection o ON o.hold_id = h.id AND o.answered IS NULL
WHERE c.area ^@ ANY($1::text[])
    AND (o.id IS NOT NULL OR h.approved IS NULL AND h.ended IS NULL AND h.until > $2)
ORDER BY o.made NULLS LAST, h.id LIMIT 200
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingHold:
    """`objected`: since when an objection waits, or None: then it is for a second person."""

    id: int
    case_id: int
    case_number: str
    person_id: int
    colour: int
    reason: str
    until: datetime
    proposed_by: int
    objected: datetime | None


async def waiting_holds(db: Connection, areas: Sequence[str], now: datetime) -> list[WaitingHold]:
    """Objections first, the one that waits longest at the top."""
    return [WaitingHold(**row) for row in await db.fetch(WAITING_HOLDS, areas, now)]


STOPPED = """
SELECT 'decide' AS kind, id, number FROM case_file
WHERE status = 'opened' AND opened_by IS DISTINCT FROM $2 AND area ^@ ANY($1::text[])
UNION
SELECT 'correct', c.id, c.number
FROM case_correction k JOIN case_file c ON c.id = k.case_id AND c.status IN ('opened', 'approved')
WHERE k.approved IS NULL AND k.asked_by <> $2 AND c.area ^@ ANY($1::text[])
UNION
SELECT CASE WHEN r.asked_by = $2 THEN 'fetch' ELSE 'release' END, c.id, c.number
FROM release r JOIN case_file c ON c.id = r.case_id AND c.status = 'approved'
WHERE r.approved IS NULL AND r.asked_by <> $2 AND r.asked_at > $3 AND c.area ^@ ANY($1::text[])
    OR r.approved AND r.asked_by = $2 AND r.decided_at > $4 AND r.used_at IS NULL
        AND r.what <> 'more-names'
UNION
SELECT 'hold', c.id, c.number
FROM entry_hold h JOIN case_file c ON c.id = h.case_id
LEFT JOIN objection o ON o.hold_id = h.id AND o.answered IS NULL
WHERE c.area ^@ ANY($1::text[]) AND (o.id IS NOT NULL OR c.status = 'approved'
    AND h.approved IS NULL AND h.ended IS NULL AND h.until > $5 AND h.proposed_by <> $2)
ORDER BY kind, id DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """From when on a question is not too old: asked, and decided but not fetched; and now."""

    asked: datetime
    decided: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A case in which nothing goes on before this account acts."""

    kind: str
    id: int
    number: str


async def stopped(
    db: Connection, areas: Sequence[str], staff_id: int, since: Since
) -> list[Stopped]:
    """`areas`: in which this account is a second person."""
    rows = await db.fetch(STOPPED, areas, staff_id, since.asked, since.decided, since.now)
    return [Stopped(**row) for row in rows]
