"""Accounts of staff as an operator keeps them; every act leaves its audit row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accounts import audit, queries
from accounts.model import Grant
from accounts.password import hash_password
from kit.db import Connection


class Act(StrEnum):
    DISABLE = "disable"
    ENABLE = "enable"
    UNLOCK = "unlock"
    RESET = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaff:
    login: str
    name: str
    password: str
    grant: Grant


async def add(db: Connection, key: bytes, new: NewStaff, now: datetime) -> bool:
    """False where the login is taken."""
    login, password = plain(new.login), hash_password(new.password)
    async with db.transaction():
        staff_id = await queries.add_staff(db, login, new.name, password, False, now)
        if staff_id is None:
            return False
        await queries.add_grant(db, staff_id, new.grant, now)
        facts = {"login": login, "role": new.grant.role}
        await audit.record(db, key, audit.Entry(act="staff-add", staff_id=None, facts=facts), now)
    return True


async def change(
    db: Connection, key: bytes, act: Act, login: str, now: datetime, password: str = ""
) -> bool:
    """False where there is no such account. Who is disabled or gets a new password is logged out
    everywhere at once."""
    login = plain(login)
    hashed = hash_password(password) if act is Act.RESET else None
    async with db.transaction():
        match act:
            case Act.DISABLE:
                found = await queries.disable_staff(db, login, now)
            case Act.ENABLE:
                found = await queries.enable_staff(db, login)
            case Act.UNLOCK | Act.RESET:
                found = await queries.forget_failures(db, login, hashed)
        if found is None:
            return False
        if act in (Act.DISABLE, Act.RESET):
            await queries.end_sessions(db, found, now)
        entry = audit.Entry(act=f"staff-{act}", staff_id=None, facts={"login": login})
        await audit.record(db, key, entry, now)
    return True


def plain(login: str) -> str:
    return login.strip().lower()
