"""The key directory: one shelf a purpose, outside the database. Losing it loses the data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kit.keys import KeyShelf

FIRST = "0001"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDir:
    vault: KeyShelf  # a ring of 32 bytes: seals personal data
    index: KeyShelf  # one of 32 bytes: the HMAC under which phones and documents are found
    days: KeyShelf  # 16 bytes a service day, named by its date: pseudonyms
    cases: KeyShelf  # 32 bytes a case, named by its number
    gates: KeyShelf  # a ring of 32 bytes, named by date: what gate devices seal their queue to
    tokens: KeyShelf  # a ring of 32 bytes: device tokens and sessions
    audit: KeyShelf  # one of 32 bytes: the chain and its references to people


def open_keys(folder: Path) -> KeyDir:
    """The shelves of `folder`, made with their first keys where they are missing."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    keys = KeyDir(
        vault=KeyShelf(folder / "vault", 32),
        index=KeyShelf(folder / "index", 32),
        days=KeyShelf(folder / "days", 16),
        cases=KeyShelf(folder / "cases", 32),
        gates=KeyShelf(folder / "gates", 32),
        tokens=KeyShelf(folder / "tokens", 32),
        audit=KeyShelf(folder / "audit", 32),
    )
    for shelf in (keys.vault, keys.index, keys.tokens, keys.audit):
        if not shelf.all():
            shelf.make(FIRST)
    return keys
