"""SQL of what was found out about a case and no trace knows of yet."""

from __future__ import annotations

from collections.abc import Sequence

from kit.db import Connection

# Before any contact is locked, as a run does it; several in one order, or two would wait for each
# other.
LOCK_LISTS = """
SELECT id FROM case_file
WHERE id = $1 OR status = 'approved' AND id IN (
    SELECT case_id FROM contact WHERE person_id = ANY($2::bigint[])
)
ORDER BY id FOR NO KEY UPDATE
"""
COUNT_CHANGE = f"""
WITH changed AS ({LOCK_LISTS})
UPDATE case_file c SET changes = c.changes + 1 FROM changed WHERE c.id = changed.id
"""


async def lock_lists(db: Connection, case_id: int, people: Sequence[int]) -> None:
    """Of this case and of every one that lists one of these."""
    await db.execute(LOCK_LISTS, case_id, people)


async def count_change(db: Connection, case_id: int, people: Sequence[int] = ()) -> None:
    """Of this case; with `people`, of every case that lists one of them too. One change of a case
    follows the other."""
    await db.execute(COUNT_CHANGE, case_id, people)


# A run that stopped at F1 says nothing of the F2 that an earlier one listed.
DEEPEST = """
SELECT greatest(
    (SELECT max(tier) FROM contact WHERE case_id = $1 AND listed),
    (SELECT max_tier FROM run WHERE case_id = $1 AND state = 'done' ORDER BY id DESC LIMIT 1), 1
)
"""
UNTRACED = """
SELECT c.id, c.changes - coalesce((
    SELECT r.changes FROM run r
    WHERE r.case_id = c.id AND r.state = 'done' AND r.max_tier >= (
        SELECT coalesce(max(k.tier), 1) FROM contact k WHERE k.case_id = c.id AND k.listed
    )
    ORDER BY r.id DESC LIMIT 1
), 0) AS untraced
FROM case_file c WHERE c.id = ANY($1::bigint[])
"""


async def deepest(db: Connection, case_id: int) -> int:
    """How far the list of a case goes; 1 before there is one."""
    found: int = await db.fetchval(DEEPEST, case_id)
    return found


async def untraced(db: Connection, cases: Sequence[int]) -> dict[int, int]:
    """By case: how many changes the list does not know of."""
    return {row["id"]: row["untraced"] for row in await db.fetch(UNTRACED, cases)}


# Of one that a later run has overtaken, that one's worker looks. An earlier one that knew more is
# no help: its list was replaced.
LEFT_BEHIND = """
SELECT r.state = 'done' AND c.status = 'approved' AND c.changes > (
    SELECT max(k.changes) FROM run k
    WHERE k.case_id = c.id AND k.id >= r.id AND k.max_tier >= r.max_tier
        AND k.state IN ('done', 'running')
)
FROM run r JOIN case_file c ON c.id = r.case_id WHERE r.id = $1
"""


async def left_behind(db: Connection, run_id: int) -> bool:
    """Whether something was changed while this run went on to its end, that no later one knows
    of."""
    found: bool = await db.fetchval(LEFT_BEHIND, run_id)
    return found
