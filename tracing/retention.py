"""Whom case files name: they stay in the vault as long as the file that needs their name."""

from __future__ import annotations

from accounts.keydir import KeyDir
from kit.db import Connection
from tracing import queries_retention
from tracing.point_file import people_at_points


async def people_in_cases(db: Connection, keys: KeyDir) -> list[int]:
    """Those of closed cases too. Somebody at a point outside of the infectious period is no contact
    and stands nowhere but in the sealed point."""
    named = await queries_retention.named_people(db)
    return sorted({*named, *await people_at_points(db, keys.cases)})
