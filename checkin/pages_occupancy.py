"""Pages of how full a venue is: in numbers for its staff, in three words for everybody."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import staff_of
from accounts.fields import Moment
from checkin import occupancy
from checkin.api_occupancy import answer_of
from checkin.state import State
from kit.http import Endpoint, see_other
from venues import register
from venues.api_doors import number


class Closed(Struct, frozen=True):
    """`closed`: the moment of a check-out of everyone that can still be undone from here."""

    closed: Moment | None = None


class TypedUndo(Struct, frozen=True, forbid_unknown_fields=True):
    at: Moment


class TypedCrowd(Struct, frozen=True, forbid_unknown_fields=True):
    shown: bool = False


async def occupancy_page(request: Request[State], form: Closed) -> Response:
    state = request.state
    venue = await occupancy.own_venue(state, staff_of(request), number(request, "venue_id"))
    checked_out = 0
    if form.closed is not None:
        checked_out = await occupancy.closed(state, venue.id, form.closed)
    return state["pages"].html(
        request,
        "checkin/occupancy.html",
        venue=venue,
        now=await answer_of(state, venue),
        closed=form.closed,
        checked_out=checked_out,
    )


async def check_out_everyone(request: Request[State]) -> Response:
    venue_id = number(request, "venue_id")
    done = await occupancy.check_out_everyone(request.state, staff_of(request), venue_id)
    written = done.at.isoformat(timespec="milliseconds").replace("+", "%2B")
    return see_other(f"/venues/{venue_id}/occupancy?closed={written}")


async def undo_closing(request: Request[State], form: TypedUndo) -> Response:
    venue_id = number(request, "venue_id")
    await occupancy.undo_closing(request.state, staff_of(request), venue_id, form.at)
    return see_other(f"/venues/{venue_id}/occupancy")


async def show_crowd(request: Request[State], form: TypedCrowd) -> Response:
    venue_id = number(request, "venue_id")
    await register.show_crowd(request.state, staff_of(request), venue_id, form.shown)
    return see_other(f"/venues/{venue_id}/occupancy")


async def crowd_page(request: Request[State]) -> Response:
    venue_id = number(request, "venue_id")
    venue, crowd, at = await occupancy.public_crowd(request.state, venue_id)
    facts = {"venue": venue.name, "crowd": str(crowd), "at": at}
    return request.state["pages"].html(request, "checkin/crowd.html", 200, **facts)


VENUE = "/venues/{venue_id:int}"

endpoints = [
    Endpoint("GET", f"{VENUE}/occupancy", occupancy_page, Closed, page=True),
    Endpoint("POST", f"{VENUE}/closings", check_out_everyone, page=True),
    Endpoint("POST", f"{VENUE}/closings/undo", undo_closing, TypedUndo, page=True),
    Endpoint("POST", f"{VENUE}/crowd", show_crowd, TypedCrowd, page=True),
    Endpoint("GET", "/crowd/{venue_id:int}", crowd_page, page=True),
]
