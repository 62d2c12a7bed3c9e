"""The register of venues: who adds and changes what, for the API and the pages alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from accounts import access, access_table, audit
from accounts.keydir import FIRST
from accounts.model import Scope, Staff
from accounts.state import State
from kit.db import Connection, connection, transaction
from kit.errors import NotFound
from venues import queries, queries_doors, rules
from venues.code import new_code
from venues.intake import TEXT_LIMIT
from venues.intake_text import compared
from venues.model import (
    Checkpoint,
    Direction,
    MayNotRegister,
    Mistake,
    NewVenue,
    OrganisationUnclear,
    Registered,
    Venue,
    VenueFacts,
    VenueWrong,
    Zone,
)

FIRST_CHECKPOINT = "Cửa chính"


def scope_of(staff: Staff) -> Scope:
    return access.scope(staff, access_table.VENUES.roles)


async def register(state: State, staff: Staff, organisation: str, facts: VenueFacts) -> Registered:
    """With its first checkpoint and code, so that a poster can be printed at once. `organisation`
    is a name; '' means the only one that `staff` acts for."""
    facts, organisation = checked(facts), rules.one_line(organisation)
    if len(organisation) > TEXT_LIMIT:
        raise VenueWrong(fields={"organisation": Mistake.TOO_LONG})
    now = state["clock"]()
    async with transaction(state["db"]) as db:
        scope = scope_of(staff)
        owner_id, owner = await _organisation(db, scope, organisation, facts.area, now)
        new = rules.new_venue(facts, owner_id, owner)
        added = await add(db, [new], staff.id, now)
        if not added:
            known = await queries.venue_by_key(db, owner_id, new.natural_key)
            return Registered(venue_id=known, created=False)
        await note(db, state, staff, "venue registered", now, venue=added[0])
    return Registered(venue_id=added[0], created=True)


def checked(facts: VenueFacts) -> VenueFacts:
    settled = rules.settled(facts)
    if wrong := rules.mistakes(settled):
        raise VenueWrong(fields=wrong)
    return settled


async def _organisation(
    db: Connection, scope: Scope, name: str, area: str, now: datetime
) -> tuple[int, str]:
    """An area's officer may name any organisation, a new one too; others one of their own."""
    own = await queries.organisation_names(db, scope.organisations)
    if not name and len(own) == 1:
        return next(iter(own.items()))
    for organisation_id, own_name in own.items():
        if compared(own_name) == compared(name):
            return organisation_id, own_name
    if not own and not scope.areas:
        raise MayNotRegister
    if not name:
        raise OrganisationUnclear
    if not rules.is_in_areas(scope, area):
        raise MayNotRegister
    return (await queries.add_organisations(db, [name], now))[name], name


async def add(
    db: Connection, venues: Sequence[NewVenue], staff_id: int | None, now: datetime
) -> list[int]:
    """The ids of those that were not there yet, each with its first checkpoint and code."""
    ids = await queries.add_venues(db, venues, now)
    doors = await queries_doors.add_first_checkpoints(
        db, ids, FIRST_CHECKPOINT, Direction.BOTH, now
    )
    if doors:
        codes = [(new_code(), door) for door in doors]
        await queries_doors.add_codes(db, codes, now, staff_id)
    return ids


async def change(
    state: State, staff: Staff, venue_id: int, changed: Callable[[VenueFacts], VenueFacts]
) -> Venue:
    """`changed` gets the facts as they are once nobody else can change them."""
    scope = scope_of(staff)
    async with transaction(state["db"]) as db:
        before = await queries.locked_venue(db, scope, venue_id)
        if before is None:
            raise NotFound
        facts = checked(changed(rules.facts_of(before)))
        kept = before.organisation_id in scope.organisations or venue_id in scope.venues
        if not kept and not rules.is_in_areas(scope, facts.area):
            raise MayNotRegister
        search = rules.search_text(facts, before.organisation)
        await queries.change_venue(db, venue_id, facts, search)
        await note(db, state, staff, "venue changed", state["clock"](), venue=venue_id)
        after = await queries.venue(db, scope, venue_id)
    assert after is not None  # noqa: S101  the check above kept it in scope
    return after


async def show_crowd(state: State, staff: Staff, venue_id: int, shown: bool) -> None:
    """Whether everybody may see how crowded the venue is, once it is on public lists."""
    async with transaction(state["db"]) as db:
        if await queries.locked_venue(db, scope_of(staff), venue_id) is None:
            raise NotFound
        if await queries.show_crowd(db, venue_id, shown):
            act = "crowd shown" if shown else "crowd hidden"
            await note(db, state, staff, act, state["clock"](), venue=venue_id)


async def whole_venue(
    state: State, staff: Staff, venue_id: int
) -> tuple[Venue, list[Zone], list[Checkpoint]]:
    async with connection(state["db"]) as db:
        found = await queries.venue(db, scope_of(staff), venue_id)
        if found is None:
            raise NotFound
        zones = await queries_doors.zones(db, venue_id)
        return found, zones, await queries_doors.checkpoints(db, venue_id)


async def note(
    db: Connection, state: State, staff: Staff, act: str, now: datetime, **facts: object
) -> None:
    """Last in its transaction: the audit chain is one lock for everybody."""
    entry = audit.Entry(act=act, staff_id=staff.id, facts=facts)
    await audit.record(db, state["keys"].audit.key(FIRST), entry, now)
