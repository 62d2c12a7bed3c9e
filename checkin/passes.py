"""The personal pass: a QR on a citizen's phone that says who stands at the gate, for some minutes.

Sealed with AES-SIV, so that nobody but the service reads the person in it or makes one. It is shown
at gates only: no route takes it as a credential.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from venues.code import ALPHABET, address, symbols

ROTATES = timedelta(minutes=1)
# A picture of it is worth little; a queue, a slow network and a clock that is off are allowed for.
VALID = timedelta(minutes=5)
AHEAD = timedelta(minutes=2)

SYMBOLS = 48  # 30 bytes: tag 16, person 8, generation 2, minute 4
_BITS = 5 * SYMBOLS
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}


class BadPass(ValueError):
    """This is not a personal pass of this service, or it was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """Who it says stands there; `generation` is still to be held against the person's standing."""

    person_id: int
    generation: int
    made: datetime


def pass_key(token_key: bytes) -> bytes:
    """A key of its own from one of the token ring, so that a pass is never a token."""
    return hmac.digest(token_key, b"personal pass", "sha256")


def pass_code(key: bytes, person_id: int, generation: int, now: datetime) -> str:
    """The same within a minute of the clock."""
    minute = int(now.timestamp()) // 60
    said = person_id.to_bytes(8) + generation.to_bytes(2) + minute.to_bytes(4)
    bits = int.from_bytes(AESSIV(key).encrypt(said, None))
    return symbols(bits, SYMBOLS)


def pass_address(public_url: str, code: str) -> str:
    return address(public_url, code, "P")


def is_pass(text: str, public_url: str) -> bool:
    """By its address alone; whether it is a good one says `read_pass`."""
    shown = text.strip()
    return shown.isascii() and shown.upper().startswith(pass_address(public_url, ""))


def read_pass(text: str, public_url: str, keys: Iterable[bytes]) -> Pass:
    """From the scanned text, under any of the keys (`pass_key` of each of the token ring)."""
    if not is_pass(text, public_url):
        raise BadPass
    sealed = _bytes(text.strip().upper()[len(pass_address(public_url, "")) :])
    for key in keys:
        try:
            said = AESSIV(key).decrypt(sealed, None)
        except InvalidTag:
            continue
        minute = int.from_bytes(said[10:])
        return Pass(
            person_id=int.from_bytes(said[:8]),
            generation=int.from_bytes(said[8:10]),
            made=datetime.fromtimestamp(60 * minute, UTC),
        )
    raise BadPass


def is_valid(shown: Pass, at: datetime) -> bool:
    """At the time of the scan, however late it is uploaded."""
    return shown.made - AHEAD < at < shown.made + ROTATES + VALID


def _bytes(code: str) -> bytes:
    if len(code) != SYMBOLS or not _VALUE.keys() >= set(code):
        raise BadPass
    bits = 0
    for symbol in code:
        bits = bits << 5 | _VALUE[symbol]
    return bits.to_bytes(_BITS // 8)
