"""SQL of entry holds and objections: one constant, one typed function, one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from checkin.declaration import Declared
from checkin.holds import Hold, HoldReason, NewHold, Objection
from checkin.model import Colour
from checkin.queries import LINKED_TO_SAME
from kit.db import Connection

HOLD_COLUMNS = """
    h.id, h.person_id, h.case_id, h.colour, h.reason, h.sealed, h.key_id, h.until, h.proposed_by,
    h.approved, h.decided_by, h.ended
FROM entry_hold h
"""

PROPOSE_HOLD = """
INSERT INTO entry_hold
    (person_id, case_id, colour, reason, sealed, key_id, until, proposed_by, proposed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, date_trunc('hour', $9::timestamptz, 'UTC'))
RETURNING id
"""


async def propose_hold(db: Connection, new: NewHold, now: datetime) -> int:
    found: int = await db.fetchval(
        PROPOSE_HOLD,
        *(new.person_id, new.case_id, new.colour, new.reason, new.sealed, new.key_id),
        *(new.until, new.proposed_by, now),
    )
    return found


HOLD_ACTS = """
SELECT (SELECT count(*) FROM entry_hold WHERE proposed_by = $1
        AND proposed = date_trunc('hour', $2::timestamptz, 'UTC'))
    + (SELECT count(*) FROM entry_hold WHERE decided_by = $1
        AND decided = date_trunc('hour', $2::timestamptz, 'UTC'))
"""


async def hold_acts(db: Connection, staff_id: int, now: datetime) -> int:
    """Proposals and decisions of this account in the hour. Exact after an audit row of the same
    transaction: its lock lets one such transaction through at a time."""
    found: int = await db.fetchval(HOLD_ACTS, staff_id, now)
    return found


HOLD = f"SELECT {HOLD_COLUMNS} WHERE h.id = $1 AND h.case_id = $2 FOR UPDATE"
HOLDS_OF_CASE = f"SELECT {HOLD_COLUMNS} WHERE h.case_id = $1 ORDER BY h.id DESC"


async def hold(db: Connection, hold_id: int, case_id: int) -> Hold | None:
    """Locked, so that it is decided or lifted once."""
    row = await db.fetchrow(HOLD, hold_id, case_id)
    return None if row is None else _hold(row)


async def holds_of_case(db: Connection, case_id: int) -> list[Hold]:
    """Newest first."""
    return [_hold(row) for row in await db.fetch(HOLDS_OF_CASE, case_id)]


DECIDE_HOLD = """
UPDATE entry_hold SET approved = $2, decided_by = $3,
    decided = date_trunc('hour', $4::timestamptz, 'UTC')
WHERE id = $1 AND approved IS NULL
"""


async def decide_hold(
    db: Connection, hold_id: int, approved: bool, staff_id: int, now: datetime
) -> None:
    await db.execute(DECIDE_HOLD, hold_id, approved, staff_id, now)


# Sorted, so that two approvals for one human being do not lock each other's records out.
HOLD_ENTRY = """
WITH held AS (
    INSERT INTO standing (person_id, hold, hold_until, hold_case, hold_approved_by, hold_id)
    SELECT p, h.colour, h.until, h.case_id, h.decided_by, h.id
    FROM entry_hold h, unnest($2::bigint[]) AS p WHERE h.id = $1 AND h.approved ORDER BY p
    ON CONFLICT (person_id) DO UPDATE SET hold = EXCLUDED.hold, hold_until = EXCLUDED.hold_until,
        hold_case = EXCLUDED.hold_case, hold_approved_by = EXCLUDED.hold_approved_by,
        hold_id = EXCLUDED.hold_id
    WHERE standing.hold_until IS NULL OR standing.hold_until <= $3
    RETURNING 1
)
SELECT count(*) FROM held
"""


async def hold_entry(db: Connection, hold_id: int, people: Sequence[int], now: datetime) -> int:
    """Puts an approved hold on every record of the person. How many took it: one that is under
    another hold does not."""
    found: int = await db.fetchval(HOLD_ENTRY, hold_id, people, now)
    return found


# A link that was made since brings the hold to the other record too; one that is under a hold of
# its
# own keeps it, and of two holds the redder and longer goes on.
SPREAD_HOLDS = f"""
WITH RECURSIVE held AS (
    SELECT person_id AS root, hold, hold_until, hold_case, hold_approved_by, hold_id
    FROM standing WHERE hold_id IS NOT NULL AND hold_until > $1
), same (root, person_id) AS (
    SELECT root, root FROM held
    UNION
    SELECT same.root, {LINKED_TO_SAME}
), spread AS (
    INSERT INTO standing (person_id, hold, hold_until, hold_case, hold_approved_by, hold_id)
    SELECT DISTINCT ON (same.person_id) same.person_id, held.hold, held.hold_until,
        held.hold_case, held.hold_approved_by, held.hold_id
    FROM same JOIN held ON held.root = same.root
    WHERE same.person_id <> same.root
    ORDER BY same.person_id, held.hold DESC, held.hold_until DESC
    ON CONFLICT (person_id) DO UPDATE SET hold = EXCLUDED.hold, hold_until = EXCLUDED.hold_until,
        hold_case = EXCLUDED.hold_case, hold_approved_by = EXCLUDED.hold_approved_by,
        hold_id = EXCLUDED.hold_id
    WHERE standing.hold_until IS NULL OR standing.hold_until <= $1
    RETURNING 1
)
SELECT count(*) FROM spread
"""


async def spread_holds(db: Connection, now: datetime) -> int:
    """To every record that a link joins to a held one: hourly. How many took it."""
    found: int = await db.fetchval(SPREAD_HOLDS, now)
    return found


END_HOLD = """
WITH lifted AS (
    UPDATE standing SET hold = NULL, hold_until = NULL, hold_case = NULL, hold_approved_by = NULL,
        hold_id = NULL
    WHERE hold_id = $1
)
UPDATE entry_hold SET ended_by = $2, ended = date_trunc('hour', $3::timestamptz, 'UTC')
WHERE id = $1
"""


async def end_hold(db: Connection, hold_id: int, staff_id: int, now: datetime) -> None:
    """From every record it stands on."""
    await db.execute(END_HOLD, hold_id, staff_id, now)


HOLD_OF_PERSON = f"""
SELECT {HOLD_COLUMNS} JOIN standing s ON s.hold_id = h.id
WHERE s.person_id = $1 AND s.hold_until > $2 AND h.ended IS NULL
"""


async def hold_of_person(db: Connection, person_id: int, now: datetime) -> Hold | None:
    """The hold that stands on them, whichever record of theirs it was made for."""
    row = await db.fetchrow(HOLD_OF_PERSON, person_id, now)
    return None if row is None else _hold(row)


# A hold stands on every record of a human being; once it ended, the links alone lead to it.
ENDED_HOLDS = f"""
SELECT {HOLD_COLUMNS}
WHERE h.person_id = ANY($1::bigint[]) AND (h.ended IS NOT NULL OR h.until <= $2)
    AND EXISTS (SELECT FROM objection o WHERE o.hold_id = h.id)
ORDER BY h.id DESC
"""


async def ended_holds(db: Connection, people: Sequence[int], now: datetime) -> list[Hold]:
    """Holds on these people that are over and were objected to, newest first."""
    return [_hold(row) for row in await db.fetch(ENDED_HOLDS, people, now)]


OBJECT = """
INSERT INTO objection (id, hold_id, sealed, key_id, made)
VALUES ($1, $2, $3, $4, date_trunc('hour', $5::timestamptz, 'UTC'))
ON CONFLICT (hold_id) WHERE answered IS NULL DO NOTHING RETURNING id
"""


async def object_to(
    db: Connection, objection_id: int, hold_id: int, sealed: tuple[bytes, int], now: datetime
) -> bool:
    """False where an objection to it is open."""
    return await db.fetchval(OBJECT, objection_id, hold_id, *sealed, now) is not None


OBJECTIONS = """
SELECT id, hold_id, sealed, key_id, made, answer, answer_key_id, upheld, answered FROM objection
WHERE hold_id = ANY($1::bigint[]) ORDER BY answered NULLS FIRST, made DESC, id
"""


async def objections(db: Connection, holds: Sequence[int]) -> list[Objection]:
    """To any of these holds, open ones first."""
    return [Objection(**row) for row in await db.fetch(OBJECTIONS, holds)]


ANSWER_OBJECTION = """
UPDATE objection SET answer = $2, answer_key_id = $3, upheld = $4, answered_by = $5,
    answered = date_trunc('hour', $6::timestamptz, 'UTC')
WHERE hold_id = $1 AND answered IS NULL RETURNING id
"""


async def answer_objection(
    db: Connection,
    hold_id: int,
    sealed: tuple[bytes, int],
    upheld: bool,
    staff_id: int,
    now: datetime,
) -> bool:
    """False where there is no open one."""
    found = await db.fetchval(ANSWER_OBJECTION, hold_id, *sealed, upheld, staff_id, now)
    return found is not None


# A verdict again after a later one is a correction; which came last within the hour is sealed with
# the answers.
DECLARATIONS = """
SELECT made, verdict, valid_until, sealed, key_id FROM declaration WHERE person_id = $1
ORDER BY made DESC, valid_until DESC LIMIT 20
"""


COUNT_DECLARATIONS = "SELECT count(*) FROM declaration WHERE person_id = $1"


async def count_declarations(db: Connection, person_id: int) -> int:
    found: int = await db.fetchval(COUNT_DECLARATIONS, person_id)
    return found


async def declarations(db: Connection, person_id: int) -> list[Declared]:
    """The last ones, those of the newest hour first."""
    rows = await db.fetch(DECLARATIONS, person_id)
    return [Declared(**dict(row) | {"verdict": Colour(row["verdict"])}) for row in rows]


def _hold(row: asyncpg.Record) -> Hold:
    known = {"colour": Colour(row["colour"]), "reason": HoldReason(row["reason"])}
    return Hold(**dict(row) | known)
