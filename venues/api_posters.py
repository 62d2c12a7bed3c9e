"""Posters to print: of one checkpoint, or of all in scope."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import staff_of
from accounts.areas import area_name
from accounts.state import State
from kit.db import DatabaseAway, connection
from kit.errors import NotFound
from kit.http import Endpoint
from venues import queries_doors
from venues.api_doors import number
from venues.intake_text import folded
from venues.model import Direction
from venues.poster import Format, Language, PosterFacts
from venues.poster_pdf import poster_pdf
from venues.poster_png import poster_png
from venues.queries_doors import Printable
from venues.register import scope_of

PART = 500  # posters in one file: some seconds of work, some megabytes


class Kind(StrEnum):
    PDF = "pdf"
    PNG = "png"


class PosterQuery(Struct, frozen=True):
    format: Format = Format.A4
    kind: Kind = Kind.PDF
    language: Language = "vi"


class PostersQuery(Struct, frozen=True):
    """`q` as in GET /v1/venues; `part` counts files of 500 posters from 1, an empty one is 404."""

    format: Format = Format.A4
    language: Language = "vi"
    q: Annotated[str, Meta(max_length=200)] = ""
    part: Annotated[int, Meta(ge=1, le=100_000)] = 1


async def one_poster(request: Request[State], form: PosterQuery) -> Response:
    """The poster of a checkpoint with its current code, as PDF or PNG"""
    checkpoint_id = number(request, "checkpoint_id")
    staff = staff_of(request)
    async with connection(request.state["db"]) as db:
        found = await queries_doors.printable(db, scope_of(staff), checkpoint_id)
    if found is None:
        raise NotFound
    poster = _facts(request.state, found)
    if form.kind is Kind.PNG:
        drawn = await asyncio.to_thread(poster_png, poster, form.format, form.language)
    else:
        drawn = await asyncio.to_thread(poster_pdf, [poster], form.format, form.language)
    await _log(request, [found], form.format, form.language)
    return _file(drawn, form.kind, f"chot-{checkpoint_id}-{form.format}-{form.language}")


async def all_posters(request: Request[State], form: PostersQuery) -> Response:
    """The posters of all open checkpoints in scope, by the venues' names"""
    scope, words = scope_of(staff_of(request)), folded(form.q).split()
    skipped = (form.part - 1) * PART
    async with connection(request.state["db"]) as db:
        found = await queries_doors.all_printable(db, scope, words, PART, skipped)
    if not found:
        raise NotFound
    posters = [_facts(request.state, one) for one in found]
    drawn = await asyncio.to_thread(poster_pdf, posters, form.format, form.language)
    await _log(request, found, form.format, form.language)
    return _file(drawn, Kind.PDF, f"chot-{form.format}-{form.language}-{form.part}")


def _facts(state: State, found: Printable) -> PosterFacts:
    settings = state["settings"]
    return PosterFacts(
        venue=found.venue,
        organisation=found.organisation,
        address=found.address,
        ward=ward_beside(found.address, found.area),
        checkpoint=found.checkpoint,
        direction=Direction(found.direction),
        zone=found.zone,
        code=found.code,
        public_url=settings.public_url,
        issued=found.valid_from.astimezone(settings.zone).date(),
    )


def ward_beside(address: str, area: str) -> str:
    """The ward's full name, '' where the address names the ward already."""
    ward = area_name(area)
    return "" if folded(ward.partition(",")[0]) in folded(address) else ward


async def _log(
    request: Request[State], printed: Sequence[Printable], paper: Format, language: Language
) -> None:
    codes = [one.code for one in printed]
    staff, now = staff_of(request), request.state["clock"]()
    async with connection(request.state["db"]) as db:
        await queries_doors.log_prints(db, codes, staff.id, now, paper, language)


def _file(drawn: bytes, kind: Kind, name: str) -> Response:
    media = "image/png" if kind is Kind.PNG else "application/pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}.{kind}"'}
    return Response(drawn, media_type=media, headers=headers)


POSTER = "/v1/checkpoints/{checkpoint_id:int}/poster"
PROBLEMS = (NotFound, DatabaseAway)

endpoints = [
    Endpoint("GET", POSTER, one_poster, PosterQuery, {200: "*/*"}, PROBLEMS),
    Endpoint(
        *("GET", "/v1/venues/posters", all_posters, PostersQuery, {200: "application/pdf"}),
        PROBLEMS,
    ),
]
