"""Line lists of cases, as CSV or XLSX."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from accounts.fields import AreaPath
from kit.db import DatabaseAway
from kit.errors import TooLarge, Unsupported, every_problem
from kit.http import BadForm, Endpoint, reply
from kit.sheet import CSV, XLSX
from kit.table import TableUnreadable
from tracing.case import AreaUnknown, PolicyUnknown
from tracing.desk import desk_of
from tracing.intake import line_list
from tracing.intake.api_lists import FaultAnswer, TableQuery, check_kind, query_of, sent_of
from tracing.intake.line_list import Chosen, ListTooLong, Plan, Taken
from tracing.intake.row import BadRow
from tracing.intake.table import LIMIT, ListFile
from tracing.state import State
from venues.reading import read_aside


class LineListQuery(TableQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    policy: Annotated[str, Meta(min_length=1, max_length=40)]
    area: AreaPath
    confirm: bool = False


class OddAnswer(Struct, frozen=True):
    """`others`: the source, or everybody in the circle."""

    line: int
    id: str
    odd: str
    others: list[str]


class TakenAnswer(Struct, frozen=True):
    """`known` cases were here before; `kept` ones have another source already, or would be in a
    circle with cases that were here."""

    opened: int
    known: int
    linked: int
    kept: list[str]


class LineListAnswer(Struct, frozen=True, kw_only=True):
    """What would be done, or with `confirm` what was (`taken`). `known` of the cases were here
    before."""

    cases: int
    known: int
    links: int
    bad: list[FaultAnswer]
    odd: list[OddAnswer]
    taken: TakenAnswer | None


async def import_cases(request: Request[State]) -> Response:
    """Take in a line list of cases and who infected whom

    Without `?confirm=true` it is only read, and nothing stored. Each case waits for a second person
    like one opened by hand. `?policy=` and `?area=` are those of all of them.
    """
    mine = desk_of(request, access_table.CASE_OPENER)
    check_kind(request, CSV, XLSX)
    form = query_of(request, LineListQuery)
    found = await planned(request, await sent_of(request, form))
    chosen = Chosen(policy=form.policy, area=form.area)
    known = await line_list.here_already(request.state, mine, found, chosen)
    taken = None
    if form.confirm:
        taken = await line_list.take_in(request.state, mine, found, chosen)
    return reply(_answer(found, known, taken))


async def planned(request: Request[State], sent: ListFile) -> Plan:
    state = request.state
    zone, now = state["settings"].zone, state["clock"]()
    return await read_aside(line_list.plan, sent, zone, now)


def faults_of(bad: BadRow) -> list[FaultAnswer]:
    return [FaultAnswer(bad.line, one.column, one.reason, one.value) for one in bad.faults]


def _answer(found: Plan, known: int, taken: Taken | None) -> LineListAnswer:
    return LineListAnswer(
        cases=len(found.cases),
        known=known,
        links=len(found.sources),
        bad=[fault for one in found.bad for fault in faults_of(one)],
        odd=[
            *(OddAnswer(one.line, one.id, one.odd, list(one.others)) for one in found.findings),
            *(
                OddAnswer(line, case, line_list.EXTRA, [source])
                for line, case, source in found.extra
            ),
        ],
        taken=None
        if taken is None
        else TakenAnswer(taken.opened, taken.known, taken.linked, list(taken.kept)),
    )


PROBLEMS = (BadForm, TooLarge, Unsupported, ListTooLong, AreaUnknown, PolicyUnknown, DatabaseAway)

endpoints = [
    Endpoint(
        *("POST", "/v1/case-lists", import_cases, None, {200: LineListAnswer}),
        problems=(*PROBLEMS, *every_problem(TableUnreadable)),
        takes=(CSV, XLSX),
        limit=LIMIT,
    )
]
