"""The people of a file of past visits: found by an earlier import, or made as rows of COPY's binary
form, which is done while the file is still read."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from checkin import queries, queries_import
from checkin.partitions import Owner
from checkin.pseudonym import block
from checkin.vault import IdentifierKind, Vault, new_person_id
from checkin.visit_person import Named

CROWD = 1000  # new people of one import, among whom nobody stands out


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everyone a file has named so far: `blocks` is what their subjects are made of, by number.
    `made` and `identifiers` are rows of those made for it."""

    vault: Vault
    blocks: list[bytes] = field(default_factory=list)
    made: list[bytes] = field(default_factory=list)
    identifiers: list[bytes] = field(default_factory=list)


# Each field is its length and its value; the last ones are the same in all rows of an import.
_PERSON, _KEY_ID = struct.Struct(">hiqi"), struct.Struct(">ih")
_KIND, _OWNER = struct.Struct(">hihi"), struct.Struct(">iqi?")


def person_row(person_id: int, sealed: bytes, key_id: int) -> bytes:
    """Begins with the id, so that rows sort by what is random."""
    return _PERSON.pack(5, 8, person_id, len(sealed)) + sealed + _KEY_ID.pack(2, key_id)


def identifier_row(kind: int, hmac: bytes, person_id: int, verified: bool) -> bytes:
    return _KIND.pack(5, 2, kind, len(hmac)) + hmac + _OWNER.pack(8, person_id, 1, verified)


async def find_people(db: Owner, people: People, new: Sequence[Named]) -> None:
    """Appends their `blocks`; whoever no earlier import brought is made."""
    vault = people.vault
    hmacs = [vault.find(IdentifierKind.IMPORTED, who.identity) for who in new]
    known = await queries.people_by_verified(db, IdentifierKind.IMPORTED, hmacs)
    made = []
    for who, hmac in zip(new, hmacs, strict=True):
        person_id = known.get(hmac)
        if person_id is None:
            person_id = new_person_id()
            made.append((person_id, _facts(who)))
            people.identifiers.extend(_identifiers(vault, person_id, who, hmac))
        people.blocks.append(block(person_id))
    sealed = vault.seal_all(made)
    people.made.extend(person_row(made[n][0], *pair) for n, pair in enumerate(sealed))


def _facts(who: Named) -> dict[str, str]:
    facts = {"full_name": who.full_name, "phone": who.phone, "address": ""}
    return facts | ({"document": who.document} if who.document else {})


def _identifiers(vault: Vault, person_id: int, who: Named, identity: bytes) -> Iterator[bytes]:
    """Nobody here saw the document, so it finds the person but does not name them."""
    yield identifier_row(IdentifierKind.IMPORTED.value, identity, person_id, True)
    for kind, value in who.identifiers:
        yield identifier_row(kind, vault.find(kind, value), person_id, False)


async def store_people(db: Owner, people: People, now: datetime) -> None:
    """Sorted by what is random: the order of the file would show who was where before whom. So they
    need no shuffle, unless they are few: then where they lie tells whose import they came with."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    people.made.sort()
    people.identifiers.sort()
    shuffled = len(people.made) >= CROWD
    await queries_import.copy_people(db, people.made, people.identifiers, hour, shuffled=shuffled)
