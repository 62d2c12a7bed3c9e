"""SQL of the reconciliation, which reads and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kit.db import Connection

VENUES_BY_CODE = """
SELECT c.code, p.venue_id FROM code c JOIN checkpoint p ON p.id = c.checkpoint_id
"""


async def venues_by_code(db: Connection) -> dict[str, int]:
    """Replaced codes too."""
    return {row["code"]: row["venue_id"] for row in await db.fetch(VENUES_BY_CODE)}


PEOPLE_OF_DOCUMENTS = """
SELECT hmac, person_id FROM identifier WHERE hmac = ANY($1::bytea[]) AND kind = $2 AND verified
"""


async def people_of_documents(
    db: Connection, hmacs: Sequence[bytes], kind: int
) -> list[tuple[bytes, int]]:
    rows = await db.fetch(PEOPLE_OF_DOCUMENTS, hmacs, kind)
    return [(row["hmac"], row["person_id"]) for row in rows]


SCANS_OF = """
SELECT subject, at, venue_id, way FROM scan
WHERE subject = ANY($1::uuid[]) AND at >= $2 AND at < $3
"""


async def scans_of(
    db: Connection, subjects: Sequence[UUID], since: datetime, until: datetime
) -> list[tuple[UUID, datetime, int, int]]:
    rows = await db.fetch(SCANS_OF, subjects, since, until)
    return [(row["subject"], row["at"], row["venue_id"], row["way"]) for row in rows]
