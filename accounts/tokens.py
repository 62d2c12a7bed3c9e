"""Device tokens: the only place that calls PyJWT. HS256 over a ring of keys, everything required,
nothing guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Generic, TypeVar

import jwt

from accounts.model import Citizen, Gate, SignInFirst
from kit.keys import KeyShelf

AUDIENCE = "chot:device"
KIND = "chot-device+jwt"
GATE_AUDIENCE = "chot:gate"
GATE_KIND = "chot-gate+jwt"
Bearer = TypeVar("Bearer")
LIFETIME = timedelta(days=180)
# Three parts of base64url without padding, the last one an HMAC-SHA-256: PyJWT itself would take a
# padded one.
SHAPE = re.compile(r"[\w-]{1,400}\.[\w-]{1,600}\.[\w-]{43}", re.ASCII)
REMEMBERED = 100_000  # verified tokens in memory: decoding one costs 25 µs


class Remembered(Generic[Bearer]):
    """Tokens verified before, with whom they name and the second they end in; none once a key of
    the ring came or went."""

    def __init__(self, ring: KeyShelf, verify: Callable[[str], tuple[Bearer, float]]) -> None:
        self._ring = ring
        self._verify = verify
        self._known: dict[str, tuple[Bearer, float]] = {}
        self._keys: dict[str, bytes] = {}

    def bearer(self, token: str, now: datetime) -> Bearer:
        if (keys := self._ring.recent()) is not self._keys:
            self._known.clear()
            self._keys = keys
        known = self._known.get(token)
        if known is None:
            known = self._verify(token)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[token] = known
        bearer, expires = known
        if now.timestamp() >= expires:
            raise SignInFirst
        return bearer


class DeviceTokens:
    """Of citizens' devices."""

    def __init__(self, ring: KeyShelf) -> None:
        self._ring = ring
        self._remembered = Remembered(ring, self._verified)

    def issue(self, citizen: Citizen, now: datetime) -> str:
        claims = {"sub": str(citizen.person_id), "gen": citizen.generation, "aud": AUDIENCE}
        return _signed(self._ring, KIND, claims, now)

    def citizen(self, token: str, now: datetime) -> Citizen:
        """Whose token this is; its generation is still to be held against the person's standing."""
        return self._remembered.bearer(token, now)

    def _verified(self, token: str) -> tuple[Citizen, float]:
        number, claims = _claims(self._ring, KIND, AUDIENCE, token)
        if type(claims.get("gen")) is not int or not 0 < number < 2**63:
            raise SignInFirst
        return Citizen(person_id=number, generation=claims["gen"]), float(claims["exp"])


class GateTokens:
    """Of gate devices."""

    def __init__(self, ring: KeyShelf) -> None:
        self._ring = ring
        self._remembered = Remembered(ring, self._verified)

    def issue(self, gate: Gate, now: datetime) -> str:
        return _signed(self._ring, GATE_KIND, {"sub": str(gate.gate_id), "aud": GATE_AUDIENCE}, now)

    def gate(self, token: str, now: datetime) -> Gate:
        """Which device's token this is; whether it was revoked, its number tells the lanes."""
        return self._remembered.bearer(token, now)

    def _verified(self, token: str) -> tuple[Gate, float]:
        number, claims = _claims(self._ring, GATE_KIND, GATE_AUDIENCE, token)
        if not 0 < number < 2**31:
            raise SignInFirst
        return Gate(gate_id=number), float(claims["exp"])


def _signed(ring: KeyShelf, kind: str, claims: dict[str, Any], now: datetime) -> str:
    kid, key = ring.latest()
    whole = claims | {"iat": now, "exp": now + LIFETIME}
    return jwt.encode(whole, key, algorithm="HS256", headers={"kid": kid, "typ": kind})


@lru_cache(maxsize=64)  # the same text in all tokens of a key
def _header(part: str) -> dict[str, Any]:
    """Not to be changed; the token it stands in is still to be verified."""
    return jwt.get_unverified_header(f"{part}.e30.AA")


def _claims(ring: KeyShelf, kind: str, audience: str, token: str) -> tuple[int, dict[str, Any]]:
    """`sub` as a number, and all claims; `exp` and `iat` are whole numbers."""
    if not SHAPE.fullmatch(token):
        raise SignInFirst
    try:
        header = _header(token.partition(".")[0])
        # `typ` keeps a token of another purpose out; `crit` and every other header is unknown here
        if set(header) != {"alg", "kid", "typ"} or header["typ"] != kind:
            raise SignInFirst
        claims: dict[str, Any] = jwt.decode(
            token,
            ring.key(str(header["kid"])),
            algorithms=["HS256"],
            audience=audience,
            # the caller's clock judges `exp`, on every use, remembered or not
            options={
                "require": ["exp", "iat", "aud", "sub"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        number = int(claims["sub"])
    except (jwt.PyJWTError, LookupError, ValueError, TypeError):
        raise SignInFirst from None
    if not all(type(claims[name]) is int for name in ("exp", "iat")):
        raise SignInFirst
    return number, claims
