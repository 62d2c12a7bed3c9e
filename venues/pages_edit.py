"""The form of a venue: wrong input comes back with everything typed and a message at the field."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import structs
from starlette.requests import Request
from starlette.responses import Response

from accounts import areas
from accounts.access import staff_of
from accounts.state import State
from kit.db import connection
from kit.http import Endpoint, see_other
from venues import queries, register
from venues.api_doors import number
from venues.model import MayNotRegister, Mistake, OrganisationUnclear, VenueWrong
from venues.typed import TypedVenue, Understood, typed_of, understand

FRESH = TypedVenue(kind="")


async def new_page(request: Request[State]) -> Response:
    scope = register.scope_of(staff_of(request))
    if not scope.organisations and not scope.areas:
        raise MayNotRegister
    return await _form_page(request, FRESH, None)


async def add_venue(request: Request[State], form: TypedVenue) -> Response:
    read = understand(form)
    if read.mistakes:
        return await _form_page(request, form, read)
    staff = staff_of(request)
    try:
        done = await register.register(request.state, staff, form.organisation, read.facts)
    except VenueWrong as refused:
        return await _form_page(request, form, read, refused.fields)
    except OrganisationUnclear:
        return await _form_page(request, form, read, {"organisation": Mistake.MISSING})
    except MayNotRegister:
        field = "area" if register.scope_of(staff).areas else "organisation"
        return await _form_page(request, form, read, {field: Mistake.NOT_YOURS})
    if not done.created:
        wrong = {"name": Mistake.TAKEN}
        return await _form_page(request, form, read, wrong, known=done.venue_id)
    return see_other(f"/venues/{done.venue_id}")


async def edit_page(request: Request[State]) -> Response:
    venue_id = number(request, "venue_id")
    venue, _, _ = await register.whole_venue(request.state, staff_of(request), venue_id)
    return await _form_page(request, typed_of(venue), None, venue_id=venue_id, called=venue.name)


async def change_venue(request: Request[State], form: TypedVenue) -> Response:
    venue_id = number(request, "venue_id")
    staff = staff_of(request)
    venue, _, _ = await register.whole_venue(request.state, staff, venue_id)
    form = structs.replace(form, organisation=venue.organisation)
    read = understand(form)
    if read.mistakes:
        return await _form_page(request, form, read, venue_id=venue_id, called=venue.name)
    try:
        await register.change(request.state, staff, venue_id, lambda _: read.facts)
    except MayNotRegister:
        wrong = {"area": Mistake.NOT_YOURS}
        about: dict[str, int | str] = {"venue_id": venue_id, "called": venue.name}
        return await _form_page(request, form, read, wrong, **about)
    return see_other(f"/venues/{venue_id}")


async def _form_page(
    request: Request[State],
    typed: TypedVenue,
    read: Understood | None,
    wrong: Mapping[str, Mistake] | None = None,
    **about: int | str,
) -> Response:
    """`about`: venue_id of the venue that is changed and how it is called so far, known of the one
    that is there already."""
    scope = register.scope_of(staff_of(request))
    async with connection(request.state["db"]) as db:
        kinds = await queries.kinds(db)
        own = await queries.organisation_names(db, scope.organisations)
    mistakes = dict(wrong or {}) | (read.mistakes if read else {})
    wards = read.wards if read else []
    return request.state["pages"].html(
        request,
        "venues/edit.html",
        422 if mistakes else 200,
        typed=typed,
        mistakes=mistakes,
        wards=[(one.path, areas.full_name(one.path), one.system) for one in wards],
        kinds=kinds,
        organisations=[] if scope.areas else list(own.values()),
        venue_id=about.get("venue_id"),
        called=about.get("called"),
        known=about.get("known"),
    )


endpoints = [
    Endpoint("GET", "/venues/new", new_page, page=True),
    Endpoint("POST", "/venues/new", add_venue, TypedVenue, page=True),
    Endpoint("GET", "/venues/{venue_id:int}/edit", edit_page, page=True),
    Endpoint("POST", "/venues/{venue_id:int}/edit", change_venue, TypedVenue, page=True),
]
