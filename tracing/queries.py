"""SQL of cases and policies: one constant, one typed function, one round trip.

Facts that a trace reads: queries_facts.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from kit.db import Connection
from tracing.case import CaseFile, NewCase, Purpose, Status
from tracing.engine.model import Policy, QuarantineRule
from tracing.queries_clock import WHERE_IT_STANDS

# The opening's own time stands in the audit only; `^@` is starts_with.
CASE_COLUMNS = """
    c.id, c.number, c.national_number, c.disease, c.lab_reference, c.onset, c.sampled, c.isolated,
    c.met_source, c.area, c.policy, c.policy_version, c.purpose, c.sealed, c.status, c.opened_by,
    c.decided_by,
    c.changes,
    o.name AS opener, d.name AS decider,
    coalesce((SELECT min(a.at) FROM audit a WHERE a.case_id = c.id), c.opened) AS opened_at,
    ARRAY(SELECT c.person_id WHERE c.person_id IS NOT NULL
        UNION SELECT p.person_id FROM case_person p WHERE p.case_id = c.id ORDER BY 1) AS people
FROM case_file c
LEFT JOIN staff o ON o.id = c.opened_by
LEFT JOIN staff d ON d.id = c.decided_by
"""
CASES = f"""
SELECT {CASE_COLUMNS}
WHERE (c.area ^@ ANY($1::text[]) OR c.status = 'approved' AND EXISTS (
        SELECT FROM contact k
        WHERE k.case_id = c.id AND k.given_to <> '' AND k.given_to ^@ ANY($2::text[])
    ))
    AND ($3::bigint IS NULL OR c.id < $3) AND ($5 = '' OR c.status = $5) AND c.area ^@ $6
    AND ($7 = '' OR $7 IN ('done', 'nobody') AND {WHERE_IT_STANDS} = $7
        OR $7 IN ('running', 'overdue') AND c.status IN ('opened', 'approved')
        AND {WHERE_IT_STANDS} = 'left' AND ($7 = 'overdue') = (
            coalesce((SELECT min(a.at) FROM audit a WHERE a.case_id = c.id), c.opened) < $8
        ))
ORDER BY c.id DESC LIMIT $4
"""
CASE_FILE = f"""
SELECT {CASE_COLUMNS}
WHERE c.id = $1 AND (c.area ^@ ANY($2::text[]) OR EXISTS (
    SELECT FROM contact k
    WHERE k.case_id = c.id AND k.given_to <> '' AND k.given_to ^@ ANY($3::text[])
))
"""
LOCK_CASE = "SELECT 1 FROM case_file WHERE id = $1 FOR UPDATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Which cases: all of `areas`, beside them those with contacts given to `wards`; '' and None
    choose all. `before` is the id of the last one seen. `clock`: running, overdue (opened before
    `due`), done or nobody."""

    areas: Sequence[str]
    wards: Sequence[str]
    before: int | None
    limit: int
    due: datetime
    status: str = ""
    area: str = ""
    clock: str = ""


async def cases(db: Connection, by: Board) -> list[CaseFile]:
    """Newest first."""
    rows = await db.fetch(
        CASES,
        *(by.areas, by.wards, by.before, by.limit, by.status, by.area, by.clock, by.due),
    )
    return [_case_file(row) for row in rows]


async def case_file(
    db: Connection, case_id: int, areas: Sequence[str], wards: Sequence[str] = ()
) -> CaseFile | None:
    """Of one of `areas`, or one with contacts that were given to one of `wards`."""
    row = await db.fetchrow(CASE_FILE, case_id, areas, wards)
    return None if row is None else _case_file(row)


async def lock_case(db: Connection, case_id: int) -> None:
    """Two runs of one case are stored one after the other."""
    await db.execute(LOCK_CASE, case_id)


def _case_file(row: asyncpg.Record) -> CaseFile:
    facts = dict(row) | {
        "purpose": Purpose(row["purpose"]),
        "status": Status(row["status"]),
        "people": tuple(row["people"]),
    }
    return CaseFile(**facts)


# Two that come at once (a button pressed twice) follow each other, so the second sees the first.
LOCK_REFERENCE = "SELECT pg_advisory_xact_lock(hashtextextended(lower($1::text), 0))"
OPEN_WITH_REFERENCE = """
SELECT id, number FROM case_file
WHERE lower(lab_reference) = lower($1) AND area = $2 AND status IN ('opened', 'approved')
    AND area ^@ ANY($3::text[])
ORDER BY id LIMIT 1
"""


async def open_with_reference(
    db: Connection, lab_reference: str, area: str, areas: Sequence[str]
) -> tuple[int, str] | None:
    """Id and number of the open case in this area, one of `areas`; nobody opens another before
    the transaction ends."""
    await db.execute(LOCK_REFERENCE, lab_reference)
    row = await db.fetchrow(OPEN_WITH_REFERENCE, lab_reference, area, areas)
    return None if row is None else (row["id"], row["number"])


OPEN_CASE = """
INSERT INTO case_file (number, national_number, disease, lab_reference, onset, sampled, isolated,
    area, policy, policy_version, purpose, sealed, status, opened_by, opened, met_source)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'opened', $13,
    date_trunc('hour', $14::timestamptz, 'UTC'), $16
WHERE $8 ^@ ANY($15::text[])
RETURNING id
"""


async def open_case(
    db: Connection, new: NewCase, staff_id: int, areas: Sequence[str], now: datetime
) -> int | None:
    """The id; None where the area is in none of `areas`."""
    found: int | None = await db.fetchval(
        OPEN_CASE,
        *(new.number, new.national_number, new.disease, new.lab_reference),
        *(new.onset, new.sampled, new.isolated, new.area, new.policy, new.policy_version),
        *(new.purpose, new.sealed, staff_id, now, areas, new.met_source),
    )
    return found


DECIDE = """
UPDATE case_file SET status = $2, decided_by = $3, person_id = $5,
    decided = date_trunc('hour', $4::timestamptz, 'UTC')
WHERE id = $1 AND status = 'opened' AND opened_by IS DISTINCT FROM $3
RETURNING id
"""
ADD_CASE_PEOPLE = """
INSERT INTO case_person (case_id, person_id)
SELECT $1, p FROM unnest($2::bigint[]) AS p ON CONFLICT DO NOTHING
"""


async def decide(
    db: Connection,
    case_id: int,
    status: Status,
    staff_id: int,
    people: Sequence[int],
    now: datetime,
) -> bool:
    """False where somebody decided meanwhile."""
    first = people[0] if people else None
    if await db.fetchval(DECIDE, case_id, status, staff_id, now, first) is None:
        return False
    await db.execute(ADD_CASE_PEOPLE, case_id, people[1:])
    return True


REFUSAL = """
SELECT facts FROM audit WHERE case_id = $1 AND act = 'refuse-case' ORDER BY seq DESC LIMIT 1
"""


async def refusal(db: Connection, case_id: int) -> str:
    """Why it was refused, in the words of who did it; '' where it was not."""
    facts = await db.fetchval(REFUSAL, case_id)
    return str(json.loads(facts)["reason"]) if facts else ""


async def add_case_people(db: Connection, case_id: int, people: Sequence[int]) -> None:
    await db.execute(ADD_CASE_PEOPLE, case_id, people)


HELD_PEOPLE = "SELECT DISTINCT person_id FROM entry_hold WHERE case_id = $1"


async def held_people(db: Connection, case_id: int) -> list[int]:
    """Whoever a hold was proposed for, also when a later run took them off the list."""
    return [row["person_id"] for row in await db.fetch(HELD_PEOPLE, case_id)]


OPENED_FROM = """
SELECT id, number, sealed FROM case_file
WHERE source_case_id = $1 AND status IN ('opened', 'approved') AND sealed IS NOT NULL ORDER BY id
"""


async def opened_from(db: Connection, case_id: int) -> list[tuple[int, str, bytes]]:
    """Id, number and what the opener told of each case that this one infected."""
    rows = await db.fetch(OPENED_FROM, case_id)
    return [(row["id"], row["number"], row["sealed"]) for row in rows]


# Lists and officers who name sources at once follow each other: two of them could close a circle.
LOCK_SOURCES = "SELECT pg_advisory_xact_lock(hashtextextended('line lists', 0))"


async def lock_sources(db: Connection) -> None:
    await db.execute(LOCK_SOURCES)


NAME_SOURCE = "UPDATE case_file SET source_case_id = $2 WHERE id = $1"


async def name_source(db: Connection, case_id: int, source_id: int | None) -> None:
    """Which case infected it; None: nobody knows."""
    await db.execute(NAME_SOURCE, case_id, source_id)


POLICIES = """
SELECT DISTINCT ON (name) name, version, disease, lower(in_force) AS in_force_from,
    upper(in_force) AS in_force_to, days_before_symptomatic, days_before_asymptomatic,
    asymptomatic_from_source, days_after, min_minutes_masked, min_minutes_unmasked,
    metres::float8 AS metres, tail, cumulative, latency, look_back_from, look_back_to, max_tier,
    source
FROM policy WHERE ($1::text IS NULL OR name = $1) AND ($2::smallint IS NULL OR version = $2)
ORDER BY name, version DESC
"""


async def policies(
    db: Connection, name: str | None = None, version: int | None = None
) -> list[Policy]:
    """The newest version of each, where none is given."""
    return [Policy(**row) for row in await db.fetch(POLICIES, name, version)]


KEEP_POLICY = """
INSERT INTO policy (name, version, disease, in_force, days_before_symptomatic,
    days_before_asymptomatic, asymptomatic_from_source, days_after, min_minutes_masked,
    min_minutes_unmasked, metres, tail, cumulative, latency, look_back_from, look_back_to,
    max_tier, source)
VALUES ($1, $2, $3, daterange($4, $5), $6, $7, $8, $9, $10, $11, $12::float8, $13, $14, $15, $16,
    $17, $18, $19)
ON CONFLICT DO NOTHING
"""
KEEP_QUARANTINE_RULE = """
INSERT INTO quarantine_rule (policy, version, tier, vaccinated, days, home_days, in_force)
VALUES ($1, $2, $3, $4, $5, $6, daterange($7, $8))
ON CONFLICT DO NOTHING
"""


async def keep_policies(
    db: Connection, policies: Sequence[Policy], rules: Sequence[QuarantineRule]
) -> None:
    """Seeds; a row that is there stays as it is, for an edit is a new version."""
    await db.executemany(KEEP_POLICY, [_values(policy) for policy in policies])
    await db.executemany(KEEP_QUARANTINE_RULE, [_values(rule) for rule in rules])


def _values(row: Policy | QuarantineRule) -> tuple[Any, ...]:
    """Its fields in order, which is the order of the statements above."""
    return tuple(getattr(row, name) for name in row.__slots__)
