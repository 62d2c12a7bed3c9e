"""Pages of check-in for everyone: the start, the camera, a typed code, one's own visits, and what
works offline. The door itself: pages_door.py."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from accounts.access import citizen_or_none
from accounts.model import SignInFirst
from checkin import pages_cards, pages_door, pages_epidemic, pages_occupancy, pages_own
from checkin.api import visits_of
from checkin.pages_door import no_door
from checkin.state import State
from kit.http import Endpoint, see_other
from kit.page import Pages, language
from venues.code import BadCode, ForeignCode, read_scan

# What the page needs to open without network; the camera's decoder comes when the camera opens.
STYLES = ("kit/base.css", "checkin/checkin.css")
MODULES = ("checkin/page.js", "checkin/door.js", "checkin/offline.js", "checkin/visits.js")
IMPORTED = ("checkin/queue.js", "checkin/code.js", "checkin/result.js")

# Rendered alike for everybody and always: its time is filled in on the phone.
OFFLINE = {
    "request": {"scope": {"path": "/offline"}},
    "here": "/offline",
    "at": datetime.fromtimestamp(0, UTC),
}


class Typed(Struct, frozen=True):
    code: Annotated[str, Meta(max_length=2000)] = ""


async def home(request: Request[State]) -> Response:
    return request.state["pages"].html(request, "checkin/home.html")


async def camera(request: Request[State]) -> Response:
    return request.state["pages"].html(request, "checkin/scan.html")


async def typed_code(request: Request[State], form: Typed) -> Response:
    """From the box: a code however it is typed, or a whole address that was copied."""
    try:
        code = read_scan(form.code, request.state["settings"].public_url)
    except ForeignCode as foreign:
        return no_door(request, 404, wrong="foreign", typed=form.code, system=foreign.system)
    except BadCode:
        return no_door(request, 404, wrong="unknown", typed=form.code)
    return see_other(f"/V/{code}")


async def own_visits(request: Request[State]) -> Response:
    """Where this device's person has been; an unknown device has been nowhere."""
    citizen = citizen_or_none(request)
    try:
        visits = [] if citizen is None else await visits_of(request, citizen)
    except SignInFirst:  # revoked since
        citizen, visits = None, []
    facts: dict[str, Any] = {
        "known": citizen is not None,
        "visits": visits,
        "at": request.state["clock"](),
        "kept_days": request.state["settings"].retention_days,
    }
    return request.state["pages"].html(request, "checkin/visits.html", **facts)


async def offline(request: Request[State]) -> Response:
    """What the service worker shows when the network does not answer; it knows nobody."""
    return HTMLResponse(
        request.state["pages"].text(language(request), "checkin/offline.html", **OFFLINE)
    )


async def service_worker(request: Request[State]) -> Response:
    """Served from the top, because a worker serves only what lies below its own address."""
    text = worker_text(request.state["pages"], language(request))
    headers = {"Cache-Control": "max-age=3600"}  # else every page view asks for it again
    return Response(text, 200, headers, media_type="text/javascript")


@cache
def worker_text(pages: Pages, code: str) -> str:
    """The worker of one language; another version where anything in its shell is another."""
    shell = [pages.static(name) for name in (*STYLES, *MODULES)]
    shell += [f"/static/{name}" for name in IMPORTED]
    page = pages.text(code, "checkin/offline.html", **OFFLINE)
    version = hashlib.sha256(
        "".join([page, *(pages.static(name) for name in IMPORTED)]).encode()
    ).hexdigest()[:10]
    return pages.text(code, "checkin/worker.js", shell=shell, version=version)


endpoints: list[Endpoint] = [
    Endpoint("GET", "/", home, page=True),
    Endpoint("GET", "/scan", camera, page=True),
    Endpoint("GET", "/code", typed_code, Typed, page=True),
    Endpoint("GET", "/visits", own_visits, page=True),
    Endpoint("GET", "/offline", offline, page=True),
    Endpoint("GET", "/worker.js", service_worker, page=True),
    *pages_door.endpoints,
    *pages_own.endpoints,
    *pages_cards.endpoints,
    *pages_epidemic.endpoints,
    *pages_occupancy.endpoints,
]
