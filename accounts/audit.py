"""The audit chain: each row's MAC covers the one before, written in the transaction of the act it
records."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from accounts import queries
from kit.db import Connection

PAGE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An act; `person_id` is stored only as an HMAC, so the audit outlives the vault without
    personal data."""

    act: str
    staff_id: int | None
    purpose: str | None = None
    case_id: int | None = None
    person_id: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


async def record(db: Connection, key: bytes, entry: Entry, now: datetime) -> int:
    """The row's number. `db` must be inside the transaction of the act: no reveal without its
    row."""
    return await record_all(db, key, [entry], now)


async def record_all(db: Connection, key: bytes, entries: Sequence[Entry], now: datetime) -> int:
    """One row each, in this order and in one statement however many. The last row's number."""
    if not db.is_in_transaction():
        raise RuntimeError("an audit row belongs into the transaction of the act it records")
    head = await db.fetchrow(queries.LOCK_AUDIT)
    assert head is not None  # noqa: S101  the migration made the one row
    seq: int = head["seq"]
    previous: bytes = head["mac"]
    rows = []
    for entry in entries:
        seq += 1
        about = None if entry.person_id is None else reference(key, entry.person_id)
        facts = json.dumps(entry.facts, sort_keys=True, ensure_ascii=False, default=str)
        said = (entry.staff_id, entry.act, entry.purpose, entry.case_id, about, facts)
        mac = _mac(key, previous, (seq, now, *said))
        rows.append((seq, *said, previous, mac))
        previous = mac
    if rows:
        await db.execute(queries.ADD_AUDIT, now, *map(list, zip(*rows, strict=True)))
    return seq


def reference(key: bytes, person_id: int) -> bytes:
    return hmac.digest(key, b"person" + person_id.to_bytes(8), "sha256")[:16]


async def first_broken(
    db: Connection, key: bytes, noted: Mapping[int, bytes] = MappingProxyType({})
) -> int | None:
    """The number of the first row that was changed, removed or added by hand; None when the chain
    is whole. `noted`: heads that it once had, without which a cut at its end is not seen."""
    previous, expected = b"", 1
    while rows := await db.fetch(queries.AUDIT_ROWS, expected - 1, PAGE):
        for row in rows:
            *facts, stored_previous, mac = tuple(row)
            if (
                row["seq"] != expected
                or stored_previous != previous
                or not hmac.compare_digest(mac, _mac(key, previous, tuple(facts)))
                or noted.get(expected, mac) != mac
            ):
                return expected
            previous, expected = mac, expected + 1
    if max(noted, default=0) >= expected:
        return expected
    head = await db.fetchrow(queries.AUDIT_HEAD)
    return None if head is not None and tuple(head) == (expected - 1, previous) else expected


def _mac(key: bytes, previous: bytes, row: tuple[object, ...]) -> bytes:
    text = json.dumps([_plain(value) for value in row], ensure_ascii=False)
    return hmac.digest(key, previous + text.encode(), hashlib.sha256)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.timestamp()
    return value.hex() if isinstance(value, bytes) else value
