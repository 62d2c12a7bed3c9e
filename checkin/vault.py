"""The vault: personal data sealed with AES-256-GCM, and the index under which a phone or document
is found."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from accounts.keydir import FIRST, KeyDir


class VaultDamaged(ValueError):
    """This record was changed, or belongs to another person or key."""


class IdentifierKind(IntEnum):
    PHONE = 1
    CCCD = 2
    CMND = 3
    PASSPORT = 4
    BHYT = 5
    NATIONAL_QR = 6
    IMPORTED = 7


NONCE = 12


class Vault:
    def __init__(self, keys: KeyDir) -> None:
        self._keys = keys
        # The key never changes, or nobody would be found again.
        self._index = HMAC(keys.index.key(FIRST), SHA256())

    def seal(self, person_id: int, facts: Mapping[str, object]) -> tuple[bytes, int]:
        """(sealed, key id). The person id is bound in, so that a row moved to another person does
        not open."""
        [sealed] = self.seal_all([(person_id, facts)])
        return sealed

    def seal_all(
        self, people: Iterable[tuple[int, Mapping[str, object]]]
    ) -> list[tuple[bytes, int]]:
        name, key = self._keys.vault.latest()
        return [(seal(key, facts, person_id.to_bytes(8)), int(name)) for person_id, facts in people]

    def open(self, person_id: int, sealed: bytes, key_id: int) -> dict[str, Any]:
        return unseal(self._keys.vault.key(f"{key_id:04}"), sealed, person_id.to_bytes(8))

    def find(self, kind: int, value: str) -> bytes:
        """The HMAC under which `value` (normalised by the caller) stands in `identifier`; `kind` is
        an IdentifierKind."""
        index = self._index.copy()
        index.update(bytes([kind]) + value.encode())
        return index.finalize()[:16]


def seal(key: bytes, facts: Mapping[str, object], bound: bytes) -> bytes:
    return seal_bytes(key, msgspec.json.encode(facts), bound)


def seal_bytes(key: bytes, data: bytes, bound: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, data, bound)


def unseal(key: bytes, sealed: bytes, bound: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(unsealed(key, sealed, bound))
    return found


def unsealed(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    """What was sealed, for whoever knows its shape."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], bound)
    except InvalidTag:
        raise VaultDamaged from None


def new_person_id() -> int:
    """Random and never a sequence: a sequence would tell who signed up after whom."""
    return secrets.randbelow(2**63 - 1) + 1
