"""The people of a file of past visits: found by an earlier import, or made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from checkin import queries_import
from checkin.partitions import Owner
from checkin.pseudonym import block
from checkin.vault import IdentifierKind, Vault, new_person_id
from checkin.visit_person import Named

CROWD = 1000  # new people of one import, among whom nobody stands out


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everyone a file has named so far: `blocks` is what their subjects are made of, by number.
    `sealed` and `identifiers` are those made for it, as rows to store."""

    vault: Vault
    blocks: list[bytes] = field(default_factory=list)
    sealed: list[tuple[int, bytes, int]] = field(default_factory=list)
    identifiers: list[tuple[int, bytes, int, bool]] = field(default_factory=list)


async def find_people(db: Owner, people: People, new: Sequence[Named]) -> None:
    """Appends their `blocks`; whoever no earlier import brought is made."""
    vault = people.vault
    hmacs = [vault.find(IdentifierKind.IMPORTED, who.identity) for who in new]
    known = await queries_import.imported_people(db, hmacs)
    made = []
    for who, hmac in zip(new, hmacs, strict=True):
        person_id = known.get(hmac)
        if person_id is None:
            person_id = new_person_id()
            made.append((person_id, _facts(who)))
            people.identifiers.extend(_identifiers(vault, person_id, who, hmac))
        people.blocks.append(block(person_id))
    sealed = vault.seal_all(made)
    people.sealed.extend((made[n][0], *pair) for n, pair in enumerate(sealed))


def _facts(who: Named) -> dict[str, str]:
    facts = {"full_name": who.full_name, "phone": who.phone, "address": ""}
    return facts | ({"document": who.document} if who.document else {})


def _identifiers(
    vault: Vault, person_id: int, who: Named, identity: bytes
) -> Iterator[tuple[int, bytes, int, bool]]:
    """Nobody here saw the document, so it finds the person but does not name them."""
    yield IdentifierKind.IMPORTED.value, identity, person_id, True
    for kind, value in who.identifiers:
        yield kind, vault.find(kind, value), person_id, False


async def store_people(db: Owner, people: People, now: datetime) -> None:
    """Sorted by what is random: the order of the file would show who was where before whom. So they
    need no shuffle, unless they are few: then where they lie tells whose import they came with."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    people.sealed.sort()
    people.identifiers.sort()
    rows = ((*sealed, hour) for sealed in people.sealed)
    shuffled = len(people.sealed) >= CROWD
    await queries_import.copy_people(db, rows, people.identifiers, shuffled=shuffled)
