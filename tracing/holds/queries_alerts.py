"""SQL of the desk's alerts: whom red holds stand on, their scans, and who saw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from checkin.queries import LINKED_TO_SAME
from kit.db import Connection

# Both ends of a hold are kept to the hour: the hour in which it was lifted still counts.
RED_HOLDS = f"""
WITH RECURSIVE held AS (
    SELECT h.id, h.case_id, c.number AS case_number, h.person_id, h.decided AS since,
        least(h.until::timestamptz, h.ended::timestamptz + interval '1 hour') AS until
    FROM entry_hold h JOIN case_file c ON c.id = h.case_id
    WHERE c.area ^@ ANY($1::text[]) AND h.approved AND h.colour = 3
), same (id, person_id) AS (
    SELECT id, person_id FROM held WHERE until > $2
    UNION
    SELECT same.id, {LINKED_TO_SAME}
)
SELECT held.id, held.case_id, held.case_number, held.person_id AS held, held.since, held.until,
    same.person_id AS record
FROM held JOIN same ON same.id = held.id ORDER BY held.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedHold:
    """On one `record` of the person whom the case knows as `held`."""

    id: int
    case_id: int
    case_number: str
    held: int
    since: datetime
    until: datetime
    record: int


async def red_holds(db: Connection, areas: Sequence[str], since: datetime) -> list[RedHold]:
    """Those of cases in these areas that stood at `since` or later, one row a record."""
    return [RedHold(**row) for row in await db.fetch(RED_HOLDS, areas, since)]


# The condition is that of the index `scan_alert`, which holds nobody else's scans.
RED_SCANS = """
SELECT s.subject, s.at, s.venue_id, v.name AS venue, z.name AS zone, s.way, s.source, s.late
FROM scan s JOIN venue v ON v.id = s.venue_id LEFT JOIN zone z ON z.id = s.zone_id
LEFT JOIN amendment a ON (a.subject, a.at, a.venue_id) = (s.subject, s.at, s.venue_id) AND a.void
WHERE s.subject = ANY($1::uuid[]) AND s.at >= $2 AND s.at < $3
    AND (s.flags & 1 = 1 OR s.way = 3) AND a.subject IS NULL
ORDER BY s.at DESC, s.subject LIMIT $4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedScan:
    subject: UUID
    at: datetime
    venue_id: int
    venue: str
    zone: str | None
    way: int
    source: int
    late: int


async def red_scans(
    db: Connection, subjects: Sequence[UUID], since: datetime, until: datetime, limit: int
) -> list[RedScan]:
    """Check-ins of people who stood red, and those who were turned away; newest first."""
    rows = await db.fetch(RED_SCANS, subjects, since, until, limit)
    return [RedScan(**row) for row in rows]


SEEN_ALERTS = """
SELECT a.alert, a.seen, s.name FROM alert_seen a JOIN staff s ON s.id = a.seen_by
WHERE a.alert = ANY($1::bytea[])
"""


async def seen_alerts(db: Connection, alerts: Sequence[bytes]) -> dict[bytes, tuple[str, datetime]]:
    """Who saw it first, and in which hour."""
    rows = await db.fetch(SEEN_ALERTS, alerts)
    return {row["alert"]: (row["name"], row["seen"]) for row in rows}


SEE_ALERTS = """
INSERT INTO alert_seen (alert, day, seen_by, seen)
SELECT alert, day, $3, date_trunc('hour', $4::timestamptz, 'UTC')
FROM unnest($1::bytea[], $2::date[]) AS g (alert, day)
ON CONFLICT DO NOTHING
"""


async def see_alerts(
    db: Connection, alerts: Sequence[tuple[bytes, date]], staff_id: int, now: datetime
) -> None:
    """With the day of each one's scan; what somebody saw before stays theirs."""
    names, days = [one for one, _ in alerts], [day for _, day in alerts]
    await db.execute(SEE_ALERTS, names, days, staff_id, now)
