"""SQL of the clock of a case: when the last of its F1 had been reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kit.db import Connection

F1_LEFT = """
SELECT count(*) FROM contact k
WHERE k.case_id = $1 AND k.tier = 1 AND k.close AND NOT k.reached
"""


async def f1_left(db: Connection, case_id: int) -> int:
    """Close contacts whom nobody has reached."""
    found: int = await db.fetchval(F1_LEFT, case_id)
    return found


# Times to the minute stand in the audit alone. Null while somebody is left, or no run told who;
# with nobody to reach from the start, the run was the end of it.
STOPPED_AT = """
(SELECT coalesce(
    (SELECT max(a.at) FROM audit a WHERE a.case_id = c.id AND a.act = 'f1-reached'),
    min(r.moment)
) FROM run r WHERE r.case_id = c.id AND r.state = 'done' AND NOT EXISTS (
    SELECT FROM contact k WHERE k.case_id = c.id AND k.tier = 1 AND k.close AND NOT k.reached
) HAVING count(*) > 0)
"""
STOPPED = f"SELECT c.id, {STOPPED_AT} AS at FROM case_file c WHERE c.id = ANY($1::bigint[])"


async def stopped(db: Connection, cases: Sequence[int]) -> dict[int, datetime]:
    """By case; the clock of those that are missing runs on."""
    rows = await db.fetch(STOPPED, cases)
    return {row["id"]: row["at"] for row in rows if row["at"] is not None}
