"""SQL of screens at doors and of what a door demands of a code."""

from __future__ import annotations

from datetime import datetime

from accounts.model import Scope
from kit.db import Connection
from venues.model import Display, ScreenDoor, Shown
from venues.queries import IN_SCOPE, arrays

ADD_DISPLAY = """
INSERT INTO display (checkpoint_id, hmac, paired_at, paired_by) VALUES ($1, $2, $3, $4)
RETURNING id, paired_at, revoked_at
"""


async def add_display(
    db: Connection, checkpoint_id: int, hmac: bytes, now: datetime, staff_id: int
) -> Display:
    row = await db.fetchrow(ADD_DISPLAY, checkpoint_id, hmac, now, staff_id)
    assert row is not None  # noqa: S101  an INSERT returns its row
    return Display(**row)


LOCKED_DISPLAY = f"""
SELECT d.id, d.paired_at, d.revoked_at
FROM display d JOIN checkpoint p ON p.id = d.checkpoint_id JOIN venue v ON v.id = p.venue_id
WHERE {IN_SCOPE} AND d.id = $4
FOR UPDATE OF d
"""


async def locked_display(db: Connection, scope: Scope, display_id: int) -> Display | None:
    row = await db.fetchrow(LOCKED_DISPLAY, *arrays(scope), display_id)
    return None if row is None else Display(**row)


REVOKE_DISPLAY = """
UPDATE display SET revoked_at = $2 WHERE id = $1 RETURNING id, paired_at, revoked_at
"""


async def revoke_display(db: Connection, display_id: int, now: datetime) -> Display:
    """Of a display that the caller locked in its scope."""
    row = await db.fetchrow(REVOKE_DISPLAY, display_id, now)
    assert row is not None  # noqa: S101  it is locked
    return Display(**row)


DISPLAYS = """
SELECT id, paired_at, revoked_at FROM display WHERE checkpoint_id = $1 ORDER BY paired_at DESC
LIMIT 50
"""


async def displays(db: Connection, checkpoint_id: int) -> list[Display]:
    return [Display(**row) for row in await db.fetch(DISPLAYS, checkpoint_id)]


SHOWN = """
SELECT d.id AS display_id, p.id AS checkpoint_id, p.name AS checkpoint, p.direction,
    z.name AS zone, v.name AS venue, c.code
FROM display d
JOIN checkpoint p ON p.id = d.checkpoint_id AND p.closed_at IS NULL
JOIN venue v ON v.id = p.venue_id
JOIN code c ON c.checkpoint_id = p.id AND c.valid_to IS NULL
LEFT JOIN zone z ON z.id = p.zone_id
WHERE d.hmac = $1 AND d.revoked_at IS NULL
"""


async def shown(db: Connection, hmac: bytes) -> Shown | None:
    """None for a revoked screen and for a door that was closed."""
    row = await db.fetchrow(SHOWN, hmac)
    return None if row is None else Shown(**row)


SCREEN_DOOR = f"""
SELECT p.id, p.venue_id, p.name, v.name AS venue, p.closed_at, p.presence_since
FROM checkpoint p JOIN venue v ON v.id = p.venue_id
WHERE {IN_SCOPE} AND p.id = $4
"""


async def screen_door(db: Connection, scope: Scope, checkpoint_id: int) -> ScreenDoor | None:
    row = await db.fetchrow(SCREEN_DOOR, *arrays(scope), checkpoint_id)
    return None if row is None else ScreenDoor(**row)


# A door that demands it already keeps its time: scans since then were judged by it.
DEMAND_PRESENCE = """
UPDATE checkpoint SET presence_since = $2
WHERE id = $1 AND (presence_since IS NULL) <> ($2::timestamptz IS NULL)
RETURNING id
"""


async def demand_presence(db: Connection, checkpoint_id: int, since: datetime | None) -> bool:
    """Whether that changed anything."""
    return await db.fetchval(DEMAND_PRESENCE, checkpoint_id, since) is not None
