"""SQL of line lists: which of their cases are here, and who infected whom."""

from __future__ import annotations

from collections.abc import Sequence

from kit.db import Connection
from tracing.queries import LOCK_REFERENCE

CASE_OF_REFERENCE = """
SELECT id FROM case_file
WHERE lower(lab_reference) = lower($1) AND area = $2 AND area ^@ ANY($3::text[])
ORDER BY id LIMIT 1
"""


async def case_of_reference(
    db: Connection, reference: str, area: str, areas: Sequence[str]
) -> int | None:
    """Whatever became of it: one that was refused is not opened again by a list."""
    await db.execute(LOCK_REFERENCE, reference)
    found: int | None = await db.fetchval(CASE_OF_REFERENCE, reference, area, areas)
    return found


KNOWN = """
SELECT count(*) FROM unnest($1::text[]) AS listed (reference)
WHERE EXISTS (
    SELECT FROM case_file
    WHERE lower(lab_reference) = lower(reference) AND area = $2 AND area ^@ ANY($3::text[])
)
"""


async def known(db: Connection, references: Sequence[str], area: str, areas: Sequence[str]) -> int:
    """How many of these have a case here."""
    found: int = await db.fetchval(KNOWN, references, area, areas)
    return found


SOURCE_OF_CASE = "SELECT source_case_id FROM case_file WHERE id = $1"


async def source_of(db: Connection, case_id: int) -> int | None:
    found: int | None = await db.fetchval(SOURCE_OF_CASE, case_id)
    return found


# What an officer said before stays, and nobody gets into a circle with cases that were here.
NAME_SOURCE_ONCE = """
UPDATE case_file SET source_case_id = $2
WHERE id = $1 AND source_case_id IS NULL AND id <> $2 AND NOT EXISTS (
    WITH RECURSIVE above (id) AS (
        SELECT $2::bigint
        UNION
        SELECT c.source_case_id FROM case_file c JOIN above a ON c.id = a.id
        WHERE c.source_case_id IS NOT NULL
    )
    SELECT FROM above WHERE id = $1
)
RETURNING id
"""


async def name_source(db: Connection, case_id: int, source_id: int) -> bool:
    """False where it has another one, or would be above its own source."""
    return await db.fetchval(NAME_SOURCE_ONCE, case_id, source_id) is not None
