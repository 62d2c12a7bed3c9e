"""SQL of what a file that leaves says beside the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.db import Connection

# The isolation that ends last is the one a list has to name.
WORKED = """
SELECT c.person_id, coalesce(c.relation, '') AS relation, coalesce(t.name, '') AS tracer,
    coalesce(v.name, '') AS verifier, coalesce(i.place, '') AS place, i.starts, i.ends,
    (SELECT max(e.made) FROM contact_event e
        WHERE e.case_id = c.case_id AND e.person_id = c.person_id AND e.act = 'sampled'
            AND NOT EXISTS (SELECT FROM contact_event u WHERE u.undoes = e.id)) AS sampled,
    c.person_id IN (
        SELECT person_id FROM case_file
        WHERE id <> $1 AND status IN ('approved', 'closed') AND person_id IS NOT NULL
        UNION
        SELECT p.person_id FROM case_person p JOIN case_file f ON f.id = p.case_id
        WHERE f.id <> $1 AND f.status IN ('approved', 'closed')
    ) AS is_case
FROM contact c
LEFT JOIN staff t ON t.id = c.tracer
LEFT JOIN staff v ON v.id = c.verifier
LEFT JOIN LATERAL (
    SELECT place, starts, ends FROM isolation
    WHERE person_id = c.person_id AND taken_back IS NULL
    ORDER BY ends DESC LIMIT 1
) i ON true
WHERE c.case_id = $1 AND c.person_id = ANY($2::bigint[])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """What is known of a contact beside the trace: whom the contact is to the case, who works on
    it, the isolation (`place`, `starts`, `ends`) if there is one, the hour in which the last sample
    was noted, and whether the contact is a case by now."""

    person_id: int
    relation: str
    tracer: str
    verifier: str
    place: str
    starts: datetime | None
    ends: datetime | None
    sampled: datetime | None
    is_case: bool


async def worked(db: Connection, case_id: int, people: Sequence[int]) -> list[Worked]:
    return [Worked(**row) for row in await db.fetch(WORKED, case_id, people)]
