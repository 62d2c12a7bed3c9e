"""Clusters of the cases of one's areas, as JSON. The page: pages.py."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from kit.db import DatabaseAway
from kit.http import Endpoint, reply
from tracing.case import TracingBusy
from tracing.clusters import desk as clusters_desk
from tracing.clusters.desk import Search, SpanImplausible
from tracing.clusters.rules import CONFIDENCE, FALSE_DISCOVERIES, Cluster, Clusters
from tracing.desk import desk_of
from tracing.engine.period import EPOCH
from tracing.facts import moment_of
from tracing.finding import Names
from tracing.state import State


class FindClusters(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Days on which the cases may have been infected; the places to answer with, at most."""

    disease: Annotated[str, Meta(min_length=1, max_length=60, examples=["covid-19"])]
    since: date
    until: date
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class ClusterAnswer(Struct, frozen=True, kw_only=True):
    """`day`: on which the numbers hold; without one, on all days asked for. `ratio`: observed over
    expected, with its exact interval from `lower` to `upper`. `chance`: the p-value of this place;
    `among_all`: adjusted for all places compared (Benjamini–Hochberg). `together`: most cases at
    one moment; `people`: all who came, counted anew each day. `few`: fewer than 5 cases."""

    venue: str
    zone: str | None
    day: date | None
    cases: int
    expected: float
    ratio: float
    lower: float
    upper: float
    chance: float
    among_all: float
    stands_out: bool
    few: bool
    together: int
    first: datetime
    last: datetime
    people: int


class ClustersAnswer(Struct, frozen=True, kw_only=True):
    """Places where two or more of the cases had been, the surest first. `unseen`: cases without any
    visit on these days; `compared`: places in the same wards; `missing`: days no longer kept;
    `more`: places not listed here."""

    cases: int
    unseen: int
    compared: int
    missing: list[date]
    confidence: float
    false_discoveries: float
    places: list[ClusterAnswer]
    more: int


async def find_clusters(request: Request[State], form: FindClusters) -> Response:
    """Places where more cases had been before they fell ill than their visits explain

    Of all approved cases of one's areas. Each look leaves its audit row.
    """
    asked = Search(disease=form.disease, since=form.since, until=form.until)
    found, names = await clusters_desk.search(request.state, desk_of(request), asked)
    return reply(clusters_answer(found, names, form.limit))


def clusters_answer(found: Clusters, names: Names, limit: int) -> ClustersAnswer:
    return ClustersAnswer(
        cases=found.cases,
        unseen=found.unseen,
        compared=found.compared,
        missing=list(found.missing),
        confidence=CONFIDENCE,
        false_discoveries=FALSE_DISCOVERIES,
        places=[_cluster_answer(one, names) for one in found.places[:limit]],
        more=max(0, len(found.places) - limit),
    )


def _cluster_answer(one: Cluster, names: Names) -> ClusterAnswer:
    return ClusterAnswer(
        venue=names.venues[one.venue],
        zone=names.zones.get(one.zone),
        day=None if one.day is None else EPOCH + timedelta(days=one.day),
        cases=one.cases,
        expected=one.expected,
        ratio=one.ratio,
        lower=one.lower,
        upper=one.upper,
        chance=one.chance,
        among_all=one.among_all,
        stands_out=one.stands_out,
        few=one.few,
        together=one.together,
        first=moment_of(one.first),
        last=moment_of(one.last),
        people=one.footfall,
    )


PROBLEMS = (SpanImplausible, TracingBusy, DatabaseAway)

endpoints = [
    Endpoint(
        *("POST", "/v1/clusters", find_clusters, FindClusters, {200: ClustersAnswer}),
        problems=PROBLEMS,
    ),
]
