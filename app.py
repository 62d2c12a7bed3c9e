"""The service put together: packages, routes, lifespan, error handling. Imports all, imported by
none."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

import accounts.api
import accounts.pages
import checkin.api
import checkin.api_gate
import checkin.api_gate_uploads
import checkin.api_uploads
import checkin.pages
import checkin.pages_gate
import metrics
import tracing.api
import tracing.pages
import venues.api
import venues.pages
from accounts import access, access_table
from accounts.area_words import in_order
from accounts.attempts import Attempts
from accounts.keydir import open_keys
from accounts.model import RoleMissing, SignInFirst
from accounts.tokens import DeviceTokens, GateTokens
from checkin import uploads
from checkin.crowds import Crowds
from checkin.doorways import Doorways
from checkin.lanes import Lanes
from checkin.ledger import STATEMENT_SECONDS, Ledger
from checkin.looks import Looks
from checkin.pseudonym import ServiceDays
from checkin.vault import Vault
from database import POOLS
from kit import log, openapi
from kit.db import close_pool, connection, make_pool
from kit.direct import Direct
from kit.envelope import Envelope
from kit.errors import MethodNotAllowed, NotFound, Problem, every_problem
from kit.http import Endpoint, as_problem, problem_response, reply, route, see_other
from kit.log import Answered, Lines
from kit.metrics import Requests
from kit.orphan import end_with
from kit.page import Pages, Static, nearest, wants_html
from settings import Settings, read_settings
from tracing.state import State
from tracing.workers import Workers

VERSION = "0.1.0"
ROOT = Path(__file__).parent
PACKAGES = {name: ROOT / name for name in ("kit", "accounts", "venues", "checkin", "tracing")}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
# Of an answer that no browser shows: the others would say nothing.
DIRECT_HEADERS = {name: HEADERS[name] for name in ("X-Content-Type-Options", "Cache-Control")}


async def openapi_document(request: Request[State]) -> Response:
    """This document"""
    return reply(document())


async def reference(request: Request[State]) -> Response:
    return request.state["pages"].html(request, "kit/reference.html", document=document())


async def problem_page(request: Request[State]) -> Response:
    slug = request.path_params["slug"]
    found = next((p for p in every_problem() if p.slug() == slug), None)
    if found is None:
        raise NotFound
    return request.state["pages"].html(
        request, "kit/problem.html", problem=found, request_id="", home="/"
    )


async def health(request: Request[State]) -> Response:
    """The process runs"""
    return PlainTextResponse("ok\n")


async def ready(request: Request[State]) -> Response:
    """The database answers and today has its key"""
    days = request.state["days"]
    async with connection(request.state["db"]) as db:
        await db.fetchval("SELECT 1")
    if not days.readable(days.day(request.state["clock"]())):
        return PlainTextResponse("today has no day key: run chot doctor\n", 503)
    return PlainTextResponse("ok\n")


endpoints: list[Endpoint] = [
    *accounts.api.endpoints,
    *accounts.pages.endpoints,
    *venues.api.endpoints,
    *venues.pages.endpoints,
    *checkin.api.endpoints,
    *checkin.api_uploads.endpoints,
    *checkin.pages.endpoints,
    *checkin.api_gate.endpoints,
    *checkin.api_gate_uploads.endpoints,
    *checkin.pages_gate.endpoints,
    *tracing.api.endpoints,
    *tracing.pages.endpoints,
    Endpoint("GET", "/docs", reference, page=True),
    Endpoint("GET", "/problems/{slug}", problem_page, page=True),
    Endpoint("GET", "/openapi.json", openapi_document, page=True),
    Endpoint("GET", "/health", health, page=True),
    Endpoint("GET", "/ready", ready, page=True),
    Endpoint("GET", "/metrics", metrics.answer, page=True),
]


def document() -> dict[str, Any]:
    info = {"title": "Chốt", "version": VERSION, "license": {"name": "AGPL-3.0-or-later"}}
    return openapi.document(endpoints, info, _security)


def _security(name: str) -> tuple[str, tuple[type[Problem], ...]]:
    who = access_table.ACCESS[name].who
    if who is access_table.Who.PUBLIC:
        return "", ()
    if who is access_table.Who.CITIZEN:
        return "device", (SignInFirst,)
    if who is access_table.Who.GATE:
        return "gate", (SignInFirst,)
    return "session", (SignInFirst, RoleMissing)


def now() -> datetime:
    return datetime.now(UTC)


def build(
    settings: Settings, clock: Callable[[], datetime] = now, lines: Lines | None = None
) -> Starlette:
    """The application; the database is migrated and its days are made before it starts (`chot
    serve` does both)."""
    missing = {e.name for e in endpoints} ^ access_table.ACCESS.keys()
    if missing:
        raise RuntimeError(
            f"routes without a line in the access table, or lines without: {missing}"
        )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[State]:
        keys = open_keys(settings.key_dir)
        url = settings.database_url
        db = await make_pool(url, size=POOLS["pages"], statement_seconds=5)
        desk_db = await make_pool(url, size=POOLS["desk"], statement_seconds=60)
        door_db = await make_pool(url, size=POOLS["door"], statement_seconds=STATEMENT_SECONDS)
        ledger = Ledger(door_db)
        ledger.start()
        requests = Requests()
        workers = Workers()
        state = State(
            settings=settings,
            attempts=Attempts(),
            db=db,
            desk_db=desk_db,
            workers=workers,
            door_db=door_db,
            keys=keys,
            clock=clock,
            device_tokens=DeviceTokens(keys.tokens),
            gate_tokens=GateTokens(keys.tokens),
            pages=pages(settings),
            vault=Vault(keys),
            days=ServiceDays(keys.days, settings.zone),
            ledger=ledger,
            doorways=Doorways(door_db),
            crowds=Crowds(db, ServiceDays(keys.days, settings.zone)),
            lanes=Lanes(door_db),
            looks=Looks(door_db),
            uploading=asyncio.Semaphore(uploads.AT_ONCE),
            requests=requests,
            answered=_to_all(requests, lines if settings.log == "info" else None),
        )
        async with metrics.posted(state):
            yield state
        await ledger.drain()
        await workers.close()
        for pool in (door_db, db, desk_db):
            await close_pool(pool)
        if lines:  # a worker dies of the signal next, with whatever its log still gathers
            await asyncio.to_thread(lines.flush)

    static = [
        Mount(f"/static/{name}", Static(directory=folder / "static"))
        for name, folder in PACKAGES.items()
        if (folder / "static").is_dir()
    ]
    built = Starlette(
        routes=[*(route(endpoint, access.guard) for endpoint in endpoints), *static],
        lifespan=lifespan,
        middleware=[
            Middleware(Envelope, headers=HEADERS),
            # Level 6 is a third of the time of Starlette's 9 for a twenty-fifth more bytes.
            Middleware(GZipMiddleware, minimum_size=600, compresslevel=6),
        ],
        exception_handlers={Problem: answer_problem, HTTPException: answer_problem},
    )
    # uvicorn's own form of this would stand before the scans too, which never ask for the address.
    trusted = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
    stack: Any = ProxyHeadersMiddleware(cast(Any, built.build_middleware_stack()), trusted)
    built.middleware_stack = Direct(stack, endpoints, access.guard, DIRECT_HEADERS)
    return built


def _to_all(requests: Requests, lines: Lines | None) -> Callable[[Answered], None]:
    if lines is None:
        return requests.answered

    def answered(answer: Answered) -> None:
        requests.answered(answer)
        lines.answered(answer)

    return answered


async def answer_problem(request: Request[Any], wrong: Exception) -> Response:
    problem = as_problem(wrong)
    request.scope["chot.problem"] = problem.slug()
    page = request.scope.get("chot.page", wants_html(request.headers))
    if not page:
        return problem_response(problem)
    if isinstance(problem, SignInFirst):
        return access.to_login(request)
    path = request.scope["path"]
    if isinstance(problem, MethodNotAllowed) and not path.startswith("/v1/"):
        return see_other(nearest(request, path))  # the address of a form that was sent, typed anew
    facts = {"problem": problem, "request_id": request.scope.get("chot.request_id", "")}
    shown: Pages = request.state["pages"]
    home = accounts.pages.home(request)
    answer = shown.html(request, "kit/problem.html", problem.status, home=home, **facts)
    answer.headers.update(problem.headers())
    return answer


def pages(settings: Settings) -> Pages:
    shared = {"demo": settings.demo, "archive": settings.archive, "public_url": settings.public_url}
    found = Pages(PACKAGES, ROOT / "locale", shared)

    def local(at: datetime, form: str = "%H:%M %d/%m/%Y") -> str:
        return at.astimezone(settings.zone).strftime(form)

    found.add_filters({"local": local, "in_order": in_order})
    return found


# Seconds after which a thread that computes (a trace) lets the door's requests go on; Python's own
# are ten times as many.
SWITCH = 0.0005


def from_environment() -> Starlette:
    """For uvicorn's workers: `chot serve` has put the settings into the environment."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        end_with(parent.pid)
    settings = read_settings(os.environ, owner=False)
    built = build(settings, lines=log.start(settings.log))
    # What is loaded by now stays, and few objects of a request outlive it: looking for garbage as
    # often as Python does by itself took a quarter of a scan's processor time.
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    sys.setswitchinterval(SWITCH)
    return built
