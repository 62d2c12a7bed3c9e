"""JSON of staff sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, sessions
from accounts.model import LoginLocked, WrongLogin
from accounts.state import State
from kit.db import DatabaseAway
from kit.http import Endpoint, reply


class LogIn(Struct, frozen=True, forbid_unknown_fields=True):
    login: Annotated[str, Meta(min_length=1, max_length=100)]
    password: Annotated[str, Meta(min_length=1, max_length=200)]


class LoggedIn(Struct, frozen=True):
    """`token` goes into `Authorization: Bearer …`."""

    token: str
    expires_at: datetime


class GrantAnswer(Struct, frozen=True, kw_only=True):
    role: str
    organisation_id: int | None
    venue_id: int | None
    area: str | None


class StaffAnswer(Struct, frozen=True, kw_only=True):
    login: str
    name: str
    grants: list[GrantAnswer]


async def log_in(request: Request[State], form: LogIn) -> Response:
    """Log a staff account in"""
    token = await sessions.log_in(request.state, form.login, form.password, access.address(request))
    return reply(LoggedIn(token, request.state["clock"]() + sessions.LIFETIME), 201)


async def log_out(request: Request[State]) -> Response:
    """End this session"""
    await sessions.log_out(request.state, access.session_token(request))
    return Response(status_code=204)


async def who_am_i(request: Request[State]) -> Response:
    """The account of this session and what it may do where"""
    staff = access.staff_of(request)
    grants = [
        GrantAnswer(
            role=g.role, organisation_id=g.organisation_id, venue_id=g.venue_id, area=g.area
        )
        for g in staff.grants
    ]
    return reply(StaffAnswer(login=staff.login, name=staff.name, grants=grants))


LOG_IN_PROBLEMS = (WrongLogin, LoginLocked, DatabaseAway)

endpoints = [
    Endpoint("POST", "/v1/sessions", log_in, LogIn, {201: LoggedIn}, LOG_IN_PROBLEMS),
    Endpoint("GET", "/v1/sessions/current", who_am_i, None, {200: StaffAnswer}, (DatabaseAway,)),
    Endpoint("DELETE", "/v1/sessions/current", log_out, None, {204: None}, (DatabaseAway,)),
]
