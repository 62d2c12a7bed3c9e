"""Pages of one case: its facts, the second person's decision, the list of contacts and its
names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from checkin.phone import masked
from checkin.vault import IdentifierKind
from kit.db import connection
from kit.errors import Conflict
from kit.http import Endpoint, see_other
from tracing import desk, listing, runs, words
from tracing.answers import area_name, contact_answer
from tracing.api_runs import run_id_of
from tracing.case import CaseFile, Purpose, RunEnded, Status, contact_number
from tracing.desk import case_id_of, desk_of
from tracing.export_formats import RECIPES
from tracing.listing import Line, Run
from tracing.names import NOBODY, Named, Wish, masked_people, reveal
from tracing.releases import NamesTooMany
from tracing.run_answers import run_answer
from tracing.state import State
from tracing.words import elapsed, translator

SHOWN = 100


class CaseQuery(Struct, frozen=True):
    """`start` as it stands in an address: whatever is no place on the list is the nearest one;
    `tier`: whatever is none means all."""

    start: str = ""
    tier: str = ""
    lang: str = ""


class RunForm(Struct, frozen=True, forbid_unknown_fields=True):
    max_tier: Annotated[int, Meta(ge=1, le=32767)] = 1


class DecideForm(Struct, frozen=True, forbid_unknown_fields=True):
    approved: bool
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class RevealForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`number`: one person; none: everybody on this page. `open`: numbers whose names the page
    shows already, blanks between."""

    purpose: Purpose
    number: Annotated[str, Meta(max_length=8)] = ""
    open: Annotated[str, Meta(max_length=2000)] = ""
    start: str = ""
    tier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a page of a case shows beside its facts: a part of the list, and opened names."""

    purpose: Purpose
    start: str = ""
    tier: str = ""
    names: Mapping[str, Named] = field(default_factory=dict)
    wrong: Conflict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A page of a list: its lines from `start` on, of `total`."""

    run: Run
    lines: Sequence[Line]
    start: int
    total: int


async def case_page(request: Request[State], form: CaseQuery) -> Response:
    case = await desk.read_case(request.state, desk_of(request), case_id_of(request))
    return await _page(request, case, Shown(purpose=case.purpose, start=form.start, tier=form.tier))


async def _page(request: Request[State], case: CaseFile, shown: Shown) -> Response:
    state, staff, said = request.state, access.staff_of(request), translator(request)
    kind, value = desk.told_identity(state, case)
    approved = case.status is Status.APPROVED
    part = await read_part(state, case, shown.tier, shown.start) if approved else None
    lines = part.lines if part else ()
    known = await masked_people(state, [*case.people, *(line.person_id for line in lines)])
    async with connection(state["desk_db"]) as db:
        policy = await desk.policy_of(db, case.policy, case.policy_version)
    historic = policy.historic(case.anchor)
    second_person = state["settings"].second_person
    return state["pages"].html(
        request,
        "tracing/case.html",
        200 if shown.wrong is None else shown.wrong.status,
        case=case,
        policy=words.policy_name(said, policy),
        historic=historic,
        wrong=shown.wrong,
        told=(words.KINDS[kind], masked(value) if kind is IdentifierKind.PHONE else hidden(value)),
        area_name=area_name,
        since=elapsed(said, state["clock"]() - case.opened_at),
        own=[
            (contact_number(desk.key_of(state, case), one), known.get(one, NOBODY))
            for one in case.people
        ],
        under_way=await runs.progress(state, case.id) if approved else None,
        run=run_answer(part.run, historic, said) if part else None,
        rows=[
            (line, contact_answer(line, known.get(line.person_id, NOBODY), said)) for line in lines
        ],
        total=part.total if part else 0,
        start=part.start if part else 0,
        tier=tier_of(shown.tier),
        max_tier=policy.max_tier,
        shown=SHOWN,
        names=shown.names,
        purpose=shown.purpose,
        words=words,
        formats={code: one for code, one in RECIPES.items() if not (one.names and second_person)},
        second_person=second_person,
        ends=lambda one: words.ends(said, one),
        staff=staff,
        may_approve=bool(staff.roles & access_table.CASE_APPROVER.roles)
        and case.opened_by != staff.id,
        may_export=bool(staff.roles & access_table.CASE_OPENER.roles),
    )


def tier_of(text: str) -> int | None:
    return int(text) if text.isdecimal() and 0 < len(text) < 4 else None


async def read_part(state: State, case: CaseFile, tier: str, start: str) -> Part | None:
    """A page of the list from where the address says: never beyond its end."""
    key = desk.key_of(state, case)
    async with connection(state["desk_db"]) as db:
        found = await listing.index(db, key, case)
        if found is None:
            return None
        chosen = found.of_tier(tier_of(tier))
        wanted = int(start) if start.isdecimal() and len(start) < 10 else 0
        first = min(wanted, max(0, len(chosen) - 1) // SHOWN * SHOWN)
        lines = await listing.lines(db, key, chosen, first, SHOWN)
    return Part(run=found.run, lines=lines, start=first, total=len(chosen))


def hidden(value: str) -> str:
    """'092087001234' → '•••••••••234'."""
    return "•" * (len(value) - 3) + value[-3:]


async def decide(request: Request[State], form: DecideForm) -> Response:
    mine, case_id = desk_of(request, access_table.CASE_APPROVER), case_id_of(request)
    try:
        await desk.decide(request.state, mine, case_id, form.approved, form.reason)
    except Conflict as wrong:
        case = await desk.read_case(request.state, mine, case_id)
        return await _page(request, case, Shown(purpose=case.purpose, wrong=wrong))
    return see_other(f"/desk/cases/{case_id}")


async def trace_again(request: Request[State], form: RunForm) -> Response:
    mine, case_id = desk_of(request), case_id_of(request)
    try:
        await desk.run(request.state, mine, case_id, form.max_tier)
    except Conflict as wrong:
        case = await desk.read_case(request.state, mine, case_id)
        return await _page(request, case, Shown(purpose=case.purpose, wrong=wrong))
    return see_other(f"/desk/cases/{case_id}")


async def cancel_run(request: Request[State]) -> Response:
    mine, run_id = desk_of(request), run_id_of(request)
    case = await desk.read_case(request.state, mine, case_id_of(request))
    with suppress(RunEnded):  # the page says so
        await runs.cancel(request.state, case, run_id, mine.staff_id)
    return see_other(f"/desk/cases/{case.id}")


async def reveal_names(request: Request[State], form: RevealForm) -> Response:
    """The page once more, with names: they are in no address and in no cache."""
    state, mine, case_id = request.state, desk_of(request), case_id_of(request)
    case = await desk.read_case(state, mine, case_id)
    numbers = [form.number] if form.number else await _numbers(state, case, form)
    wish = Wish(
        staff_id=mine.staff_id,
        areas=mine.areas,
        case_id=case_id,
        purpose=form.purpose,
        numbers=numbers,
        open=frozenset(form.open.split()),
    )
    shown = Shown(purpose=form.purpose, start=form.start, tier=form.tier)
    try:
        _, names = await reveal(state, wish)
    except NamesTooMany as wrong:
        return await _page(request, case, replace(shown, wrong=wrong))
    return await _page(request, case, replace(shown, names=names))


async def _numbers(state: State, case: CaseFile, form: RevealForm) -> list[str]:
    """Of the case's own records and of the contacts on this page."""
    approved = case.status is Status.APPROVED
    part = await read_part(state, case, form.tier, form.start) if approved else None
    own = [contact_number(desk.key_of(state, case), one) for one in case.people]
    return [*own, *(line.number for line in (part.lines if part else ()))]


PATH = "/desk/cases/{case_id:int}"

endpoints = [
    Endpoint("GET", PATH, case_page, CaseQuery, page=True),
    Endpoint("POST", f"{PATH}/approval", decide, DecideForm, page=True),
    Endpoint("POST", f"{PATH}/runs", trace_again, RunForm, page=True),
    Endpoint("POST", f"{PATH}/runs/{{run_id:int}}/cancel", cancel_run, page=True),
    Endpoint("POST", f"{PATH}/reveal", reveal_names, RevealForm, page=True),
]
