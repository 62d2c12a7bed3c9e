"""SQL that the owner role runs for the desk: the service itself deletes nobody's marks."""

from __future__ import annotations

from datetime import date, timedelta

from checkin.retention import Left
from kit.db import Connection

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
