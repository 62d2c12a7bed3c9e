"""SQL of the reconciliation, which reads and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kit.db import Connection

SCANS_OF = """
SELECT subject, at, venue_id, way FROM scan
WHERE subject = ANY($1::uuid[]) AND at >= $2 AND at < $3
"""


async def scans_of(
    db: Connection, subjects: Sequence[UUID], since: datetime, until: datetime
) -> list[tuple[UUID, datetime, int, int]]:
    rows = await db.fetch(SCANS_OF, subjects, since, until)
    return [(row["subject"], row["at"], row["venue_id"], row["way"]) for row in rows]
