"""SQL of what other cases know of the people on a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kit.db import Connection

# Closed cases too: who met one there is in quarantine all the same.
OTHER_LISTS = """
SELECT k.case_id, f.number, k.run_id, k.person_id, k.sealed, k.reached
FROM contact k JOIN case_file f ON f.id = k.case_id
WHERE k.person_id = ANY($1::bigint[]) AND k.case_id <> $2 AND k.tier = 1 AND k.close
    AND f.status IN ('approved', 'closed')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherList:
    """A close contact of another case too; `sealed` where no run's list says what was found."""

    case_id: int
    number: str
    run_id: int
    person_id: int
    sealed: bytes | None
    reached: bool


async def other_lists(db: Connection, people: Sequence[int], case_id: int) -> list[OtherList]:
    return [OtherList(**row) for row in await db.fetch(OTHER_LISTS, people, case_id)]


CASES_OF = """
SELECT p.person_id, c.number, coalesce(c.onset, c.sampled) - CASE WHEN c.onset IS NULL
    THEN o.days_before_asymptomatic ELSE o.days_before_symptomatic END AS begins
FROM (
    SELECT id, person_id FROM case_file WHERE person_id = ANY($1::bigint[])
    UNION SELECT case_id, person_id FROM case_person WHERE person_id = ANY($1)
) p
JOIN case_file c ON c.id = p.id
JOIN policy o ON o.name = c.policy AND o.version = c.policy_version
WHERE c.id <> $2 AND c.status IN ('approved', 'closed') ORDER BY c.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCase:
    """`begins`: the first day of its infectious period."""

    person_id: int
    number: str
    begins: date


async def cases_of(db: Connection, people: Sequence[int], but: int) -> dict[int, OwnCase]:
    """The last case of each of them who is one, `but` for this one."""
    rows = [OwnCase(**row) for row in await db.fetch(CASES_OF, people, but)]
    return {row.person_id: row for row in rows}
