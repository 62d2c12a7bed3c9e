"""SQL that tells the retention whom case files name, and how old the files are."""

from __future__ import annotations

from datetime import datetime, timedelta

from checkin.retention import GRACE, Left
from kit.db import Connection

CASE_FILES = timedelta(days=365)

# Closed, or refused, or opened and never decided.
ENDED = """
coalesce(closed, CASE status WHEN 'refused' THEN decided WHEN 'opened' THEN opened END)
"""

NAMED_PEOPLE = """
SELECT person_id FROM case_file WHERE person_id IS NOT NULL
UNION SELECT person_id FROM case_person
UNION SELECT person_id FROM contact
UNION SELECT person_id FROM isolation
"""


async def named_people(db: Connection) -> list[int]:
    """Whom a table of case files or isolations names, closed ones too."""
    return [row["person_id"] for row in await db.fetch(NAMED_PEOPLE)]


CASE_FILES_PAST = f"SELECT id FROM case_file WHERE {ENDED} < $1 ORDER BY id"


async def case_files_past(db: Connection, before: datetime) -> list[int]:
    """Ended before then."""
    return [row["id"] for row in await db.fetch(CASE_FILES_PAST, before)]


CASE_FILES_LEFT = f"""
SELECT count(*) AS rows, min({ENDED}) AS oldest, count(*) FILTER (WHERE {ENDED} < $1) AS past
FROM case_file
"""


async def case_files_left(db: Connection, now: datetime) -> Left:
    """`oldest`: when the first of them ended, or was opened where nobody decided."""
    row = await db.fetchrow(CASE_FILES_LEFT, now - CASE_FILES - GRACE)
    assert row is not None  # noqa: S101  an aggregate has one row
    return Left(what="case files", limit=CASE_FILES, **row)
