"""Lists of people who were with a case: contact lists as CSV or XLSX, guest lists as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from accounts.fields import Moment
from kit.db import DatabaseAway
from kit.errors import NotFound, TooLarge, Unsupported, every_problem
from kit.http import BadForm, Endpoint, read_body, reply
from kit.sheet import CSV, XLSX
from kit.table import TableUnreadable
from tracing.case import CaseClosed, CaseNotApproved, DayImplausible
from tracing.desk import case_id_of, desk_of
from tracing.intake import people_list
from tracing.intake.api_lists import FaultAnswer, TableQuery, check_kind, query_of, sent_of
from tracing.intake.people_list import PeoplePlan, PeopleTaken, PeopleTooMany, RowFault, Stay
from tracing.intake.table import LIMIT, ListFile
from tracing.point import EndsBeforeStart, PlaceUnnamed
from tracing.state import State
from venues.reading import read_aside

JSON = "application/json"


class GuestsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Where and from when to when the case itself was among the guests."""

    place: Annotated[str, Meta(min_length=1, max_length=200)]
    start: Moment
    end: Moment
    confirm: bool = False


class ContactsListQuery(TableQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    confirm: bool = False


class PeopleTakenAnswer(Struct, frozen=True):
    """`known`: people whose record or phone was listed there before. `traced`: anew with these
    people; else another trace is under way that does not know them."""

    added: int
    known: int
    traced: bool


class PeopleListAnswer(Struct, frozen=True, kw_only=True):
    """What would be done, or with `confirm` what was (`taken`)."""

    people: int
    points: int
    bad: list[FaultAnswer]
    taken: PeopleTakenAnswer | None


async def import_contacts(request: Request[State]) -> Response:
    """Take in a list of contacts of an approved case

    Without `?confirm=true` it is only read, and nothing stored. People become listed at points of
    the case, by the place and time of their row, and the case is traced anew.
    """
    check_kind(request, CSV, XLSX)
    form = query_of(request, ContactsListQuery)
    found = await planned(request, await sent_of(request, form), None)
    return await _answered(request, found, confirm=form.confirm)


async def import_guests(request: Request[State]) -> Response:
    """Take in a host's guest list (IRIS) for an approved case

    Without `?confirm=true` it is only read, and nothing stored. Whoever was there while the case
    was becomes listed at a point of it.
    """
    check_kind(request, JSON)
    form = query_of(request, GuestsQuery)
    stay = Stay(place=form.place, start=form.start, end=form.end)
    sent = ListFile(data=await read_body(request, LIMIT), name="list")
    found = await planned(request, sent, stay)
    return await _answered(request, found, confirm=form.confirm)


async def planned(request: Request[State], sent: ListFile, stay: Stay | None) -> PeoplePlan:
    """A guest list where the case's own stay is given, else a list of contacts."""
    state = request.state
    zone, now = state["settings"].zone, state["clock"]()
    if stay is None:
        return await read_aside(people_list.plan_contacts, sent, zone, now)
    return await read_aside(people_list.plan_guests, sent.data, stay, zone, now)


async def _answered(request: Request[State], found: PeoplePlan, *, confirm: bool) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    taken = None
    if confirm:
        taken = await people_list.take_in(request.state, mine, case_id, found)
    else:
        await people_list.check_case(request.state, mine, case_id)
    return reply(_answer(found, taken))


def _answer(found: PeoplePlan, taken: PeopleTaken | None) -> PeopleListAnswer:
    return PeopleListAnswer(
        people=found.people,
        points=len(found.groups),
        bad=[*_faults(found.bad), *_faults(taken.refused if taken else ())],
        taken=None if taken is None else PeopleTakenAnswer(taken.added, taken.known, taken.traced),
    )


def _faults(found: Sequence[RowFault]) -> list[FaultAnswer]:
    return [
        FaultAnswer(one.line, one.column or None, one.words % {"line": one.like}, one.value)
        for one in found
    ]


LISTED = (NotFound, CaseNotApproved, CaseClosed, DatabaseAway)
COMMON = (BadForm, TooLarge, Unsupported, PeopleTooMany, *LISTED)
PATH = "/v1/cases/{case_id:int}"
ANSWERS = {200: PeopleListAnswer}

endpoints = [
    Endpoint(
        *("POST", f"{PATH}/contact-lists", import_contacts, None, ANSWERS),
        problems=(*COMMON, *every_problem(TableUnreadable)),
        takes=(CSV, XLSX),
        limit=LIMIT,
    ),
    Endpoint(
        *("POST", f"{PATH}/guest-lists", import_guests, None, ANSWERS),
        problems=(
            *(*COMMON, PlaceUnnamed, DayImplausible, EndsBeforeStart),
            *every_problem(TableUnreadable),
        ),
        takes=(JSON,),
        limit=LIMIT,
    ),
]
