"""A case's list as a file: a sheet to work with, or in the format of another system."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import chain

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from accounts import access, access_table
from kit.db import DatabaseAway, connection
from kit.errors import NotFound
from kit.http import Endpoint
from kit.sheet import CSV, XLSX
from tracing import desk
from tracing.case import CaseClosed, CaseFile, CaseNotApproved, ListStale, Purpose
from tracing.desk import case_id_of, desk_of
from tracing.exports import queries as exports_queries
from tracing.exports import sheet
from tracing.exports.formats import RECIPES, ListFormat, Recipe
from tracing.exports.handover import Handover
from tracing.names import Wish, reveal
from tracing.point_file import read_points
from tracing.releases import ListGrown, ReleaseNeeded
from tracing.runs.listing import Run
from tracing.state import State
from tracing.words import translator

BLOCK = 64 * 1024
EXPIRES = timedelta(days=7)


class SheetQuery(Struct, frozen=True, forbid_unknown_fields=True):
    purpose: Purpose


class ExportQuery(Struct, frozen=True, forbid_unknown_fields=True):
    format: ListFormat
    purpose: Purpose


async def contacts_xlsx(request: Request[State], form: SheetQuery) -> Response:
    """The list with names as a spreadsheet; each name leaves its audit row

    It needs a release by a second account.
    """
    return await _sheet(request, form.purpose, XLSX, "xlsx")


async def contacts_csv(request: Request[State], form: SheetQuery) -> Response:
    """The list with names as CSV; each name leaves its audit row

    It needs a release by a second account.
    """
    return await _sheet(request, form.purpose, CSV, "csv")


async def _sheet(
    request: Request[State], purpose: Purpose, media_type: str, ending: str
) -> Response:
    state, mine = request.state, desk_of(request, access_table.CASE_OPENER)
    wish = Wish(
        staff_id=mine.staff_id,
        areas=mine.areas,
        case_id=case_id_of(request),
        purpose=purpose,
        numbers=None,
        export=ending,
    )
    case = await desk.read_case(state, mine, wish.case_id)
    found, names = await reveal(state, wish)
    origin = await _origin(request, case, purpose, found.run)
    zone = state["settings"].zone
    table = sheet.table(found.lines, names, origin, zone, translator(request))
    body = await sheet.file(table, ending)
    headers = {"Content-Disposition": f'attachment; filename="{case.number}.{ending}"'}
    return Response(body, 200, headers, media_type=media_type)


async def export_case(request: Request[State], form: ExportQuery) -> Response:
    """The contacts of an approved case in the format of another system

    A format with names needs a release by a second account. Each name in it leaves its audit row,
    and one row says which format and how many names.
    """
    recipe = RECIPES[form.format]
    handover = await _handover(request, form, recipe)
    body = await asyncio.to_thread(_begun, recipe.body(handover))
    name = f"{handover.origin.case.number}-{form.format.removesuffix('-' + recipe.ending)}"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{recipe.ending}"'}
    return StreamingResponse(body, 200, headers, media_type=recipe.media_type)


async def _handover(request: Request[State], form: ExportQuery, recipe: Recipe) -> Handover:
    state, mine = request.state, desk_of(request, access_table.CASE_OPENER)
    wish = Wish(
        staff_id=mine.staff_id,
        areas=mine.areas,
        case_id=case_id_of(request),
        purpose=form.purpose,
        numbers=None,
        export=form.format,
        named=recipe.names,
        wanted=lambda line: recipe.names and recipe.holds(line),
    )
    case = await desk.read_case(state, mine, wish.case_id)
    found, names = await reveal(state, wish)
    lines = [line for line in found.lines if recipe.holds(line)]
    async with connection(state["desk_db"]) as db:
        people = [line.person_id for line in lines]
        worked = await exports_queries.worked(db, case.id, people)
        points = await read_points(db, desk.key_of(state, case), case.id)
    in_vietnamese = partial(state["pages"].translate, "vi")
    return Handover(
        origin=await _origin(request, case, form.purpose, found.run),
        lines=lines,
        names=names,
        worked={one.person_id: one for one in worked},
        zone=state["settings"].zone,
        points=points,
        translate=in_vietnamese if recipe.in_vietnamese else translator(request),
    )


async def _origin(
    request: Request[State], case: CaseFile, purpose: Purpose, run: Run
) -> sheet.Origin:
    async with connection(request.state["desk_db"]) as db:
        policy = await desk.policy_of(db, run.policy, run.policy_version)
    now = request.state["clock"]()
    return sheet.Origin(
        case=case,
        account=access.staff_of(request).login,
        purpose=purpose,
        made=now,
        expires=now + EXPIRES,
        policy=policy,
        run=run,
    )


def _begun(body: Iterator[bytes]) -> Iterator[bytes]:
    """Whatever is wrong with a list shows before the answer says that all is well."""
    blocks = _gathered(body)
    return chain([next(blocks)], blocks)


def _gathered(body: Iterator[bytes]) -> Iterator[bytes]:
    """Each block is a way to a thread and back, so there must not be one for every row."""
    kept: list[bytes] = []
    size = 0
    for block in body:
        kept.append(block)
        size += len(block)
        if size >= BLOCK:
            yield b"".join(kept)
            kept, size = [], 0
    yield b"".join(kept)


FILES = tuple(dict.fromkeys(recipe.media_type for recipe in RECIPES.values()))
LISTED = (NotFound, CaseNotApproved, CaseClosed, ReleaseNeeded, ListGrown, ListStale, DatabaseAway)
PATH = "/v1/cases/{case_id:int}"

endpoints = [
    Endpoint("GET", f"{PATH}/contacts.xlsx", contacts_xlsx, SheetQuery, {200: XLSX}, LISTED),
    Endpoint("GET", f"{PATH}/contacts.csv", contacts_csv, SheetQuery, {200: CSV}, LISTED),
    Endpoint("GET", f"{PATH}/export", export_case, ExportQuery, {200: FILES}, LISTED),
]
