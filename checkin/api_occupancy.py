"""JSON of how many people are in a venue, and of checking all of them out."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import staff_of
from accounts.fields import Moment
from checkin import occupancy
from checkin.crowds import Crowd, Fullness, crowd, fullness
from checkin.occupancy import Closing
from checkin.queries_occupancy import CountedVenue
from checkin.state import State
from kit.db import DatabaseAway, connection
from kit.errors import NotFound
from kit.http import Endpoint, reply
from venues import queries_doors, register
from venues.api_doors import number


class ZoneCount(Struct, frozen=True):
    """`zone_id` null: in the venue outside its zones."""

    zone_id: int | None
    zone: str | None
    inside: int


class OccupancyAnswer(Struct, frozen=True, kw_only=True):
    """As of some seconds ago. `warning` and `crowd` are null where the venue has no capacity."""

    at: datetime
    inside: int
    capacity: int | None
    warning: Fullness | None
    crowd: Crowd | None
    crowd_shown: bool
    zones: list[ZoneCount]


class CrowdAnswer(Struct, frozen=True, kw_only=True):
    venue: str
    crowd: Crowd
    at: datetime


class CrowdForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`shown`: everybody may see whether the venue is crowded, busy or quiet."""

    shown: bool


class UndoForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`at`: the moment that the closing was answered with."""

    at: Moment


async def venue_occupancy(request: Request[State]) -> Response:
    """How many people are in a venue now, and in each zone

    Counted from the scans: who came in and neither went out nor came in elsewhere, for as long as
    people usually stay there.
    """
    venue = await occupancy.own_venue(request.state, staff_of(request), number(request, "venue_id"))
    return reply(await answer_of(request.state, venue))


async def answer_of(state: State, venue: CountedVenue) -> OccupancyAnswer:
    count = await state["crowds"].count(venue, state["clock"]())
    async with connection(state["db"]) as db:
        zones = await queries_doors.zones(db, venue.id)
    counted = [ZoneCount(zone.id, zone.name, count.zones.get(zone.id, 0)) for zone in zones]
    rest = count.zones.get(None, 0)
    if counted and rest:
        counted.append(ZoneCount(None, None, rest))
    capacity, inside = venue.capacity, count.inside
    return OccupancyAnswer(
        at=count.at,
        inside=inside,
        capacity=capacity,
        warning=None if capacity is None else fullness(inside, capacity),
        crowd=None if capacity is None else crowd(inside, capacity),
        crowd_shown=venue.crowd_shown,
        zones=counted,
    )


async def check_out_everyone(request: Request[State]) -> Response:
    """Check everyone out who is still inside

    At closing time. It says only that nobody can have been there later; a trace keeps its best
    estimate of when each left.
    """
    venue_id = number(request, "venue_id")
    done = await occupancy.check_out_everyone(request.state, staff_of(request), venue_id)
    return reply(done, 201)


async def undo_closing(request: Request[State], form: UndoForm) -> Response:
    """Undo a check-out of everyone; again changes nothing"""
    venue_id = number(request, "venue_id")
    done = await occupancy.undo_closing(request.state, staff_of(request), venue_id, form.at)
    return reply(done)


async def show_crowd(request: Request[State], form: CrowdForm) -> Response:
    """Say whether everybody may see how crowded a venue is

    Shown only while the venue is on public lists and has a capacity.
    """
    venue_id = number(request, "venue_id")
    await register.show_crowd(request.state, staff_of(request), venue_id, form.shown)
    return reply(form)


async def venue_crowd(request: Request[State]) -> Response:
    """Whether a venue is quiet, busy or crowded, where it wants that to be known"""
    venue_id = number(request, "venue_id")
    venue, found, at = await occupancy.public_crowd(request.state, venue_id)
    return reply(CrowdAnswer(venue=venue.name, crowd=found, at=at))


VENUE = "/v1/venues/{venue_id:int}"
PROBLEMS = (NotFound, DatabaseAway)

endpoints = [
    Endpoint("GET", f"{VENUE}/occupancy", venue_occupancy, None, {200: OccupancyAnswer}, PROBLEMS),
    Endpoint("POST", f"{VENUE}/closings", check_out_everyone, None, {201: Closing}, PROBLEMS),
    Endpoint("POST", f"{VENUE}/closings/undo", undo_closing, UndoForm, {200: Closing}, PROBLEMS),
    Endpoint("POST", f"{VENUE}/crowd", show_crowd, CrowdForm, {200: CrowdForm}, PROBLEMS),
    Endpoint("GET", f"{VENUE}/crowd", venue_crowd, None, {200: CrowdAnswer}, PROBLEMS),
]
