"""SQL of runs under way: who works on which, how far it is, how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.db import Connection


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class WhyFailed(StrEnum):
    NOT_FAILED = ""
    ERROR = "error"
    WORKER_GONE = "worker-gone"


# Held by the connection of whoever works on the case: it goes with the worker, however that ends.
# It is let go of when the connection is left.
LOCK_RUNS = "SELECT pg_try_advisory_lock(hashtextextended('runs of case ' || $1::bigint, 0))"


async def lock_runs(db: Connection, case_id: int) -> bool:
    """False where somebody works on a run of this case."""
    found: bool = await db.fetchval(LOCK_RUNS, case_id)
    return found


LET_GO = "SELECT pg_advisory_unlock(hashtextextended('runs of case ' || $1::bigint, 0))"


async def let_go(db: Connection, case_id: int) -> None:
    """Another run of the case may begin."""
    await db.execute(LET_GO, case_id)


# Nobody can hold the lock of a run that is at work but its own worker.
MARK_LOST = """
UPDATE run SET state = 'failed', why = 'worker-gone'
WHERE case_id = $1 AND state = 'running'
    AND pg_try_advisory_xact_lock(hashtextextended('runs of case ' || $1::bigint, 0))
"""


async def mark_lost(db: Connection, case_id: int) -> None:
    """A run at which nobody works any more has failed."""
    await db.execute(MARK_LOST, case_id)


BEGIN_RUN = """
INSERT INTO run (case_id, policy, policy_version, moment, mode, by_staff, max_tier, changes, state)
VALUES ($1, $2, $3, $4, 'forward', $5, $6, $7, 'running') RETURNING id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """`changes`: of how many of its case it knows."""

    case_id: int
    policy: str
    policy_version: int
    moment: datetime
    by_staff: int
    max_tier: int
    changes: int


async def begin_run(db: Connection, new: NewRun) -> int:
    found: int = await db.fetchval(
        BEGIN_RUN,
        *(new.case_id, new.policy, new.policy_version, new.moment, new.by_staff, new.max_tier),
        new.changes,
    )
    return found


TELL_PROGRESS = """
UPDATE run SET tier = $2, done = $3, total = $4 WHERE id = $1 AND state = 'running' RETURNING id
"""


async def tell_progress(db: Connection, run_id: int, tier: int, done: int, total: int) -> bool:
    """False where the run was ended by somebody."""
    return await db.fetchval(TELL_PROGRESS, run_id, tier, done, total) is not None


FINISH_RUN = """
UPDATE run SET state = 'done', coverage = $2, numbers = $3, tier = $4, done = $5, total = $6
WHERE id = $1 AND state = 'running' RETURNING id
"""


async def finish_run(
    db: Connection, run_id: int, found: tuple[str, str], far: tuple[int, int, int]
) -> bool:
    """`found`: coverage and numbers, JSON without personal data; `far`: as `tell_progress`. False
    where somebody ended the run before."""
    return await db.fetchval(FINISH_RUN, run_id, *found, *far) is not None


KEEP_NUMBERS = "UPDATE run SET numbers = $2 WHERE id = $1 AND state = 'done'"


async def keep_numbers(db: Connection, run_id: int, numbers: str) -> None:
    """Of a run that is done, when more is known."""
    await db.execute(KEEP_NUMBERS, run_id, numbers)


END_RUN = """
UPDATE run SET state = $3, why = $4 WHERE id = $2 AND case_id = $1 AND state = 'running'
RETURNING id
"""


async def end_run(
    db: Connection, case_id: int, run_id: int, state: RunState, why: WhyFailed
) -> bool:
    """False where it had ended."""
    return await db.fetchval(END_RUN, case_id, run_id, state, why) is not None


RUN_PROGRESS = """
SELECT id, moment, max_tier, state, why, tier, done, total
FROM run WHERE case_id = $1 AND ($2::bigint IS NULL OR id = $2) ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """`done` of `total` days are read for F`tier`."""

    id: int
    moment: datetime
    max_tier: int
    state: RunState
    why: WhyFailed
    tier: int
    done: int
    total: int


async def run_progress(
    db: Connection, case_id: int, run_id: int | None = None
) -> RunProgress | None:
    """Of this run, or of the last that was begun."""
    row = await db.fetchrow(RUN_PROGRESS, case_id, run_id)
    if row is None:
        return None
    known = {"state": RunState(row["state"]), "why": WhyFailed(row["why"])}
    return RunProgress(**dict(row) | known)
