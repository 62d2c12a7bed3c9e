"""Who calls, and whether the access table lets them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accounts import areas, queries
from accounts.access_table import ACCESS, Rule, Who
from accounts.keydir import FIRST
from accounts.model import (
    Citizen,
    CrossSite,
    Gate,
    Role,
    RoleMissing,
    Scope,
    SignInFirst,
    Staff,
)
from accounts.state import State
from kit.db import connection
from kit.http import header
from kit.page import here, nearest

SESSION_COOKIE = "chot_session"
DEVICE_COOKIE = "chot_device"
GATE_COOKIE = "chot_gate"
SAFE = ("GET", "HEAD", "OPTIONS")


async def guard(request: Request[State], name: str) -> None:
    """Before every handler: may this caller do this at all? Whose objects it may touch, the SQL
    decides."""
    rule = ACCESS[name]
    if request.method not in SAFE:
        refuse_cross_site(request)
    if rule.who is Who.CITIZEN:
        request.scope["chot.actor"] = citizen(request)
    elif rule.who is Who.GATE:
        request.scope["chot.actor"] = gate(request)
    elif rule.who is Who.STAFF:
        staff = await signed_in_staff(request)
        if staff is None:
            raise SignInFirst
        request.scope["chot.actor"] = staff
        if not may(staff, rule):
            raise RoleMissing


def may(staff: Staff, rule: Rule) -> bool:
    return bool(staff.roles & rule.roles)


def staff_of(request: Request[Any]) -> Staff:
    """The staff account that the guard found."""
    actor = request.scope["chot.actor"]
    assert isinstance(actor, Staff)  # noqa: S101  the access table says so
    return actor


def citizen_of(request: Request[Any]) -> Citizen:
    """The citizen's device that the guard found."""
    actor = request.scope["chot.actor"]
    assert isinstance(actor, Citizen)  # noqa: S101  the access table says so
    return actor


def gate_of(request: Request[Any]) -> Gate:
    """The gate device that the guard found."""
    actor = request.scope["chot.actor"]
    assert isinstance(actor, Gate)  # noqa: S101  the access table says so
    return actor


def gate(request: Request[Any]) -> Gate:
    token = bearer(request) or request.cookies.get(GATE_COOKIE)
    if not token:
        raise SignInFirst
    state: State = request.state
    return state["gate_tokens"].gate(token, state["clock"]())


def citizen(request: Request[Any]) -> Citizen:
    token = bearer(request) or request.cookies.get(DEVICE_COOKIE)
    if not token:
        raise SignInFirst
    state: State = request.state
    return state["device_tokens"].citizen(token, state["clock"]())


def citizen_or_none(request: Request[Any]) -> Citizen | None:
    """For public pages that greet a known device."""
    try:
        return citizen(request)
    except SignInFirst:
        return None


def address(request: Request[Any]) -> str:
    """Of the client, as the proxy names it where there is one; kept in memory only."""
    return request.client.host if request.client else "unknown"


async def signed_in_staff(request: Request[Any]) -> Staff | None:
    token = session_token(request)
    return await staff_of_token(request.state, token) if token else None


async def staff_of_token(state: State, token: str) -> Staff | None:
    hmac, demo = session_hmac(state, token), state["settings"].demo
    async with connection(state["db"]) as db:
        return await queries.staff_of_session(db, hmac, state["clock"](), demo)


def session_token(request: Request[Any]) -> str:
    return bearer(request) or request.cookies.get(SESSION_COOKIE, "")


def session_hmac(state: State, token: str) -> bytes:
    key = state["keys"].tokens.key(FIRST)
    return hmac.digest(key, b"session" + token.encode(errors="replace"), hashlib.sha256)


def scope(staff: Staff, roles: Iterable[Role]) -> Scope:
    """All that `staff` may touch in one of `roles`; an area stands for all its prefixes in both
    unit systems."""
    wanted = frozenset(roles)
    grants = [grant for grant in staff.grants if grant.role in wanted]
    prefixes = {p for grant in grants if grant.area is not None for p in areas.cover(grant.area)}
    return Scope(
        organisations=[g.organisation_id for g in grants if g.organisation_id is not None],
        venues=[g.venue_id for g in grants if g.venue_id is not None],
        areas=sorted(prefixes),
    )


def refuse_cross_site(request: Request[Any]) -> None:
    """Browsers say where a request comes from; other clients send neither header and hold no
    cookies of ours."""
    site = header(request, b"sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise CrossSite
    origin = header(request, b"origin")
    if (
        site is None
        and origin is not None
        and urlsplit(origin).netloc != request.headers.get("host")
    ):
        raise CrossSite


def bearer(request: Request[Any]) -> str:
    kind, _, token = (header(request, b"authorization") or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def to_login(request: Request[Any]) -> Response:
    """A page that needs a session leads to the log-in, and from there back: after a form that was
    sent too late to the page that it stood on."""
    wanted, sent = here(request), request.method not in SAFE
    came = urlsplit(request.headers.get("referer", ""))
    if sent and came.netloc == request.headers.get("host"):
        page = nearest(request, unquote(came.path))
        wanted = f"{page}?{came.query}" if came.query and page == came.path else page
    ended = "&ended=yes" if sent or SESSION_COOKIE in request.cookies else ""
    return RedirectResponse(f"/login?next={quote(wanted)}{ended}", 303)
