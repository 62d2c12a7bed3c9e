"""SQL of the list that a run leaves: its block, and the rows of its people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kit.db import Connection
from tracing.aside import aside
from tracing.engine.columns import Ints, ints
from tracing.queries_columns import array
from tracing.runs.queries_contacts import OffList

# Blocks on which no row rests any more go.
DROP_BLOCKS = """
UPDATE run r SET list = NULL
WHERE case_id = $1 AND list IS NOT NULL AND id NOT IN (
    SELECT run_id FROM contact WHERE case_id = $1 AND sealed IS NULL
)
"""


async def drop_blocks(db: Connection, case_id: int) -> None:
    """After the contacts of a run were kept."""
    await db.execute(DROP_BLOCKS, case_id)


# Tracing a case again changes few of its contacts, and a row that stands where it stood is not
# written. So a block that holds everybody on the list, and nobody off it, is followed by the next
# one in the same place.
HOME = """
SELECT h.run_id
FROM (
    SELECT min(run_id) AS run_id FROM contact WHERE case_id = $1 AND listed AND sealed IS NULL
    HAVING count(DISTINCT run_id) = 1 AND max(tier) <= $2
) h
WHERE NOT EXISTS (
    SELECT FROM contact k
    WHERE k.case_id = $1 AND k.run_id = h.run_id AND k.sealed IS NULL AND NOT k.listed
)
"""
KEEP_BLOCK = "UPDATE run SET list = $2 WHERE id = $1"


async def home(db: Connection, case_id: int, max_tier: int) -> int | None:
    """The run in whose block everybody on the list stands and nobody else, if a run of so many
    tiers finds all of them again or takes them off it."""
    found: int | None = await db.fetchval(HOME, case_id, max_tier)
    return found


async def keep_block(db: Connection, run_id: int, sealed: bytes) -> None:
    await db.execute(KEEP_BLOCK, run_id, sealed)


# What people found out about a contact (state, mask, tracer …) outlives every run. Whose row would
# be the same is left alone.
KEEP_CONTACTS = """
INSERT INTO contact (case_id, person_id, tier, state, rank, brief, area, run_id, first_run)
SELECT $1, p.id, g.tier, 'candidate', g.rank, g.brief, p.area, $2, $3
FROM unnest($4::text::bigint[], $5::text::smallint[], $6::text::text[], $7::text::boolean[])
    AS g (person_id, tier, rank, brief)
JOIN person p ON p.id = g.person_id
LEFT JOIN contact k ON k.case_id = $1 AND k.person_id = p.id
WHERE k.person_id IS NULL OR k.sealed IS NOT NULL OR NOT k.listed
    OR (k.tier, k.rank, k.brief, k.area, k.run_id)
        IS DISTINCT FROM (g.tier, g.rank, g.brief, p.area, $2)
ON CONFLICT (case_id, person_id) DO UPDATE SET tier = EXCLUDED.tier, rank = EXCLUDED.rank,
    brief = EXCLUDED.brief, sealed = NULL, area = EXCLUDED.area, run_id = EXCLUDED.run_id,
    listed = true, off_list = ''
"""
# Tiers that a run did not look for stay as they were.
LISTED = """
SELECT coalesce(array_agg(person_id), '{}') FROM contact
WHERE case_id = $1 AND listed AND tier <= $2
"""
# Whoever stood in the block that this run replaces now stands in that of the run, which keeps the
# old one.
TAKE_OFF_LIST = """
WITH taken_off AS (
    UPDATE contact k SET listed = false, off_list = $4,
        run_id = CASE WHEN k.run_id = $2 THEN $3 ELSE k.run_id END
    FROM unnest($5::text::bigint[]) AS gone (person_id)
    WHERE k.case_id = $1 AND k.person_id = gone.person_id
    RETURNING k.run_id, k.sealed
)
SELECT EXISTS (SELECT FROM taken_off WHERE run_id = $3 AND sealed IS NULL)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContacts:
    """Columns of one order, each as PostgreSQL's text of an array; `people` as numbers, too."""

    people: Ints
    person_id: str
    tier: str
    rank: str
    brief: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A run whose list is stored, and in the place of which run."""

    case_id: int
    run_id: int
    home: int
    max_tier: int


async def keep_contacts(db: Connection, run: Stored, rows: NewContacts) -> None:
    columns = (rows.person_id, rows.tier, rows.rank, rows.brief)
    await db.execute(KEEP_CONTACTS, run.case_id, run.home, run.run_id, *columns)


async def take_off_list(db: Connection, run: Stored, found: Ints, why: OffList) -> bool:
    """Whoever this run did not find stays in the file. True where some of them stand in its own
    block from now on, which must be the one that its home had."""
    # Compared here: PostgreSQL, which knows nothing yet of a case's first rows, plans for few and
    # compared them pair by pair.
    listed = await db.fetchval(LISTED, run.case_id, run.max_tier)
    gone = await aside(len(listed), _without, listed, found)
    if not len(gone):
        return False
    args = (run.case_id, run.home, run.run_id, why, array(gone.tolist()))
    moved: bool = await db.fetchval(TAKE_OFF_LIST, *args)
    return moved


def _without(listed: Sequence[int], found: Ints) -> Ints:
    return np.setdiff1d(ints(listed), found)


# Once somebody has said it of the contact, that counts.
KEEP_RELATIONS = """
UPDATE contact c SET relation = g.relation
FROM unnest($2::bigint[], $3::text[]) AS g (person_id, relation)
WHERE c.case_id = $1 AND c.person_id = g.person_id AND coalesce(c.relation, '') = ''
"""


async def keep_relations(db: Connection, case_id: int, relations: Mapping[int, str]) -> None:
    await db.execute(KEEP_RELATIONS, case_id, list(relations), list(relations.values()))
