"""SQL of the clock of a case: whether and when the last of its F1 had been reached."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kit.db import Connection
from tracing.clock import Reached
from tracing.engine.contact import Coverage

F1_LEFT = """
SELECT count(*) FROM contact k
WHERE k.case_id = $1 AND k.tier = 1 AND k.close AND NOT k.reached
"""


async def f1_left(db: Connection, case_id: int) -> int:
    """Close contacts whom nobody has reached."""
    found: int = await db.fetchval(F1_LEFT, case_id)
    return found


TRACED = "EXISTS (SELECT FROM run r WHERE r.case_id = c.id AND r.state = 'done')"
ITS_F1 = "contact k WHERE k.case_id = c.id AND k.tier = 1 AND k.close"
WHERE_IT_STANDS = f"""
CASE WHEN NOT {TRACED} OR EXISTS (SELECT FROM {ITS_F1} AND NOT k.reached) THEN 'left'
    WHEN EXISTS (SELECT FROM {ITS_F1}) THEN 'done' ELSE 'nobody' END
"""
# Times to the minute stand in the audit alone. With nobody to reach from the start, the run was the
# end of it.
REACHED = f"""
SELECT c.id, r.coverage,
    (SELECT count(*) FROM {ITS_F1}) AS f1,
    CASE WHEN {WHERE_IT_STANDS} <> 'left' THEN coalesce(
        (SELECT max(a.at) FROM audit a WHERE a.case_id = c.id AND a.act = 'f1-reached'),
        (SELECT min(moment) FROM run WHERE case_id = c.id AND state = 'done')
    ) END AS stopped
FROM case_file c JOIN LATERAL (
    SELECT coverage FROM run WHERE case_id = c.id AND state = 'done' ORDER BY id DESC LIMIT 1
) r ON true
WHERE c.id = ANY($1::bigint[])
"""


async def reached(db: Connection, cases: Sequence[int]) -> dict[int, Reached]:
    """Of those that were traced."""
    return {
        row["id"]: Reached(
            f1=row["f1"],
            stopped=row["stopped"],
            coverage=msgspec.json.decode(row["coverage"], type=Coverage),
        )
        for row in await db.fetch(REACHED, cases)
    }
