"""What officers do with a case, the same for the JSON and for the pages."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from starlette.requests import Request

from accounts import access, access_table, audit
from accounts.keydir import FIRST
from checkin.phone import normal_phone
from checkin.queries import linked_people, people_by_identifier
from checkin.vault import IdentifierKind, seal, unseal
from kit.db import Connection, connection, transaction
from kit.errors import NotFound
from tracing import queries
from tracing.area_choices import check_area
from tracing.case import (
    OLDEST_CASE,
    AlreadyDecided,
    AreaUnknown,
    CaseFile,
    CaseOpenAlready,
    DayImplausible,
    IdentityNeeded,
    NewCase,
    PolicyUnknown,
    Purpose,
    RunUnderWay,
    SecondPersonNeeded,
    Status,
    TierBeyondPolicy,
    TracingBusy,
    approved_case,
    check_days,
    check_references,
    document,
    new_number,
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
class Opening:
    """A case as asked for; `person_id` and `source_id` where it is a contact of another case."""

    phone: str
    document: str
    onset: date | None
    sampled: date | None
    isolated: datetime | None
    policy: str
    lab_reference: str
    national_number: str | None
    area: str
    purpose: Purpose
    person_id: int | None = None
    source_id: int | None = None


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


async def open_case(state: State, desk: Desk, asked: Opening) -> CaseFile:
    """Opened whether the person is known here or not: nobody looks before the approval."""
    now = state["clock"]()
    today = state["days"].day(now)
    kind, value = identity(asked.phone, asked.document)
    check_days(asked.onset, asked.sampled, today)
    check_references(asked.lab_reference, asked.national_number)
    isolated = asked.isolated and asked.isolated.replace(second=0, microsecond=0)
    if isolated and not now - OLDEST_CASE <= isolated <= now:
        raise DayImplausible(field="isolated")
    check_area(asked.area)
    number = new_number(today)
    key = state["keys"].cases.make(number)
    told = {"kind": kind, "value": value, "person": asked.person_id}
    async with transaction(state["desk_db"]) as db:
        policy = await policy_of(db, asked.policy)
        new = NewCase(
            number=number,
            national_number=asked.national_number,
            disease=policy.disease,
            lab_reference=asked.lab_reference,
            onset=asked.onset,
            sampled=asked.sampled,
            isolated=isolated,
            area=asked.area,
            policy=policy.name,
            policy_version=policy.version,
            purpose=asked.purpose,
            sealed=seal(key, told, number.encode()),
        )
        await _check_not_open(db, asked, desk)
        case_id = await queries.open_case(db, new, desk.staff_id, desk.areas, now)
        if case_id is None:
            raise AreaUnknown
        if asked.source_id is not None:
            await queries.name_source(db, case_id, asked.source_id)
        entry = audit.Entry(
            act="open-case", staff_id=desk.staff_id, purpose=asked.purpose, case_id=case_id
        )
        await note(db, state, entry)
        return await case_in(db, case_id, desk)


def identity(phone: str, paper: str) -> tuple[IdentifierKind, str]:
    """Kind and normal form of the one that was given."""
    if bool(phone.strip()) == bool(paper.strip()):
        raise IdentityNeeded
    return document(paper) if paper.strip() else (IdentifierKind.PHONE, normal_phone(phone))


async def _check_not_open(db: Connection, asked: Opening, desk: Desk) -> None:
    """By the reference alone: to compare people, somebody would have to be looked up."""
    found = await queries.open_with_reference(db, asked.lab_reference, asked.area, desk.areas)
    if found is not None:
        case_id, number = found
        raise CaseOpenAlready(case_id=case_id, number=number)


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


async def decide(state: State, desk: Desk, case_id: int, approved: bool, reason: str) -> CaseFile:
    """By a second person; from the approval on the case knows its people and has a list."""
    async with transaction(state["desk_db"]) as db:
        case = await case_in(db, case_id, desk)
        if case.status is not Status.OPENED:
            raise AlreadyDecided
        if case.opened_by == desk.staff_id:
            raise SecondPersonNeeded
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
            facts={"reason": reason},
        )
        await note(db, state, entry)
    if approved:
        with suppress(TracingBusy, RunUnderWay):  # approved all the same: it can be traced later
            await run(state, desk, case_id)
    return await read_case(state, desk, case_id)


async def run(state: State, desk: Desk, case_id: int, max_tier: int = 1) -> int:
    """Has the case traced anew. Returns the run's number; one that is not quick goes on."""
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
    )
    return await background.run(state, background.Order(case=case, asked=asked, new=new))


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
    await queries.add_case_people(db, case.id, [p for p in people if p not in case.people])
    if not 1 <= max_tier <= policy.max_tier:
        raise TierBeyondPolicy(highest=policy.max_tier)
    points = await read_points(db, key_of(state, case), case.id)
    return case, Asked(
        people=people,
        onset=case.onset,
        sampled=case.sampled,
        isolated=case.isolated,
        policy=policy,
        max_tier=max_tier,
        told=await listing.told(db, key_of(state, case), case),
        hearsay=hearsay_of(points, min(people, default=NOBODY_KNOWN)),
    )


async def note(db: Connection, state: State, entry: audit.Entry) -> None:
    await audit.record(db, state["keys"].audit.key(FIRST), entry, state["clock"]())
