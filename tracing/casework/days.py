"""Onset, sample and isolation of a case put right, and the case traced with them. What makes the
infectious period longer exposes people whom nobody agreed to trace: that needs a second account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kit.db import Connection, connection, transaction
from kit.errors import Conflict, NotFound, Unprocessable
from tracing import queries_changes
from tracing.acting import Acting, note, run_again
from tracing.case import CaseClosed, CaseFile, CaseNotApproved, Status, check_days, check_isolation
from tracing.case_days import Days, Ruler, days_of, widens
from tracing.casework import queries_days
from tracing.casework.queries_days import Correction, NewCorrection, Settled
from tracing.desk import Desk, case_in, policy_of
from tracing.state import State


class DaysUnchanged(Unprocessable):
    """These are the days that the case has already."""


class CorrectionWaits(Conflict):
    """A correction of this case waits for a second account; it has to be decided first."""


class CorrectionDecided(Conflict):
    """This correction was decided already."""


class CorrectionSecondPerson(Conflict):
    """Somebody else must agree to this correction, not the account that asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """`corrections` newest first. `traced`: the case with its new days, at once; False where
    it is once the trace under way has ended, None where nothing was changed."""

    case: CaseFile
    corrections: Sequence[Correction]
    traced: bool | None = None


async def corrections_of(
    state: State, mine: Desk, case_id: int, traced: bool | None = None
) -> Corrected:
    async with connection(state["desk_db"]) as db:
        case = await case_in(db, case_id, mine)
        found = await queries_days.corrections(db, case.id)
    return Corrected(case=case, corrections=found, traced=traced)


async def correct(
    state: State, mine: Desk, case_id: int, days: Days, reason: str, *, alone: bool
) -> Corrected:
    """`alone`: this account may agree to what makes the period no longer. Before its approval a
    case is put right by whoever may open one, for the second person has still to look at it."""
    now = state["clock"]()
    isolated = days.isolated and days.isolated.replace(second=0, microsecond=0)
    days = replace(days, isolated=isolated)
    check_days(days.onset, days.sampled, state["days"].day(now), days.met_source)
    check_isolation(days.isolated, now)
    async with transaction(state["desk_db"]) as db:
        acting = await _acting(db, state, mine, case_id)
        before = days_of(acting.case)
        if days == before:
            raise DaysUnchanged
        new = NewCorrection(
            case_id=acting.case.id, days=days, reason=reason, asked_by=mine.staff_id
        )
        found = await queries_days.ask(db, new, now)
        if found is None:
            raise CorrectionWaits
        longer = widens(before, days, await ruler_of(db, state, acting.case))
        at_once = acting.case.status is Status.OPENED or (alone and not longer)
        await note(acting, "ask-correction", {"correction": found, "longer": longer})
        if at_once:
            settled = Settled(
                case_id=acting.case.id, id=found, approved=True, by=mine.staff_id, answer=""
            )
            await _settle(acting, settled, days)
    return await _traced(state, mine, acting.case, at_once)


async def decide(
    state: State, mine: Desk, case_id: int, correction_id: int, approved: bool, answer: str
) -> Corrected:
    """By a second account; who asked may only take it back."""
    async with transaction(state["desk_db"]) as db:
        acting = await _acting(db, state, mine, case_id)
        found = await queries_days.corrections(db, acting.case.id)
        asked = next((one for one in found if one.id == correction_id), None)
        if asked is None:
            raise NotFound
        if asked.approved is not None:
            raise CorrectionDecided
        if approved and asked.asked_by == mine.staff_id:
            raise CorrectionSecondPerson
        settled = Settled(
            case_id=acting.case.id,
            id=asked.id,
            approved=approved,
            by=mine.staff_id,
            answer=answer,
        )
        await _settle(acting, settled, asked.days)
    return await _traced(state, mine, acting.case, approved)


async def ruler_of(db: Connection, state: State, case: CaseFile) -> Ruler:
    policy = await policy_of(db, case.policy, case.policy_version)
    return Ruler(policy=policy, zone=state["settings"].zone, now=state["clock"]())


async def _acting(db: Connection, state: State, mine: Desk, case_id: int) -> Acting:
    case = await case_in(db, case_id, mine)
    await queries_changes.lock_lists(db, case.id, case.people)
    case = await case_in(db, case_id, mine)  # as it is now that nobody else changes it
    if case.status not in (Status.OPENED, Status.APPROVED):
        raise CaseClosed if case.status is Status.CLOSED else CaseNotApproved
    return Acting(db=db, state=state, desk=mine, case=case)


async def _settle(acting: Acting, settled: Settled, days: Days) -> None:
    now = acting.state["clock"]()
    await queries_days.settle(acting.db, settled, now)
    act = "correct-case" if settled.approved else "refuse-correction"
    if settled.approved:
        await queries_days.correct(acting.db, acting.case.id, days)
        await queries_changes.count_change(acting.db, acting.case.id, acting.case.people)
    await note(acting, act, {"correction": settled.id})


async def _traced(state: State, mine: Desk, case: CaseFile, changed: bool) -> Corrected:
    traced = None
    if changed and case.status is Status.APPROVED:
        traced = await run_again(state, mine, case.id)
    return await corrections_of(state, mine, case.id, traced)
