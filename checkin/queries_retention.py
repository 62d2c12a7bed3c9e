"""SQL of the retention of declarations and people, run by the owner role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from checkin.partitions import Owner

DROP_DECLARATIONS = "DELETE FROM declaration WHERE made < $1"

# A verdict goes with the last declaration behind it, never while it holds.
DROP_VERDICTS = """
UPDATE standing s SET own = NULL, own_until = NULL
WHERE s.own_until < $1 AND NOT EXISTS (SELECT FROM declaration d WHERE d.person_id = s.person_id)
"""


async def drop_declarations(db: Owner, before: datetime, now: datetime) -> int:
    dropped = _count(await db.execute(DROP_DECLARATIONS, before))
    await db.execute(DROP_VERDICTS, now)
    return dropped


# Whether they scanned cannot be seen here: `scan` has their pseudonyms only.
IDLE_PEOPLE = """
SELECT p.id FROM person p
WHERE p.created < $1 AND p.sealed <> ''
    AND NOT EXISTS (SELECT FROM declaration d WHERE d.person_id = p.id)
    AND NOT EXISTS (SELECT FROM card c WHERE c.person_id = p.id AND c.revoked IS NULL)
    AND NOT EXISTS (SELECT FROM venue_staff v WHERE v.person_id = p.id)
    AND NOT EXISTS (SELECT FROM entry_hold h WHERE h.person_id = p.id)
    AND NOT EXISTS (SELECT FROM person d WHERE d.guardian_id = p.id AND d.sealed <> '')
    AND NOT EXISTS (SELECT FROM standing s WHERE s.person_id = p.id AND s.hold_until > $2)
    AND NOT EXISTS (SELECT FROM unnest($3::bigint[]) AS kept (id) WHERE kept.id = p.id)
"""


async def idle_people(db: Owner, before: datetime, now: datetime, kept: Sequence[int]) -> list[int]:
    """Made before `before`, with no declaration, card, work at a venue, hold (of any time: its file
    tells why they were turned away) or dependant, and not among `kept`."""
    return [row["id"] for row in await db.fetch(IDLE_PEOPLE, before, now, kept)]


SUBJECTS_SEEN = """
SELECT DISTINCT subject FROM scan WHERE subject = ANY($1::uuid[]) AND at >= $2 AND at < $3
"""


async def subjects_seen(
    db: Owner, subjects: Sequence[UUID], since: datetime, until: datetime
) -> list[UUID]:
    return [row["subject"] for row in await db.fetch(SUBJECTS_SEEN, subjects, since, until)]


# The ledger refuses the tokens of an older generation.
REVOKE = """
INSERT INTO standing (person_id, token_generation) SELECT unnest($1::bigint[]), 1
ON CONFLICT (person_id) DO UPDATE SET token_generation = standing.token_generation + 1
"""


async def revoke(db: Owner, people: Sequence[int]) -> None:
    await db.execute(REVOKE, people)


DROP_IDENTIFIERS = "DELETE FROM identifier WHERE person_id = ANY($1::bigint[])"
DROP_LINKS = """
DELETE FROM person_link WHERE person_id = ANY($1::bigint[]) OR same_as = ANY($1::bigint[])
"""
UNBIND_CARDS = "UPDATE card SET person_id = NULL WHERE person_id = ANY($1::bigint[])"
DROP_STANDING = """
UPDATE standing SET own = NULL, own_until = NULL, hold = NULL, hold_until = NULL,
    hold_case = NULL, hold_approved_by = NULL, hold_id = NULL
WHERE person_id = ANY($1::bigint[])
"""
EMPTY_PEOPLE = """
UPDATE person SET sealed = '', birth_year = NULL, sex = NULL, area = '', guardian_id = NULL,
    created = date_trunc('hour', $2::timestamptz, 'UTC')
WHERE id = ANY($1::bigint[])
"""


async def empty_people(db: Owner, people: Sequence[int], now: datetime) -> None:
    """Leaves a bare number with a token generation that no device has; `created` is the hour of
    this from now on."""
    async with db.transaction():
        # Also where the caller revoked before: without a row here, the ledger would count the
        # generation as 0, which is that of the first token.
        for statement in (REVOKE, DROP_IDENTIFIERS, DROP_LINKS, UNBIND_CARDS, DROP_STANDING):
            await db.execute(statement, people)
        await db.execute(EMPTY_PEOPLE, people, now)


RELEASE_HELD = """
UPDATE standing SET hold = NULL, hold_until = NULL, hold_case = NULL, hold_approved_by = NULL,
    hold_id = NULL
WHERE hold_id IN (SELECT id FROM entry_hold WHERE case_id = ANY($1::bigint[]))
"""
DROP_OBJECTIONS = """
DELETE FROM objection
WHERE hold_id IN (SELECT id FROM entry_hold WHERE case_id = ANY($1::bigint[]))
"""
DROP_HOLDS = "DELETE FROM entry_hold WHERE case_id = ANY($1::bigint[])"


async def drop_holds(db: Owner, cases: Sequence[int]) -> int:
    """Of these cases, with the objections to them."""
    async with db.transaction():
        await db.execute(RELEASE_HELD, cases)
        await db.execute(DROP_OBJECTIONS, cases)
        return _count(await db.execute(DROP_HOLDS, cases))


DROP_EMPTY_STANDINGS = """
DELETE FROM standing s USING person p
WHERE p.id = s.person_id AND p.sealed = '' AND p.created < $1
    AND NOT EXISTS (SELECT FROM unnest($2::bigint[]) AS kept (id) WHERE kept.id = p.id)
"""
DROP_EMPTY_PEOPLE = """
DELETE FROM person p WHERE p.sealed = '' AND p.created < $1
    AND NOT EXISTS (SELECT FROM unnest($2::bigint[]) AS kept (id) WHERE kept.id = p.id)
"""


async def drop_empty_people(db: Owner, before: datetime, kept: Sequence[int]) -> int:
    async with db.transaction():
        await db.execute(DROP_EMPTY_STANDINGS, before, kept)
        return _count(await db.execute(DROP_EMPTY_PEOPLE, before, kept))


SCANS_BETWEEN = "SELECT count(*) FROM scan WHERE at >= $1 AND at < $2"


async def scans_between(db: Owner, since: datetime, until: datetime) -> int:
    found: int = await db.fetchval(SCANS_BETWEEN, since, until)
    return found


DECLARATIONS_LEFT = """
SELECT count(*) AS rows, min(made) AS oldest, count(*) FILTER (WHERE made < $1) AS past
FROM declaration
"""
EMPTY_LEFT = """
SELECT count(*) AS rows, min(created) AS oldest, count(*) FILTER (WHERE created < $1) AS past
FROM person WHERE sealed = ''
"""
AUDIT_LEFT = """
SELECT count(*) AS rows, min(at) AS oldest, count(*) FILTER (WHERE at < $1) AS past FROM audit
"""
PEOPLE_LEFT = "SELECT count(*) AS rows, min(created) AS oldest FROM person WHERE sealed <> ''"


HOLDS_LEFT = """
SELECT count(*) AS rows, min(proposed) AS oldest,
    count(*) FILTER (WHERE case_id = ANY($1::bigint[])) AS past
FROM entry_hold
"""


async def holds_left(db: Owner, cases: Sequence[int]) -> Mapping[str, Any]:
    """rows, oldest, and past: those of these cases."""
    return await _only_row(db, HOLDS_LEFT, cases)


async def declarations_left(db: Owner, before: datetime) -> Mapping[str, Any]:
    """rows, oldest, and past: rows older than `before`; as the two below."""
    return await _only_row(db, DECLARATIONS_LEFT, before)


async def empty_left(db: Owner, before: datetime) -> Mapping[str, Any]:
    return await _only_row(db, EMPTY_LEFT, before)


async def audit_left(db: Owner, before: datetime) -> Mapping[str, Any]:
    return await _only_row(db, AUDIT_LEFT, before)


async def people_left(db: Owner) -> Mapping[str, Any]:
    return await _only_row(db, PEOPLE_LEFT)


async def _only_row(db: Owner, statement: str, *values: object) -> Mapping[str, Any]:
    [row] = await db.fetch(statement, *values)
    return dict(row)


def _count(status: str) -> int:
    """Of the rows in a command's answer, «DELETE 12»."""
    return int(status.rpartition(" ")[2])
