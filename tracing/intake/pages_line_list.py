"""The page that takes in a line list of cases: first what would be done, then it is done. Between
the two the list waits in the page itself and nowhere else."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import get_args

from msgspec import Struct
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.areas import area_name
from kit.db import connection
from kit.errors import BadRequest, Problem, TooLarge
from kit.http import Endpoint, read_body, seen
from kit.table import Encoding
from tracing import queries
from tracing.area_choices import choices
from tracing.desk import desk_of
from tracing.intake import line_list
from tracing.intake.api_line_list import planned
from tracing.intake.line_list import Chosen, ListTooBig, Plan, Taken
from tracing.intake.table import LIMIT, ListFile
from tracing.state import State
from venues.intake_text import shown

PAGE_LIMIT = 2 * LIMIT  # the list comes back as text


class LineListPage(Struct, frozen=True):
    lang: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """`confirmed`: the plan was seen, and the list came back out of the page."""

    file: ListFile
    policy: str
    area: str
    confirmed: bool


async def line_list_page(request: Request[State], form: LineListPage) -> Response:
    return await _page(request, None)


async def take_in(request: Request[State]) -> Response:
    sent = None
    mine = desk_of(request, access_table.CASE_OPENER)
    try:
        sent = await _sent(request)
        found = await planned(request, sent.file)
        chosen = Chosen(policy=sent.policy, area=sent.area)
        known = await line_list.here_already(request.state, mine, found, chosen)
        taken = None
        if sent.confirmed:
            taken = await line_list.take_in(request.state, mine, found, chosen)
    except Problem as wrong:
        if wrong.status >= 500:
            raise
        return await _page(request, sent, wrong=wrong)
    return await _page(request, sent, found=found, known=known, taken=taken)


async def _sent(request: Request[State]) -> Sent:
    texts, name, data = await posted(request)
    return Sent(
        file=file_of(texts, name, data),
        policy=texts.get("policy", ""),
        area=texts.get("area", ""),
        confirmed="kept" in texts,
    )


def file_of(texts: Mapping[str, str], name: str, data: bytes) -> ListFile:
    encoding: Encoding | None = next(
        (one for one in get_args(Encoding) if one == texts.get("encoding")), None
    )
    return ListFile(data=data, name=name, sheet=seen(texts.get("sheet", "")), encoding=encoding)


async def posted(request: Request[State]) -> tuple[dict[str, str], str, bytes]:
    """The fields of the form, the name of the list, and the list: sent now, or out of the page that
    kept it. Read whole before it is taken apart, so that its size is known to be small enough."""
    try:
        body = await read_body(request, PAGE_LIMIT)
    except TooLarge:
        raise ListTooBig(limit=LIMIT) from None

    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        parser = MultiPartParser(
            *(request.headers, once()), max_files=1, max_fields=12, max_part_size=PAGE_LIMIT
        )
        form = await parser.parse()
    except (MultiPartException, KeyError) as wrong:
        raise BadRequest(str(wrong)) from None
    file = form.get("file")
    texts = {name: text for name, text in form.items() if isinstance(text, str)}
    try:
        kept = base64.b64decode(texts.get("kept", ""), validate=True)
        sent = await file.read() if isinstance(file, UploadFile) else b""
    except binascii.Error as wrong:
        raise BadRequest(str(wrong)) from None
    finally:
        await form.close()
    if len(kept or sent) > LIMIT:
        raise ListTooBig(limit=LIMIT)
    own_name = file.filename if isinstance(file, UploadFile) else ""
    return texts, shown(texts.get("name", "") or own_name or ""), kept or sent


async def _page(
    request: Request[State],
    sent: Sent | None,
    *,
    found: Plan | None = None,
    known: int = 0,
    taken: Taken | None = None,
    wrong: Problem | None = None,
) -> Response:
    state = request.state
    today = state["days"].day(state["clock"]())
    async with connection(state["desk_db"]) as db:
        policies = await queries.policies(db)
    policies.sort(key=lambda one: one.in_force_from, reverse=True)
    return state["pages"].html(
        request,
        "tracing/line_list.html",
        200 if wrong is None else wrong.status,
        sent=sent,
        kept=base64.b64encode(sent.file.data).decode() if sent and found and not taken else "",
        found=found,
        known=known,
        taken=taken,
        wrong=wrong,
        policies=[one for one in policies if not one.historic(today)] or policies,
        areas=choices(desk_of(request, access_table.CASE_OPENER).areas),
        area_name=area_name,
        extra=line_list.EXTRA,
        encodings=get_args(Encoding),
        staff=access.staff_of(request),
    )


PATH = "/desk/case-list"

endpoints = [
    Endpoint("GET", PATH, line_list_page, LineListPage, page=True),
    Endpoint("POST", PATH, take_in, page=True, limit=PAGE_LIMIT),
]
