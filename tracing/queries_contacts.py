"""SQL of runs and of the contacts they list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.db import Connection


class OffList(StrEnum):
    """Why somebody is no longer on the list; '' while they are."""

    NOT_EXPOSED = "not-exposed"
    DAYS_MISSING = "days-missing"


ADD_RUN = """
INSERT INTO run
    (case_id, policy, policy_version, moment, mode, coverage, numbers, by_staff, max_tier)
VALUES ($1, $2, $3, $4, 'forward', $5, $6, $7, $8) RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """`coverage` and `numbers` are JSON without personal data."""

    id: int
    policy: str
    policy_version: int
    moment: datetime
    max_tier: int
    coverage: str
    numbers: str


async def add_run(db: Connection, case_id: int, run: RunRow, staff_id: int | None) -> int:
    """The new id; the one in `run` is not looked at."""
    found: int = await db.fetchval(
        ADD_RUN,
        *(case_id, run.policy, run.policy_version, run.moment, run.coverage, run.numbers),
        *(staff_id, run.max_tier),
    )
    return found


LAST_RUN = """
SELECT id, policy, policy_version, moment, max_tier, coverage, numbers
FROM run WHERE case_id = $1 ORDER BY id DESC LIMIT 1
"""


async def last_run(db: Connection, case_id: int) -> RunRow | None:
    row = await db.fetchrow(LAST_RUN, case_id)
    return None if row is None else RunRow(**row)


# What people found out about a contact (state, mask, tracer …) outlives every run.
KEEP_CONTACTS = """
INSERT INTO contact (case_id, person_id, tier, state, rank, sealed, area, run_id)
SELECT $1, p.id, g.tier, 'candidate', g.rank, g.sealed, p.area, $2
FROM unnest($3::bigint[], $4::smallint[], $5::text[], $6::bytea[])
    AS g (person_id, tier, rank, sealed)
JOIN person p ON p.id = g.person_id
ON CONFLICT (case_id, person_id) DO UPDATE SET tier = EXCLUDED.tier, rank = EXCLUDED.rank,
    sealed = EXCLUDED.sealed, area = EXCLUDED.area, run_id = EXCLUDED.run_id, listed = true,
    off_list = ''
"""
# Tiers that this run did not look for stay as they were.
TAKE_OFF_LIST = """
UPDATE contact SET listed = false, off_list = $4
WHERE case_id = $1 AND run_id <> $2 AND tier <= $3 AND listed
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    person_id: int
    tier: int
    rank: str
    sealed: bytes


async def keep_contacts(
    db: Connection, case_id: int, run_id: int, contacts: Sequence[NewContact]
) -> None:
    """The list of this run, in the order of ids: where rows lie must not tell who stands where."""
    rows = sorted(contacts, key=lambda one: one.person_id)
    await db.execute(
        KEEP_CONTACTS,
        *(case_id, run_id, [one.person_id for one in rows], [one.tier for one in rows]),
        *([one.rank for one in rows], [one.sealed for one in rows]),
    )


async def take_off_list(
    db: Connection, case_id: int, run_id: int, max_tier: int, why: OffList
) -> None:
    """Whoever this run did not find stays in the file."""
    await db.execute(TAKE_OFF_LIST, case_id, run_id, max_tier, why)


CONTACTS = """
SELECT person_id, tier, state, rank, sealed, area, off_list FROM contact
WHERE case_id = $1 AND listed = $2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    person_id: int
    tier: int
    state: str
    rank: str
    sealed: bytes
    area: str
    off_list: str


async def contacts(db: Connection, case_id: int, *, listed: bool = True) -> list[ContactRow]:
    return [ContactRow(**row) for row in await db.fetch(CONTACTS, case_id, listed)]


WORKED_ON = """
SELECT person_id, tier, state, sealed, masked, coalesce(physical, false) AS physical
FROM contact WHERE case_id = $1 AND (masked IS NOT NULL OR physical OR state <> 'candidate')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedOn:
    """What people found out about a contact."""

    person_id: int
    tier: int
    state: str
    sealed: bytes
    masked: bool | None
    physical: bool


async def worked_on(db: Connection, case_id: int) -> list[WorkedOn]:
    return [WorkedOn(**row) for row in await db.fetch(WORKED_ON, case_id)]


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
