"""SQL of who infected whom among the cases of an area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kit.db import Connection
from tracing.pictures.transmission import Meeting, Node

# A source in other areas is there and has no number.
NODES = """
SELECT c.id, c.number, c.onset, c.sampled, c.area, c.source_case_id AS source_id,
    s.number AS source, c.source_case_id IS NOT NULL AND s.id IS NULL AS elsewhere,
    count(*) OVER ()::integer AS total
FROM case_file c
LEFT JOIN case_file s ON s.id = c.source_case_id AND s.area ^@ ANY($1::text[])
WHERE c.status IN ('approved', 'closed') AND c.decided_by IS NOT NULL
    AND c.area ^@ ANY($1::text[]) AND c.area ^@ $2
    AND ($3::date IS NULL OR coalesce(c.onset, c.sampled) >= $3)
    AND ($4::date IS NULL OR coalesce(c.onset, c.sampled) <= $4)
ORDER BY coalesce(c.onset, c.sampled) DESC, c.id DESC LIMIT $5
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases: in `area` (all of one's own: ''), by their day."""

    area: str = ""
    since: date | None = None
    until: date | None = None


async def nodes(
    db: Connection, areas: Sequence[str], wanted: Wanted, limit: int
) -> tuple[list[Node], int]:
    """The latest ones, and of how many."""
    rows = await db.fetch(NODES, areas, wanted.area, wanted.since, wanted.until, limit)
    facts = [dict(row) for row in rows]
    total = max((one.pop("total") for one in facts), default=0)
    return [Node(**one) for one in facts], total


# Both cases are among those that were asked for, so both are of one's own areas.
MEETINGS = """
WITH own AS (
    SELECT id AS case_id, person_id FROM case_file
    WHERE id = ANY($1::bigint[]) AND person_id IS NOT NULL
    UNION SELECT case_id, person_id FROM case_person WHERE case_id = ANY($1::bigint[])
)
SELECT k.case_id, o.case_id AS contact_id, min(k.tier) AS tier
FROM own o JOIN contact k ON k.person_id = o.person_id
WHERE k.case_id = ANY($1::bigint[]) AND k.case_id <> o.case_id
    AND k.close
GROUP BY 1, 2
"""


async def meetings(db: Connection, cases: Sequence[int]) -> list[Meeting]:
    return [Meeting(**row) for row in await db.fetch(MEETINGS, cases)]


CASE_OF_NUMBER = """
SELECT id FROM case_file
WHERE number = $1 AND area ^@ ANY($2::text[]) AND status IN ('approved', 'closed')
    AND decided_by IS NOT NULL
"""
INFECTED_BY = """
WITH RECURSIVE above (id) AS (
    SELECT $1::bigint
    UNION
    SELECT c.source_case_id FROM case_file c JOIN above a ON c.id = a.id
    WHERE c.source_case_id IS NOT NULL
)
SELECT EXISTS (SELECT FROM above WHERE id = $2)
"""


async def was_infected_by(db: Connection, case_id: int, other: int) -> bool:
    """Directly, or by somebody whom the other one infected."""
    found: bool = await db.fetchval(INFECTED_BY, case_id, other)
    return found


SOURCE_OF = """
SELECT s.number, coalesce(s.onset, s.sampled) AS day FROM case_file c
JOIN case_file s ON s.id = c.source_case_id AND s.area ^@ ANY($2::text[])
WHERE c.id = $1
"""


async def case_of_number(db: Connection, number: str, areas: Sequence[str]) -> int | None:
    """An approved one of these areas."""
    found: int | None = await db.fetchval(CASE_OF_NUMBER, number, areas)
    return found


async def source_of(db: Connection, case_id: int, areas: Sequence[str]) -> tuple[str, date] | None:
    """Number and day of the case that is said to have infected it, where it is of these areas."""
    row = await db.fetchrow(SOURCE_OF, case_id, areas)
    return None if row is None else (row["number"], row["day"])
