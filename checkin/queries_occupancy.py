"""SQL of how many people are in a venue, and of checking all of them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.model import Scope
from checkin.model import Late, Source, Way
from kit.db import Connection
from venues.queries import IN_SCOPE, arrays


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedVenue:
    """A venue as its people are counted."""

    id: int
    name: str
    capacity: int | None
    typical_stay: int  # minutes
    listed: bool
    crowd_shown: bool


COUNTED = """
SELECT v.id, v.name, v.capacity, coalesce(v.typical_stay, k.typical_stay) AS typical_stay, v.listed,
    v.crowd_shown
FROM venue v JOIN venue_kind k ON k.kind = v.kind
"""
COUNTED_VENUE = f"{COUNTED} WHERE v.id = $1 AND v.closed_at IS NULL"
OWN_VENUE = f"{COUNTED} WHERE {IN_SCOPE} AND v.id = $4"


async def counted_venue(db: Connection, venue_id: int) -> CountedVenue | None:
    row = await db.fetchrow(COUNTED_VENUE, venue_id)
    return None if row is None else CountedVenue(**row)


async def own_venue(db: Connection, scope: Scope, venue_id: int) -> CountedVenue | None:
    row = await db.fetchrow(OWN_VENUE, *arrays(scope), venue_id)
    return None if row is None else CountedVenue(**row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The last that was scanned of one subject at a venue."""

    subject: UUID
    at: datetime
    way: Way
    zone_id: int | None
    party: int


# Whoever came in elsewhere since is there and no longer here; a scan that was undone never was.
LATEST = """
SELECT l.subject, l.at, l.way, l.zone_id, l.party
FROM (
    SELECT DISTINCT ON (s.subject) s.subject, s.at, s.way, s.zone_id, s.party
    FROM scan s
    WHERE s.venue_id = $1 AND s.at > $2 AND s.at <= $3 AND s.way <> 3
        AND NOT EXISTS (
            SELECT FROM amendment a
            WHERE (a.subject, a.at, a.venue_id) = (s.subject, s.at, s.venue_id) AND a.void
        )
    ORDER BY s.subject, s.at DESC
) l
WHERE l.way <> 1 OR NOT EXISTS (
    SELECT FROM scan o
    WHERE o.subject = l.subject AND o.at > l.at AND o.at > $2 AND o.at <= $3 AND o.way = 1
        AND o.venue_id <> $1
)
"""


async def latest(db: Connection, venue_id: int, since: datetime, now: datetime) -> list[Latest]:
    """In (since, now], one a subject."""
    return [
        Latest(
            subject=row["subject"],
            at=row["at"],
            way=Way(row["way"]),
            zone_id=row["zone_id"],
            party=row["party"],
        )
        for row in await db.fetch(LATEST, venue_id, since, now)
    ]


CHECK_OUT_ALL = """
INSERT INTO scan (subject, at, venue_id, zone_id, way, party, late, source, flags)
SELECT g.subject, $2, $1, g.zone_id, $6, g.party, $7, $8, 0
FROM unnest($3::uuid[], $4::integer[], $5::smallint[]) AS g (subject, zone_id, party)
ORDER BY g.subject
ON CONFLICT DO NOTHING
"""


async def check_out_all(
    db: Connection, venue_id: int, at: datetime, inside: Sequence[Latest]
) -> None:
    """One row each, of the subjects of `at`'s own day. The rows say that nobody was seen leaving:
    a trace takes them for the latest moment at which these people can have been there."""
    await db.execute(
        CHECK_OUT_ALL,
        *(venue_id, at, [one.subject for one in inside]),
        *([one.zone_id for one in inside], [one.party for one in inside]),
        *(Way.OUT, Late.MINUTES_10, Source.CLOSING),
    )


CLOSED = """
SELECT count(*) FROM scan s
WHERE s.venue_id = $1 AND s.at = $2 AND s.source = $3 AND NOT EXISTS (
    SELECT FROM amendment a
    WHERE (a.subject, a.at, a.venue_id) = (s.subject, s.at, s.venue_id) AND a.void
)
"""


async def closed(db: Connection, venue_id: int, at: datetime) -> int:
    """How many were checked out at that moment, and not undone."""
    found: int = await db.fetchval(CLOSED, venue_id, at, Source.CLOSING)
    return found


UNDO_CLOSING = """
WITH undone AS (
    INSERT INTO amendment (subject, at, venue_id, seq, void, by_staff, reason)
    SELECT s.subject, s.at, s.venue_id, coalesce((
        SELECT max(a.seq) FROM amendment a
        WHERE (a.subject, a.at, a.venue_id) = (s.subject, s.at, s.venue_id)
    ), 0) + 1, true, $4, 'closing undone'
    FROM scan s
    WHERE s.venue_id = $1 AND s.at = $2 AND s.source = $3 AND NOT EXISTS (
        SELECT FROM amendment a
        WHERE (a.subject, a.at, a.venue_id) = (s.subject, s.at, s.venue_id) AND a.void
    )
    ORDER BY s.subject
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM undone
"""


async def undo_closing(db: Connection, venue_id: int, at: datetime, staff_id: int) -> int:
    found: int = await db.fetchval(UNDO_CLOSING, venue_id, at, Source.CLOSING, staff_id)
    return found
