"""JSON of venues. Their doors: api_doors.py; posters: api_posters.py; lists of venues from
elsewhere: api_import.py."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from accounts import areas
from accounts.access import staff_of
from accounts.fields import AreaPath
from accounts.state import State
from kit.db import DatabaseAway, connection
from kit.errors import NotFound, Unprocessable
from kit.http import Endpoint, reply
from venues import api_display, api_doors, api_import, api_posters, queries, register
from venues.api_doors import number
from venues.intake_text import folded
from venues.intake_values import CAPACITY_LIMIT
from venues.model import (
    Checkpoint,
    KindFacts,
    MayNotRegister,
    OrganisationUnclear,
    Venue,
    VenueExists,
    VenueFacts,
    VenueKind,
    VenueLine,
    VenueWrong,
    Zone,
)
from venues.rules import LARGEST

Name = Annotated[str, Meta(max_length=200)]
Address = Annotated[str, Meta(max_length=400)]
Hours = Annotated[str, Meta(max_length=11, examples=["08:00-22:00"])]
Minutes = Annotated[int, Meta(ge=1, le=720)]
Squares = Annotated[int, Meta(ge=1, le=LARGEST)]
Capacity = Annotated[int, Meta(ge=1, le=CAPACITY_LIMIT)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Phone = Annotated[str, Meta(max_length=40)]
FIRST_PAGE = ("", 0)


class BadCursor(Unprocessable):
    """This is not a cursor of ours; start without one."""


class NewVenueForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`area` is the path of a ward (GET /v1/areas); null means as its kind. `organisation` is a
    name; it may be left out by an account that acts for one organisation."""

    name: Name
    kind: VenueKind
    address: Address
    organisation: Name = ""
    area: AreaPath = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    opening: Hours = ""
    indoor: bool | None = None
    masks_off: bool | None = None
    small: bool | None = None
    typical_stay: Minutes | None = None
    area_m2: Squares | None = None
    capacity: Capacity | None = None
    listed: bool = False
    demands_declaration: bool = False
    contact_name: Name = ""
    contact_phone: Phone = ""


class VenueChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Only what is given changes."""

    name: Name | UnsetType = UNSET
    kind: VenueKind | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    area: AreaPath | UnsetType = UNSET
    latitude: Latitude | UnsetType | None = UNSET
    longitude: Longitude | UnsetType | None = UNSET
    opening: Hours | UnsetType = UNSET
    indoor: bool | UnsetType | None = UNSET
    masks_off: bool | UnsetType | None = UNSET
    small: bool | UnsetType | None = UNSET
    typical_stay: Minutes | UnsetType | None = UNSET
    area_m2: Squares | UnsetType | None = UNSET
    capacity: Capacity | UnsetType | None = UNSET
    listed: bool | UnsetType = UNSET
    demands_declaration: bool | UnsetType = UNSET
    contact_name: Name | UnsetType = UNSET
    contact_phone: Phone | UnsetType = UNSET


class VenueQuery(Struct, frozen=True):
    """`q`: words of the name, address or organisation, marks not needed."""

    q: Annotated[str, Meta(max_length=200)] = ""
    after: Annotated[str, Meta(max_length=2000)] = ""
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class VenuesAnswer(Struct, frozen=True):
    """`next` goes into `after`; null on the last page."""

    venues: list[VenueLine]
    next: str | None


class VenueAnswer(Struct, frozen=True):
    venue: Venue
    zones: list[Zone]
    checkpoints: list[Checkpoint]


class KindsAnswer(Struct, frozen=True):
    kinds: list[KindFacts]


class AreaQuery(Struct, frozen=True):
    q: Annotated[str, Meta(min_length=1, max_length=100)]
    limit: Annotated[int, Meta(ge=1, le=50)] = 12


class AreaAnswer(Struct, frozen=True):
    path: str
    name: str
    kind: areas.AreaKind
    system: str


class AreasAnswer(Struct, frozen=True):
    areas: list[AreaAnswer]


async def list_venues(request: Request[State], form: VenueQuery) -> Response:
    """The venues of this account's scope, by name"""
    found, following = await page_of_venues(request, form)
    return reply(VenuesAnswer(found, following))


async def page_of_venues(
    request: Request[State], form: VenueQuery
) -> tuple[list[VenueLine], str | None]:
    """With the cursor of the next page."""
    scope = register.scope_of(staff_of(request))
    words = folded(form.q).split()
    async with connection(request.state["db"]) as db:
        found = await queries.venues(db, scope, words, read_cursor(form.after), form.limit + 1)
    shown = found[: form.limit]
    return shown, cursor(shown[-1]) if len(found) > form.limit else None


def cursor(last: VenueLine) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([last.name, last.id])).decode()


def read_cursor(text: str) -> tuple[str, int]:
    if not text:
        return FIRST_PAGE
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
        name, venue_id = msgspec.json.decode(
            raw, type=tuple[str, Annotated[int, Meta(ge=0, lt=2**31)]]
        )
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise BadCursor from None
    if "\0" in name:
        raise BadCursor
    return name, venue_id


async def add_venue(request: Request[State], form: NewVenueForm) -> Response:
    """Register a venue

    It gets one checkpoint for both directions and its code at once.
    """
    given = msgspec.structs.asdict(form)
    organisation = given.pop("organisation")
    staff = staff_of(request)
    done = await register.register(request.state, staff, organisation, VenueFacts(**given))
    if not done.created:
        raise VenueExists(venue=done.venue_id)
    found = await register.whole_venue(request.state, staff, done.venue_id)
    return reply(VenueAnswer(*found), 201, {"Location": f"/v1/venues/{done.venue_id}"})


async def one_venue(request: Request[State]) -> Response:
    """A venue with its zones, checkpoints and all their codes"""
    venue_id = number(request, "venue_id")
    found = await register.whole_venue(request.state, staff_of(request), venue_id)
    return reply(VenueAnswer(*found))


async def change_venue(request: Request[State], form: VenueChange) -> Response:
    """Change what is said of a venue"""
    given: dict[str, Any] = {
        name: value for name, value in msgspec.structs.asdict(form).items() if value is not UNSET
    }
    changed = await register.change(
        request.state,
        staff_of(request),
        number(request, "venue_id"),
        lambda facts: replace(facts, **given),
    )
    return reply(changed)


async def list_kinds(request: Request[State]) -> Response:
    """The kinds of venues, and what holds for those that say nothing else"""
    async with connection(request.state["db"]) as db:
        found = await queries.kinds(db)
    return reply(KindsAnswer(list(found.values())))


async def find_areas(request: Request[State], form: AreaQuery) -> Response:
    """Provinces, districts and wards of both unit systems, as somebody types"""
    found = areas.search(form.q, form.limit)
    answers = [AreaAnswer(a.path, areas.full_name(a.path), a.kind, a.system) for a in found]
    return reply(AreasAnswer(answers), headers={"Cache-Control": "private, max-age=86400"})


WRITING = (NotFound, VenueWrong, MayNotRegister, DatabaseAway)

endpoints = [
    Endpoint(
        *("GET", "/v1/venues", list_venues, VenueQuery, {200: VenuesAnswer}),
        (BadCursor, DatabaseAway),
    ),
    Endpoint(
        *("POST", "/v1/venues", add_venue, NewVenueForm, {201: VenueAnswer}),
        (VenueExists, OrganisationUnclear, VenueWrong, MayNotRegister, DatabaseAway),
    ),
    Endpoint(
        *("GET", "/v1/venues/{venue_id:int}", one_venue, None, {200: VenueAnswer}),
        (NotFound, DatabaseAway),
    ),
    Endpoint(
        *("PATCH", "/v1/venues/{venue_id:int}", change_venue, VenueChange, {200: Venue}), WRITING
    ),
    Endpoint("GET", "/v1/venue-kinds", list_kinds, None, {200: KindsAnswer}, (DatabaseAway,)),
    Endpoint("GET", "/v1/areas", find_areas, AreaQuery, {200: AreasAnswer}),
    *api_doors.endpoints,
    *api_display.endpoints,
    *api_posters.endpoints,
    *api_import.endpoints,
]
