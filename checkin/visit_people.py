"""The people of a file of past visits: found by an earlier import, or made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from checkin import queries_import
from checkin.partitions import Owner
from checkin.pseudonym import block
from checkin.vault import IdentifierKind, Vault, new_person_id
from checkin.visit_person import Named, named
from checkin.visit_rows import RowRefused, Who

CACHED = 200_000  # people as written; beyond that they are worked out again


@dataclass(slots=True, kw_only=True, eq=False)
class Visitor:
    """Someone as a file writes them. `block`: what their subjects are made of, empty until they
    are found or made."""

    named: Named
    block: bytes = b""


@dataclass(slots=True, kw_only=True)
class People:
    """Everyone a file has named so far. `sealed` and `identifiers` are those made for it, as rows
    to store."""

    vault: Vault
    written: dict[Who, Visitor | RowRefused] = field(default_factory=dict)
    blocks: dict[str, bytes] = field(default_factory=dict)  # by identity
    sealed: list[tuple[int, bytes, int]] = field(default_factory=list)
    identifiers: list[tuple[int, bytes, int, bool]] = field(default_factory=list)

    def visitor(self, who: Who) -> Visitor | RowRefused:
        found = self.written.get(who)
        if found is None:
            if len(self.written) >= CACHED:
                self.written.clear()
            try:
                found = Visitor(named=named(who))
            except RowRefused as refused:
                found = refused
            self.written[who] = found
        return found


async def find_people(db: Owner, people: People, visitors: Iterable[Visitor]) -> None:
    """Fills their `block`; whoever no earlier import brought is made."""
    new = [visitor for visitor in visitors if not visitor.block]
    vault, blocks = people.vault, people.blocks
    unknown = {v.named.identity: v.named for v in new if v.named.identity not in blocks}
    hmacs = {vault.find(IdentifierKind.IMPORTED, identity): identity for identity in unknown}
    for hmac, person_id in (await queries_import.imported_people(db, list(hmacs))).items():
        blocks[hmacs.pop(hmac)] = block(person_id)
    made = [(new_person_id(), unknown[identity], hmac) for hmac, identity in hmacs.items()]
    for person_id, who, hmac in made:
        blocks[who.identity] = block(person_id)
        people.identifiers.extend(_identifiers(vault, person_id, who, hmac))
    sealed = vault.seal_all((person_id, _facts(who)) for person_id, who, _ in made)
    people.sealed.extend((made[n][0], *pair) for n, pair in enumerate(sealed))
    for visitor in new:
        visitor.block = blocks[visitor.named.identity]


def _facts(who: Named) -> dict[str, str]:
    facts = {"full_name": who.full_name, "phone": who.phone, "address": ""}
    return facts | ({"document": who.document} if who.document else {})


def _identifiers(
    vault: Vault, person_id: int, who: Named, identity: bytes
) -> Iterator[tuple[int, bytes, int, bool]]:
    """Nobody here saw the document, so it finds the person but does not name them."""
    yield IdentifierKind.IMPORTED.value, identity, person_id, True
    for kind, value in who.identifiers:
        yield kind.value, vault.find(kind, value), person_id, False


async def store_people(db: Owner, people: People, now: datetime) -> None:
    """Sorted by what is random: the order of the file would show who was where before whom."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    people.sealed.sort()
    people.identifiers.sort()
    rows = ((*sealed, hour) for sealed in people.sealed)
    await queries_import.copy_people(db, rows, people.identifiers)
