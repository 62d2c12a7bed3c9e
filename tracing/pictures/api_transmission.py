"""Who infected whom, as JSON and as files. The page: pages_transmission.py."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from accounts.areas import area_name
from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing.case import CaseClosed, CaseNotApproved
from tracing.desk import case_id_of, desk_of
from tracing.exports.graphml import GRAPHML, Graph, written
from tracing.pictures import desk_transmission
from tracing.pictures.desk_transmission import OwnSource, SourceCircle, SourceUnknown
from tracing.pictures.layout import Picture, picture
from tracing.pictures.queries_transmission import Wanted
from tracing.pictures.transmission import Node, Transmission
from tracing.state import State


class TransmissionQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Cases of an area and what is below it, by the day of onset or sample."""

    area: Annotated[str, Meta(max_length=40, examples=["2025/92/"])] = ""
    since: date | None = None
    until: date | None = None


class NodeAnswer(Struct, frozen=True, kw_only=True):
    """`source`: who is said to have infected this case; `elsewhere`: a case of areas that are not
    yours. `infected`: how many cases here have it as their source. `x`, `y`: where it stands in the
    picture, in percent; across it are the days."""

    id: int
    number: str
    day: date
    symptoms: bool
    area: str
    area_name: str
    source: str | None
    elsewhere: bool
    infected: int
    x: float
    y: float


class LinkAnswer(Struct, frozen=True, kw_only=True):
    """`known`: `source`, somebody said so; `contact`: one stands on the other's list, as F`tier`;
    then `source` is who fell ill first, and nobody knows who infected whom."""

    source: str
    target: str
    known: str
    tier: int | None


class TransmissionAnswer(Struct, frozen=True, kw_only=True):
    """Approved cases by day. `total`: of how many; the latest are here. `unknown`: cases without a
    source; `elsewhere`: those whose source is not of your areas."""

    cases: list[NodeAnswer]
    links: list[LinkAnswer]
    total: int
    unknown: int
    elsewhere: int


class NameSource(Struct, frozen=True, forbid_unknown_fields=True):
    """The number of the case that infected this one; null where nobody knows."""

    source: Annotated[str, Meta(min_length=1, max_length=40, examples=["F0-210720-7K3QD"])] | None


async def read_transmission(request: Request[State], form: TransmissionQuery) -> Response:
    """Who infected whom among the approved cases of one's areas

    Without names. A link is the source somebody named, or a case on another case's list.
    """
    found, drawn = await drawing(request, wanted_of(form))
    return reply(transmission_answer(found, drawn))


async def drawing(request: Request[State], wanted: Wanted) -> tuple[Transmission, Picture]:
    found = await desk_transmission.look(request.state, desk_of(request), wanted)
    return found, await asyncio.to_thread(picture, found)


def wanted_of(form: TransmissionQuery) -> Wanted:
    return Wanted(area=form.area, since=form.since, until=form.until)


def transmission_answer(found: Transmission, drawn: Picture) -> TransmissionAnswer:
    numbers = {one.id: one.number for one in found.nodes}
    infected = Counter(one.source_id for one in found.nodes)
    return TransmissionAnswer(
        cases=[_node(one, drawn, infected[one.id]) for one in found.nodes],
        links=[
            LinkAnswer(
                source=numbers[one.source],
                target=numbers[one.target],
                known=one.known,
                tier=one.tier,
            )
            for one in found.links
        ],
        total=found.total,
        unknown=sum(one.source_id is None for one in found.nodes),
        elsewhere=sum(one.elsewhere for one in found.nodes),
    )


def _node(one: Node, drawn: Picture, infected: int) -> NodeAnswer:
    return NodeAnswer(
        id=one.id,
        number=one.number,
        day=one.day,
        symptoms=one.onset is not None,
        area=one.area,
        area_name=area_name(one.area),
        source=one.source,
        elsewhere=one.elsewhere,
        infected=infected,
        x=drawn.spots[one.id].x,
        y=drawn.spots[one.id].y,
    )


async def transmission_graphml(request: Request[State], form: TransmissionQuery) -> Response:
    """The same as GraphML for graph tools"""
    found = await desk_transmission.look(request.state, desk_of(request), wanted_of(form))
    body = b"".join(written(_graph(found)))
    headers = {"Content-Disposition": 'attachment; filename="transmission.graphml"'}
    return Response(body, headers=headers, media_type=GRAPHML)


def _graph(found: Transmission) -> Graph:
    """A link that is only a contact goes from who fell ill first."""
    numbers = {one.id: one.number for one in found.nodes}
    return Graph(
        name="transmission",
        node_facts=("onset", "sampled", "area"),
        nodes=[
            (one.number, _written(one.onset), _written(one.sampled), one.area)
            for one in found.nodes
        ],
        edge_facts=("known", "tier"),
        edges=[
            (numbers[link.source], numbers[link.target], link.known, link.tier or "")
            for link in found.links
        ],
    )


def _written(day: date | None) -> str:
    return "" if day is None else day.isoformat()


async def name_source(request: Request[State], form: NameSource) -> Response:
    """Say which approved case infected this one, or that nobody knows"""
    mine = desk_of(request, access_table.CASE_OPENER)
    await desk_transmission.name_source(
        request.state, mine, case_id_of(request), form.source and form.source.strip()
    )
    return Response(status_code=204)


endpoints = [
    Endpoint(
        *("GET", "/v1/transmission", read_transmission, TransmissionQuery),
        {200: TransmissionAnswer},
        (DatabaseAway,),
    ),
    Endpoint(
        *("GET", "/v1/transmission.graphml", transmission_graphml, TransmissionQuery),
        {200: GRAPHML},
        (DatabaseAway,),
    ),
    Endpoint(
        *("POST", "/v1/cases/{case_id:int}/source", name_source, NameSource),
        {204: None},
        (
            *(NotFound, CaseNotApproved, CaseClosed),
            *(SourceUnknown, OwnSource, SourceCircle, DatabaseAway),
        ),
    ),
]
