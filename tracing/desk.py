"""What officers do with a case, the same for the JSON and for the pages."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.requests import Request

from accounts import access, access_table, audit
from accounts.keydir import FIRST
from checkin.queries import linked_people, people_by_identifier
from checkin.vault import IdentifierKind, unseal
from kit.db import Connection, connection, transaction
from kit.errors import NotFound
from tracing import queries, queries_changes
from tracing.case import (
    AlreadyDecided,
    CaseChanged,
    CaseFile,
    PolicyUnknown,
    RunUnderWay,
    SecondPersonNeeded,
    Status,
    TierBeyondPolicy,
    TracingBusy,
    approved_case,
)
from tracing.engine.backward import Backward
from tracing.engine.model import Policy
from tracing.facts import NOBODY_KNOWN
from tracing.finding import Names
from tracing.point_file import read_points
from tracing.point_stays import hearsay_of
from tracing.runs import background, listing
from tracing.runs.queries import NewRun
from tracing.state import State
from tracing.trace import Asked, trace_back

BIGGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Whose desk: the account, the areas whose cases its roles reach, and those in which it works
    on the contacts that were given there. A tracer reaches no whole case."""

    staff_id: int
    areas: list[str]
    wards: list[str] = field(default_factory=list)

    def sees_whole(self, case: CaseFile) -> bool:
        return case.area.startswith(tuple(self.areas))


def desk_of(request: Request[Any], rule: access_table.Rule = access_table.OFFICER) -> Desk:
    staff = access.staff_of(request)
    return Desk(
        staff_id=staff.id,
        areas=access.scope(staff, rule.roles & access_table.CASE_READER.roles).areas,
        wards=access.scope(staff, rule.roles).areas,
    )


def case_id_of(request: Request[Any]) -> int:
    return id_of(request, "case_id")


def id_of(request: Request[Any], name: str) -> int:
    """A number of the path by its name there; NotFound where no column could hold it."""
    number: int = request.path_params[name]
    if number > BIGGEST_ID:
        raise NotFound
    return number


def contact_number_of(request: Request[Any]) -> str:
    number: str = request.path_params["number"]
    return number


async def policy_of(db: Connection, name: str, version: int | None = None) -> Policy:
    found = await queries.policies(db, name, version)
    if not found:
        raise PolicyUnknown
    return found[0]


async def case_in(db: Connection, case_id: int, desk: Desk) -> CaseFile:
    """NotFound where the case is not there or not of this desk."""
    found = await queries.case_file(db, case_id, desk.areas)
    if found is None:
        raise NotFound
    return found


async def read_case(state: State, desk: Desk, case_id: int) -> CaseFile:
    async with connection(state["desk_db"]) as db:
        return await case_in(db, case_id, desk)


async def read_work(state: State, desk: Desk, case_id: int) -> CaseFile:
    """Also a case of which this desk has some contacts alone."""
    async with connection(state["desk_db"]) as db:
        return await work_in(db, case_id, desk)


async def work_in(db: Connection, case_id: int, desk: Desk) -> CaseFile:
    found = await queries.case_file(db, case_id, desk.areas, desk.wards)
    if found is None:
        raise NotFound
    return found


def key_of(state: State, case: CaseFile) -> bytes:
    """Under which the case keeps what it knows of places and people."""
    return state["keys"].cases.key(case.number)


def told_identity(state: State, case: CaseFile) -> tuple[IdentifierKind, str]:
    """What the opener typed."""
    told = unseal(key_of(state, case), case.sealed, case.number.encode())
    return IdentifierKind(told["kind"]), str(told["value"])


async def _told_people(db: Connection, state: State, case: CaseFile) -> list[int]:
    """Everybody under what the opener typed; or the contact from whom the case was opened."""
    told = unseal(key_of(state, case), case.sealed, case.number.encode())
    found = [person] if (person := told.get("person")) else None
    if found is None:
        kind, value = told_identity(state, case)
        found = await people_by_identifier(db, kind, state["vault"].find(kind, value))
    return sorted(await linked_people(db, found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`changes`: how often the facts had been put right when this account read them."""

    approved: bool
    reason: str
    changes: int


async def decide(state: State, desk: Desk, case_id: int, decision: Decision) -> CaseFile:
    """By a second person; from the approval on the case knows its people and has a list."""
    approved = decision.approved
    async with transaction(state["desk_db"]) as db:
        await case_in(db, case_id, desk)
        await queries.lock_case(db, case_id)
        case = await case_in(db, case_id, desk)  # as it is now that nobody puts it right
        if case.status is not Status.OPENED:
            raise AlreadyDecided
        if case.opened_by == desk.staff_id:
            raise SecondPersonNeeded
        if case.changes != decision.changes:
            raise CaseChanged(changes=case.changes)
        people = await _told_people(db, state, case) if approved else []
        status = Status.APPROVED if approved else Status.REFUSED
        now = state["clock"]()
        if not await queries.decide(db, case_id, status, desk.staff_id, people, now):
            raise AlreadyDecided
        entry = audit.Entry(
            act="approve-case" if approved else "refuse-case",
            staff_id=desk.staff_id,
            purpose=case.purpose,
            case_id=case_id,
            facts={"reason": decision.reason},
        )
        await note(db, state, entry)
        if approved:  # who is a case carries nobody from its isolation on, in other cases' traces
            await queries_changes.count_change(db, case_id, people)
    if approved:
        with suppress(TracingBusy, RunUnderWay):  # approved all the same: it can be traced later
            await run(state, desk, case_id, counted=True)
    return await read_case(state, desk, case_id)


async def run(
    state: State, desk: Desk, case_id: int, max_tier: int = 1, *, counted: bool = False
) -> int:
    """Has the case traced anew. Returns the run's number; one that is not quick goes on. `counted`:
    waits for all its numbers, not for the list alone."""
    order = await _order(state, desk, case_id, max_tier)
    return await background.run(state, order, counted=counted)


async def _order(state: State, desk: Desk, case_id: int, max_tier: int) -> background.Order:
    moment = state["clock"]()
    async with transaction(state["desk_db"]) as db:
        case, asked = await asked_of(db, state, desk, case_id, max_tier)
    new = NewRun(
        case_id=case.id,
        policy=case.policy,
        policy_version=case.policy_version,
        moment=moment,
        by_staff=desk.staff_id,
        max_tier=max_tier,
        changes=case.changes,
    )
    again = partial(_deeper_order, state, desk, case_id, max_tier)
    return background.Order(case=case, asked=asked, new=new, again=again)


async def _deeper_order(state: State, desk: Desk, case_id: int, max_tier: int) -> background.Order:
    """What changed while a run went on is traced as far as the list goes, if that run went less
    far."""
    async with connection(state["desk_db"]) as db:
        deepest = await queries_changes.deepest(db, case_id)
    return await _order(state, desk, case_id, max(max_tier, deepest))


async def look_back(state: State, desk: Desk, case_id: int) -> tuple[Backward, Names]:
    """Where an approved case may have been infected; the look stands in the audit."""
    async with transaction(state["desk_db"]) as db:
        case, asked = await asked_of(db, state, desk, case_id, 1)
        entry = audit.Entry(
            act="look-back", staff_id=desk.staff_id, purpose=case.purpose, case_id=case_id
        )
        await note(db, state, entry)
    async with background.slot(state):
        return await trace_back(state["desk_db"], state["days"], asked, state["clock"]())


async def asked_of(
    db: Connection, state: State, desk: Desk, case_id: int, max_tier: int
) -> tuple[CaseFile, Asked]:
    """An approved case and what a trace of it starts from."""
    case = approved_case(await case_in(db, case_id, desk))
    policy = await policy_of(db, case.policy, case.policy_version)
    people = sorted(await linked_people(db, case.people))
    if new := [one for one in people if one not in case.people]:
        await queries.add_case_people(db, case.id, new)
    if not 1 <= max_tier <= policy.max_tier:
        raise TierBeyondPolicy(highest=policy.max_tier)
    points = await read_points(db, key_of(state, case), case.id)
    return case, Asked(
        people=people,
        onset=case.onset,
        sampled=case.sampled,
        isolated=case.isolated,
        met_source=case.met_source,
        policy=policy,
        max_tier=max_tier,
        told=await listing.told(db, key_of(state, case), case),
        hearsay=hearsay_of(points, min(people, default=NOBODY_KNOWN), state["settings"].zone),
    )


async def note(db: Connection, state: State, entry: audit.Entry) -> None:
    await audit.record(db, state["keys"].audit.key(FIRST), entry, state["clock"]())
