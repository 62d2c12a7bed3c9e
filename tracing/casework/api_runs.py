"""JSON of a case's runs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from kit.db import DatabaseAway, connection
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing import desk
from tracing.case import (
    CaseClosed,
    CaseFile,
    CaseNotApproved,
    RunEnded,
    RunUnderWay,
    TierBeyondPolicy,
    TracingBusy,
)
from tracing.desk import case_id_of, desk_of
from tracing.run_answers import RunAnswer, RunStateAnswer, run_answer, run_state_answer
from tracing.runs import background, listing
from tracing.runs.listing import Run
from tracing.state import State
from tracing.words import translator


class RunForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`max_tier`: how far, 2 for F1 and F2; at most what the case's policy names."""

    max_tier: Annotated[int, Meta(ge=1, le=32767)] = 1


async def trace_case(request: Request[State], form: RunForm) -> Response:
    """Trace an approved case anew

    A run that takes longer than two seconds goes on by itself and is answered with its number.
    Whoever is no longer on the list stays in the file, and what was found out about them.
    """
    mine, case_id = desk_of(request), case_id_of(request)
    run_id = await desk.run(request.state, mine, case_id, form.max_tier)
    answer = await state_of(request, await desk.read_case(request.state, mine, case_id), run_id)
    return reply(answer, 202) if answer.result is None else reply(answer.result, 201)


async def read_run(request: Request[State]) -> Response:
    """How far a run is, or what it found"""
    case = await desk.read_case(request.state, desk_of(request), case_id_of(request))
    return reply(await state_of(request, case, run_id_of(request)))


async def cancel_run(request: Request[State]) -> Response:
    """Cancel a run; the list stays as it was"""
    mine, run_id = desk_of(request), run_id_of(request)
    case = await desk.read_case(request.state, mine, case_id_of(request))
    await background.cancel(request.state, case, run_id, mine.staff_id)
    return reply(await state_of(request, case, run_id))


def run_id_of(request: Request[State]) -> int:
    return desk.id_of(request, "run_id")


async def state_of(request: Request[State], case: CaseFile, run_id: int) -> RunStateAnswer:
    progress = await background.progress(request.state, case.id, run_id)
    if progress is None:
        raise NotFound
    done = await listing.done_run(request.state, case.id, run_id)
    return run_state_answer(progress, None if done is None else await run_of(request, case, done))


async def run_of(request: Request[State], case: CaseFile, run: Run) -> RunAnswer:
    async with connection(request.state["desk_db"]) as db:
        policy = await desk.policy_of(db, run.policy, run.policy_version)
    return run_answer(run, policy.historic(case.anchor), translator(request))


READ = (NotFound, DatabaseAway)
TRACED = (*READ, CaseNotApproved, CaseClosed, TierBeyondPolicy, RunUnderWay, TracingBusy)
PATH = "/v1/cases/{case_id:int}/runs"
ONE = f"{PATH}/{{run_id:int}}"

endpoints = [
    Endpoint("POST", PATH, trace_case, RunForm, {201: RunAnswer, 202: RunStateAnswer}, TRACED),
    Endpoint("GET", ONE, read_run, None, {200: RunStateAnswer}, READ),
    Endpoint(
        *("POST", f"{ONE}/cancel", cancel_run, None, {200: RunStateAnswer}, (*READ, RunEnded)),
    ),
]
