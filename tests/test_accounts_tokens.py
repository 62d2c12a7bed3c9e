"""Forged, foreign and outdated device tokens."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from accounts.model import Citizen, SignInFirst
from accounts.tokens import AUDIENCE, KIND, LIFETIME, DeviceTokens
from kit.keys import KeyShelf

NOW = datetime(2021, 7, 20, 5, 0, tzinfo=UTC)
CLAIMS: dict[str, Any] = {
    "sub": "42",
    "gen": 0,
    "aud": AUDIENCE,
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 3600,
}
HEADER: dict[str, Any] = {"kid": "0001", "typ": KIND, "alg": "HS256"}


@pytest.fixture
def ring(tmp_path: Path) -> KeyShelf:
    shelf = KeyShelf(tmp_path / "tokens", 32)
    shelf.make("0001")
    return shelf


def encoded(part: object) -> str:
    text = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(key: bytes, claims: object, header: dict[str, Any], algorithm: str = "HS256") -> str:
    """A token put together by hand, so that headers PyJWT would refuse to write can be tried."""
    message = f"{encoded(header)}.{encoded(claims)}"
    signer = jwt.get_algorithm_by_name(algorithm)
    signature = signer.sign(
        message.encode(), signer.prepare_key(key if algorithm != "none" else None)
    )
    return f"{message}.{encoded(signature)}"


def test_a_token_says_whose_device_it_is(ring: KeyShelf) -> None:
    tokens = DeviceTokens(ring)
    citizen = Citizen(person_id=2**63 - 1, generation=3)

    assert tokens.citizen(tokens.issue(citizen, NOW), NOW) == citizen


def test_a_token_ends_even_when_it_is_remembered(ring: KeyShelf) -> None:
    tokens = DeviceTokens(ring)
    token = tokens.issue(Citizen(person_id=42, generation=0), NOW)
    tokens.citizen(token, NOW)

    with pytest.raises(SignInFirst):
        tokens.citizen(token, NOW + LIFETIME)


def test_a_token_of_a_key_taken_away_is_refused_even_when_it_is_remembered(ring: KeyShelf) -> None:
    tokens = DeviceTokens(ring)
    token = tokens.issue(Citizen(person_id=42, generation=0), NOW)
    tokens.citizen(token, NOW)

    ring.make("0002")
    still = tokens.citizen(token, NOW)
    ring.delete("0001")

    assert still.person_id == 42
    with pytest.raises(SignInFirst):
        tokens.citizen(token, NOW)


def test_a_token_by_hand_as_it_should_be_is_taken(ring: KeyShelf) -> None:
    token = signed(ring.key("0001"), CLAIMS, HEADER)

    assert DeviceTokens(ring).citizen(token, NOW).person_id == 42


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CLAIMS.items() if key != name}


BAD_CLAIMS: list[object] = [
    *(without(name) for name in CLAIMS),
    *(CLAIMS | {"aud": aud} for aud in ("chot:gate", "", ["chot:gate"], None, 1, "CHOT:DEVICE")),
    *(
        CLAIMS | {"sub": s}
        for s in ("0", "-1", "", "x", str(2**63), 42, None, ["42"], "4 2", "1e3")
    ),
    *(CLAIMS | {"exp": e} for e in (CLAIMS["iat"], CLAIMS["iat"] - 1, "never", None, 1e300, 2.5)),
    *(CLAIMS | {"gen": g} for g in ("0", None, 0.0, True, [0])),
    *(CLAIMS | {"iat": i} for i in ("then", None)),
    *(CLAIMS | {"nbf": n} for n in ("later", 2**40)),
    [],
    "42",
    None,
    b"not json",
]
BAD_HEADERS = [
    {"kid": "0001", "alg": "HS256"},
    {"kid": "0001", "alg": "HS256", "typ": "JWT"},
    {"kid": "0001", "alg": "HS256", "typ": "CHOT-DEVICE+JWT"},
    {"typ": KIND, "alg": "HS256"},
    HEADER | {"crit": ["b64"], "b64": False},
    HEADER | {"crit": []},
    HEADER | {"jwk": {"kty": "oct", "k": "AAAA"}},
    HEADER | {"jku": "https://example.com/keys"},
    HEADER | {"x5u": "https://example.com/cert"},
    HEADER | {"zip": "DEF"},
    HEADER | {"cty": "JWT"},
    *(
        HEADER | {"kid": kid}
        for kid in ("0002", "../0001", "/dev/null", "", None, 1, "0001\u0000", ["0001"])
    ),
    *(HEADER | {"alg": alg} for alg in ("none", "None", "NONE", "HS384", "RS256", "", None)),
]


@pytest.mark.parametrize("claims", BAD_CLAIMS, ids=repr)
def test_a_signed_token_with_bad_claims_is_refused(ring: KeyShelf, claims: object) -> None:
    token = signed(ring.key("0001"), claims, HEADER)

    with pytest.raises(SignInFirst):
        DeviceTokens(ring).citizen(token, NOW)


@pytest.mark.parametrize("header", BAD_HEADERS, ids=repr)
def test_a_token_with_a_bad_header_is_refused(ring: KeyShelf, header: dict[str, Any]) -> None:
    token = signed(ring.key("0001"), CLAIMS, header)

    with pytest.raises(SignInFirst):
        DeviceTokens(ring).citizen(token, NOW)


def test_a_token_of_another_key_or_shape_is_refused(ring: KeyShelf) -> None:
    good = signed(ring.key("0001"), CLAIMS, HEADER)
    head, body, signature = good.split(".")
    nested = signed(ring.key("0001"), good.encode(), HEADER | {"typ": KIND})
    forged = [
        signed(bytes(32), CLAIMS, HEADER),
        signed(ring.key("0001"), CLAIMS, HEADER, "HS512"),
        signed(ring.key("0001"), CLAIMS, HEADER | {"alg": "none"}, "none"),
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{head}.{encoded(CLAIMS | {'sub': '43'})}.{signature}",
        f"{head}.{body}.{signature}.{signature}",
        good + "=",
        good + "A",
        " " + good,
        "",
        ".",
        "..",
        "\x00",
        "a" * 100_000,
        nested,
    ]

    for token in forged:
        with pytest.raises(SignInFirst):
            DeviceTokens(ring).citizen(token, NOW)


def test_sixty_forgeries_were_tried() -> None:
    assert len(BAD_CLAIMS) + len(BAD_HEADERS) + 16 >= 60


def test_a_key_taken_off_the_ring_ends_its_tokens(ring: KeyShelf) -> None:
    token = DeviceTokens(ring).issue(Citizen(person_id=42, generation=0), NOW)
    ring.make("0002")
    ring.delete("0001")

    with pytest.raises(SignInFirst):
        DeviceTokens(ring).citizen(token, NOW + timedelta(minutes=1))
