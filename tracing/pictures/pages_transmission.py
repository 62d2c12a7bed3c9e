"""The page of who infected whom: the picture, its choices, and the same in words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access
from accounts.areas import area_name
from kit.db import DatabaseAway
from kit.http import Endpoint
from kit.page import language
from tracing.area_choices import choices
from tracing.desk import desk_of
from tracing.pictures.api_transmission import (
    TransmissionQuery,
    drawing,
    transmission_answer,
    wanted_of,
)
from tracing.pictures.layout import ARROW, HIGHEST, LEFT, RIGHT, SCALES, WIDTH, Picture
from tracing.pictures.queries_transmission import Wanted
from tracing.pictures.transmission import Known, Link, Transmission
from tracing.state import State

TICKS = 12  # days that are written below each other at most
FILE_SCALE = 2  # of a picture to keep: large enough for most labels


class GraphQuery(Struct, frozen=True):
    """As typed: what is no day is none."""

    area: str = ""
    since: str = ""
    until: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    x: float
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a picture is drawn on: in percent of a page's width, or a file's pixels."""

    width: str
    height: str
    across: Callable[[float], str]
    down: Callable[[float], str]
    scale: int | None


async def graph_page(request: Request[State], form: GraphQuery) -> Response:
    wanted = Wanted(area=form.area[:40], since=_day(form.since), until=_day(form.until))
    found, drawn = await drawing(request, wanted)
    return request.state["pages"].html(
        request,
        "tracing/transmission.html",
        wanted=wanted,
        areas=choices(desk_of(request).areas),
        answer=transmission_answer(found, drawn),
        met=_met(found),
        late=_late(found),
        query=_query(wanted),
        sheet=Sheet(
            width="100%", height=str(drawn.height), across=_percent, down=_percent, scale=None
        ),
        dense=drawn.height == HIGHEST,
        scales=SCALES,
        **_drawn(found, drawn),
        area_name=area_name,
        staff=access.staff_of(request),
    )


async def transmission_picture(request: Request[State], form: TransmissionQuery) -> Response:
    """The same as a picture to keep"""
    found, drawn = await drawing(request, wanted_of(form))
    width, height = WIDTH * FILE_SCALE, drawn.height * FILE_SCALE
    text = request.state["pages"].text(
        language(request),
        "tracing/transmission.svg",
        answer=transmission_answer(found, drawn),
        sheet=Sheet(
            width=str(width),
            height=str(height),
            across=lambda x: f"{x * width / 100:.1f}",
            down=lambda y: f"{y * height / 100:.1f}",
            scale=FILE_SCALE,
        ),
        **_drawn(found, drawn),
    )
    headers = {"Content-Disposition": 'attachment; filename="transmission.svg"'}
    return Response(text, headers=headers, media_type="image/svg+xml")


def _drawn(found: Transmission, drawn: Picture) -> dict[str, Any]:
    """What both pictures are made from."""
    beside = [one for one in found.links if drawn.parent.get(one.target) is not one]
    return {
        "found": found,
        "drawn": drawn,
        "beside": beside,
        "ticks": _ticks(found, drawn),
        "backwards": lambda link: _backwards(link, drawn),
        "named": Known.SOURCE,
        "arrow_room": int(ARROW),
    }


def _met(found: Transmission) -> dict[int, list[str]]:
    """The numbers of the cases with whom each stands on a list, either way round."""
    numbers = {one.id: one.number for one in found.nodes}
    met: dict[int, list[str]] = {one: [] for one in numbers}
    for link in found.links:
        if link.known is Known.CONTACT:
            met[link.source].append(numbers[link.target])
            met[link.target].append(numbers[link.source])
    return met


def _late(found: Transmission) -> set[int]:
    """Cases whose named source fell ill after them: a day or the source may be wrong."""
    days = {one.id: one.day for one in found.nodes}
    named = [one for one in found.links if one.known is Known.SOURCE]
    return {one.target for one in named if days[one.source] > days[one.target]}


def _backwards(link: Link, drawn: Picture) -> bool:
    """Where the source fell ill no earlier, an arrow says which way it goes."""
    return drawn.spots[link.target].x <= drawn.spots[link.source].x


def _ticks(found: Transmission, drawn: Picture) -> list[Tick]:
    step = next((n for n in (1, 2, 7, 14, 28) if drawn.days / n <= TICKS), drawn.days // TICKS + 1)
    wide = 100 - LEFT - RIGHT
    return [
        Tick(x=LEFT + wide * (day / drawn.days if drawn.days else 0), day=first + timedelta(day))
        for first in (one.day for one in found.nodes[:1])
        for day in range(0, drawn.days + 1, step)
    ]


def _percent(number: float) -> str:
    return f"{number:.3f}%"


def _query(wanted: Wanted) -> dict[str, str]:
    given = {"area": wanted.area, "since": wanted.since, "until": wanted.until}
    return {name: str(value) for name, value in given.items() if value}


def _day(text: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None


endpoints = [
    Endpoint("GET", "/desk/graph", graph_page, GraphQuery, page=True),
    Endpoint(
        *("GET", "/v1/transmission.svg", transmission_picture, TransmissionQuery),
        {200: "image/svg+xml"},
        (DatabaseAway,),
    ),
]
