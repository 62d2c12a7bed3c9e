"""Pages of the desk: the list of cases and the form that opens one. One case: casework/pages.py."""

from __future__ import annotations

from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.areas import area_name
from checkin.model import PhoneNumberWrong
from kit.db import connection
from kit.errors import Problem
from kit.http import Endpoint, see_other
from tracing import opening, queries, queries_clock, start, words
from tracing.area_choices import choices
from tracing.audit import pages as audit_pages
from tracing.case import (
    AreaUnknown,
    CaseOpenAlready,
    DayNeeded,
    DocumentWrong,
    IdentityNeeded,
    PolicyUnknown,
    Purpose,
    ReferenceNeeded,
    Status,
)
from tracing.casework import pages as casework_pages
from tracing.casework import (
    pages_backward,
    pages_days,
    pages_notes,
    pages_succession,
    pages_work,
)
from tracing.clock import TARGET, clock
from tracing.clusters import pages as clusters_pages
from tracing.desk import desk_of
from tracing.exports import pages_releases
from tracing.followup import queries as followup_queries
from tracing.followup import words as followup_words
from tracing.followup.queries import Counters
from tracing.holds import alerts, pages_alerts
from tracing.holds import pages as holds_pages
from tracing.intake import pages_line_list, pages_people_list, pages_samples
from tracing.opening import Opening
from tracing.pictures import pages_history, pages_source, pages_transmission
from tracing.points import pages as points_pages
from tracing.points import pages_interviews, pages_isolation
from tracing.points.form import local_time, typed_day
from tracing.queries import Board
from tracing.state import State
from tracing.words import translator

SHOWN = 50
CLOCKS = {
    "running": "within the hour",
    "overdue": "overdue",
    "done": "all F1 reached",
    "nobody": "nobody to reach",
}
# Of the form, where what is wrong is said; a day's own problem names its field.
FIELDS: dict[type[Problem], str] = {
    PhoneNumberWrong: "phone",
    IdentityNeeded: "phone",
    DocumentWrong: "document",
    DayNeeded: "onset",
    ReferenceNeeded: "lab_reference",
    CaseOpenAlready: "lab_reference",
    PolicyUnknown: "policy",
    AreaUnknown: "area",
}


class DeskQuery(Struct, frozen=True):
    """As it stands in an address: what is no number of a case, no status, area or clock chooses
    all."""

    before: str = ""
    status: str = ""
    area: str = ""
    clock: str = ""
    lang: str = ""


class NewQuery(Struct, frozen=True):
    lang: str = ""


class NewCaseForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Texts as typed: what is wrong with them is said on the form."""

    phone: str = ""
    document: str = ""
    onset: str = ""
    sampled: str = ""
    isolated: str = ""
    met_source: str = ""
    policy: str = ""
    lab_reference: str = ""
    national_number: str = ""
    area: str = ""
    purpose: Purpose = Purpose.CONTACT_TRACING


async def cases(request: Request[State], form: DeskQuery) -> Response:
    mine, now = desk_of(request), request.state["clock"]()
    by = Board(
        areas=mine.areas,
        wards=mine.wards,
        before=_before(form.before),
        limit=SHOWN,
        due=now - TARGET,
        status=form.status if form.status in set(Status) else "",
        area=form.area[:40],
        clock=form.clock if form.clock in CLOCKS else "",
    )
    async with connection(request.state["desk_db"]) as db:
        found = await queries.cases(db, by)
        ids = [case.id for case in found]
        reached = await queries_clock.reached(db, ids)
        counted = await followup_queries.counters(db, ids, mine.areas, mine.wards)
    said = translator(request)
    times = [clock(one, reached.get(one.id), now) for one in found]
    return request.state["pages"].html(
        request,
        "tracing/cases.html",
        cases=[
            (case, time, followup_words.clock_words(said, time), counted.get(case.id, Counters()))
            for case, time in zip(found, times, strict=True)
        ],
        by=by,
        mine=mine,
        work=[] if by.before else await start.work(request.state, mine, access.staff_of(request)),
        kinds=start.KINDS,
        lists=start.LISTS,
        older=_older(by, found[-1].id) if len(found) == SHOWN else "",
        areas=choices(mine.areas),
        clocks=CLOCKS,
        followup_words=followup_words,
        area_name=area_name,
        statuses=words.STATUS,
        may_open=access.may(access.staff_of(request), access_table.CASE_OPENER),
        unseen=await alerts.unseen(request.state, mine),
        staff=access.staff_of(request),
    )


def _older(by: Board, last: int) -> str:
    told = {"status": by.status, "area": by.area, "clock": by.clock, "before": last}
    return urlencode({name: value for name, value in told.items() if value})


def _before(text: str) -> int | None:
    return int(text) if text.isdecimal() and int(text[:19]) > 0 and len(text) < 19 else None


async def new_case(request: Request[State], form: NewQuery) -> Response:
    return await _form(request, NewCaseForm(), None)


async def _form(request: Request[State], typed: NewCaseForm, wrong: Problem | None) -> Response:
    today = request.state["days"].day(request.state["clock"]())
    async with connection(request.state["desk_db"]) as db:
        policies = await queries.policies(db)
    policies.sort(key=lambda one: one.in_force_from, reverse=True)
    said = translator(request)
    in_force = [one.name for one in policies if not one.historic(today)]
    ours = [name for name in in_force if name.startswith("vn-")]
    return request.state["pages"].html(
        request,
        "tracing/new_case.html",
        200 if wrong is None else wrong.status,
        typed=typed,
        wrong=wrong,
        wrong_field=""
        if wrong is None
        else wrong.facts.get("field") or FIELDS.get(type(wrong), ""),
        policies=[
            (one, words.policy_name(said, one), words.in_force(said, one)) for one in policies
        ],
        policy=typed.policy or (ours or in_force or [""])[0],
        areas=choices(desk_of(request, access_table.CASE_OPENER).areas),
        purposes=words.PURPOSES,
        today=today,
        staff=access.staff_of(request),
        area_name=area_name,
    )


async def open_case(request: Request[State], form: NewCaseForm) -> Response:
    try:
        mine = desk_of(request, access_table.CASE_OPENER)
        case = await opening.open_case(request.state, mine, _opening(request, form))
    except Problem as wrong:
        if wrong.status >= 500:
            raise
        return await _form(request, form, wrong)
    return see_other(f"/desk/cases/{case.id}")


def _opening(request: Request[State], form: NewCaseForm) -> Opening:
    if not form.area:
        raise AreaUnknown
    return Opening(
        phone=form.phone,
        document=form.document,
        onset=typed_day("onset", form.onset),
        sampled=typed_day("sampled", form.sampled),
        isolated=local_time(request, "isolated", form.isolated),
        met_source=typed_day("met_source", form.met_source),
        policy=form.policy,
        lab_reference=form.lab_reference.strip(),
        national_number=form.national_number.strip() or None,
        area=form.area,
        purpose=form.purpose,
    )


endpoints = [
    Endpoint("GET", "/desk", cases, DeskQuery, page=True),
    Endpoint("GET", "/desk/cases/new", new_case, NewQuery, page=True),
    Endpoint("POST", "/desk/cases", open_case, NewCaseForm, page=True),
    *casework_pages.endpoints,
    *pages_work.endpoints,
    *pages_succession.endpoints,
    *pages_days.endpoints,
    *pages_backward.endpoints,
    *pages_notes.endpoints,
    *holds_pages.endpoints,
    *pages_line_list.endpoints,
    *pages_samples.endpoints,
    *pages_people_list.endpoints,
    *pages_releases.endpoints,
    *pages_alerts.endpoints,
    *clusters_pages.endpoints,
    *pages_history.endpoints,
    *pages_source.endpoints,
    *pages_transmission.endpoints,
    *points_pages.endpoints,
    *pages_interviews.endpoints,
    *pages_isolation.endpoints,
    *audit_pages.endpoints,
]
