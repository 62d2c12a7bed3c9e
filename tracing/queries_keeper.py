"""SQL that the owner role runs for the desk: the service itself deletes nothing of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from checkin.retention import Left
from kit.db import Connection
from tracing.queries_retention import ENDED

DROP_SEEN_ALERTS = "DELETE FROM alert_seen WHERE day < $1"
SEEN_ALERTS_LEFT = """
SELECT count(*) AS rows, min(seen) AS oldest, count(*) FILTER (WHERE day < $1) AS past
FROM alert_seen
"""


async def drop_seen_alerts(db: Connection, before: date) -> None:
    """Who saw an alert goes with the day of its scan."""
    await db.execute(DROP_SEEN_ALERTS, before)


async def seen_alerts_left(db: Connection, before: date, limit: timedelta) -> Left:
    row = await db.fetchrow(SEEN_ALERTS_LEFT, before)
    assert row is not None  # noqa: S101  an aggregate has one row
    return Left(what="alerts seen", limit=limit, **row)


LOCK_PAST = f"SELECT number FROM case_file WHERE id = $1 AND {ENDED} < $2 FOR UPDATE"


async def lock_past(db: Connection, case_id: int, before: datetime) -> str | None:
    """The number of a case that ended before then; None where somebody opened it again."""
    number: str | None = await db.fetchval(LOCK_PAST, case_id, before)
    return number


# Whom this case infected stays a case of its own.
DROP_CASE_FILE = """
WITH gone AS (
    INSERT INTO case_gone (case_id, number, area, gone)
    SELECT id, number, area, date_trunc('hour', $2::timestamptz, 'UTC')
    FROM case_file WHERE id = $1
),
events AS (DELETE FROM contact_event WHERE case_id = $1),
contacts AS (DELETE FROM contact WHERE case_id = $1),
runs AS (DELETE FROM run WHERE case_id = $1),
points AS (DELETE FROM point WHERE case_id = $1),
notes AS (DELETE FROM case_note WHERE case_id = $1),
seen AS (DELETE FROM case_seen WHERE case_id = $1),
releases AS (DELETE FROM release WHERE case_id = $1),
corrections AS (DELETE FROM case_correction WHERE case_id = $1),
isolations AS (DELETE FROM isolation WHERE case_id = $1),
people AS (DELETE FROM case_person WHERE case_id = $1),
infected AS (UPDATE case_file SET source_case_id = NULL WHERE source_case_id = $1 AND id <> $1)
DELETE FROM case_file WHERE id = $1
"""


async def drop_case_file(db: Connection, case_id: int, now: datetime) -> None:
    """All that a case knows; its number and area stay, for the audit."""
    await db.execute(DROP_CASE_FILE, case_id, now)
