"""Past visits on their way into the database: whom they are about, their subjects of the days, and
what is staged by COPY."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from checkin import queries_import
from checkin.pseudonym import ServiceDays
from checkin.queries_import import StagedVisit
from checkin.vault import IdentifierKind, Vault, new_person_id
from checkin.visit_person import Named, named
from checkin.visit_place import Place
from checkin.visit_rows import RowRefused, Visit, Who
from kit.db import Connection

CACHED = 200_000  # people as written; beyond that they are worked out again


@dataclass(slots=True, kw_only=True)
class People:
    """Everyone a file has named so far, and how many of them were made for it."""

    vault: Vault
    written: dict[Who, Named | RowRefused] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)  # by identity
    made: int = 0

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


async def find_people(db: Connection, people: People, wanted: Iterable[Named]) -> None:
    """Fills `people.ids`; whoever no earlier import brought is made."""
    vault = people.vault
    unknown = {who.identity: who for who in wanted if who.identity not in people.ids}
    hmacs = {vault.find(IdentifierKind.IMPORTED, identity): identity for identity in unknown}
    for hmac, person_id in (await queries_import.imported_people(db, list(hmacs))).items():
        people.ids[hmacs.pop(hmac)] = person_id
    made = [(new_person_id(), unknown[identity], hmac) for hmac, identity in hmacs.items()]
    sealed = [(person_id, *vault.seal(person_id, _facts(who))) for person_id, who, _ in made]
    await queries_import.stage_people(
        db, sealed, [row for new in made for row in _identifiers(vault, *new)]
    )
    people.ids.update((who.identity, person_id) for person_id, who, _ in made)
    people.made += len(made)


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


def staged(
    days: ServiceDays, visits: Sequence[tuple[Visit, date, date, int, Place]]
) -> Iterator[StagedVisit]:
    """(visit, day of arriving, day of leaving, person, place) as rows to stage. Every day has its
    key."""
    wanted: dict[date, set[int]] = defaultdict(set)
    for _, day, left_day, person_id, _ in visits:
        wanted[day].add(person_id)
        wanted[left_day].add(person_id)
    subjects = {
        day: dict(zip(people, days.subjects(people, day), strict=True))
        for day, people in ((day, list(found)) for day, found in wanted.items())
    }
    for visit, day, left_day, person_id, (venue_id, zone_id) in visits:
        yield (
            subjects[day][person_id],
            visit.arrived_at,
            venue_id,
            zone_id,
            subjects[left_day][person_id],
            visit.left_at,
        )
