"""All SQL of accounts: one constant, one typed function, one round trip."""

from __future__ import annotations

from datetime import datetime

from accounts.model import Account, Credential, Grant, Role, Staff
from kit.db import Connection

CREDENTIAL = """
SELECT id, password FROM staff
WHERE login = $1 AND disabled_at IS NULL AND (NOT demo OR $2)
"""


async def credential(db: Connection, login: str, demo: bool) -> Credential | None:
    """Accounts of the demo, whose passwords everybody knows, exist only where it runs."""
    row = await db.fetchrow(CREDENTIAL, login, demo)
    return None if row is None else Credential(**row)


NOTE_FAILURE = """
UPDATE staff SET failures = least(failures + 1, 9999) WHERE id = $1
"""


async def note_failure(db: Connection, staff_id: int) -> None:
    """For the operator's list alone; who has to wait is in `attempts`."""
    await db.execute(NOTE_FAILURE, staff_id)


START_SESSION = """
WITH cleared AS (UPDATE staff SET failures = 0 WHERE id = $2)
INSERT INTO session (hmac, staff_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
"""


async def start_session(
    db: Connection, hmac: bytes, staff_id: int, now: datetime, expires: datetime
) -> None:
    await db.execute(START_SESSION, hmac, staff_id, now, expires)


END_SESSION = "UPDATE session SET ended_at = $2 WHERE hmac = $1 AND ended_at IS NULL"


async def end_session(db: Connection, hmac: bytes, now: datetime) -> None:
    await db.execute(END_SESSION, hmac, now)


END_SESSIONS = "UPDATE session SET ended_at = $2 WHERE staff_id = $1 AND ended_at IS NULL"


async def end_sessions(db: Connection, staff_id: int, now: datetime) -> None:
    await db.execute(END_SESSIONS, staff_id, now)


FORGET_SESSIONS = "DELETE FROM session WHERE ended_at <= $1 OR expires_at <= $1"


async def forget_sessions(db: Connection, now: datetime) -> None:
    """Those that nobody can come in with any more."""
    await db.execute(FORGET_SESSIONS, now)


STAFF_OF_SESSION = """
SELECT s.id, s.login, s.name, g.role, g.organisation_id, g.venue_id, g.area
FROM session
JOIN staff s ON s.id = session.staff_id AND s.disabled_at IS NULL AND (NOT s.demo OR $3)
LEFT JOIN staff_grant g ON g.staff_id = s.id AND g.revoked_at IS NULL
WHERE session.hmac = $1 AND session.ended_at IS NULL AND session.expires_at > $2
"""


async def staff_of_session(db: Connection, hmac: bytes, now: datetime, demo: bool) -> Staff | None:
    """Read on every request of staff, so a revoked session or grant ends at once."""
    rows = await db.fetch(STAFF_OF_SESSION, hmac, now, demo)
    if not rows:
        return None
    grants = tuple(
        Grant(
            role=Role(row["role"]),
            organisation_id=row["organisation_id"],
            venue_id=row["venue_id"],
            area=row["area"],
        )
        for row in rows
        if row["role"]
    )
    first = rows[0]
    return Staff(
        id=first["id"],
        login=first["login"],
        name=first["name"],
        grants=grants,
    )


ADD_STAFF = """
INSERT INTO staff (login, name, password, demo, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (login) DO NOTHING RETURNING id
"""


async def add_staff(
    db: Connection, login: str, name: str, password: str, demo: bool, now: datetime
) -> int | None:
    """The new id; None where the login is taken."""
    found: int | None = await db.fetchval(ADD_STAFF, login, name, password, demo, now)
    return found


ADD_GRANT = """
INSERT INTO staff_grant (staff_id, role, organisation_id, venue_id, area, granted_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""


async def add_grant(db: Connection, staff_id: int, grant: Grant, now: datetime) -> None:
    await db.execute(
        ADD_GRANT, staff_id, grant.role, grant.organisation_id, grant.venue_id, grant.area, now
    )


DISABLE_STAFF = """
UPDATE staff SET disabled_at = coalesce(disabled_at, $2) WHERE login = $1 RETURNING id
"""


async def disable_staff(db: Connection, login: str, now: datetime) -> int | None:
    found: int | None = await db.fetchval(DISABLE_STAFF, login, now)
    return found


ENABLE_STAFF = "UPDATE staff SET disabled_at = NULL WHERE login = $1 RETURNING id"


async def enable_staff(db: Connection, login: str) -> int | None:
    found: int | None = await db.fetchval(ENABLE_STAFF, login)
    return found


FORGET_FAILURES = """
UPDATE staff SET failures = 0, password = coalesce($2, password)
WHERE login = $1 RETURNING id
"""


async def forget_failures(db: Connection, login: str, password: str | None) -> int | None:
    """And the new password, hashed, where there is one."""
    found: int | None = await db.fetchval(FORGET_FAILURES, login, password)
    return found


ACCOUNTS = """
SELECT s.login, s.name, s.disabled_at, s.failures,
    coalesce(array_agg(
        g.role || coalesce(' of organisation ' || g.organisation_id, ' of venue ' || g.venue_id,
            ' in ' || coalesce(nullif(g.area, ''), 'the whole country'))
        ORDER BY g.id
    ) FILTER (WHERE g.id IS NOT NULL), '{}') AS roles
FROM staff s LEFT JOIN staff_grant g ON g.staff_id = s.id AND g.revoked_at IS NULL
GROUP BY s.id ORDER BY s.login
"""


async def accounts(db: Connection) -> list[Account]:
    return [
        Account(**dict(row) | {"roles": tuple(row["roles"])}) for row in await db.fetch(ACCOUNTS)
    ]


GRANTED_AREAS = """
SELECT s.login, g.area FROM staff_grant g JOIN staff s ON s.id = g.staff_id
WHERE g.revoked_at IS NULL AND g.area IS NOT NULL ORDER BY s.login, g.id
"""


async def granted_areas(db: Connection) -> list[tuple[str, str]]:
    """By login."""
    return [(row["login"], row["area"]) for row in await db.fetch(GRANTED_AREAS)]


LOCK_AUDIT = "SELECT seq, mac FROM audit_head FOR UPDATE"
ADD_AUDIT = """
WITH head AS (UPDATE audit_head SET seq = ($2::bigint[])[cardinality($2)],
    mac = ($10::bytea[])[cardinality($10)])
INSERT INTO audit (at, seq, staff_id, act, purpose, case_id, about, facts, previous, mac)
SELECT $1, * FROM unnest($2::bigint[], $3::integer[], $4::text[], $5::text[], $6::bigint[],
    $7::bytea[], $8::text[], $9::bytea[], $10::bytea[])
"""
AUDIT_ROWS = """
SELECT seq, at, staff_id, act, purpose, case_id, about, facts, previous, mac
FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2
"""
AUDIT_HEAD = "SELECT seq, mac FROM audit_head"
