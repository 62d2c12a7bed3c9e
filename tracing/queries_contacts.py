"""SQL of runs and of the contacts they list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.db import Connection
from tracing.model import Interview

ADD_RUN = """
INSERT INTO run
    (case_id, policy, policy_version, moment, mode, coverage, numbers, by_staff)
VALUES ($1, $2, $3, $4, 'forward', $5, $6, $7) RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """`coverage` and `numbers` are JSON without personal data."""

    id: int
    policy: str
    policy_version: int
    moment: datetime
    coverage: str
    numbers: str


async def add_run(db: Connection, case_id: int, run: RunRow, staff_id: int | None) -> int:
    """The new id; the one in `run` is not looked at."""
    found: int = await db.fetchval(
        ADD_RUN,
        *(case_id, run.policy, run.policy_version, run.moment, run.coverage, run.numbers),
        staff_id,
    )
    return found


LAST_RUN = """
SELECT id, policy, policy_version, moment, coverage, numbers
FROM run WHERE case_id = $1 ORDER BY id DESC LIMIT 1
"""


async def last_run(db: Connection, case_id: int) -> RunRow | None:
    row = await db.fetchrow(LAST_RUN, case_id)
    return None if row is None else RunRow(**row)


# What people found out about a contact (state, mask, tracer …) outlives every run.
KEEP_CONTACTS = """
INSERT INTO contact (case_id, person_id, tier, state, rank, sealed, area, run_id)
SELECT $1, p.id, 1, 'candidate', g.rank, g.sealed, p.area, $2
FROM unnest($3::bigint[], $4::text[], $5::bytea[]) AS g (person_id, rank, sealed)
JOIN person p ON p.id = g.person_id
ON CONFLICT (case_id, person_id) DO UPDATE SET tier = EXCLUDED.tier, rank = EXCLUDED.rank,
    sealed = EXCLUDED.sealed, area = EXCLUDED.area, run_id = EXCLUDED.run_id, listed = true
"""
TAKE_OFF_LIST = """
UPDATE contact SET listed = false WHERE case_id = $1 AND run_id <> $2 AND listed
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    person_id: int
    rank: str
    sealed: bytes


async def keep_contacts(
    db: Connection, case_id: int, run_id: int, contacts: Sequence[NewContact]
) -> None:
    """The list of this run; whoever is no longer on it stays, off the list."""
    people = [one.person_id for one in contacts]
    ranks, sealed = [one.rank for one in contacts], [one.sealed for one in contacts]
    await db.execute(KEEP_CONTACTS, case_id, run_id, people, ranks, sealed)
    await db.execute(TAKE_OFF_LIST, case_id, run_id)


CONTACTS = """
SELECT person_id, tier, state, rank, sealed, area FROM contact WHERE case_id = $1 AND listed
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    person_id: int
    tier: int
    state: str
    rank: str
    sealed: bytes
    area: str


async def contacts(db: Connection, case_id: int) -> list[ContactRow]:
    return [ContactRow(**row) for row in await db.fetch(CONTACTS, case_id)]


INTERVIEWS = """
SELECT person_id, masked, coalesce(physical, false) AS physical
FROM contact WHERE case_id = $1 AND (masked IS NOT NULL OR physical)
"""


async def interviews(db: Connection, case_id: int) -> dict[int, Interview]:
    return {
        row["person_id"]: Interview(masked=row["masked"], physical=row["physical"])
        for row in await db.fetch(INTERVIEWS, case_id)
    }


SEALED_PEOPLE = """
SELECT id, sealed, key_id, birth_year, sex FROM person WHERE id = ANY($1::bigint[])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPerson:
    id: int
    sealed: bytes
    key_id: int
    birth_year: int | None
    sex: int | None


async def sealed_people(db: Connection, people: Sequence[int]) -> list[SealedPerson]:
    return [SealedPerson(**row) for row in await db.fetch(SEALED_PEOPLE, people)]


LOOKED_AT = """
SELECT DISTINCT about FROM audit
WHERE case_id = $1 AND staff_id = $2 AND purpose = $3 AND at > $4 AND act = 'reveal-name'
    AND about = ANY($5::bytea[])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """An account's reveals for one case and purpose."""

    staff_id: int | None
    case_id: int
    purpose: str
    since: datetime


async def looked_at(db: Connection, look: Look, about: Sequence[bytes]) -> list[bytes]:
    """Which of these audit references stand in such a reveal's row."""
    rows = await db.fetch(LOOKED_AT, look.case_id, look.staff_id, look.purpose, look.since, about)
    return [row["about"] for row in rows]
