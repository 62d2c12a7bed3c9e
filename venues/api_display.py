"""JSON of screens at doors: paired and revoked by the venue's staff, read by the screen itself."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import bearer, staff_of
from accounts.model import SignInFirst
from accounts.state import State
from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from venues import display
from venues.api_doors import number
from venues.code import address
from venues.model import Display, DoorClosed

DISPLAY_COOKIE = "chot_display"
A_LONG_TIME = 400 * 24 * 3600  # seconds: browsers keep no cookie longer


class PresenceForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`demanded`: a check-in by the bare code of this door is marked as implausible."""

    demanded: bool


class PairedAnswer(Struct, frozen=True):
    """`token` is told this once."""

    id: int
    token: str


class DisplaysAnswer(Struct, frozen=True):
    displays: list[Display]


class ScreenAnswer(Struct, frozen=True, kw_only=True):
    """What a screen needs to go on alone: behind `address` it puts the symbols of the step made
    with `secret` (hex). `now` corrects its clock."""

    address: str
    secret: str
    step_seconds: int
    now: datetime


async def pair_display(request: Request[State]) -> Response:
    """Pair a screen with a checkpoint; its token is shown this once"""
    checkpoint_id = number(request, "checkpoint_id")
    paired = await display.pair(request.state, staff_of(request), checkpoint_id)
    return reply(PairedAnswer(paired.display.id, paired.token), 201)


async def list_displays(request: Request[State]) -> Response:
    """The screens of a checkpoint, newest first"""
    checkpoint_id = number(request, "checkpoint_id")
    found = await display.displays(request.state, staff_of(request), checkpoint_id)
    return reply(DisplaysAnswer(found))


async def revoke_display(request: Request[State]) -> Response:
    """Revoke a screen for good; again changes nothing"""
    display_id = number(request, "display_id")
    return reply(await display.revoke(request.state, staff_of(request), display_id))


async def demand_presence(request: Request[State], form: PresenceForm) -> Response:
    """Say whether a checkpoint demands the code of its screen"""
    checkpoint_id = number(request, "checkpoint_id")
    await display.demand(request.state, staff_of(request), checkpoint_id, form.demanded)
    return reply(form)


async def own_screen(request: Request[State]) -> Response:
    """What this screen shows; asked with its own token, as bearer or cookie"""
    state = request.state
    shown = await display.shown_on(state, display_token(request))
    answer = ScreenAnswer(
        address=address(state["settings"].public_url, shown.code),
        secret=display.secret_of(state, shown.display_id).hex(),
        step_seconds=display.STEP_SECONDS,
        now=state["clock"](),
    )
    return reply(answer)


def display_token(request: Request[State]) -> str:
    return bearer(request) or request.cookies.get(DISPLAY_COOKIE, "")


CHECKPOINT = "/v1/checkpoints/{checkpoint_id:int}"

endpoints = [
    Endpoint(
        *("POST", f"{CHECKPOINT}/displays", pair_display, None, {201: PairedAnswer}),
        (NotFound, DoorClosed, DatabaseAway),
    ),
    Endpoint(
        *("GET", f"{CHECKPOINT}/displays", list_displays, None, {200: DisplaysAnswer}),
        (NotFound, DatabaseAway),
    ),
    Endpoint(
        *("POST", f"{CHECKPOINT}/presence", demand_presence, PresenceForm, {200: PresenceForm}),
        (NotFound, DatabaseAway),
    ),
    Endpoint(
        *("POST", "/v1/displays/{display_id:int}/revoke", revoke_display, None, {200: Display}),
        (NotFound, DatabaseAway),
    ),
    Endpoint(
        *("GET", "/v1/displays/current", own_screen, None, {200: ScreenAnswer}),
        (SignInFirst, DatabaseAway),
    ),
]
