"""The page that takes in a list of venues."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import staff_of
from accounts.state import State
from kit.db import connection
from kit.errors import BadRequest
from kit.http import Endpoint, read_body
from kit.table import TableUnreadable
from venues import queries, register
from venues.api_import import LIST_LIMIT, take_in
from venues.intake_text import shown
from venues.load import Report
from venues.model import MayNotRegister
from venues.report import DOUBTS, REASONS


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    organisation: str
    name: str
    data: bytes


async def import_page(request: Request[State]) -> Response:
    scope = register.scope_of(staff_of(request))
    if not scope.organisations and not scope.areas:
        raise MayNotRegister
    return await _page(request)


async def import_venues(request: Request[State]) -> Response:
    sent = await _sent(request)
    if not sent.data:
        return await _page(request, 422, sent=sent, missing=True)
    try:
        report = await take_in(
            request.state, staff_of(request), sent.data, sent.name, sent.organisation
        )
    except TableUnreadable as unreadable:
        return await _page(request, 422, sent=sent, unreadable=unreadable)
    return await _page(request, sent=sent, report=report)


async def _sent(request: Request[State]) -> Sent:
    """Read whole before it is taken apart, so that its size is known to be small enough."""
    body = await read_body(request, LIST_LIMIT)

    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        parser = MultiPartParser(request.headers, once(), max_files=1, max_fields=4)
        form = await parser.parse()
    except (MultiPartException, KeyError) as wrong:
        raise BadRequest(str(wrong)) from None
    file, organisation = form.get("file"), form.get("organisation")
    try:
        return Sent(
            organisation=organisation if isinstance(organisation, str) else "",
            name=shown(file.filename or "") if isinstance(file, UploadFile) else "",
            data=await file.read() if isinstance(file, UploadFile) else b"",
        )
    finally:
        await form.close()


async def _page(
    request: Request[State],
    status: int = 200,
    *,
    sent: Sent | None = None,
    missing: bool = False,
    unreadable: TableUnreadable | None = None,
    report: Report | None = None,
) -> Response:
    scope = register.scope_of(staff_of(request))
    async with connection(request.state["db"]) as db:
        own = await queries.organisation_names(db, scope.organisations)
    return request.state["pages"].html(
        request,
        "venues/import.html",
        status,
        sent=sent,
        missing=missing,
        unreadable=unreadable,
        report=report,
        organisations=[] if scope.areas else list(own.values()),
        reasons=REASONS,
        doubts=DOUBTS,
    )


endpoints = [
    Endpoint("GET", "/venues/import", import_page, page=True),
    Endpoint("POST", "/venues/import", import_venues, page=True, limit=LIST_LIMIT),
]
