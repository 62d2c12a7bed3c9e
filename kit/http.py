"""From a request to a checked form and back: endpoints, JSON in and out, problems, request ids,
one log line each."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit import errors
from kit.deadline import Deadline, Passed
from kit.log import Answered

log = logging.getLogger("chot.http")

BODY_LIMIT = 64 * 1024
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

Form = type[msgspec.Struct]
Handler = Callable[..., Awaitable[Response]]
Guard = Callable[[Request[Any], str], Awaitable[None]]
Serve = Callable[[Request[Any]], Awaitable[Response]]


class MalformedBody(errors.BadRequest):
    """The body is not JSON in UTF-8."""


class BadForm(errors.Unprocessable):
    """A field is missing, unknown or not of its kind; `detail` names it."""


class Overdue(errors.Unavailable):
    """The service is slower than it should be just now; send the same again."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method at one path. A GET's form is its query string, another's its body; `answers` maps
    a status to a
    Struct (JSON) or a media type; `page` means HTML for people, which stays out of the OpenAPI
    document."""

    method: str
    path: str
    handler: Handler
    form: Form | None = None
    answers: Mapping[int, Any] = field(default_factory=dict)
    problems: tuple[type[errors.Problem], ...] = ()
    page: bool = False
    limit: int = BODY_LIMIT
    takes: tuple[str, ...] = ()  # media types of a raw body that the handler reads itself
    first: Callable[[Request[Any]], None] | None = None  # may refuse before anything is read
    seconds: float | None = None  # answered within, or Overdue
    busy: bool = False  # JSON alone; served by Direct, before every middleware

    @property
    def name(self) -> str:
        """'POST /v1/check-ins': the line of the access table."""
        return f"{self.method} {self.path}"


def route(endpoint: Endpoint, guard: Guard) -> Route:
    methods = [endpoint.method, "HEAD"] if endpoint.method == "GET" else [endpoint.method]
    return Route(endpoint.path, _serving(endpoint, guard), methods=methods, name=endpoint.name)


def _serving(endpoint: Endpoint, guard: Guard) -> Serve:
    serve = partial(_serve, endpoint, endpoint.name, guard)
    if endpoint.seconds is None:
        return serve
    deadline = Deadline(endpoint.seconds)

    async def serve_in_time(request: Request[Any]) -> Response:
        try:
            return await deadline.within(serve(request))
        except Passed:
            raise Overdue(retry_after=2) from None

    return serve_in_time


async def _serve(endpoint: Endpoint, name: str, guard: Guard, request: Request[Any]) -> Response:
    request.scope["chot.route"] = name
    request.scope["chot.page"] = endpoint.page
    if endpoint.first is not None:
        endpoint.first(request)
    await guard(request, name)
    if endpoint.form is None:
        return await endpoint.handler(request)
    return await endpoint.handler(request, await read_form(request, endpoint))


class Direct:
    """The busy endpoints, which answer JSON alone, before everything else: the middlewares and the
    walk along a hundred routes would cost a scan more than the rest of its way."""

    def __init__(
        self, app: ASGIApp, endpoints: Sequence[Endpoint], guard: Guard, headers: Mapping[str, str]
    ) -> None:
        self.app = app
        self.serving = {(e.method, e.path): _serving(e, guard) for e in endpoints if e.busy}
        self.headers = _raw(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        serve = self.serving.get((scope.get("method", ""), scope.get("path", "")))
        if serve is None:
            await self.app(scope, receive, send)
            return
        request_id, started = new_request_id(), time.perf_counter()
        try:
            answer = await serve(Request(scope, receive))
        except errors.Problem as wrong:
            scope["chot.problem"] = wrong.slug()
            answer = problem_response(wrong)
        except Exception:
            answer = _unexpected(request_id)
        answer.raw_headers += [(b"x-request-id", request_id.encode()), *self.headers]
        await answer(scope, receive, send)
        _tell(scope, request_id, answer.status_code, started)


async def read_form(request: Request[Any], endpoint: Endpoint) -> msgspec.Struct:
    assert endpoint.form is not None  # noqa: S101  for the type checker
    if endpoint.method == "GET":
        return _convert(_once(request.query_params.multi_items()), endpoint.form)
    if endpoint.page:
        async with request.form(max_files=0, max_fields=200, max_part_size=endpoint.limit) as sent:
            return _convert(_once([(k, str(v)) for k, v in sent.multi_items()]), endpoint.form)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise errors.Unsupported
    body = await read_body(request, endpoint.limit)
    try:
        form = _decoder(endpoint.form).decode(body)
    except msgspec.ValidationError as wrong:
        raise BadForm(str(wrong)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise MalformedBody(str(wrong)) from None
    if (
        rb"\u0000" in body or rb"\ud" in body.lower()
    ):  # rare, so the walk costs nothing on the usual path
        _refuse_unstorable(msgspec.to_builtins(form))
    return form


async def read_body(request: Request[Any], limit: int) -> bytes:
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise errors.TooLarge(limit=limit)
    body, more = b"", True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limit:
            raise errors.TooLarge(limit=limit)
        more = message.get("more_body", False)
    return body


@cache
def _decoder(form: Form) -> msgspec.json.Decoder[msgspec.Struct]:
    return msgspec.json.Decoder(form)


def _once(items: list[tuple[str, str]]) -> dict[str, str]:
    """Empty fields of an HTML form are fields not given; a field given twice is refused."""
    found: dict[str, str] = {}
    for name, value in items:
        if name in found:
            raise BadForm(f"{name} stands twice")
        if value.strip():
            found[name] = value
    return found


def _convert(fields: dict[str, str], form: Form) -> msgspec.Struct:
    _refuse_unstorable(fields)
    try:
        return msgspec.convert(fields, form, strict=False)
    except msgspec.ValidationError as wrong:
        raise BadForm(str(wrong)) from None


def _refuse_unstorable(found: object) -> None:
    """PostgreSQL stores neither NUL nor half a surrogate pair."""
    if isinstance(found, str):
        if "\x00" in found or any("\ud800" <= c <= "\udfff" for c in found):
            raise BadForm("a text holds a NUL or half a character")
    elif isinstance(found, Mapping):
        for key, value in found.items():
            _refuse_unstorable(key)
            _refuse_unstorable(value)
    elif isinstance(found, list | tuple):
        for value in found:
            _refuse_unstorable(value)


def reply(found: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    body = msgspec.json.encode(found)
    return Response(body, status, headers, media_type="application/json")


def see_other(path: str) -> RedirectResponse:
    """After a form was taken: a reload of the next page sends nothing again."""
    return RedirectResponse(path, 303)


def problem_response(problem: errors.Problem) -> Response:
    body = msgspec.json.encode(problem.body())
    return Response(body, problem.status, problem.headers(), media_type=errors.MEDIA_TYPE)


def as_problem(wrong: Exception) -> errors.Problem:
    """The framework's own errors as problems; an unexpected one says nothing of itself."""
    if isinstance(wrong, errors.Problem):
        return wrong
    if isinstance(wrong, HTTPException):
        for cls in errors.Problem.__subclasses__():
            if cls.status == wrong.status_code:
                return cls()
        return errors.BadRequest(str(wrong.detail))
    return errors.InternalError()


class Envelope:
    """Around everything else: request id, security headers, word to the log with the route and
    never the path (a path holds codes and ids), and a problem for what nobody caught."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self.app = app
        self.headers = _raw(headers)

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
            answer = _unexpected(request_id)
            if status == 0:
                await answer(scope, receive, send_with_headers)
        finally:
            _tell(scope, request_id, status, started)

    def _add_headers(self, message: MutableMapping[str, Any], request_id: str) -> None:
        given = message["headers"]
        present = {name for name, _ in given}
        added = [header for header in self.headers if header[0] not in present]
        message["headers"] = [*given, (b"x-request-id", request_id.encode()), *added]


def new_request_id() -> str:
    """To find a request's lines in the log; no secret, so the kernel need not be asked."""
    return f"{random.getrandbits(64):016x}"


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def _unexpected(request_id: str) -> Response:
    """Called while the error is handled."""
    log.exception("unexpected", extra={"request": request_id})
    return problem_response(errors.InternalError(request=request_id))


def _tell(scope: Scope, request_id: str, status: int, started: float) -> None:
    """The log and the metrics, what they may know."""
    method = scope["method"] if scope["method"] in METHODS else "?"  # it is the caller's own word
    route, problem = scope.get("chot.route", "-"), scope.get("chot.problem", "")
    took = time.perf_counter() - started
    answered = Answered(time.time(), request_id, method, route, status, took, problem)
    scope["state"]["answered"](answered)
