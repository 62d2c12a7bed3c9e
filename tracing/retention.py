"""How long case files are kept, and whom they name: people stay in the vault as long as the file
that needs their name."""

from __future__ import annotations

from datetime import datetime

from accounts import audit
from accounts.keydir import FIRST, KeyDir
from checkin.partitions import Owner
from checkin.queries_retention import drop_holds
from kit.db import Connection
from tracing import queries_keeper, queries_retention
from tracing.point_file import people_at_points


async def people_in_cases(db: Connection, keys: KeyDir) -> list[int]:
    """Those of closed cases too. Somebody at a point outside of the infectious period is no contact
    and stands nowhere but in the sealed point."""
    named = await queries_retention.named_people(db)
    return sorted({*named, *await people_at_points(db, keys.cases)})


async def drop_case_files(db: Owner, keys: KeyDir, now: datetime) -> None:
    """Of cases that were closed or refused twelve months ago, or opened then and never decided,
    with the holds they proposed: each by itself, with a row in the audit. The key goes before the
    rows, so that nobody can read a backup of them."""
    before = now - queries_retention.CASE_FILES
    for case_id in await queries_retention.case_files_past(db, before):
        async with db.transaction():
            number = await queries_keeper.lock_past(db, case_id, before)
            if number is None:
                continue
            await drop_holds(db, [case_id])
            entry = audit.Entry(act="delete-case", staff_id=None, case_id=case_id)
            await audit.record(db, keys.audit.key(FIRST), entry, now)
            keys.cases.delete(number)
            await queries_keeper.drop_case_file(db, case_id, now)
