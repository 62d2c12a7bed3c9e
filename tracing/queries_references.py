"""SQL of cases under one laboratory reference, which nobody has to be looked up for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kit.db import Connection

SAME_REFERENCE = """
SELECT c.id AS case_id, CASE WHEN o.area ^@ ANY($2::text[]) THEN o.number END AS number
FROM case_file c
JOIN case_file o ON lower(o.lab_reference) = lower(c.lab_reference)
WHERE c.id = ANY($1::bigint[]) AND o.id <> c.id AND o.status <> 'refused'
ORDER BY o.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SameReference:
    """Other cases: `numbers` of those in one's areas, and whether there are any elsewhere."""

    numbers: tuple[str, ...] = ()
    elsewhere: bool = False


async def same_reference(
    db: Connection, cases: Sequence[int], areas: Sequence[str]
) -> dict[int, SameReference]:
    """By case; of one that was refused nobody is warned."""
    found: dict[int, list[str | None]] = {}
    for row in await db.fetch(SAME_REFERENCE, cases, areas):
        found.setdefault(row["case_id"], []).append(row["number"])
    return {
        case_id: SameReference(
            numbers=tuple(number for number in numbers if number), elsewhere=None in numbers
        )
        for case_id, numbers in found.items()
    }
