"""From a request to a checked form and back: endpoints, JSON in and out, problems."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kit import errors
from kit.deadline import Deadline, Passed
from kit.faults import faults, repeated

BODY_LIMIT = 64 * 1024
DEPTH = 40  # lists and objects within one another; no form of ours has ten
DEEP = "it is nested too deeply"
HIDING = re.compile("[\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
BLANK = re.compile(r"[\s\u034f\u115f\u1160\u17b4\u17b5\u200c\u200d\u2800\u3164\ufe0f\uffa0]*")
RARE = re.compile(rb"\\u|\xc2\xad|[\xcd\xd8]|\xe1[\x85\x9e\xa0]|\xe2[\x80\x81\xa0]|\xe3\x85|\xef")
Read = TypeVar("Read")
Form = type[msgspec.Struct]
Handler = Callable[..., Awaitable[Response]]
Guard = Callable[[Request[Any], str], Awaitable[None]]
Serve = Callable[[Request[Any]], Awaitable[Response]]


class MalformedBody(errors.BadRequest):
    """The body is not JSON in UTF-8."""


class BadForm(errors.Unprocessable):
    """A field is missing, unknown or not of its kind; `detail` names the first, `fields` all."""


class Overdue(errors.Unavailable):
    """The service is slower than it should be just now; send the same again."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method at one path. A GET's form is its query string, another's its body; `answers` maps
    a status to a Struct (JSON), a media type or several; `page` means HTML for people, which stays
    out of the OpenAPI document."""

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
    seconds: float = 300  # answered within, however slowly the body comes, or Overdue
    busy: bool = False  # JSON alone; served by Direct, before every middleware

    @property
    def name(self) -> str:
        """'POST /v1/check-ins': the line of the access table."""
        return f"{self.method} {self.path}"


def route(endpoint: Endpoint, guard: Guard) -> Route:
    methods = [endpoint.method, "HEAD"] if endpoint.method == "GET" else [endpoint.method]
    return Route(endpoint.path, serving(endpoint, guard), methods=methods, name=endpoint.name)


def serving(endpoint: Endpoint, guard: Guard) -> Serve:
    serve = partial(_serve, endpoint, endpoint.name, guard)
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
    try:
        if endpoint.form is None:
            return await endpoint.handler(request)
        return await endpoint.handler(request, await read_form(request, endpoint))
    except ClientDisconnect:  # a phone that walks out of the network is no error of ours
        raise MalformedBody("the connection ended before the body was whole") from None


async def read_form(request: Request[Any], endpoint: Endpoint) -> msgspec.Struct:
    assert endpoint.form is not None  # noqa: S101  for the type checker
    if endpoint.method == "GET":
        return _convert(_once(request.query_params.multi_items()), endpoint.form)
    if endpoint.page:
        async with request.form(max_files=0, max_fields=200, max_part_size=endpoint.limit) as sent:
            return _convert(_once([(k, str(v)) for k, v in sent.multi_items()]), endpoint.form)
    if (header(request, b"content-type") or "").partition(";")[0].strip() != "application/json":
        raise errors.Unsupported
    body = await read_body(request, endpoint.limit)
    try:
        form = decoded(_decoder(endpoint.form), body)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            every = faults(_loaded(body), endpoint.form, strict=True)
            raise BadForm(str(wrong), fields=every) from None
        raise MalformedBody(str(wrong)) from None
    if not endpoint.busy and (name := repeated(body)):  # a second look that a scan cannot afford
        raise BadForm(f"{name} stands twice")
    return form


def header(request: Request[Any], name: bytes) -> str | None:
    """As Starlette's `headers.get`, for the ways where ten times its speed counts."""
    scope = request.scope
    if (known := scope.get("chot.headers")) is None:  # reversed: the first of a name counts
        known = scope["chot.headers"] = dict(reversed(scope["headers"]))
    value: bytes | None = known.get(name)
    return None if value is None else str(value, "latin-1")


async def read_body(request: Request[Any], limit: int) -> bytes:
    declared = header(request, b"content-length") or "0"
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
            raise BadForm(f"{name} twice", fields=[{"field": name, "detail": "stands twice"}])
        if seen(value):
            found[name] = value
    return found


def _convert(fields: dict[str, str], form: Form) -> msgspec.Struct:
    try:
        return msgspec.convert(plain(fields), form, strict=False)
    except msgspec.ValidationError as wrong:
        raise BadForm(str(wrong), fields=faults(fields, form, strict=False)) from None


def decoded(decoder: msgspec.json.Decoder[Read], body: bytes) -> Read:
    """`plain`, where that could change anything: the walk costs the usual nothing."""
    try:
        if (body.isascii() and rb"\u" not in body) or RARE.search(body) is None:
            return decoder.decode(body)
    except RecursionError:
        raise MalformedBody(DEEP) from None
    return msgspec.convert(_loaded(body), decoder.type)


def _loaded(body: bytes) -> Any:
    try:
        return plain(msgspec.json.decode(body))
    except RecursionError:
        raise MalformedBody(DEEP) from None


def plain(found: Any, depth: int = DEPTH) -> Any:
    """As people see it. BadForm for a NUL or half a surrogate pair: PostgreSQL stores neither."""
    if depth == 0:
        raise MalformedBody(DEEP)
    if isinstance(found, str):
        if "\x00" in found or any("\ud800" <= c <= "\udfff" for c in found):
            raise BadForm("a text holds a NUL or half a character")
        return seen(found)
    if isinstance(found, Mapping):
        return {plain(key): plain(value, depth - 1) for key, value in found.items()}
    return [plain(one, depth - 1) for one in found] if isinstance(found, list | tuple) else found


def seen(text: str) -> str:
    """Without letters that hide, or turn those beside them round; '' where nothing else is left."""
    found = HIDING.sub("", text)
    return "" if BLANK.fullmatch(found) else found


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
        known = (c() for c in errors.Problem.__subclasses__() if c.status == wrong.status_code)
        return next(known, errors.BadRequest(str(wrong.detail)))
    return errors.InternalError()
