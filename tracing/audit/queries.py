"""SQL that reads the audit: who did what, when, about which case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.db import Connection

# An area tells whose case it is; what is about no case is for who answers for the country alone.
AUDIT = """
SELECT a.seq, a.at, a.staff_id, s.login, s.name, a.act, a.purpose, a.case_id,
    c.number AS case_number, left(encode(a.about, 'hex'), 8) AS person, a.facts
FROM audit a LEFT JOIN staff s ON s.id = a.staff_id
LEFT JOIN (
    SELECT id, number, area FROM case_file UNION ALL SELECT case_id, number, area FROM case_gone
) c ON c.id = a.case_id
WHERE ('' = ANY($1::text[]) OR c.area ^@ ANY($1))
    AND ($2::bigint IS NULL OR a.seq < $2) AND (a.act = $3 OR $3 = '' AND a.act <> 'read-audit')
    AND ($4::integer IS NULL OR a.staff_id = $4) AND ($7 = '' OR s.login = $7)
    AND ($8::timestamptz IS NULL OR a.at >= $8) AND ($9::timestamptz IS NULL OR a.at < $9)
    AND ($5 = '' OR c.number = $5)
ORDER BY a.seq DESC LIMIT $6
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`before`: rows older than this one; '' and None choose everything but readings of the audit:
    these are for whoever asks for them, or they would soon hide the rest. An account by its number
    or its `login`; `since` and `until` are half-open."""

    areas: Sequence[str]
    before: int | None
    act: str
    staff: int | None
    case: str
    limit: int
    login: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """`person`: the same for the same person, and tells no more; `facts` is JSON. Without an
    account it was an operator's command, or a gate's."""

    seq: int
    at: datetime
    staff_id: int | None
    login: str | None
    name: str | None
    act: str
    purpose: str | None
    case_id: int | None
    case_number: str | None
    person: str | None
    facts: str


async def rows(db: Connection, by: Asked) -> list[AuditRow]:
    """Newest first."""
    found = await db.fetch(
        AUDIT,
        *(by.areas, by.before, by.act, by.staff, by.case, by.limit),
        *(by.login, by.since, by.until),
    )
    return [AuditRow(**row) for row in found]
