"""The audit as auditors read it; that they read stands in it too."""

from __future__ import annotations

from accounts import audit
from accounts.keydir import FIRST
from kit.db import transaction
from tracing.audit import queries
from tracing.audit.queries import Asked, AuditRow
from tracing.state import State


async def read(state: State, staff_id: int, asked: Asked) -> list[AuditRow]:
    facts = {
        "act": asked.act,
        "staff": asked.staff,
        "case": asked.case,
        "before": asked.before,
        "login": asked.login,
        "since": asked.since and asked.since.isoformat(),
        "until": asked.until and asked.until.isoformat(),
    }
    told = {name: value for name, value in facts.items() if value}
    async with transaction(state["desk_db"]) as db:
        found = await queries.rows(db, asked)
        entry = audit.Entry(act="read-audit", staff_id=staff_id, facts=told)
        await audit.record(db, state["keys"].audit.key(FIRST), entry, state["clock"]())
    return found
