"""Pages of one case: its facts, the second person's decision, the list of contacts and its
names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from accounts.areas import area_name
from checkin.phone import masked
from checkin.vault import IdentifierKind
from kit.db import connection
from kit.errors import Conflict, Problem
from kit.http import Endpoint, see_other
from tracing import desk, queries, queries_changes, queries_clock, queries_references, words
from tracing.answers import contact_answer
from tracing.area_choices import choices
from tracing.case import CaseFile, Purpose, RunEnded, Status, contact_number
from tracing.case_days import Ruler, days_of, doubts
from tracing.casework.api_runs import run_id_of
from tracing.casework.pages_list import (
    SHOWN,
    ListQuery,
    Part,
    hands,
    off_list,
    query_of,
    read_part,
)
from tracing.clock import clock
from tracing.desk import Decision, Desk, case_id_of, desk_of
from tracing.exports.formats import RECIPES
from tracing.followup import notes, queries_elsewhere
from tracing.followup import words as followup_words
from tracing.followup.answers import work_answers
from tracing.names import NOBODY, Named, Wish, masked_people, reveal
from tracing.points.answers import point_answer
from tracing.points.desk import points_of
from tracing.releases import NamesTooMany
from tracing.run_answers import run_answer
from tracing.runs import background
from tracing.state import State
from tracing.words import translator


class RunForm(Struct, frozen=True, forbid_unknown_fields=True):
    max_tier: Annotated[int, Meta(ge=1, le=32767)] = 1


class DecideForm(Struct, frozen=True, forbid_unknown_fields=True):
    approved: bool
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    changes: Annotated[int, Meta(ge=0)] = 0


class RevealForm(Struct, frozen=True):
    """`number`: one person; none: everybody on this page. `open`: numbers whose names the page
    shows already, blanks between. `list`: the address of the page. What else the form of the list
    has is for other buttons."""

    purpose: Purpose
    number: Annotated[str, Meta(max_length=8)] = ""
    open: Annotated[str, Meta(max_length=2000)] = ""
    list: Annotated[str, Meta(max_length=1000)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a page of a case shows beside its facts: a part of the list, and opened names."""

    purpose: Purpose
    query: ListQuery = field(default_factory=ListQuery)
    names: Mapping[str, Named] = field(default_factory=dict)
    wrong: Problem | None = None
    typed: str = ""  # into the form that was refused
    sent: Mapping[str, str] = field(default_factory=dict)  # with the list, where that was refused


async def case_page(request: Request[State], form: ListQuery) -> Response:
    case = await desk.read_work(request.state, desk_of(request), case_id_of(request))
    return await page(request, case, Shown(purpose=case.purpose, query=form))


async def page(request: Request[State], case: CaseFile, shown: Shown) -> Response:
    state, said, mine = request.state, translator(request), desk_of(request)
    approved = case.status is Status.APPROVED
    part = await read_part(state, mine, case, shown.query) if approved else None
    async with connection(state["desk_db"]) as db:
        policy = await desk.policy_of(db, case.policy, case.policy_version)
        reached = await queries_clock.reached(db, [case.id])
        untraced = await queries_changes.untraced(db, [case.id])
        same = await queries_references.same_reference(db, [case.id], mine.areas)
        deepest = await queries_changes.deepest(db, case.id)
        refusal = await queries.refusal(db, case.id) if case.status is Status.REFUSED else ""
    historic = policy.historic(case.anchor)
    ruler = Ruler(policy=policy, zone=state["settings"].zone, now=state["clock"]())
    second_person = state["settings"].second_person
    time = clock(case, reached.get(case.id), state["clock"]())
    return state["pages"].html(
        request,
        "tracing/case.html",
        200 if shown.wrong is None else shown.wrong.status,
        case=case,
        policy=words.policy_name(said, policy),
        historic=historic,
        day_doubts=[words.DAY_DOUBTS[one] for one in doubts(days_of(case), ruler)],
        same_reference=same.get(case.id),
        refusal=refusal,
        wrong=shown.wrong,
        typed=shown.typed,
        sent=shown.sent,
        area_name=area_name,
        clock=time,
        clock_words=followup_words.clock_words(said, time),
        under_way=await background.progress(state, case.id) if approved else None,
        run=run_answer(part.run, historic, said) if part else None,
        untraced=untraced[case.id],
        deepest=deepest,
        off_list=await off_list(state, mine, case) if part else None,
        total=part.total if part else 0,
        start=part.start if part else 0,
        max_tier=policy.max_tier,
        shown=SHOWN,
        names=shown.names,
        purpose=shown.purpose,
        query=shown.query,
        words=words,
        formats={code: one for code, one in RECIPES.items() if not (one.names and second_person)},
        second_person=second_person,
        ends=lambda one, tier: words.ends(said, one, tier),
        **await _people(request, mine, case, part),
        **await _work(request, mine, case),
    )


async def _people(
    request: Request[State], mine: Desk, case: CaseFile, part: Part | None
) -> dict[str, Any]:
    """The case's own person, as far as this desk knows them, and the rows of the list."""
    state, said, whole = request.state, translator(request), mine.sees_whole(case)
    lines = part.lines if part else ()
    own = case.people if whole else ()
    known = await masked_people(state, [*own, *(line.person_id for line in lines)])
    done = await work_answers(state, case, lines)
    kind, value = desk.told_identity(state, case)
    told = masked(value) if kind is IdentifierKind.PHONE else hidden(value)
    async with connection(state["desk_db"]) as db:
        also = await queries_elsewhere.cases_of(db, own, case.id)
    return {
        "whole": whole,
        "also": sorted({one.number for one in also.values()}),
        "told": (words.KINDS[kind], told) if whole else None,
        "own": [
            (contact_number(desk.key_of(state, case), one), known.get(one, NOBODY)) for one in own
        ],
        "rows": [
            (
                line,
                contact_answer(line, known.get(line.person_id, NOBODY), done[line.person_id], said),
            )
            for line in lines
        ],
    }


async def _work(request: Request[State], mine: Desk, case: CaseFile) -> dict[str, Any]:
    """What this account may do here, and to whom contacts can be given."""
    staff = access.staff_of(request)
    gives = access.may(staff, access_table.CASE_APPROVER)
    whole = mine.sees_whole(case)
    at_points = await points_of(request.state, mine, case.id) if whole else []
    return {
        "staff": staff,
        "followup_words": followup_words,
        "note_kinds": followup_words.NOTES,
        "told_notes": await notes.told(request.state, mine, case),
        "hands": await hands(request.state, mine, case, gives=gives),
        "areas": choices(desk_of(request, access_table.CASE_APPROVER).areas) if gives else [],
        "may_approve": gives and case.opened_by != staff.id,
        "may_give": gives,
        "may_verify": access.may(staff, access_table.VERIFIER),
        "points": [point_answer(one, {}) for one in at_points],
        "may_interview": access.may(staff, access_table.INTERVIEWER),
        "may_run": whole and access.may(staff, access_table.CASE_OPENER),
        "may_export": whole and access.may(staff, access_table.CASE_OPENER),
    }


def hidden(value: str) -> str:
    """'092087001234' → '•••••••••234'."""
    return "•" * (len(value) - 3) + value[-3:]


async def decide(request: Request[State], form: DecideForm) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_APPROVER), case_id_of(request)
    try:
        decision = Decision(approved=form.approved, reason=form.reason, changes=form.changes)
        await desk.decide(request.state, mine, case_id, decision)
    except Conflict as wrong:
        case = await desk.read_case(request.state, mine, case_id)
        return await page(request, case, Shown(purpose=case.purpose, wrong=wrong))
    return see_other(f"/desk/cases/{case_id}")


async def trace_again(request: Request[State], form: RunForm) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_OPENER), case_id_of(request)
    try:
        await desk.run(request.state, mine, case_id, form.max_tier, counted=True)
    except Conflict as wrong:
        case = await desk.read_case(request.state, mine, case_id)
        return await page(request, case, Shown(purpose=case.purpose, wrong=wrong))
    return see_other(f"/desk/cases/{case_id}")


async def cancel_run(request: Request[State]) -> Response:
    mine, run_id = desk_of(request, access_table.CASE_OPENER), run_id_of(request)
    case = await desk.read_case(request.state, mine, case_id_of(request))
    with suppress(RunEnded):  # the page says so
        await background.cancel(request.state, case, run_id, mine.staff_id)
    return see_other(f"/desk/cases/{case.id}")


async def reveal_names(request: Request[State], form: RevealForm) -> Response:
    """The page once more, with names: they are in no address and in no cache."""
    state, mine, case_id = request.state, desk_of(request), case_id_of(request)
    case, query = await desk.read_work(state, mine, case_id), query_of(form.list)
    numbers = [form.number] if form.number else await _numbers(state, mine, case, query)
    shown = Shown(purpose=form.purpose, query=query)
    try:
        names = await opened(state, mine, case, form.purpose, numbers, form.open)
    except NamesTooMany as wrong:
        return await page(request, case, replace(shown, wrong=wrong))
    return await page(request, case, replace(shown, names=names))


async def opened(
    state: State, mine: Desk, case: CaseFile, purpose: Purpose, numbers: Sequence[str], open_: str
) -> Mapping[str, Named]:
    """Names by number: of these, with an audit row each, and of those that are open already."""
    wish = Wish(
        staff_id=mine.staff_id,
        areas=mine.areas,
        wards=mine.wards,
        case_id=case.id,
        purpose=purpose,
        numbers=numbers,
        open=frozenset(open_.split()),
    )
    _, names = await reveal(state, wish)
    return names


async def _numbers(state: State, mine: Desk, case: CaseFile, query: ListQuery) -> list[str]:
    """Of the case's own records and of the contacts on this page."""
    approved = case.status is Status.APPROVED
    part = await read_part(state, mine, case, query) if approved else None
    people = case.people if mine.sees_whole(case) else ()
    own = [contact_number(desk.key_of(state, case), one) for one in people]
    return [*own, *(line.number for line in (part.lines if part else ()))]


PATH = "/desk/cases/{case_id:int}"

endpoints = [
    Endpoint("GET", PATH, case_page, ListQuery, page=True),
    Endpoint("POST", f"{PATH}/approval", decide, DecideForm, page=True),
    Endpoint("POST", f"{PATH}/runs", trace_again, RunForm, page=True),
    Endpoint("POST", f"{PATH}/runs/{{run_id:int}}/cancel", cancel_run, page=True),
    Endpoint("POST", f"{PATH}/reveal", reveal_names, RevealForm, page=True),
]
