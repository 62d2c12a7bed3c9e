"""Staff passwords: argon2id, hashed in a thread because one takes tens of milliseconds."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MINIMUM = 12  # NIST SP 800-63B-4 asks 15 where the password stands alone, 8 beside a second factor
_hasher = PasswordHasher()
# An unknown login is checked against this one, so that it takes as long as a known one.
_nobody = _hasher.hash("nobody has this password")


def hash_password(password: str) -> str:
    return _hasher.hash(password)


async def matches(password: str, stored: str | None) -> bool:
    return await asyncio.to_thread(_matches, password, stored or _nobody) and stored is not None


def _matches(password: str, stored: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
