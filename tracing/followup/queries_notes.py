"""SQL of what officers tell each other about a case, and of what changed since they looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.db import Connection

ADD_NOTE = """
INSERT INTO case_note (case_id, kind, sealed, for_staff, made_by, made)
VALUES ($1, $2, $3, $4, $5, date_trunc('hour', $6::timestamptz, 'UTC')) RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNote:
    case_id: int
    kind: str
    sealed: bytes
    for_staff: int | None
    made_by: int
    now: datetime


async def add_note(db: Connection, new: NewNote) -> int:
    found: int = await db.fetchval(
        ADD_NOTE, new.case_id, new.kind, new.sealed, new.for_staff, new.made_by, new.now
    )
    return found


# Who has some contacts of the case alone reads what they wrote or what was handed to them.
NOTES = """
SELECT n.id, n.kind, n.sealed, n.for_staff, f.name AS for_name, m.name AS by, n.made
FROM case_note n JOIN staff m ON m.id = n.made_by LEFT JOIN staff f ON f.id = n.for_staff
WHERE n.case_id = $1 AND ($2 OR n.made_by = $3 OR n.for_staff = $3)
ORDER BY n.id DESC LIMIT 200
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRow:
    id: int
    kind: str
    sealed: bytes
    for_staff: int | None
    for_name: str | None
    by: str
    made: datetime


async def notes(db: Connection, case_id: int, whole: bool, staff_id: int) -> list[NoteRow]:
    """Newest first."""
    return [NoteRow(**row) for row in await db.fetch(NOTES, case_id, whole, staff_id)]


# Whoever reads the whole case: a case can be handed to them.
OFFICERS = """
SELECT DISTINCT s.id, s.name FROM staff s JOIN staff_grant g ON g.staff_id = s.id
WHERE g.role IN ('coordinator', 'investigator', 'verifier') AND g.revoked_at IS NULL
    AND s.disabled_at IS NULL AND $1::text ^@ g.area
ORDER BY s.name, s.id
"""


async def officers(db: Connection, area: str) -> list[tuple[int, str]]:
    return [(row["id"], row["name"]) for row in await db.fetch(OFFICERS, area)]


CHANGED = """
WITH seen AS (
    SELECT coalesce(max(event), 0) AS event, coalesce(max(note), 0) AS note,
        coalesce(max(run), 0) AS run
    FROM case_seen WHERE case_id = $1 AND staff_id = $2
), mine AS (
    SELECT k.person_id, k.listed, k.first_run FROM contact k JOIN case_file c ON c.id = k.case_id
    WHERE k.case_id = $1
        AND (c.area ^@ ANY($3::text[]) OR k.given_to <> '' AND k.given_to ^@ ANY($4::text[]))
)
SELECT (SELECT count(*) FROM mine JOIN run r ON r.id = first_run
        WHERE listed AND first_run > seen.run AND r.by_staff IS DISTINCT FROM $2) AS contacts,
    (SELECT count(DISTINCT e.person_id) FROM contact_event e JOIN mine USING (person_id)
        WHERE e.case_id = $1 AND e.id > seen.event AND e.made_by <> $2) AS worked,
    (SELECT count(*) FROM case_note n WHERE n.case_id = $1 AND n.id > seen.note AND n.made_by <> $2
        AND ($5 OR n.for_staff = $2)) AS notes,
    (SELECT count(*) FROM run r WHERE r.case_id = $1 AND r.id > seen.run AND r.state = 'done'
        AND r.by_staff IS DISTINCT FROM $2) AS runs,
    coalesce((SELECT max(id) FROM contact_event WHERE case_id = $1), 0) AS event,
    coalesce((SELECT max(id) FROM case_note WHERE case_id = $1), 0) AS note,
    coalesce((SELECT max(id) FROM run WHERE case_id = $1 AND state = 'done'), 0) AS run
FROM seen
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Since an officer last said to have seen the case, by others: contacts their runs found,
    contacts on whom they worked, their notes, runs. `event`, `note` and `run` are the last ones
    there are."""

    contacts: int
    worked: int
    notes: int
    runs: int
    event: int
    note: int
    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Looker:
    """Who looks: `whole` where they read the whole case."""

    staff_id: int
    areas: Sequence[str]
    wards: Sequence[str]
    whole: bool


async def changed(db: Connection, case_id: int, by: Looker) -> Changed:
    row = await db.fetchrow(CHANGED, case_id, by.staff_id, by.areas, by.wards, by.whole)
    assert row is not None  # noqa: S101  an aggregate has one row
    return Changed(**row)


SEE_CASE = """
INSERT INTO case_seen AS s (case_id, staff_id, event, note, run) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (case_id, staff_id) DO UPDATE SET event = greatest(s.event, EXCLUDED.event),
    note = greatest(s.note, EXCLUDED.note), run = greatest(s.run, EXCLUDED.run)
"""


async def see_case(db: Connection, case_id: int, staff_id: int, last: tuple[int, int, int]) -> None:
    """As far as the event, note and run that stood on the page."""
    await db.execute(SEE_CASE, case_id, staff_id, *last)


CLOSE_CASE = """
UPDATE case_file SET status = 'closed', closed = date_trunc('hour', $2::timestamptz, 'UTC')
WHERE id = $1 AND status = 'approved' RETURNING id
"""
REOPEN_CASE = """
UPDATE case_file SET status = 'approved', closed = NULL
WHERE id = $1 AND status = 'closed' RETURNING id
"""


async def close_case(db: Connection, case_id: int, now: datetime) -> bool:
    """False where it was not open."""
    return await db.fetchval(CLOSE_CASE, case_id, now) is not None


async def reopen_case(db: Connection, case_id: int) -> bool:
    """False where it was not closed."""
    return await db.fetchval(REOPEN_CASE, case_id) is not None


# What waits for an account, by case: each number is for one of its roles.
WAITS = """
SELECT c.id, c.number,
    count(*) FILTER (WHERE k.tracer = $3 AND NOT k.reached) AS mine,
    count(*) FILTER (WHERE k.tracer IS NULL AND k.given_to <> '' AND k.given_to ^@ ANY($2)
        AND NOT k.reached) AS ward,
    count(*) FILTER (WHERE k.state = 'candidate' AND k.tier = 1 AND k.close) AS candidates,
    count(*) FILTER (WHERE k.given_to = '') AS not_given,
    count(*) FILTER (WHERE c.opened_by = $3 AND k.tier = 1 AND k.close AND NOT k.reached) AS opened
FROM contact k JOIN case_file c ON c.id = k.case_id
WHERE c.status = 'approved' AND (k.listed OR k.close) AND k.state <> 'rejected'
    AND (c.area ^@ ANY($1::text[]) OR k.given_to <> '' AND k.given_to ^@ ANY($2::text[]))
GROUP BY c.id ORDER BY c.id DESC
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Contacts of one case: `mine` and of the ward not reached, candidates to verify, given to no
    ward, and F1 left of a case this account opened."""

    id: int
    number: str
    mine: int
    ward: int
    candidates: int
    not_given: int
    opened: int


async def waits(
    db: Connection, areas: Sequence[str], wards: Sequence[str], staff_id: int
) -> list[Waits]:
    return [Waits(**row) for row in await db.fetch(WAITS, areas, wards, staff_id)]


HANDED = """
SELECT n.case_id AS id, c.number FROM case_note n JOIN case_file c ON c.id = n.case_id
LEFT JOIN case_seen s ON s.case_id = n.case_id AND s.staff_id = n.for_staff
WHERE n.for_staff = $1 AND n.id > coalesce(s.note, 0) AND c.status <> 'closed'
    AND (c.area ^@ ANY($2::text[]))
GROUP BY 1, 2 ORDER BY 1 DESC
"""


async def handed(db: Connection, staff_id: int, areas: Sequence[str]) -> list[tuple[int, str]]:
    """(case, number) handed over to this account, not seen yet."""
    return [(row["id"], row["number"]) for row in await db.fetch(HANDED, staff_id, areas)]
