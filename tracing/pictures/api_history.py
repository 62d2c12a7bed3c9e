"""A case's own places and times, as JSON. The page: pages_history.py."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing.case import CaseClosed, CaseNotApproved
from tracing.desk import case_id_of, desk_of
from tracing.engine.model import MINUTE, Interval, Stay
from tracing.facts import moment_of
from tracing.pictures import desk_history
from tracing.pictures.desk_history import Seen
from tracing.state import State


class SpanAnswer(Struct, frozen=True):
    start: datetime
    end: datetime


class OwnVisitAnswer(Struct, frozen=True, kw_only=True):
    """`place`: the number of its place in `places`. `latest`: when it ended at the latest, where
    `end` is an estimate; `ended`: how the end is known."""

    place: int
    zone: str | None
    start: datetime
    end: datetime
    latest: datetime
    ended: str
    doubts: list[str]


class PlaceAnswer(Struct, frozen=True, kw_only=True):
    """`contacts`: how many of the F1 on the case's list were exposed there. A place without
    coordinates is on no map."""

    number: int
    venue: str
    latitude: float | None
    longitude: float | None
    visits: int
    minutes: int
    contacts: int


class HistoryAnswer(Struct, frozen=True, kw_only=True):
    """`infected` and `infectious`: when the case was infected and may have infected others, by its
    policy; visits that reach into the days of both, places in the order in which it came there.
    `missing`: days whose scans are no longer kept."""

    onset: date | None
    sampled: date | None
    isolated: datetime | None
    infected: SpanAnswer
    infectious: SpanAnswer
    missing: list[date]
    visits: list[OwnVisitAnswer]
    places: list[PlaceAnswer]


async def look_at_history(request: Request[State]) -> Response:
    """Where an approved case was on the days on which it was infected and infectious

    Each look leaves its audit row.
    """
    mine = desk_of(request, access_table.CASE_OPENER)
    seen = await desk_history.look(request.state, mine, case_id_of(request))
    return reply(history_answer(seen))


def history_answer(seen: Seen) -> HistoryAnswer:
    history, case = seen.history, seen.case
    numbers: dict[int, int] = {}
    for one in history.visits:
        numbers.setdefault(one.venue, len(numbers) + 1)
    return HistoryAnswer(
        onset=case.onset,
        sampled=case.sampled,
        isolated=case.isolated,
        infected=_span(history.infected),
        infectious=_span(history.infectious),
        missing=list(history.coverage.missing),
        visits=[_visit(seen, one, numbers[one.venue]) for one in history.visits],
        places=[_place(seen, venue, number) for venue, number in numbers.items()],
    )


def _span(found: Interval) -> SpanAnswer:
    return SpanAnswer(start=moment_of(found.start), end=moment_of(found.end))


def _visit(seen: Seen, one: Stay, place: int) -> OwnVisitAnswer:
    return OwnVisitAnswer(
        place=place,
        zone=None if one.zone is None else seen.history.names.zones.get(one.zone),
        start=moment_of(one.start),
        end=moment_of(one.end),
        latest=moment_of(one.upper),
        ended=one.ended,
        doubts=sorted(one.doubts),
    )


def _place(seen: Seen, venue: int, number: int) -> PlaceAnswer:
    history = seen.history
    there = [one for one in history.visits if one.venue == venue]
    latitude, longitude = history.places.get(venue, (None, None))
    return PlaceAnswer(
        number=number,
        venue=history.names.venues[venue],
        latitude=latitude,
        longitude=longitude,
        visits=len(there),
        minutes=sum(one.end - one.start for one in there) // MINUTE,
        contacts=seen.contacts.get(venue, 0),
    )


endpoints = [
    Endpoint(
        *("POST", "/v1/cases/{case_id:int}/history", look_at_history, None),
        {200: HistoryAnswer},
        (NotFound, CaseNotApproved, CaseClosed, DatabaseAway),
    ),
]
