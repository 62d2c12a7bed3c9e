"""SQL of the list that a run leaves: its block, and the rows of its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kit.db import Connection
from tracing.aside import aside
from tracing.engine.columns import Bools, Ints
from tracing.queries_columns import array, ids
from tracing.runs.queries_contacts import OffList

# Blocks on which no row rests any more go.
DROP_BLOCKS = """
UPDATE run r SET list = NULL
WHERE r.case_id = $1 AND r.list IS NOT NULL AND NOT EXISTS (
    SELECT FROM contact k WHERE k.case_id = $1 AND k.run_id = r.id AND k.sealed IS NULL
)
"""


async def drop_blocks(db: Connection, case_id: int) -> None:
    """After the contacts of a run were kept."""
    await db.execute(DROP_BLOCKS, case_id)


STANDING = """
SELECT run_id, sealed IS NULL AS in_block, listed, tier, rank, brief,
    string_agg(int8send(person_id), '') AS people
FROM contact WHERE case_id = $1 GROUP BY 1, 2, 3, 4, 5, 6
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """People whose rows are alike. `in_block`: what was found of them stands in that of the run."""

    run_id: int
    in_block: bool
    listed: bool
    tier: int
    rank: str
    brief: bool
    people: Ints


async def standing(db: Connection, case_id: int) -> list[Standing]:
    """Everybody in the file of a case, on the list or no longer."""
    rows = await db.fetch(STANDING, case_id)
    return [Standing(**dict(row) | {"people": ids(row["people"])}) for row in rows]


KEEP_BLOCK = "UPDATE run SET list = $2 WHERE id = $1"


async def keep_block(db: Connection, run_id: int, sealed: bytes) -> None:
    await db.execute(KEEP_BLOCK, run_id, sealed)


# What people found out about a contact (state, mask, tracer …) outlives every run.
KEEP_CONTACTS = """
INSERT INTO contact (case_id, person_id, tier, state, rank, brief, area, run_id, first_run)
SELECT $1, p.id, g.tier, 'candidate', g.rank, g.brief, p.area, $2, $3
FROM unnest($4::text::bigint[], $5::text::smallint[], $6::text::text[], $7::text::boolean[])
    AS g (person_id, tier, rank, brief)
JOIN person p ON p.id = g.person_id
ON CONFLICT (case_id, person_id) DO UPDATE SET tier = EXCLUDED.tier, rank = EXCLUDED.rank,
    brief = EXCLUDED.brief, sealed = NULL, area = EXCLUDED.area, run_id = EXCLUDED.run_id,
    listed = true, off_list = ''
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
    """Columns: whom a run listed, in the order of people."""

    person: Ints
    tier: Ints
    rank: npt.NDArray[np.str_]
    brief: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A run whose list is stored, and in the place of which run."""

    case_id: int
    run_id: int
    home: int


async def keep_contacts(db: Connection, place: Place, rows: NewContacts) -> None:
    texts = await aside(len(rows.person), _texts, rows)
    await db.execute(KEEP_CONTACTS, place.case_id, place.home, place.run_id, *texts)


def _texts(rows: NewContacts) -> list[str]:
    return [array(one.tolist()) for one in (rows.person, rows.tier, rows.rank, rows.brief)]


async def take_off_list(db: Connection, place: Place, gone: Ints, why: OffList) -> bool:
    """True where some of them stand in the run's own block from now on, which must be the one that
    its home had."""
    args = (place.case_id, place.home, place.run_id, why, array(gone.tolist()))
    moved: bool = await db.fetchval(TAKE_OFF_LIST, *args)
    return moved


# Once somebody has said it of the contact, that counts.
KEEP_RELATIONS = """
UPDATE contact c SET relation = g.relation
FROM unnest($2::bigint[], $3::text[]) AS g (person_id, relation)
WHERE c.case_id = $1 AND c.person_id = g.person_id AND coalesce(c.relation, '') = ''
"""


async def keep_relations(db: Connection, case_id: int, relations: Mapping[int, str]) -> None:
    await db.execute(KEEP_RELATIONS, case_id, list(relations), list(relations.values()))
