"""SQL of epidemic areas and of the policies of declarations: both only ever grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import asyncpg

from checkin.declaration import DeclarationPolicy, ListedArea
from checkin.model import Colour
from kit.db import Connection

AREAS_IN_FORCE = """
SELECT e.edition, e.area, e.since, e.until, e.verdict, e.source FROM epidemic_area e
WHERE NOT e.withdrawn AND e.since <= $2 AND (e.until IS NULL OR e.until >= $1)
    AND NOT EXISTS (SELECT FROM epidemic_area n WHERE n.replaces = e.edition)
ORDER BY e.area, e.since
"""


async def areas_in_force(db: Connection, since: date, until: date) -> list[ListedArea]:
    """Listed for a day between these two, each by its last edition."""
    return [_area(row) for row in await db.fetch(AREAS_IN_FORCE, since, until)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A line of the log; `last`: nothing replaced it."""

    area: ListedArea
    withdrawn: bool
    last: bool
    listed_by: str
    listed_at: datetime


EVERY_EDITION = """
SELECT e.edition, e.area, e.since, e.until, e.verdict, e.source, e.withdrawn, e.listed_at,
    s.name AS listed_by,
    NOT EXISTS (SELECT FROM epidemic_area n WHERE n.replaces = e.edition) AS last
FROM epidemic_area e JOIN staff s ON s.id = e.listed_by
"""
EDITIONS = f"""{EVERY_EDITION}
WHERE e.area ^@ ANY($1::text[]) AND ($2::integer IS NULL OR e.edition < $2)
ORDER BY e.edition DESC LIMIT $3
"""


async def editions(
    db: Connection, areas: Sequence[str], before: int | None, limit: int
) -> list[Edition]:
    """Of these areas, newest first; `before` is the edition last seen."""
    return [_edition(row) for row in await db.fetch(EDITIONS, areas, before, limit)]


EDITION = f"{EVERY_EDITION}WHERE e.edition = $1 AND e.area ^@ ANY($2::text[])"


async def edition(db: Connection, number: int, areas: Sequence[str]) -> Edition | None:
    row = await db.fetchrow(EDITION, number, areas)
    return None if row is None else _edition(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEdition:
    """`replaces` None: a new entry."""

    area: str
    since: date
    until: date | None
    verdict: Colour
    source: str
    withdrawn: bool
    replaces: int | None


# Nobody else's edition is replaced twice, no entry begun twice: by index, not by looking first.
LIST_AREA = """
INSERT INTO epidemic_area
    (area, since, until, verdict, withdrawn, source, replaces, listed_by, listed_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE $1 ^@ ANY($10::text[])
ON CONFLICT DO NOTHING RETURNING edition
"""


async def list_area(
    db: Connection, new: NewEdition, staff_id: int, areas: Sequence[str], now: datetime
) -> int | None:
    """The number of the edition; None where somebody was quicker, or the area is not in `areas`."""
    found: int | None = await db.fetchval(
        LIST_AREA,
        *(new.area, new.since, new.until, new.verdict, new.withdrawn, new.source, new.replaces),
        *(staff_id, now, areas),
    )
    return found


POLICY_ROWS = """
SELECT name, version, in_force_from, green_hours, amber_hours, red_hours, symptoms, met_case,
    met_sick, elsewhere, area_days, source
FROM declaration_policy
"""
LATEST_FIRST = "ORDER BY in_force_from DESC, made_at DESC, version DESC"
POLICY_ON = f"{POLICY_ROWS}WHERE in_force_from <= $1 {LATEST_FIRST} LIMIT 1"
POLICIES = f"{POLICY_ROWS}{LATEST_FIRST}"


async def policy_on(db: Connection, day: date) -> DeclarationPolicy:
    """The latest one that is in force; one that came with the program always is."""
    row = await db.fetchrow(POLICY_ON, day)
    assert row is not None  # noqa: S101  seeded at the start, and never deleted
    return _policy(row)


async def policies(db: Connection) -> list[DeclarationPolicy]:
    """Every version, the one that is in force last first."""
    return [_policy(row) for row in await db.fetch(POLICIES)]


KEEP_POLICY = """
INSERT INTO declaration_policy (name, version, in_force_from, green_hours, amber_hours, red_hours,
    symptoms, met_case, met_sick, elsewhere, area_days, source, made_by, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT DO NOTHING RETURNING version
"""


async def keep_policy(
    db: Connection, policy: DeclarationPolicy, staff_id: int | None, now: datetime
) -> bool:
    """False where there is that version already; it stays as it is."""
    values = (getattr(policy, name) for name in policy.__slots__)
    return await db.fetchval(KEEP_POLICY, *values, staff_id, now) is not None


def _area(row: asyncpg.Record) -> ListedArea:
    return ListedArea(
        edition=row["edition"],
        area=row["area"],
        since=row["since"],
        until=row["until"],
        verdict=Colour(row["verdict"]),
        source=row["source"],
    )


def _edition(row: asyncpg.Record) -> Edition:
    return Edition(
        area=_area(row),
        withdrawn=row["withdrawn"],
        last=row["last"],
        listed_by=row["listed_by"],
        listed_at=row["listed_at"],
    )


def _policy(row: asyncpg.Record) -> DeclarationPolicy:
    colours = ("symptoms", "met_case", "met_sick", "elsewhere")
    return DeclarationPolicy(**dict(row) | {name: Colour(row[name]) for name in colours})
