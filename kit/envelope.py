"""Around every request: its id, the headers of its answer, word to the log and the metrics, and a
problem for what nobody caught."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping, MutableMapping
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit import errors
from kit.http import problem_response
from kit.log import Answered

log = logging.getLogger("chot.http")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Envelope:
    """Of all that `Direct` does not serve. The log hears of the route and never of the path, which
    holds codes and ids."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self.app = app
        self.headers = raw(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, started = new_request_id(), time.perf_counter()
        scope["chot.request_id"] = request_id
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(message, request_id)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception:
            answer = unexpected(request_id)
            if status == 0:
                await answer(scope, receive, send_with_headers)
        finally:
            tell(scope, request_id, status, started)

    def _add_headers(self, message: MutableMapping[str, Any], request_id: str) -> None:
        given = message["headers"]
        present = {name for name, _ in given}
        added = [header for header in self.headers if header[0] not in present]
        message["headers"] = [*given, (b"x-request-id", request_id.encode()), *added]


def new_request_id() -> str:
    """To find a request's lines in the log; no secret, so the kernel need not be asked."""
    return f"{random.getrandbits(64):016x}"


def raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def unexpected(request_id: str) -> Response:
    """Called while the error is handled."""
    log.exception("unexpected", extra={"request": request_id})
    return problem_response(errors.InternalError(request=request_id))


def tell(scope: Scope, request_id: str, status: int, started: float) -> None:
    """The log and the metrics, what they may know."""
    method = scope["method"] if scope["method"] in METHODS else "?"  # it is the caller's own word
    route, problem = scope.get("chot.route", "-"), scope.get("chot.problem", "")
    took = time.perf_counter() - started
    answered = Answered(time.time(), request_id, method, route, status, took, problem)
    scope["state"]["answered"](answered)
