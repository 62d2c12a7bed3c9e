"""Names of people: masked for everyone on the case, opened only with a purpose and an audit row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from accounts import audit
from accounts.keydir import FIRST
from checkin.phone import masked
from checkin.vault import Vault
from kit.db import Connection, connection, transaction
from kit.errors import NotFound
from tracing import queries, queries_changes, queries_releases, releases
from tracing.case import (
    CaseFile,
    ListStale,
    Purpose,
    approved_case,
    contact_number,
    masked_name,
)
from tracing.point_file import read_points
from tracing.releases import Leaving, NamesTooMany
from tracing.runs import listing, queries_contacts
from tracing.runs.listing import Line, Listing
from tracing.runs.queries_contacts import Chosen, SealedPerson
from tracing.state import State

STAYS_OPEN = timedelta(hours=1)
"""After a reveal, on the page that carries its number: a list is worked name by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    full_name: str
    phone: str
    address: str
    birth_year: int | None
    sex: int | None
    document: str = ""


NOBODY = Named(full_name="", phone="", address="", birth_year=None, sex=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Who wants to see whom and why. `numbers` of the case's contacts and of its own records;
    None means the whole list of contacts."""

    staff_id: int | None
    areas: Sequence[str]
    wards: Sequence[str] = ()
    case_id: int
    purpose: Purpose
    numbers: Collection[str] | None
    open: Collection[str] = ()
    """Numbers the page says are open already. Only those that the audit has this account, case and
    purpose for are read again, without a second row; the others stay masked."""
    export: str = ""
    """The format of the file the names go into, which a second account must have let go; then one
    more row says how many there are."""
    named: bool = True
    """Whether that file names people."""
    wanted: Callable[[Line], bool] = lambda line: True
    """Of the whole list, whose names: a file opens nobody whom it does not hold."""
    listed: int = 0
    """How many people that list has."""


async def masked_people(state: State, people: Sequence[int]) -> dict[int, Named]:
    """Enough to tell records apart, not enough to know whose they are."""
    async with connection(state["desk_db"]) as db:
        rows = await queries_contacts.sealed_people(db, people)
    return {row.id: _masked(opened(state["vault"], row)) for row in rows}


async def reveal(state: State, wish: Wish) -> tuple[Listing, dict[str, Named]]:
    """Names by number; with lines where the whole list is wished for. The audit rows are in the
    transaction that reads the names: no row, no name. A number that is not of this case is
    NotFound."""
    try:
        return await _reveal(state, wish)
    except NamesTooMany as wrong:
        async with transaction(state["desk_db"]) as db:
            wrong.facts["left"] = await _left(db, state, wish, wrong)
            entry = replace(_entry(wish), act="refuse-reveal", facts=wrong.facts)
            await audit.record(db, state["keys"].audit.key(FIRST), entry, state["clock"]())
        raise


async def _left(db: Connection, state: State, wish: Wish, wrong: NamesTooMany) -> int:
    """Of the quota: how many more names the account may read now."""
    since = state["clock"]() - releases.QUOTA_SPAN
    read, _ = await queries_releases.names_read(db, wish.staff_id or 0, since)
    return max(0, int(str(wrong.facts["quota"])) - read)


async def _reveal(state: State, wish: Wish) -> tuple[Listing, dict[str, Named]]:
    async with transaction(state["desk_db"]) as db:
        case = await queries.case_file(db, wish.case_id, wish.areas, wish.wards)
        if case is None:
            raise NotFound
        key = state["keys"].cases.key(approved_case(case).number)
        untraced = await queries_changes.untraced(db, [case.id])
        if wish.export and untraced[case.id]:
            raise ListStale(changes=untraced[case.id])
        whose = None if wish.numbers is not None else True  # by number also who is off the list
        chosen = Chosen(areas=wish.areas, wards=wish.wards, listed=whose)
        listed = await listing.index(db, key, case, chosen)
        if listed is None:
            raise NotFound
        own = await _own(db, key, case) if case.area.startswith(tuple(wish.areas)) else {}
        known = own | {contact_number(key, person): person for person in listed.people()}
        lines = await listing.lines(db, key, listed) if wish.numbers is None else []
        people = {line.number: line.person_id for line in lines if wish.wanted(line)}
        if wish.numbers is not None:
            people = _named(wish, known)
        now, wish = state["clock"](), replace(wish, listed=len(listed))
        found = await revealed(db, state, list(people.values()), wish, now)
        people |= {number: known[number] for number in set(wish.open) & known.keys()}
        found |= await _still_open(db, state, set(people.values()) - found.keys(), wish, now)
    names = {number: found[person] for number, person in people.items() if person in found}
    return Listing(run=listed.run, lines=lines), names


async def _own(db: Connection, key: bytes, case: CaseFile) -> dict[str, int]:
    """The case's own people, whoever is listed at its points, and whoever a hold was proposed for:
    for those who read it whole."""
    held = await queries.held_people(db, case.id)
    at_points = await read_points(db, key, case.id)
    told = {one.people[0] for point in at_points for one in point.listed}
    return {contact_number(key, person): person for person in (*case.people, *held, *told)}


def _named(wish: Wish, known: dict[str, int]) -> dict[str, int]:
    if wish.numbers is None or not known.keys() >= set(wish.numbers):
        raise NotFound
    return {number: known[number] for number in wish.numbers}


async def revealed(
    db: Connection, state: State, people: Sequence[int], wish: Wish, now: datetime
) -> dict[int, Named]:
    """Inside a transaction: a row for every person, then what it is about."""
    rows = await queries_contacts.sealed_people(db, people)
    entry = _entry(wish)
    let_go = await _let_go(db, state, wish) if wish.export else {}
    entries = [replace(entry, person_id=row.id, facts=let_go) for row in rows]
    if wish.export:
        facts = {"count": len(rows), "format": wish.export, **let_go}
        entries.append(replace(entry, act="export-contacts", facts=facts))
    key = state["keys"].audit.key(FIRST)
    await audit.record_all(db, key, entries, now)
    if not wish.export and wish.staff_id and await releases.check_quota(db, state, wish.staff_id):
        await audit.record(db, key, replace(entry, act="names-over-quota"), now)
    return {row.id: opened(state["vault"], row) for row in rows}


async def _let_go(db: Connection, state: State, wish: Wish) -> Mapping[str, object]:
    """What the audit says of why this file may leave; one that names nobody may always."""
    if not wish.named:
        return {}
    leaving = Leaving(
        staff_id=wish.staff_id,
        case_id=wish.case_id,
        what=wish.export,
        purpose=wish.purpose,
        people=wish.listed,
    )
    return await releases.use(db, state, leaving)


def _entry(wish: Wish) -> audit.Entry:
    return audit.Entry(
        act="reveal-name", staff_id=wish.staff_id, purpose=wish.purpose, case_id=wish.case_id
    )


async def _still_open(
    db: Connection, state: State, people: Collection[int], wish: Wish, now: datetime
) -> dict[int, Named]:
    key = state["keys"].audit.key(FIRST)
    asked = {audit.reference(key, person): person for person in people}
    look = queries_contacts.Look(
        staff_id=wish.staff_id, case_id=wish.case_id, purpose=wish.purpose, since=now - STAYS_OPEN
    )
    seen = await queries_contacts.looked_at(db, look, list(asked))
    rows = await queries_contacts.sealed_people(db, [asked[about] for about in seen])
    return {row.id: opened(state["vault"], row) for row in rows}


def opened(vault: Vault, row: SealedPerson) -> Named:
    facts = vault.open(row.id, row.sealed, row.key_id)
    return Named(
        full_name=facts.get("full_name", ""),
        phone=facts.get("phone", ""),
        address=facts.get("address", ""),
        birth_year=row.birth_year,
        sex=row.sex,
        document=facts.get("document", ""),
    )


def _masked(person: Named) -> Named:
    return replace(
        person,
        full_name=masked_name(person.full_name),
        phone=masked(person.phone),
        address="",
        birth_year=None,
        document="",
    )
