"""Lists of venues from elsewhere, as CSV or XLSX."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import staff_of
from accounts.model import Staff
from accounts.state import State
from kit.db import DatabaseAway, connection, transaction
from kit.errors import TooLarge, Unsupported, every_problem
from kit.http import BadForm, Endpoint, read_body, reply
from kit.sheet import CSV, XLSX
from kit.table import TableUnreadable
from venues import load, queries, register, rules
from venues.intake import TEXT_LIMIT
from venues.intake_columns import Column, IgnoredColumn
from venues.intake_row import Duplicate, Reason
from venues.load import DoubtLines, Report
from venues.reading import read_aside
from venues.report import REASONS

LIST_LIMIT = 20 * 1024 * 1024


class BadRowAnswer(Struct, frozen=True):
    """One thing wrong with a row: `words` say the reason in English; `value` is the start of the
    cell."""

    line: int
    column: Column | None
    reason: Reason
    words: str
    value: str


class ImportAnswer(Struct, frozen=True, kw_only=True):
    """`known` venues were here before; `repeated` rows name the venue of an earlier row; of the
    `refused` rows each thing that is wrong stands in `bad`."""

    created: int
    known: int
    refused: int
    repeated: list[Duplicate]
    bad: list[BadRowAnswer]
    ignored: list[IgnoredColumn]
    doubts: list[DoubtLines]


async def import_venues(request: Request[State]) -> Response:
    """Take in a list of venues as CSV or XLSX

    Headers may be Vietnamese or English. All good rows are taken and the others answered with line
    and reasons; sent again, the same list changes nothing. `?organisation=` names the one of rows
    that do not say; it may be left out by an account that acts for one organisation.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind not in (CSV, XLSX):
        raise Unsupported(takes=[CSV, XLSX])
    organisation = request.query_params.get("organisation", "")
    data = await read_body(request, LIST_LIMIT)
    report = await take_in(request.state, staff_of(request), data, "list", organisation)
    return reply(_answer(report))


async def take_in(state: State, staff: Staff, data: bytes, name: str, organisation: str) -> Report:
    """Whole or not at all; `organisation` is that of rows which name none."""
    scope = register.scope_of(staff)
    organisation = rules.one_line(organisation)
    if len(organisation) > TEXT_LIMIT:
        raise BadForm("organisation: the name is too long")
    if not organisation:
        async with connection(state["db"]) as db:
            own = await queries.organisation_names(db, scope.organisations)
        organisation = next(iter(own.values())) if len(own) == 1 else ""
    reading = await read_aside(load.read, data, name, organisation)
    now = state["clock"]()
    async with transaction(state["db"]) as db:
        report = await load.store(db, reading, scope, staff.id, now)
        await register.note(db, state, staff, load.ACT, now, **report.counts)
    return report


def _answer(report: Report) -> ImportAnswer:
    return ImportAnswer(
        created=report.created,
        known=report.known,
        refused=report.refused,
        repeated=report.repeated,
        bad=[
            BadRowAnswer(row.line, row.column, row.reason, REASONS[row.reason], row.value)
            for row in report.bad
        ],
        ignored=report.ignored,
        doubts=report.doubts,
    )


endpoints = [
    Endpoint(
        *("POST", "/v1/venues/import", import_venues, None, {200: ImportAnswer}),
        (BadForm, TooLarge, Unsupported, DatabaseAway, *every_problem(TableUnreadable)),
        takes=(CSV, XLSX),
        limit=LIST_LIMIT,
    )
]
