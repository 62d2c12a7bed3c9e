"""SQL of what a second account lets go: asked, decided, used; and of the names an account read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.db import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRelease:
    case_id: int
    what: str
    purpose: str
    reason: str
    asked_by: int
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(NewRelease):
    """`approved` is None until a second account decided; `people`: how many the list had then;
    `used_at`: the first file made of it."""

    id: int
    case_number: str
    asker: str | None
    approved: bool | None
    decided_by: int | None
    decider: str | None
    decided_at: datetime | None
    answer: str
    people: int | None
    used_at: datetime | None


ASK = """
INSERT INTO release (case_id, what, purpose, reason, asked_by, asked_at)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""


async def ask(db: Connection, new: NewRelease) -> int:
    found: int = await db.fetchval(
        ASK, new.case_id, new.what, new.purpose, new.reason, new.asked_by, new.asked_at
    )
    return found


EVERY_RELEASE = """
SELECT r.id, r.case_id, c.number AS case_number, r.what, r.purpose, r.reason, r.asked_by,
    a.name AS asker, r.asked_at, r.approved, r.decided_by, d.name AS decider, r.decided_at,
    r.answer, r.people, r.used_at
FROM release r
JOIN case_file c ON c.id = r.case_id
LEFT JOIN staff a ON a.id = r.asked_by
LEFT JOIN staff d ON d.id = r.decided_by
"""
RELEASES = f"""{EVERY_RELEASE}
WHERE r.case_id = $1 AND ($2::bigint IS NULL OR r.id = $2)
ORDER BY r.id DESC LIMIT 200
"""


async def releases(db: Connection, case_id: int, release_id: int | None = None) -> list[Release]:
    """Of a case, newest first; or this one of it."""
    return [Release(**row) for row in await db.fetch(RELEASES, case_id, release_id)]


WAITING_RELEASES = f"""{EVERY_RELEASE}
WHERE r.approved IS NULL AND r.asked_at > $2 AND c.area ^@ ANY($1::text[])
    AND c.status = 'approved'
ORDER BY r.asked_at LIMIT 200
"""


async def waiting_releases(db: Connection, areas: Sequence[str], since: datetime) -> list[Release]:
    """Nobody decided about them; the one that waits longest at the top."""
    return [Release(**row) for row in await db.fetch(WAITING_RELEASES, areas, since)]


DECIDE_RELEASE = """
UPDATE release SET approved = $2, decided_by = $3, decided_at = $4, answer = $5, people = $6
WHERE id = $1 AND approved IS NULL AND asked_by <> $3 RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`people`: how many the list had as it was read."""

    approved: bool
    answer: str
    people: int


async def decide_release(
    db: Connection, release_id: int, verdict: Verdict, staff_id: int, now: datetime
) -> bool:
    """False where somebody decided meanwhile."""
    found = await db.fetchval(
        DECIDE_RELEASE,
        *(release_id, verdict.approved, staff_id, now, verdict.answer, verdict.people),
    )
    return found is not None


LIST_SIZES = """
SELECT case_id, tier, count(*) AS people FROM contact
WHERE case_id = ANY($1::bigint[]) AND (listed OR close) GROUP BY 1, 2 ORDER BY 1, 2
"""


async def list_sizes(db: Connection, cases: Sequence[int]) -> dict[int, dict[int, int]]:
    """Of each case how many people its list has, by tier."""
    found: dict[int, dict[int, int]] = {case_id: {} for case_id in cases}
    for row in await db.fetch(LIST_SIZES, cases):
        found[row["case_id"]][row["tier"]] = row["people"]
    return found


# One for as many people first; of these one that was begun: a download that broke off must not
# cost another one.
USE_RELEASE = """
UPDATE release SET used_at = coalesce(used_at, $5)
WHERE id = (
    SELECT id FROM release
    WHERE case_id = $1 AND asked_by = $2 AND what = $3 AND purpose = $4 AND approved
        AND (used_at IS NULL AND decided_at > $6 OR used_at > $7)
    ORDER BY coalesce(people, 0) < $8, used_at NULLS LAST, id LIMIT 1 FOR UPDATE
)
RETURNING id, people
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Of a release that was decided after `decided_since`, or first used after `used_since`, for a
    list of `people`."""

    case_id: int
    staff_id: int
    what: str
    purpose: str
    now: datetime
    decided_since: datetime
    used_since: datetime
    people: int


async def use_release(db: Connection, use: Use) -> tuple[int, int] | None:
    """Which one, and to how many people it was agreed; None where there is none."""
    row = await db.fetchrow(
        USE_RELEASE,
        *(use.case_id, use.staff_id, use.what, use.purpose),
        *(use.now, use.decided_since, use.used_since, use.people),
    )
    return None if row is None else (row["id"], row["people"] or 0)


NAMES_READ = """
SELECT count(DISTINCT about) FROM audit
WHERE staff_id = $1 AND at > $2 AND act = 'reveal-name' AND facts = '{}'
"""
MORE_NAMES = """
SELECT count(*) FROM release
WHERE asked_by = $1 AND decided_at > $2 AND approved AND what = 'more-names'
"""


async def names_read(db: Connection, staff_id: int, since: datetime) -> tuple[int, int]:
    """Different people whose names this account read since then, lists that were let go aside; and
    how many times a second account agreed to more."""
    read: int = await db.fetchval(NAMES_READ, staff_id, since)
    agreed: int = await db.fetchval(MORE_NAMES, staff_id, since)
    return read, agreed
