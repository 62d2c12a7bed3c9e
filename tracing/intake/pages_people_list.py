"""The page that takes in people who were with a case: first what would be done, then it is done.
Between the two the list waits in the page itself and nowhere else."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from kit.errors import NotFound, Problem
from kit.http import Endpoint
from kit.table import Encoding
from tracing import desk
from tracing.case import DayImplausible
from tracing.desk import case_id_of, desk_of
from tracing.intake import people_list
from tracing.intake.api_people_list import planned
from tracing.intake.pages_line_list import PAGE_LIMIT, file_of, posted
from tracing.intake.people_list import GuestTimeNeeded, PeopleKind, PeoplePlan, PeopleTaken, Stay
from tracing.state import State

KINDS = {
    PeopleKind.CONTACTS: "Contact list (CSV or XLSX)",
    PeopleKind.GUESTS: "Guest list of a host (IRIS, JSON)",
}


class PeopleListPage(Struct, frozen=True):
    lang: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page shows beside the form; `texts` as typed."""

    texts: Mapping[str, str]
    name: str = ""
    kept: str = ""
    found: PeoplePlan | None = None
    taken: PeopleTaken | None = None
    wrong: Problem | None = None


async def people_list_page(request: Request[State], form: PeopleListPage) -> Response:
    return await _page(request, Shown(texts={}))


async def take_in(request: Request[State]) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    texts: Mapping[str, str] = {}
    try:
        texts, name, data = await posted(request)
        await people_list.check_case(request.state, mine, case_id)
        stay = _stay(request, texts) if texts.get("kind") == PeopleKind.GUESTS else None
        found = await planned(request, file_of(texts, name, data), stay)
        taken = None
        if "kept" in texts:
            taken = await people_list.take_in(request.state, mine, case_id, found)
    except NotFound:
        raise
    except Problem as wrong:
        if wrong.status >= 500:
            raise
        return await _page(request, Shown(texts=texts, wrong=wrong))
    kept = "" if taken else base64.b64encode(data).decode()
    return await _page(request, Shown(texts=texts, name=name, kept=kept, found=found, taken=taken))


def _stay(request: Request[State], texts: Mapping[str, str]) -> Stay:
    if not all(texts.get(name, "").strip() for name in ("place", "start", "end")):
        raise GuestTimeNeeded
    return Stay(
        place=texts.get("place", ""),
        start=_local(request, "start", texts),
        end=_local(request, "end", texts),
    )


def _local(request: Request[State], name: str, texts: Mapping[str, str]) -> datetime:
    """'2021-07-11T12:00' as a browser's field gives it, in the time of the service."""
    try:
        typed = datetime.fromisoformat(texts.get(name, ""))
    except ValueError:
        raise DayImplausible(field=name) from None
    return typed.replace(tzinfo=request.state["settings"].zone)


async def _page(request: Request[State], shown: Shown) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    return request.state["pages"].html(
        request,
        "tracing/people_list.html",
        200 if shown.wrong is None else shown.wrong.status,
        case=await desk.read_case(request.state, mine, case_id),
        shown=shown,
        kinds=KINDS,
        encodings=get_args(Encoding),
        staff=access.staff_of(request),
    )


PATH = "/desk/cases/{case_id:int}/people-list"

endpoints = [
    Endpoint("GET", PATH, people_list_page, PeopleListPage, page=True),
    Endpoint("POST", PATH, take_in, page=True, limit=PAGE_LIMIT),
]
