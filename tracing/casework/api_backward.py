"""JSON of where a case may have been infected."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing import desk
from tracing.case import CaseClosed, CaseNotApproved, TracingBusy
from tracing.desk import case_id_of, desk_of
from tracing.engine.backward import Backward
from tracing.facts import moment_of
from tracing.finding import Names
from tracing.state import State


class SharedPlaceAnswer(Struct, frozen=True, kw_only=True):
    """`cases`: other cases who were there together with this one; `ill_before`: those of them whose
    symptoms had begun by that day. `people`: all who were there together with the case; `minutes`:
    its own stays."""

    venue: str
    first: datetime
    last: datetime
    minutes: int
    people: int
    cases: int
    ill_before: int


class BackwardAnswer(Struct, frozen=True, kw_only=True):
    """The case's places on the days of the policy before its onset, those with most other cases
    first."""

    begins: date
    missing: list[date]
    places: list[SharedPlaceAnswer]


async def look_back(request: Request[State]) -> Response:
    """Where an approved case may have been infected, and which places it shared with other cases

    Each look leaves its audit row.
    """
    found, names = await desk.look_back(request.state, desk_of(request), case_id_of(request))
    return reply(backward_answer(found, names))


def backward_answer(found: Backward, names: Names) -> BackwardAnswer:
    return BackwardAnswer(
        begins=found.coverage.begins,
        missing=list(found.coverage.missing),
        places=[
            SharedPlaceAnswer(
                venue=names.venues[one.venue],
                first=moment_of(one.first),
                last=moment_of(one.last),
                minutes=one.minutes,
                people=one.people,
                cases=one.cases,
                ill_before=one.ill_before,
            )
            for one in found.places
        ],
    )


PROBLEMS = (NotFound, CaseNotApproved, CaseClosed, TracingBusy, DatabaseAway)

endpoints = [
    Endpoint(
        *("POST", "/v1/cases/{case_id:int}/backward", look_back, None, {200: BackwardAnswer}),
        problems=PROBLEMS,
    ),
]
