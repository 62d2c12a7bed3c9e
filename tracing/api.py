"""JSON of cases. Of one case's runs and contacts: casework."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from accounts.fields import AreaPath, Moment, Reason
from checkin.model import PhoneNumberWrong
from kit.db import DatabaseAway, connection
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing import desk, opening, queries, queries_changes, queries_clock, queries_references
from tracing.audit import api as audit_api
from tracing.case import (
    AlreadyDecided,
    AreaUnknown,
    CaseChanged,
    CaseFile,
    CaseOpenAlready,
    DayImplausible,
    DayNeeded,
    DocumentWrong,
    IdentityNeeded,
    PolicyUnknown,
    Purpose,
    SecondPersonNeeded,
    Status,
)
from tracing.case_answers import CaseAnswer, CasesAnswer, Told, case_answer
from tracing.case_days import Ruler
from tracing.casework import api_backward, api_contacts, api_days, api_runs, api_succession
from tracing.clock import TARGET, clock
from tracing.clusters import api as clusters_api
from tracing.desk import BIGGEST_ID, Decision, Desk, case_id_of, desk_of
from tracing.exports import api as exports_api
from tracing.exports import api_releases
from tracing.followup import api as followup_api
from tracing.followup import api_notes
from tracing.followup import queries as followup_queries
from tracing.followup.queries import Counters
from tracing.holds import api as holds_api
from tracing.holds import api_alerts
from tracing.intake import api_line_list, api_people_list
from tracing.names import masked_people
from tracing.opening import Opening
from tracing.pictures import api_history, api_transmission
from tracing.points import api as points_api
from tracing.points import api_interviews, api_isolation
from tracing.queries import Board
from tracing.queries_references import SameReference
from tracing.state import State

Short = Annotated[str, Meta(max_length=60)]
LabReference = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
PolicyName = Annotated[str, Meta(min_length=1, max_length=40, examples=["vn-3638"])]


class OpenCase(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of `phone` and `document`, and a day of onset or of the sample; `met_source`: the day
    they first met whoever infected them. The answer is the same whether the person is known here or
    not."""

    phone: Short = ""
    document: Short = ""
    onset: date | None = None
    sampled: date | None = None
    isolated: Moment | None = None
    met_source: date | None = None
    policy: PolicyName
    lab_reference: LabReference
    national_number: Short | None = None
    area: AreaPath
    purpose: Purpose = Purpose.CONTACT_TRACING


class Decide(Struct, frozen=True, forbid_unknown_fields=True):
    """`changes`: that of the case as it was read; of one that nobody put right, 0."""

    approved: bool
    reason: Reason
    changes: Annotated[int, Meta(ge=0)] = 0


class ClockWish(StrEnum):
    RUNNING = "running"
    OVERDUE = "overdue"
    DONE = "done"
    NOBODY = "nobody"


class CasesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """`area`: cases in it or below. `clock`: of all F1 within the hour; done, whether in time or
    not; nobody, where a trace found nobody to reach."""

    before: Annotated[int, Meta(ge=1, le=BIGGEST_ID)] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    status: Status | None = None
    area: AreaPath = ""
    clock: ClockWish | None = None


async def open_case(request: Request[State], form: OpenCase) -> Response:
    """Open a case; it shows nobody before a second person approves it"""
    asked = Opening(
        phone=form.phone,
        document=form.document,
        onset=form.onset,
        sampled=form.sampled,
        isolated=form.isolated,
        met_source=form.met_source,
        policy=form.policy,
        lab_reference=form.lab_reference.strip(),
        national_number=form.national_number,
        area=form.area,
        purpose=form.purpose,
    )
    mine = desk_of(request, access_table.CASE_OPENER)
    case = await opening.open_case(request.state, mine, asked)
    return reply(await answer(request.state, mine, case), 201)


async def answer(state: State, mine: Desk, case: CaseFile) -> CaseAnswer:
    (found,) = await answers(state, mine, [case])
    return found


async def answers(state: State, mine: Desk, cases: Sequence[CaseFile]) -> list[CaseAnswer]:
    people = await masked_people(state, [person for case in cases for person in case.people])
    made_under = {(case.policy, case.policy_version) for case in cases}
    ids, now = [case.id for case in cases], state["clock"]()
    async with connection(state["desk_db"]) as db:
        policies = {rules: await desk.policy_of(db, *rules) for rules in made_under}
        reached = await queries_clock.reached(db, ids)
        untraced = await queries_changes.untraced(db, ids)
        same = await queries_references.same_reference(db, ids, mine.areas)
        counters = await followup_queries.counters(db, ids, mine.areas, mine.wards)

    def told(case: CaseFile) -> Told:
        known = {person: people[person] for person in case.people if person in people}
        return Told(
            ruler=Ruler(
                policy=policies[case.policy, case.policy_version],
                zone=state["settings"].zone,
                now=now,
            ),
            key=state["keys"].cases.key(case.number),
            untraced=untraced[case.id] if case.id in reached else 0,
            same=same.get(case.id, SameReference()),
            clock=clock(case, reached.get(case.id), now),
            counters=counters.get(case.id, Counters()),
            people=known if mine.sees_whole(case) else None,
        )

    return [case_answer(case, told(case)) for case in cases]


async def list_cases(request: Request[State], form: CasesQuery) -> Response:
    """The cases of one's areas and those with contacts given to them, newest first"""
    state, mine = request.state, desk_of(request)
    by = Board(
        areas=mine.areas,
        wards=mine.wards,
        before=form.before,
        limit=form.limit,
        due=state["clock"]() - TARGET,
        status=form.status or "",
        area=form.area,
        clock=form.clock or "",
    )
    async with connection(state["desk_db"]) as db:
        found = await queries.cases(db, by)
    following = found[-1].id if len(found) == form.limit else None
    return reply(CasesAnswer(await answers(state, mine, found), following))


async def read_case(request: Request[State]) -> Response:
    """One case; its people, masked, from the approval on"""
    mine = desk_of(request)
    case = await desk.read_work(request.state, mine, case_id_of(request))
    return reply(await answer(request.state, mine, case))


async def decide_case(request: Request[State], form: Decide) -> Response:
    """Approve or refuse a case that somebody else opened

    An approved case is traced at once. A case that was put right after it was read is not decided.
    """
    mine = desk_of(request, access_table.CASE_APPROVER)
    case_id = case_id_of(request)
    decision = Decision(approved=form.approved, reason=form.reason, changes=form.changes)
    case = await desk.decide(request.state, mine, case_id, decision)
    return reply(await answer(request.state, mine, case))


OPEN_PROBLEMS = (
    *(PhoneNumberWrong, DocumentWrong, IdentityNeeded, DayNeeded, DayImplausible),
    *(AreaUnknown, PolicyUnknown, CaseOpenAlready, DatabaseAway),
)
DECIDE_PROBLEMS = (NotFound, AlreadyDecided, CaseChanged, SecondPersonNeeded, DatabaseAway)

endpoints = [
    Endpoint("POST", "/v1/cases", open_case, OpenCase, {201: CaseAnswer}, OPEN_PROBLEMS),
    Endpoint("GET", "/v1/cases", list_cases, CasesQuery, {200: CasesAnswer}, (DatabaseAway,)),
    Endpoint(
        *("GET", "/v1/cases/{case_id:int}", read_case, None, {200: CaseAnswer}),
        problems=(NotFound, DatabaseAway),
    ),
    Endpoint(
        *("POST", "/v1/cases/{case_id:int}/approval", decide_case, Decide, {200: CaseAnswer}),
        problems=DECIDE_PROBLEMS,
    ),
    *api_contacts.endpoints,
    *followup_api.endpoints,
    *api_succession.endpoints,
    *api_notes.endpoints,
    *api_people_list.endpoints,
    *api_runs.endpoints,
    *api_days.endpoints,
    *api_backward.endpoints,
    *clusters_api.endpoints,
    *api_history.endpoints,
    *exports_api.endpoints,
    *api_releases.endpoints,
    *holds_api.endpoints,
    *api_line_list.endpoints,
    *api_transmission.endpoints,
    *api_alerts.endpoints,
    *points_api.endpoints,
    *api_interviews.endpoints,
    *api_isolation.endpoints,
    *audit_api.endpoints,
]
