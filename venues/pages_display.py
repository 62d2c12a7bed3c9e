"""The page of a screen at a door, and of setting it up.

The screen's own token opens the page; without one it is a page of the venue's staff. Pairing logs
the staff out of this browser: nobody's session is left at the door.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.access import staff_of
from accounts.cookies import leave_to_device
from accounts.model import RoleMissing, SignInFirst, Staff
from accounts.state import State
from kit.db import connection
from kit.errors import NotFound
from kit.http import Endpoint, see_other
from kit.page import keeper
from venues import display, queries_display
from venues.api_display import A_LONG_TIME, DISPLAY_COOKIE, display_token
from venues.api_doors import number
from venues.code import address, printed
from venues.model import Shown
from venues.qr import qr_path
from venues.register import scope_of


class TypedPresence(Struct, frozen=True, forbid_unknown_fields=True):
    demanded: bool = False


async def display_page(request: Request[State]) -> Response:
    checkpoint_id = number(request, "checkpoint_id")
    try:
        shown = await display.shown_on(request.state, display_token(request))
    except SignInFirst:
        return await _set_up_page(request, checkpoint_id)
    if shown.checkpoint_id != checkpoint_id:
        return see_other(f"/display/{shown.checkpoint_id}")
    return _screen_page(request, shown)


def _screen_page(request: Request[State], shown: Shown) -> Response:
    """With the code of this moment, for a browser without scripts, which asks again by itself."""
    state = request.state
    secret = display.secret_of(state, shown.display_id)
    step = display.step_symbols(secret, display.step_at(state["clock"]()))
    size, path = qr_path(address(state["settings"].public_url, shown.code + step))
    facts: dict[str, Any] = {
        "shown": shown,
        "qr": path,
        "qr_size": size,
        "printed": printed(shown.code),
        "now": state["clock"](),
    }
    return state["pages"].html(request, "venues/display.html", **facts)


async def display_worker(request: Request[State]) -> Response:
    return keeper(request, "display", "^/display/[0-9]+$", FILES, ())


async def _set_up_page(request: Request[State], checkpoint_id: int) -> Response:
    staff = await _keeper(request)
    async with connection(request.state["db"]) as db:
        door = await queries_display.screen_door(db, scope_of(staff), checkpoint_id)
    if door is None:
        raise NotFound
    found = await display.displays(request.state, staff, checkpoint_id)
    facts: dict[str, Any] = {"door": door, "displays": found}
    return request.state["pages"].html(request, "venues/display_door.html", **facts)


async def _keeper(request: Request[State]) -> Staff:
    """As the access table's VENUES: this route is open to screens, so the guard did not look."""
    staff = await access.signed_in_staff(request)
    if staff is None:
        raise SignInFirst
    if not access.may(staff, access_table.VENUES):
        raise RoleMissing
    return staff


async def pair(request: Request[State]) -> Response:
    checkpoint_id = number(request, "checkpoint_id")
    paired = await display.pair(request.state, staff_of(request), checkpoint_id)
    answer = see_other(f"/display/{checkpoint_id}")
    await leave_to_device(request, answer, DISPLAY_COOKIE, paired.token, A_LONG_TIME)
    return answer


async def revoke(request: Request[State]) -> Response:
    await display.revoke(request.state, staff_of(request), number(request, "display_id"))
    return see_other(f"/display/{number(request, 'checkpoint_id')}")


async def demand(request: Request[State], form: TypedPresence) -> Response:
    checkpoint_id = number(request, "checkpoint_id")
    await display.demand(request.state, staff_of(request), checkpoint_id, form.demanded)
    return see_other(f"/display/{checkpoint_id}")


FILES = (
    *("kit/base.css", "kit/icon.svg", "venues/display.css", "venues/display.js"),
    "venues/vendor/qrcode-generator/qrcode.js",
)
SCREEN = "/display/{checkpoint_id:int}"

endpoints = [
    Endpoint("GET", SCREEN, display_page, page=True),
    Endpoint("GET", "/display-worker.js", display_worker, page=True),
    Endpoint("POST", SCREEN, pair, page=True),
    Endpoint("POST", f"{SCREEN}/presence", demand, TypedPresence, page=True),
    Endpoint("POST", SCREEN + "/screens/{display_id:int}/revoke", revoke, page=True),
]
