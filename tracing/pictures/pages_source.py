"""The page on which an officer says which case infected another one."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from kit.db import connection
from kit.errors import Problem
from kit.http import Endpoint, see_other
from tracing import desk
from tracing.case import CaseClosed, CaseNotApproved
from tracing.desk import case_id_of, desk_of
from tracing.pictures import desk_transmission, queries_transmission
from tracing.pictures.desk_transmission import OwnSource, SourceCircle, SourceUnknown
from tracing.state import State


class SourceForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Empty where nobody knows."""

    source: str = ""


async def source_page(request: Request[State]) -> Response:
    return await _page(request, None, None)


async def _page(request: Request[State], typed: str | None, wrong: Problem | None) -> Response:
    state, mine = request.state, desk_of(request, access_table.CASE_OPENER)
    case = await desk.read_case(state, mine, case_id_of(request))
    async with connection(state["desk_db"]) as db:
        known = await queries_transmission.source_of(db, case.id, mine.areas)
    return state["pages"].html(
        request,
        "tracing/source.html",
        200 if wrong is None else wrong.status,
        case=case,
        typed=(known[0] if known else "") if typed is None else typed,
        later=known if known and known[1] > case.anchor else None,
        wrong=wrong,
        staff=access.staff_of(request),
    )


async def name_source(request: Request[State], form: SourceForm) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    number = form.source.strip().upper() or None
    try:
        await desk_transmission.name_source(request.state, mine, case_id, number)
    except (SourceUnknown, OwnSource, SourceCircle, CaseNotApproved, CaseClosed) as wrong:
        return await _page(request, form.source, wrong)
    case = await desk.read_case(request.state, mine, case_id)
    async with connection(request.state["desk_db"]) as db:
        known = await queries_transmission.source_of(db, case_id, mine.areas)
    late = known is not None and known[1] > case.anchor  # taken all the same, and told
    return see_other(f"/desk/cases/{case_id}/source" if late else "/desk/graph")


PATH = "/desk/cases/{case_id:int}/source"

endpoints = [
    Endpoint("GET", PATH, source_page, page=True),
    Endpoint("POST", PATH, name_source, SourceForm, page=True),
]
