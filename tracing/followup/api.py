"""JSON of the work on contacts: what was done, what was decided, to whom they are given."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from accounts.access_table import Rule
from accounts.areas import area_name
from accounts.fields import AreaPath, StaffNumber, Words
from kit.db import DatabaseAway, connection
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing.case import AreaUnknown, CaseClosed, CaseNotApproved
from tracing.desk import case_id_of, desk_of
from tracing.followup import desk as followup_desk
from tracing.followup import queries as followup_queries
from tracing.followup.desk import (
    Act,
    Doing,
    Giving,
    ReasonNeeded,
    Target,
    Verdict,
    WrongTracer,
)
from tracing.runs.queries_contacts import Chosen
from tracing.state import State

Numbers = Annotated[
    list[Annotated[str, Meta(min_length=8, max_length=8)]], Meta(min_length=1, max_length=10_000)
]
BODY = 256 * 1024


class WorkForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What was done about these people; `undo` takes back the last such act of each instead."""

    numbers: Numbers
    act: Act
    undo: bool = False
    words: Words = ""


class VerdictForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A reason is needed, except where the last such verdict of each is taken back."""

    numbers: Numbers
    verdict: Verdict
    reason: Words = ""
    undo: bool = False


class GiveToForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`own_ward`: each to the ward where they live. `area`: all of them there; '' takes them back.
    `tracer`: an account that traces in the area they are given to."""

    own_ward: bool = False
    area: AreaPath | None = None
    tracer: StaffNumber | None = None

    @property
    def giving(self) -> Giving:
        return Giving(own_ward=self.own_ward, area=self.area, tracer=self.tracer)


class GiveForm(GiveToForm, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """These contacts, and to whom."""

    numbers: Numbers


class DoneAnswer(Struct, frozen=True):
    """For how many people it was done; `left` are those for whom it could not be."""

    done: int
    left: int


class TracerAnswer(Struct, frozen=True):
    id: int
    name: str
    area: str
    area_name: str


class TracersAnswer(Struct, frozen=True):
    tracers: list[TracerAnswer]


def target(request: Request[State], rule: Rule, numbers: list[str]) -> Target:
    mine = desk_of(request, rule)
    return Target(
        case_id=case_id_of(request),
        numbers=frozenset(numbers),
        chosen=Chosen(areas=mine.areas, wards=mine.wards, listed=None),
    )


async def work_on_contacts(request: Request[State], form: WorkForm) -> Response:
    """Say what was done about contacts, or take it back

    Nothing is written over: the history keeps both.
    """
    rule = access_table.OFFICER
    doing = Doing(act=form.act, undo=form.undo, words=form.words)
    asked = target(request, rule, form.numbers)
    return _done(asked, await followup_desk.do(request.state, desk_of(request, rule), asked, doing))


async def decide_contacts(request: Request[State], form: VerdictForm) -> Response:
    """Confirm or reject contacts, with a reason, or take that back

    The next trace goes by it: rejected people carry nobody further.
    """
    rule = access_table.VERIFIER
    doing = Doing(act=form.verdict, undo=form.undo, words=form.reason)
    asked = target(request, rule, form.numbers)
    return _done(asked, await followup_desk.do(request.state, desk_of(request, rule), asked, doing))


async def give_contacts(request: Request[State], form: GiveForm) -> Response:
    """Give contacts to their wards, to an area, to a tracer, or take them back

    From then on the tracers of that area see them, and no others.
    """
    rule = access_table.CASE_APPROVER
    asked, mine = target(request, rule, form.numbers), desk_of(request, rule)
    return _done(asked, await followup_desk.give(request.state, mine, asked, form.giving))


def _done(asked: Target, done: int) -> Response:
    return reply(DoneAnswer(done, len(asked.numbers or ()) - done))


async def list_tracers(request: Request[State]) -> Response:
    """The tracers who answer for areas, to give contacts to"""
    async with connection(request.state["desk_db"]) as db:
        found = await followup_queries.tracers(db)
    return reply(
        TracersAnswer([TracerAnswer(one, name, area, area_name(area)) for one, name, area in found])
    )


CONTACTS = "/v1/cases/{case_id:int}/contacts"
WORKED = (NotFound, CaseNotApproved, CaseClosed, DatabaseAway)
DONE = {200: DoneAnswer}

endpoints = [
    Endpoint("POST", f"{CONTACTS}/work", work_on_contacts, WorkForm, DONE, WORKED, limit=BODY),
    Endpoint(
        *("POST", f"{CONTACTS}/verdicts", decide_contacts, VerdictForm, DONE),
        problems=(ReasonNeeded, *WORKED),
        limit=BODY,
    ),
    Endpoint(
        *("POST", f"{CONTACTS}/assignments", give_contacts, GiveForm, DONE),
        problems=(AreaUnknown, WrongTracer, *WORKED),
        limit=BODY,
    ),
    Endpoint("GET", "/v1/tracers", list_tracers, None, {200: TracersAnswer}, (DatabaseAway,)),
]
