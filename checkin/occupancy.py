"""What staff and the public learn of how full a venue is, and checking everyone out at closing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.model import Staff
from checkin import queries_occupancy, rules
from checkin.crowds import PUBLIC_FRESH, Crowd, Fullness, crowd, fullness, still_inside
from checkin.queries_occupancy import CountedVenue
from checkin.state import State
from kit.db import connection, transaction
from kit.errors import NotFound
from venues import queries
from venues.register import note, scope_of

LONGEST = timedelta(hours=12)  # nobody is taken to be inside for longer


async def own_venue(state: State, staff: Staff, venue_id: int) -> CountedVenue:
    async with connection(state["db"]) as db:
        venue = await queries_occupancy.own_venue(db, scope_of(staff), venue_id)
    if venue is None:
        raise NotFound
    return venue


async def public_crowd(state: State, venue_id: int) -> tuple[CountedVenue, Crowd, datetime]:
    """Only where the venue is on public lists and wants this; any other is not there."""
    async with connection(state["db"]) as db:
        venue = await queries_occupancy.counted_venue(db, venue_id)
    if venue is None or venue.capacity is None or not (venue.listed and venue.crowd_shown):
        raise NotFound
    count = await state["crowds"].count(venue, state["clock"](), PUBLIC_FRESH)
    return venue, crowd(count.inside, venue.capacity), count.at.replace(second=0, microsecond=0)


async def gate_fullness(state: State, venue_id: int) -> Fullness | None:
    """For a door's own device; None where nobody said how many have room."""
    async with connection(state["db"]) as db:
        venue = await queries_occupancy.counted_venue(db, venue_id)
    if venue is None or venue.capacity is None:
        return None
    count = await state["crowds"].count(venue, state["clock"]())
    return fullness(count.inside, venue.capacity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    at: datetime
    people: int


async def check_out_everyone(state: State, staff: Staff, venue_id: int) -> Closing:
    """All who came in the last hours and were not seen leaving, however long people usually stay;
    `people` without their companions."""
    now = rules.to_millisecond(state["clock"]())
    async with transaction(state["db"]) as db:
        if await queries.locked_venue(db, scope_of(staff), venue_id) is None:
            raise NotFound
        found = await queries_occupancy.latest(db, venue_id, now - LONGEST, now)
        inside = [one for one in still_inside(found, state["days"], now) if one.at < now]
        await queries_occupancy.check_out_all(db, venue_id, now, inside)
        facts = {"venue": venue_id, "people": len(inside)}
        await note(db, state, staff, "everyone checked out", now, **facts)
    state["crowds"].forget(venue_id)
    return Closing(at=now, people=len(inside))


async def closed(state: State, venue_id: int, at: datetime) -> int:
    """How many were checked out at that moment, and not undone."""
    if not _is_kept(state, at):
        return 0
    async with connection(state["db"]) as db:
        return await queries_occupancy.closed(db, venue_id, at)


async def undo_closing(state: State, staff: Staff, venue_id: int, at: datetime) -> Closing:
    """`people`: whose check-out of that moment no longer counts; none the second time."""
    kept = _is_kept(state, at)
    async with transaction(state["db"]) as db:
        if await queries.locked_venue(db, scope_of(staff), venue_id) is None:
            raise NotFound
        undone = await queries_occupancy.undo_closing(db, venue_id, at, staff.id) if kept else 0
        if undone:
            facts = {"venue": venue_id, "people": undone}
            await note(db, state, staff, "closing undone", state["clock"](), **facts)
    state["crowds"].forget(venue_id)
    return Closing(at=at, people=undone)


def _is_kept(state: State, at: datetime) -> bool:
    """A year that PostgreSQL does not reach is asked of nobody."""
    now = state["clock"]()
    return now - timedelta(days=state["settings"].retention_days) < at <= now
