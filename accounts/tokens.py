"""Device tokens: the only place that calls PyJWT. HS256 over a ring of keys, everything required,
nothing guessed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import jwt

from accounts.model import Citizen, SignInFirst
from kit.keys import KeyShelf

AUDIENCE = "chot:device"
KIND = "chot-device+jwt"
LIFETIME = timedelta(days=180)
# Three parts of base64url without padding, the last one an HMAC-SHA-256: PyJWT itself would take a
# padded one.
SHAPE = re.compile(r"[\w-]{1,400}\.[\w-]{1,600}\.[\w-]{43}", re.ASCII)
REMEMBERED = 100_000  # verified tokens in memory: decoding one costs 25 µs


class DeviceTokens:
    def __init__(self, ring: KeyShelf) -> None:
        self._ring = ring
        self._known: dict[str, tuple[Citizen, float]] = {}

    def issue(self, citizen: Citizen, now: datetime) -> str:
        kid, key = self._ring.latest()
        claims = {
            "sub": str(citizen.person_id),
            "gen": citizen.generation,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + LIFETIME,
        }
        return jwt.encode(claims, key, algorithm="HS256", headers={"kid": kid, "typ": KIND})

    def citizen(self, token: str, now: datetime) -> Citizen:
        """Whose token this is; its generation is still to be held against the person's standing."""
        known = self._known.get(token)
        if known is None:
            known = self._verified(token)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[token] = known
        citizen, expires = known
        if now.timestamp() >= expires:
            raise SignInFirst
        return citizen

    def _verified(self, token: str) -> tuple[Citizen, float]:
        if not SHAPE.fullmatch(token):
            raise SignInFirst
        try:
            header = jwt.get_unverified_header(token)
            # `typ` keeps a token of another purpose out; `crit` and every other header is unknown
            # here
            if set(header) != {"alg", "kid", "typ"} or header["typ"] != KIND:
                raise SignInFirst
            claims = jwt.decode(
                token,
                self._ring.key(str(header["kid"])),
                algorithms=["HS256"],
                audience=AUDIENCE,
                # the caller's clock judges `exp`, on every use, remembered or not
                options={
                    "require": ["exp", "iat", "aud", "sub"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
            person = int(claims["sub"])
            generation, issued, expires = claims["gen"], claims["iat"], claims["exp"]
        except (jwt.PyJWTError, LookupError, ValueError, TypeError):
            raise SignInFirst from None
        whole = all(type(number) is int for number in (generation, issued, expires))
        if not whole or not 0 < person < 2**63:
            raise SignInFirst
        return Citizen(person_id=person, generation=generation), float(expires)
