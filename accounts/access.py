"""The access table: one line a route, deny by default. A route without a line stops the start."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from accounts import areas, queries
from accounts.keydir import FIRST
from accounts.model import (
    OFFICERS,
    Citizen,
    CrossSite,
    Role,
    RoleMissing,
    Scope,
    SignInFirst,
    Staff,
)
from accounts.state import State
from kit.db import connection

SESSION_COOKIE = "chot_session"
DEVICE_COOKIE = "chot_device"
SAFE = ("GET", "HEAD", "OPTIONS")


class Who(Enum):
    PUBLIC = auto()
    CITIZEN = auto()
    STAFF = auto()


@dataclass(frozen=True, slots=True)
class Rule:
    who: Who
    roles: frozenset[Role] = frozenset()


PUBLIC = Rule(Who.PUBLIC)
CITIZEN = Rule(Who.CITIZEN)
STAFF = Rule(Who.STAFF, frozenset(Role))
VENUES = Rule(Who.STAFF, frozenset({Role.VENUE_STAFF, Role.ADMIN}))
CARD_DESK = Rule(Who.STAFF, frozenset({Role.VENUE_STAFF, Role.ADMIN, Role.COORDINATOR}))
OFFICER = Rule(Who.STAFF, OFFICERS)
CASE_OPENER = Rule(Who.STAFF, frozenset({Role.COORDINATOR, Role.INVESTIGATOR}))
CASE_APPROVER = Rule(Who.STAFF, frozenset({Role.COORDINATOR}))

ACCESS: dict[str, Rule] = {
    "GET /docs": PUBLIC,
    "GET /openapi.json": PUBLIC,
    "GET /problems/{slug}": PUBLIC,
    "GET /health": PUBLIC,
    "GET /ready": PUBLIC,
    "POST /language": PUBLIC,
    "GET /login": PUBLIC,
    "POST /login": PUBLIC,
    "POST /logout": PUBLIC,
    "POST /v1/sessions": PUBLIC,
    "DELETE /v1/sessions/current": STAFF,
    "GET /v1/sessions/current": STAFF,
    # check-in
    # pages of the poster: an unknown device is led to the first step, not to the staff log-in
    "GET /": PUBLIC,
    "GET /scan": PUBLIC,
    "GET /code": PUBLIC,
    "GET /visits": PUBLIC,
    "GET /offline": PUBLIC,
    "GET /worker.js": PUBLIC,
    "GET /V/{code}": PUBLIC,
    "GET /v/{code}": PUBLIC,
    "GET /V/{code}/sign-up": PUBLIC,
    "POST /V/{code}/sign-up": PUBLIC,
    "GET /V/{code}/declare": PUBLIC,
    "POST /V/{code}/declare": PUBLIC,
    "POST /V/{code}/check-in": PUBLIC,
    "POST /V/{code}/check-out": PUBLIC,
    "GET /V/{code}/done": PUBLIC,
    "POST /v1/people": PUBLIC,
    "POST /v1/declarations": CITIZEN,
    "POST /v1/check-ins": CITIZEN,
    "POST /v1/check-outs": CITIZEN,
    "POST /v1/uploads": CITIZEN,
    "GET /v1/me/visits": CITIZEN,
    "GET /v1/me/standing": CITIZEN,
    "GET /v1/me/pass": CITIZEN,
    "POST /v1/me/objections": CITIZEN,
    "GET /pass": PUBLIC,  # an unknown device is told how to begin
    "GET /standing": PUBLIC,
    "POST /standing/objection": PUBLIC,
    "GET /standing/declare": PUBLIC,
    "POST /standing/declare": PUBLIC,
    "GET /C/{code}": PUBLIC,  # one page for all cards and passes: it tells nothing
    "GET /P/{code}": PUBLIC,
    "POST /v1/cards/sheets": CARD_DESK,
    "POST /v1/cards/bindings": CARD_DESK,
    "POST /v1/cards/locks": CARD_DESK,
    "GET /cards": CARD_DESK,
    "POST /cards/sheets": CARD_DESK,
    "POST /cards/bindings": CARD_DESK,
    "POST /cards/locks": CARD_DESK,
    # venues
    "GET /v1/venues": VENUES,
    "POST /v1/venues": VENUES,
    "GET /v1/venues/posters": VENUES,
    "POST /v1/venues/import": VENUES,
    "GET /v1/venues/{venue_id:int}": VENUES,
    "PATCH /v1/venues/{venue_id:int}": VENUES,
    "POST /v1/venues/{venue_id:int}/zones": VENUES,
    "POST /v1/venues/{venue_id:int}/checkpoints": VENUES,
    "POST /v1/checkpoints/{checkpoint_id:int}/close": VENUES,
    "POST /v1/checkpoints/{checkpoint_id:int}/codes": VENUES,
    "GET /v1/checkpoints/{checkpoint_id:int}/poster": VENUES,
    "GET /venues": VENUES,
    "GET /venues/new": VENUES,
    "POST /venues/new": VENUES,
    "GET /venues/import": VENUES,
    "POST /venues/import": VENUES,
    "GET /venues/{venue_id:int}": VENUES,
    "GET /venues/{venue_id:int}/edit": VENUES,
    "POST /venues/{venue_id:int}/edit": VENUES,
    "POST /venues/{venue_id:int}/zones": VENUES,
    "POST /venues/{venue_id:int}/checkpoints": VENUES,
    "POST /venues/{venue_id:int}/checkpoints/{checkpoint_id:int}/codes": VENUES,
    "POST /venues/{venue_id:int}/checkpoints/{checkpoint_id:int}/close": VENUES,
    "GET /display/{checkpoint_id:int}": PUBLIC,  # a screen's own token, else staff: it looks itself
    "POST /display/{checkpoint_id:int}": VENUES,
    "POST /display/{checkpoint_id:int}/presence": VENUES,
    "POST /display/{checkpoint_id:int}/screens/{display_id:int}/revoke": VENUES,
    "POST /v1/checkpoints/{checkpoint_id:int}/displays": VENUES,
    "GET /v1/checkpoints/{checkpoint_id:int}/displays": VENUES,
    "POST /v1/checkpoints/{checkpoint_id:int}/presence": VENUES,
    "POST /v1/displays/{display_id:int}/revoke": VENUES,
    "GET /v1/displays/current": PUBLIC,  # a screen's own token
    "GET /v1/venues/{venue_id:int}/occupancy": VENUES,
    "POST /v1/venues/{venue_id:int}/closings": VENUES,
    "POST /v1/venues/{venue_id:int}/closings/undo": VENUES,
    "POST /v1/venues/{venue_id:int}/crowd": VENUES,
    "GET /v1/venues/{venue_id:int}/crowd": PUBLIC,  # only where the venue wants it
    "GET /venues/{venue_id:int}/occupancy": VENUES,
    "POST /venues/{venue_id:int}/closings": VENUES,
    "POST /venues/{venue_id:int}/closings/undo": VENUES,
    "POST /venues/{venue_id:int}/crowd": VENUES,
    "GET /crowd/{venue_id:int}": PUBLIC,  # only where the venue wants it
    "GET /v1/venue-kinds": PUBLIC,
    "GET /v1/areas": PUBLIC,  # the official list; citizens choose their ward from it too
    # tracing
    "POST /v1/cases": CASE_OPENER,
    "GET /v1/cases": OFFICER,
    "GET /v1/cases/{case_id:int}": OFFICER,
    "POST /v1/cases/{case_id:int}/approval": CASE_APPROVER,
    "POST /v1/cases/{case_id:int}/runs": OFFICER,
    "GET /v1/cases/{case_id:int}/contacts": OFFICER,
    "POST /v1/cases/{case_id:int}/contacts/reveal": OFFICER,
    "GET /v1/cases/{case_id:int}/contacts.xlsx": CASE_OPENER,
    "GET /v1/cases/{case_id:int}/contacts.csv": CASE_OPENER,
    "GET /v1/cases/{case_id:int}/holds": OFFICER,
    "POST /v1/cases/{case_id:int}/holds": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/holds/{hold_id:int}/decision": CASE_APPROVER,
    "POST /v1/cases/{case_id:int}/holds/{hold_id:int}/end": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/holds/{hold_id:int}/objection": CASE_APPROVER,
    "GET /desk": OFFICER,
    "GET /desk/cases/new": CASE_OPENER,
    "POST /desk/cases": CASE_OPENER,
    "GET /desk/cases/{case_id:int}": OFFICER,
    "POST /desk/cases/{case_id:int}/approval": CASE_APPROVER,
    "POST /desk/cases/{case_id:int}/runs": OFFICER,
    "POST /desk/cases/{case_id:int}/reveal": OFFICER,
}


async def guard(request: Request[State], name: str) -> None:
    """Before every handler: may this caller do this at all? Whose objects it may touch, the SQL
    decides."""
    rule = ACCESS[name]
    if request.method not in SAFE:
        refuse_cross_site(request)
    if rule.who is Who.CITIZEN:
        request.scope["chot.actor"] = citizen(request)
    elif rule.who is Who.STAFF:
        staff = await signed_in_staff(request)
        if staff is None:
            raise SignInFirst
        if not staff.roles & rule.roles:
            raise RoleMissing
        request.scope["chot.actor"] = staff


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
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise CrossSite
    origin = request.headers.get("origin")
    if (
        site is None
        and origin is not None
        and urlsplit(origin).netloc != request.headers.get("host")
    ):
        raise CrossSite


def bearer(request: Request[Any]) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def to_login(request: Request[Any]) -> Response:
    """A page that needs a session leads to the log-in, and from there back."""
    wanted = request.scope["path"] if request.method in SAFE else ""
    return RedirectResponse(f"/login?next={quote(wanted)}" if wanted else "/login", 303)
