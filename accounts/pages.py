"""Pages of staff accounts: log in, log out; and the choice of language."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, sessions
from accounts.cookies import keep_token
from accounts.model import OFFICERS, LoginLocked, Role, Staff, WrongLogin
from accounts.state import State
from kit.http import Endpoint, see_other
from kit.page import LANGUAGE_COOKIE, LANGUAGES


class LogInForm(Struct, frozen=True, forbid_unknown_fields=True):
    login: Annotated[str, Meta(max_length=100)] = ""
    password: Annotated[str, Meta(max_length=200)] = ""
    next: Annotated[str, Meta(max_length=1500)] = ""


class LogInQuery(Struct, frozen=True):
    """`ended`: whoever comes here was at work, and their session is over."""

    next: str = ""
    ended: str = ""


class LanguageForm(Struct, frozen=True, forbid_unknown_fields=True):
    language: str
    next: str = "/"


async def log_in_page(request: Request[State], form: LogInQuery) -> Response:
    return _login_page(request, 200, "session-ended" if form.ended else "", "", form.next)


def _login_page(
    request: Request[State], status: int, wrong: str, login: str, following: str
) -> Response:
    facts = {"wrong": wrong, "login": login, "next": following}
    return request.state["pages"].html(request, "accounts/login.html", status, **facts)


async def log_in(request: Request[State], form: LogInForm) -> Response:
    try:
        token = await sessions.log_in(
            request.state, form.login, form.password, access.address(request)
        )
    except (WrongLogin, LoginLocked) as wrong:
        return _login_page(request, wrong.status, wrong.slug(), form.login, form.next)
    answer = see_other(await _next_page(request, token, form.next))
    seconds = sessions.LIFETIME.total_seconds()
    keep_token(request, answer, access.SESSION_COOKIE, token, seconds)
    return answer


async def _next_page(request: Request[State], token: str, wanted: str) -> str:
    if is_local(wanted):
        return wanted
    staff = await access.staff_of_token(request.state, token)
    return first_page(frozenset() if staff is None else staff.roles)


def first_page(roles: frozenset[Role]) -> str:
    if roles & OFFICERS:
        return "/desk"
    return "/audit" if Role.AUDITOR in roles else "/venues"


def home(request: Request[Any]) -> str:
    """Where somebody begins again: staff at their work, others at the citizens' page."""
    actor, path = request.scope.get("chot.actor"), request.scope["path"]
    if isinstance(actor, Staff):
        return first_page(actor.roles)
    return next((one for one in ("/desk", "/audit", "/venues") if path.startswith(one)), "/")


async def log_out(request: Request[State]) -> Response:
    token = request.cookies.get(access.SESSION_COOKIE)
    if token:
        await sessions.log_out(request.state, token)
    answer = see_other("/login")
    answer.delete_cookie(access.SESSION_COOKIE)
    return answer


async def choose_language(request: Request[State], form: LanguageForm) -> Response:
    answer = see_other(form.next if is_local(form.next) else "/")
    if form.language in LANGUAGES:
        year = 365 * 24 * 3600
        answer.set_cookie(LANGUAGE_COOKIE, form.language, max_age=year, samesite="lax")
    return answer


def is_local(path: str) -> bool:
    """A path of ours to go on to; '//host' and 'https:' lead elsewhere, and so does a backslash."""
    return path.startswith("/") and not path.startswith("//") and "\\" not in path


endpoints = [
    Endpoint("GET", "/login", log_in_page, LogInQuery, page=True),
    Endpoint("POST", "/login", log_in, LogInForm, page=True),
    Endpoint("POST", "/logout", log_out, page=True),
    Endpoint("POST", "/language", choose_language, LanguageForm, page=True),
]
