"""Cookies that hold a token: no script reads them, no other site sends them."""

from __future__ import annotations

from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from accounts import access, sessions


def keep_token(
    request: Request[Any],
    answer: Response,
    name: str,
    token: str,
    seconds: float,
    samesite: Literal["strict", "lax"] = "strict",
) -> None:
    secure = request.state["settings"].secure
    answer.set_cookie(
        name, token, max_age=int(seconds), httponly=True, samesite=samesite, secure=secure
    )


async def leave_to_device(
    request: Request[Any], answer: Response, name: str, token: str, seconds: float
) -> None:
    """The browser is a device's from now on: nobody's session is left at the door."""
    keep_token(request, answer, name, token, seconds)
    if session := request.cookies.get(access.SESSION_COOKIE):
        await sessions.log_out(request.state, session)
        answer.delete_cookie(access.SESSION_COOKIE)
