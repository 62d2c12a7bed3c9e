"""SQL of corrections of the days a case counts from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kit.db import Connection
from tracing.case_days import Days


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """`approved`: None while it waits for a second account; `by` whom it was asked."""

    id: int
    onset: date | None
    sampled: date | None
    isolated: datetime | None
    met_source: date | None
    reason: str
    asked_by: int
    by: str
    approved: bool | None
    decider: str
    answer: str

    @property
    def days(self) -> Days:
        return Days(
            onset=self.onset,
            sampled=self.sampled,
            isolated=self.isolated,
            met_source=self.met_source,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCorrection:
    case_id: int
    days: Days
    reason: str
    asked_by: int


ASK = """
INSERT INTO case_correction (case_id, onset, sampled, isolated, met_source, reason, asked_by, asked)
VALUES ($1, $2, $3, $4, $5, $6, $7, date_trunc('hour', $8::timestamptz, 'UTC'))
ON CONFLICT (case_id) WHERE approved IS NULL DO NOTHING RETURNING id
"""


async def ask(db: Connection, new: NewCorrection, now: datetime) -> int | None:
    """None where another one waits."""
    days = new.days
    found: int | None = await db.fetchval(
        ASK,
        *(new.case_id, days.onset, days.sampled, days.isolated, days.met_source),
        *(new.reason, new.asked_by, now),
    )
    return found


CORRECTIONS = """
SELECT k.id, k.onset, k.sampled, k.isolated, k.met_source, k.reason, k.asked_by,
    coalesce(a.name, '') AS by,
    k.approved, coalesce(d.name, '') AS decider, k.answer
FROM case_correction k
LEFT JOIN staff a ON a.id = k.asked_by
LEFT JOIN staff d ON d.id = k.decided_by
WHERE k.case_id = $1 ORDER BY k.id DESC LIMIT 100
"""


async def corrections(db: Connection, case_id: int) -> list[Correction]:
    """Newest first."""
    return [Correction(**row) for row in await db.fetch(CORRECTIONS, case_id)]


SETTLE = """
UPDATE case_correction SET approved = $3, decided_by = $4, answer = $5,
    decided = date_trunc('hour', $6::timestamptz, 'UTC')
WHERE id = $2 AND case_id = $1 AND approved IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    case_id: int
    id: int
    approved: bool
    by: int
    answer: str


async def settle(db: Connection, one: Settled, now: datetime) -> None:
    await db.execute(SETTLE, one.case_id, one.id, one.approved, one.by, one.answer, now)


CORRECT = """
UPDATE case_file SET onset = $2, sampled = $3, isolated = $4, met_source = $5 WHERE id = $1
"""


async def correct(db: Connection, case_id: int, days: Days) -> None:
    await db.execute(CORRECT, case_id, days.onset, days.sampled, days.isolated, days.met_source)
