"""SQL that tells the retention whom case files name, and how old the files are."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from checkin.retention import GRACE, Left
from kit.db import Connection

CASE_FILES = timedelta(days=365)  # after closing

PEOPLE_IN_CASES = """
SELECT person_id FROM case_file WHERE person_id IS NOT NULL
UNION SELECT person_id FROM case_person
UNION SELECT person_id FROM contact
UNION SELECT person_id FROM isolation
"""


async def people_in_cases(db: Connection) -> list[int]:
    """Whoever a case file or an isolation names, closed ones too: the file outlives the vault
    otherwise."""
    return [row["person_id"] for row in await db.fetch(PEOPLE_IN_CASES)]


CASE_FILES_PAST = "SELECT id FROM case_file WHERE closed < $1"


async def case_files_past(db: Connection, before: datetime) -> list[int]:
    """Closed before then: their holds and objections go, whatever becomes of the file."""
    return [row["id"] for row in await db.fetch(CASE_FILES_PAST, before)]


DROP_SEEN_ALERTS = "DELETE FROM alert_seen WHERE day < $1"
SEEN_ALERTS_LEFT = """
SELECT count(*) AS rows, min(seen) AS oldest, count(*) FILTER (WHERE day < $1) AS past
FROM alert_seen
"""


async def drop_seen_alerts(db: Connection, before: date) -> None:
    """Who saw an alert goes with the day of its scan."""
    await db.execute(DROP_SEEN_ALERTS, before)


async def seen_alerts_left(db: Connection, before: date, limit: timedelta) -> Left:
    row = await db.fetchrow(SEEN_ALERTS_LEFT, before)
    assert row is not None  # noqa: S101  an aggregate has one row
    return Left(what="alerts seen", limit=limit, **row)


CASE_FILES_LEFT = """
SELECT count(*) AS rows, min(closed) AS oldest, count(*) FILTER (WHERE closed < $1) AS past
FROM case_file
"""


async def case_files_left(db: Connection, now: datetime) -> Left:
    """`oldest` is the closing that is longest ago."""
    row = await db.fetchrow(CASE_FILES_LEFT, now - CASE_FILES - GRACE)
    assert row is not None  # noqa: S101  an aggregate has one row
    return Left(what="case files", limit=CASE_FILES, **row)
