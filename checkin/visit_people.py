"""The people of a file of past visits: found by an earlier import, or made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from checkin import queries_import
from checkin.partitions import Owner
from checkin.vault import IdentifierKind, Vault, new_person_id
from checkin.visit_person import Named, named
from checkin.visit_rows import RowRefused, Who

CACHED = 200_000  # people as written; beyond that they are worked out again


@dataclass(slots=True, kw_only=True)
class People:
    """Everyone a file has named so far. `sealed` and `identifiers` are those made for it, as rows
    to store."""

    vault: Vault
    written: dict[Who, Named | RowRefused] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)  # by identity
    sealed: list[tuple[int, bytes, int]] = field(default_factory=list)
    identifiers: list[tuple[int, bytes, int, bool]] = field(default_factory=list)

    def named(self, who: Who) -> Named | RowRefused:
        found = self.written.get(who)
        if found is None:
            if len(self.written) >= CACHED:
                self.written.clear()
            try:
                found = named(who)
            except RowRefused as refused:
                found = refused
            self.written[who] = found
        return found


async def find_people(db: Owner, people: People, wanted: Iterable[Named]) -> None:
    """Fills `people.ids`; whoever no earlier import brought is made."""
    vault = people.vault
    unknown = {who.identity: who for who in wanted if who.identity not in people.ids}
    hmacs = {vault.find(IdentifierKind.IMPORTED, identity): identity for identity in unknown}
    for hmac, person_id in (await queries_import.imported_people(db, list(hmacs))).items():
        people.ids[hmacs.pop(hmac)] = person_id
    for hmac, identity in hmacs.items():
        who, person_id = unknown[identity], new_person_id()
        people.ids[identity] = person_id
        people.sealed.append((person_id, *vault.seal(person_id, _facts(who))))
        people.identifiers.extend(_identifiers(vault, person_id, who, hmac))


def _facts(who: Named) -> dict[str, str]:
    facts = {"full_name": who.full_name, "phone": who.phone, "address": ""}
    return facts | ({"document": who.document} if who.document else {})


def _identifiers(
    vault: Vault, person_id: int, who: Named, identity: bytes
) -> Iterator[tuple[int, bytes, int, bool]]:
    """Nobody here saw the document, so it finds the person but does not name them."""
    yield IdentifierKind.IMPORTED, identity, person_id, True
    for kind, value in who.identifiers:
        yield kind, vault.find(kind, value), person_id, False


async def store_people(db: Owner, people: People, now: datetime) -> None:
    """Sorted by what is random: the order of the file would show who was where before whom."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    people.sealed.sort()
    people.identifiers.sort()
    rows = ((*sealed, hour) for sealed in people.sealed)
    await queries_import.copy_people(db, rows, people.identifiers)
