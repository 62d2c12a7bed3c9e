"""JSON of zones, checkpoints and their codes."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import staff_of
from accounts.state import State
from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from venues import doors
from venues.model import (
    Checkpoint,
    Code,
    Direction,
    DoorClosed,
    NameTaken,
    WordsMissing,
    Zone,
    ZoneUnknown,
)
from venues.queries_doors import NewCheckpoint

LARGEST_ID = 2**31 - 1
Label = Annotated[str, Meta(min_length=1, max_length=100)]


class ZoneForm(Struct, frozen=True, forbid_unknown_fields=True):
    name: Label


class CheckpointForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`zone_id`: one of the venue's zones; null for the venue as a whole."""

    name: Label
    direction: Direction = Direction.BOTH
    zone_id: Annotated[int, Meta(ge=1, le=LARGEST_ID)] | None = None


class CodeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`reason`: why the poster that hangs there must go."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


def number(request: Request[Any], name: str) -> int:
    """An id in the path; one that PostgreSQL's integer cannot hold is nobody's."""
    found: int = request.path_params[name]
    if found > LARGEST_ID:
        raise NotFound
    return found


async def add_zone(request: Request[State], form: ZoneForm) -> Response:
    """Add a zone: a floor, a hall, a table"""
    venue_id = number(request, "venue_id")
    zone = await doors.add_zone(request.state, staff_of(request), venue_id, form.name)
    return reply(zone, 201)


async def add_checkpoint(request: Request[State], form: CheckpointForm) -> Response:
    """Add a checkpoint with its code

    Zone and direction stay as they are: a door that moves is closed and made anew.
    """
    new = NewCheckpoint(
        venue_id=number(request, "venue_id"),
        name=form.name,
        direction=form.direction,
        zone_id=form.zone_id,
    )
    return reply(await doors.add_checkpoint(request.state, staff_of(request), new), 201)


async def close_checkpoint(request: Request[State]) -> Response:
    """Close a checkpoint for good; again changes nothing"""
    checkpoint_id = number(request, "checkpoint_id")
    return reply(await doors.close_checkpoint(request.state, staff_of(request), checkpoint_id))


async def replace_code(request: Request[State], form: CodeForm) -> Response:
    """Give a checkpoint a new code; the old one ends at the same moment"""
    checkpoint_id = number(request, "checkpoint_id")
    staff = staff_of(request)
    return reply(await doors.replace_code(request.state, staff, checkpoint_id, form.reason), 201)


CHANGING = (NotFound, WordsMissing, NameTaken, DatabaseAway)

endpoints = [
    Endpoint(
        *("POST", "/v1/venues/{venue_id:int}/zones", add_zone, ZoneForm, {201: Zone}), CHANGING
    ),
    Endpoint(
        *("POST", "/v1/venues/{venue_id:int}/checkpoints", add_checkpoint, CheckpointForm),
        *({201: Checkpoint}, (*CHANGING, ZoneUnknown)),
    ),
    Endpoint(
        *("POST", "/v1/checkpoints/{checkpoint_id:int}/close", close_checkpoint, None),
        *({200: Checkpoint}, (NotFound, DatabaseAway)),
    ),
    Endpoint(
        *("POST", "/v1/checkpoints/{checkpoint_id:int}/codes", replace_code, CodeForm),
        *({201: Code}, (NotFound, WordsMissing, DoorClosed, DatabaseAway)),
    ),
]
