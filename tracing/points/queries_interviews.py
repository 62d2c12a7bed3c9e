"""SQL of what contacts said."""

from __future__ import annotations

from dataclasses import dataclass

from kit.db import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """`masked`: None leaves it to the kind of venue. `relation`: '' where it is not known."""

    masked: bool | None
    physical: bool
    relation: str


SAID = """
SELECT masked, coalesce(physical, false) AS physical, coalesce(relation, '') AS relation
FROM contact WHERE case_id = $1 AND person_id = $2
"""
HEAR = """
UPDATE contact SET masked = $3, physical = $4, relation = $5 WHERE case_id = $1 AND person_id = $2
"""


async def said(db: Connection, case_id: int, person_id: int) -> Said:
    """Of a contact who is there."""
    row = await db.fetchrow(SAID, case_id, person_id)
    assert row is not None  # noqa: S101  contacts are never deleted
    return Said(**row)


async def hear(db: Connection, case_id: int, person_id: int, said: Said) -> None:
    await db.execute(HEAR, case_id, person_id, said.masked, said.physical, said.relation)
