"""The page of a venue: its facts, zones and doors with their codes."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import staff_of
from accounts.areas import area_name
from accounts.state import State
from kit.db import connection
from kit.errors import NotFound
from kit.http import Endpoint, see_other
from venues import doors, queries, register, rules
from venues.api_doors import LARGEST_ID, number
from venues.code import address, printed
from venues.model import Checkpoint, Direction, DoorClosed, Mistake, NameTaken, ZoneUnknown
from venues.poster import Format
from venues.qr import qr_path
from venues.queries_doors import NewCheckpoint

LABEL_LIMIT = 100
REASON_LIMIT = 200


class TypedZone(Struct, frozen=True, forbid_unknown_fields=True):
    name: str = ""


class TypedCheckpoint(Struct, frozen=True, forbid_unknown_fields=True):
    name: str = ""
    direction: Direction = Direction.BOTH
    zone: Annotated[int, Meta(ge=1, le=LARGEST_ID)] | None = None


class TypedReason(Struct, frozen=True, forbid_unknown_fields=True):
    reason: str = ""


class Sure(Struct, frozen=True, forbid_unknown_fields=True):
    """Closing cannot be undone, so it is asked twice: the second press says so."""

    sure: bool = False


class Wrong(Struct, frozen=True):
    """Which small form of the page was wrong, and what was typed there."""

    form: str
    mistake: Mistake
    typed: str


async def venue_page(request: Request[State]) -> Response:
    return await _page(request, None)


async def _page(request: Request[State], wrong: Wrong | None) -> Response:
    venue_id = number(request, "venue_id")
    found = await register.whole_venue(request.state, staff_of(request), venue_id)
    venue, zones, checkpoints = found
    async with connection(request.state["db"]) as db:
        kinds = await queries.kinds(db)
    return request.state["pages"].html(
        request,
        "venues/venue.html",
        422 if wrong else 200,
        venue=venue,
        ward=area_name(venue.area),
        as_kind=kinds[venue.kind],
        zones=zones,
        doors=[_door(request, one) for one in checkpoints if one.closed_at is None],
        closed=[one for one in checkpoints if one.closed_at is not None],
        formats=list(Format),
        wrong=wrong,
    )


def _door(request: Request[State], checkpoint: Checkpoint) -> dict[str, object]:
    code = checkpoint.codes[0].code
    size, path = qr_path(address(request.state["settings"].public_url, code))
    return {"checkpoint": checkpoint, "printed": printed(code), "qr": path, "qr_size": size}


def _label_mistake(text: str, limit: int) -> Mistake | None:
    if not rules.one_line(text):
        return Mistake.MISSING
    return Mistake.TOO_LONG if len(text) > limit else None


async def add_zone(request: Request[State], form: TypedZone) -> Response:
    venue_id = number(request, "venue_id")
    mistake = _label_mistake(form.name, LABEL_LIMIT)
    if mistake is None:
        try:
            await doors.add_zone(request.state, staff_of(request), venue_id, form.name)
        except NameTaken:
            mistake = Mistake.TAKEN
    if mistake is not None:
        return await _page(request, Wrong("zone", mistake, form.name))
    return see_other(f"/venues/{venue_id}#zones")


async def add_checkpoint(request: Request[State], form: TypedCheckpoint) -> Response:
    venue_id = number(request, "venue_id")
    mistake = _label_mistake(form.name, LABEL_LIMIT)
    if mistake is None:
        new = NewCheckpoint(
            venue_id=venue_id,
            name=form.name,
            direction=form.direction,
            zone_id=form.zone,
        )
        try:
            made = await doors.add_checkpoint(request.state, staff_of(request), new)
        except NameTaken:
            mistake = Mistake.TAKEN
        except ZoneUnknown:
            mistake = Mistake.OUT_OF_RANGE
        else:
            return see_other(f"/venues/{venue_id}#door-{made.id}")
    return await _page(request, Wrong("checkpoint", mistake, form.name))


async def replace_code(request: Request[State], form: TypedReason) -> Response:
    venue_id = number(request, "venue_id")
    checkpoint_id = number(request, "checkpoint_id")
    mistake = _label_mistake(form.reason, REASON_LIMIT)
    if mistake is not None:
        return await _page(request, Wrong(f"code-{checkpoint_id}", mistake, form.reason))
    with suppress(DoorClosed):  # by somebody else meanwhile: the page shows it
        await doors.replace_code(request.state, staff_of(request), checkpoint_id, form.reason)
    return see_other(f"/venues/{venue_id}#door-{checkpoint_id}")


async def closing_page(request: Request[State]) -> Response:
    """What closing a door means, before it is closed."""
    venue_id, checkpoint_id = number(request, "venue_id"), number(request, "checkpoint_id")
    venue, _, checkpoints = await register.whole_venue(request.state, staff_of(request), venue_id)
    door = next((one for one in checkpoints if one.id == checkpoint_id), None)
    if door is None:
        raise NotFound
    if door.closed_at is not None:
        return see_other(f"/venues/{venue_id}#door-{checkpoint_id}")
    open_doors = sum(one.closed_at is None for one in checkpoints)
    return request.state["pages"].html(
        request,
        "venues/close.html",
        venue=venue,
        door=door,
        printed=printed(door.codes[0].code),
        last=open_doors == 1,
    )


async def close_checkpoint(request: Request[State], form: Sure) -> Response:
    venue_id, checkpoint_id = number(request, "venue_id"), number(request, "checkpoint_id")
    if not form.sure:
        return see_other(f"/venues/{venue_id}/checkpoints/{checkpoint_id}/close")
    done = await doors.close_checkpoint(request.state, staff_of(request), checkpoint_id)
    return see_other(f"/venues/{venue_id}#door-{done.id}")


VENUE = "/venues/{venue_id:int}"
DOOR = VENUE + "/checkpoints/{checkpoint_id:int}"

endpoints = [
    Endpoint("GET", VENUE, venue_page, page=True),
    Endpoint("POST", f"{VENUE}/zones", add_zone, TypedZone, page=True),
    Endpoint("POST", f"{VENUE}/checkpoints", add_checkpoint, TypedCheckpoint, page=True),
    Endpoint("POST", f"{DOOR}/codes", replace_code, TypedReason, page=True),
    Endpoint("GET", f"{DOOR}/close", closing_page, page=True),
    Endpoint("POST", f"{DOOR}/close", close_checkpoint, Sure, page=True),
]
