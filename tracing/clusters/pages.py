"""The page of clusters: what to look for, and each place with its interval drawn."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from math import log10

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access
from kit.db import connection
from kit.errors import Problem
from kit.http import Endpoint
from tracing.clusters import desk as clusters_desk
from tracing.clusters import queries as clusters_queries
from tracing.clusters.api import ClusterAnswer, ClustersAnswer, clusters_answer
from tracing.clusters.desk import Search, SpanImplausible
from tracing.desk import desk_of
from tracing.state import State

SHOWN = 100
LOOK_BACK = 20  # days before today that the form begins with: what is usually kept
LEAST, MOST, WIDTH = 0.1, 1000.0, 200  # of the drawing: ratios by powers of ten, and its units


class ClustersPage(Struct, frozen=True):
    lang: str = ""


class ClustersForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Days as typed: what is wrong with them is said on the form."""

    disease: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Where the interval and its ratio stand in the drawing."""

    begins: int
    ratio: int
    ends: int


async def form_page(request: Request[State], form: ClustersPage) -> Response:
    today = request.state["days"].day(request.state["clock"]())
    since = today - timedelta(days=LOOK_BACK)
    typed = ClustersForm(since=since.isoformat(), until=today.isoformat())
    return await _page(request, typed, None, None)


async def found_page(request: Request[State], form: ClustersForm) -> Response:
    try:
        asked = _asked(form)
        found, names = await clusters_desk.search(request.state, desk_of(request), asked)
    except SpanImplausible as wrong:
        return await _page(request, form, None, wrong)
    return await _page(request, form, clusters_answer(found, names, SHOWN), None)


def _asked(form: ClustersForm) -> Search:
    with suppress(ValueError):
        since, until = date.fromisoformat(form.since), date.fromisoformat(form.until)
        return Search(disease=form.disease, since=since, until=until)
    raise SpanImplausible


async def _page(
    request: Request[State],
    typed: ClustersForm,
    found: ClustersAnswer | None,
    wrong: Problem | None,
) -> Response:
    async with connection(request.state["desk_db"]) as db:
        diseases = await clusters_queries.diseases(db)
    return request.state["pages"].html(
        request,
        "tracing/clusters.html",
        200 if wrong is None else wrong.status,
        typed=typed,
        diseases=diseases,
        found=found,
        wrong=wrong,
        bar=_bar,
        width=WIDTH,
        even=_at(1),
        staff=access.staff_of(request),
    )


def _bar(one: ClusterAnswer) -> Bar:
    return Bar(begins=_at(one.lower), ratio=_at(one.ratio), ends=_at(one.upper))


def _at(ratio: float) -> int:
    inside = min(max(ratio, LEAST), MOST)
    return round(WIDTH * log10(inside / LEAST) / log10(MOST / LEAST))


endpoints = [
    Endpoint("GET", "/desk/clusters", form_page, ClustersPage, page=True),
    Endpoint("POST", "/desk/clusters", found_page, ClustersForm, page=True),
]
