"""What a gate device keeps while the service does not answer: each event sealed to the service's
public key, so that whoever takes the device away can read none of them.

ECDH on P-256 with a new key pair of the device's own for every event, HKDF-SHA-256, AES-256-GCM:
all that every browser's WebCrypto has. `checkin/static/seal.js` is the other half.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from checkin.rules import OLDEST
from kit.errors import Unprocessable
from kit.keys import KeyShelf

CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve
POINT = 65  # bytes of a public key, uncompressed
KEY, NONCE = 32, 12
PURPOSE = b"chot gate event 1"

RENEWED = timedelta(days=7)
# Behind its successor: a device may hear of that one late, and then brings what is 72 hours old.
KEPT = OLDEST + timedelta(days=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class SealKey:
    """`public` is an uncompressed point in base64; `id` is its fingerprint, so that an event for
    another service is told from a damaged one."""

    id: str
    public: str


class SealForeign(Unprocessable):
    """This event was sealed for another service, or to a key that is gone; nobody can read it."""


class SealBroken(Unprocessable):
    """This sealed event was damaged and cannot be opened."""


def keep_keys(shelf: KeyShelf, today: date) -> None:
    """Makes the first key and its successors, and deletes those that nothing can come under."""
    made = sorted(map(date.fromisoformat, shelf.all()))
    if not made or today - made[-1] >= RENEWED:
        shelf.make(today.isoformat())
        made.append(today)
    for old, successor in pairwise(made):
        if today - successor > KEPT:
            shelf.delete(old.isoformat())


def newest_key(shelf: KeyShelf) -> SealKey:
    _, seed = shelf.latest()
    return SealKey(id=_id(seed), public=base64.b64encode(_public(seed)).decode())


def unsealed(shelf: KeyShelf, key_id: str, sealed: str) -> bytes:
    """`sealed` is base64 of the event's own public key and, behind it, what was sealed."""
    seed = next((seed for seed in shelf.all().values() if _id(seed) == key_id), None)
    if seed is None:
        raise SealForeign
    try:
        whole = base64.b64decode(sealed, validate=True)
        point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, whole[:POINT])
        key, nonce = _key(_private(seed).exchange(ec.ECDH(), point), whole[:POINT] + _public(seed))
        return AESGCM(key).decrypt(nonce, whole[POINT:], None)
    except (binascii.Error, ValueError, InvalidTag):
        raise SealBroken from None


def sealed(key: SealKey, text: bytes) -> str:
    """As a device does it."""
    own, to = ec.generate_private_key(CURVE), base64.b64decode(key.public)
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, to))
    secret, nonce = _key(shared, point + to)
    return base64.b64encode(point + AESGCM(secret).encrypt(nonce, text, None)).decode()


def _key(shared: bytes, points: bytes) -> tuple[bytes, bytes]:
    """Each pair of points serves one event, so the nonce may come from the same place."""
    made = HKDF(SHA256(), KEY + NONCE, salt=points, info=PURPOSE).derive(shared)
    return made[:KEY], made[KEY:]


@lru_cache(maxsize=8)
def _private(seed: bytes) -> ec.EllipticCurvePrivateKey:
    # 512 bits modulo 256: no number is likelier than another by more than 2^-256
    number = int.from_bytes(hashlib.sha512(seed).digest()) % (ORDER - 1) + 1
    return ec.derive_private_key(number, CURVE)


@lru_cache(maxsize=8)
def _public(seed: bytes) -> bytes:
    public = _private(seed).public_key()
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@lru_cache(maxsize=8)
def _id(seed: bytes) -> str:
    return hashlib.sha256(_public(seed)).hexdigest()[:16]
