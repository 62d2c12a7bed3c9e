"""Entry holds from a case: proposed for one of its people, approved by a second account, lifted by
any; the same for the JSON and for the pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checkin import queries_holds
from checkin.holds import (
    ACTS_AN_HOUR,
    AlreadyHeld,
    Hold,
    HoldNotStanding,
    HoldReason,
    HoldsTooMany,
    NewHold,
    ObjectionAnswered,
    check_second_person,
    check_third_person,
    ends_at,
)
from checkin.model import Colour
from checkin.queries import linked_people
from checkin.standing import Said, note_of, said
from kit.db import Connection, connection, transaction
from kit.errors import NotFound
from tracing.acting import Acting, note_people
from tracing.case import CaseClosed, CaseFile, CaseNotApproved, Status, contact_number
from tracing.desk import Desk, case_in
from tracing.runs import listing
from tracing.state import State

UNDECIDED = frozenset({Status.OPENED, Status.REFUSED})
# To hold somebody needs an open case; to let them go, or answer them, works after its closing too.
NOT_OPEN = UNDECIDED | {Status.CLOSED}


class HoldStatus(StrEnum):
    PROPOSED = "proposed"
    STANDING = "standing"
    REFUSED = "refused"
    LIFTED = "lifted"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """For one person, by their number in the case; `note` is told to them beside the reason."""

    number: str
    colour: Colour
    until: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownHold:
    """A hold as the desk sees it, opened; its objections with the open one first."""

    hold: Hold
    number: str
    status: HoldStatus
    note: str
    objections: tuple[Said, ...]


async def propose(state: State, desk: Desk, case_id: int, asked: Proposal) -> ShownHold:
    now = state["clock"]()
    until = ends_at(asked.until, now)
    async with transaction(state["desk_db"]) as db:
        case = await _approved(db, desk, case_id)
        acting = Acting(db=db, state=state, desk=desk, case=case)
        person_id, reason = await _holdable(acting, asked.number)
        facts = {"until": until.isoformat(), "colour": asked.colour.name.lower()}
        await _counted(acting, "propose-hold", person_id, facts)
        sealed, key_id = state["vault"].seal(person_id, {"note": asked.note})
        new = NewHold(
            person_id=person_id,
            case_id=case.id,
            colour=asked.colour,
            reason=reason,
            sealed=sealed,
            key_id=key_id,
            until=until,
            proposed_by=desk.staff_id,
        )
        hold_id = await queries_holds.propose_hold(db, new, now)
        return await _shown(acting, hold_id)


async def decide(
    state: State, desk: Desk, case_id: int, hold_id: int, approved: bool, reason: str
) -> ShownHold:
    """By a second person; from then on the door knows the colour, on every record of theirs."""
    now = state["clock"]()
    async with transaction(state["desk_db"]) as db:
        acting, hold = await _acting(db, state, desk, case_id, hold_id)
        check_second_person(hold, desk.staff_id)
        if approved and now >= hold.until:
            raise HoldNotStanding
        act = "approve-hold" if approved else "refuse-hold"
        await _counted(acting, act, hold.person_id, {"hold": hold.id, "reason": reason})
        await queries_holds.decide_hold(db, hold.id, approved, desk.staff_id, now)
        if approved:
            people = sorted(await linked_people(db, [hold.person_id]))
            if await queries_holds.hold_entry(db, hold.id, people, now) < len(people):
                raise AlreadyHeld
        return await _shown(acting, hold.id)


async def lift(state: State, desk: Desk, case_id: int, hold_id: int, reason: str) -> ShownHold:
    """By anyone who may propose one: to let somebody go needs no second person."""
    async with transaction(state["desk_db"]) as db:
        acting, hold = await _acting(db, state, desk, case_id, hold_id, UNDECIDED)
        await _lift(acting, hold, reason)
        return await _shown(acting, hold.id)


async def answer(
    state: State, desk: Desk, case_id: int, hold_id: int, upheld: bool, text: str
) -> ShownHold:
    """An objection: upheld, the hold is lifted; turned down, by neither of those who held."""
    now = state["clock"]()
    async with transaction(state["desk_db"]) as db:
        acting, hold = await _acting(db, state, desk, case_id, hold_id, UNDECIDED)
        if not upheld:
            check_third_person(hold, desk.staff_id)
        sealed = state["vault"].seal(hold.person_id, {"answer": text})
        if not await queries_holds.answer_objection(
            db, hold.id, sealed, upheld, desk.staff_id, now
        ):
            raise ObjectionAnswered
        facts = {"hold": hold.id, "upheld": upheld}
        await note_people(acting, "answer-objection", [hold.person_id], facts)
        if upheld and hold.stands(now):
            await _lift(acting, hold, "objection upheld")
        return await _shown(acting, hold.id)


async def holds_of(state: State, desk: Desk, case_id: int) -> list[ShownHold]:
    """Newest first."""
    async with transaction(state["desk_db"]) as db:
        case = await case_in(db, case_id, desk)
        return await _shown_all(Acting(db=db, state=state, desk=desk, case=case))


async def holdable(
    state: State, desk: Desk, case_id: int, number: str
) -> tuple[int, HoldReason] | None:
    """Who a proposal with this number would be about, and why; None where it could not be made."""
    async with connection(state["desk_db"]) as db:
        case = await case_in(db, case_id, desk)
        if case.status is not Status.APPROVED:
            return None
        with suppress(NotFound):
            acting = Acting(db=db, state=state, desk=desk, case=case)
            return await _holdable(acting, number)
    return None


async def _approved(
    db: Connection, desk: Desk, case_id: int, against: Collection[Status] = NOT_OPEN
) -> CaseFile:
    case = await case_in(db, case_id, desk)
    if case.status in against:
        raise CaseClosed if case.status is Status.CLOSED else CaseNotApproved
    return case


async def _acting(
    db: Connection,
    state: State,
    desk: Desk,
    case_id: int,
    hold_id: int,
    against: Collection[Status] = NOT_OPEN,
) -> tuple[Acting, Hold]:
    case = await _approved(db, desk, case_id, against)
    hold = await queries_holds.hold(db, hold_id, case.id)
    if hold is None:
        raise NotFound
    return Acting(db=db, state=state, desk=desk, case=case), hold


async def _holdable(acting: Acting, number: str) -> tuple[int, HoldReason]:
    """Who is meant: a record of the case's own or a close contact. Anybody else is «not there»."""
    key = acting.key
    for person_id in acting.case.people:
        if contact_number(key, person_id) == number:
            return person_id, HoldReason.CONFIRMED_CASE
    line = await listing.line_of(acting.db, key, acting.case, number)
    if line is None or not line.close:
        raise NotFound
    return line.person_id, HoldReason.CLOSE_CONTACT


async def _lift(acting: Acting, hold: Hold, reason: str) -> None:
    """A proposal that nobody decided is withdrawn the same way."""
    now = acting.state["clock"]()
    if hold.approved is False or hold.ended is not None or now >= hold.until:
        raise HoldNotStanding
    await note_people(acting, "lift-hold", [hold.person_id], {"hold": hold.id, "reason": reason})
    await queries_holds.end_hold(acting.db, hold.id, acting.desk.staff_id, now)


async def _counted(acting: Acting, act: str, person_id: int, facts: Mapping[str, object]) -> None:
    """An act that turns somebody's colour. Its audit row comes first: the row's lock makes the
    count exact."""
    await note_people(acting, act, [person_id], facts)
    now = acting.state["clock"]()
    if await queries_holds.hold_acts(acting.db, acting.desk.staff_id, now) >= ACTS_AN_HOUR:
        raise HoldsTooMany(retry_after=3600)


async def _shown(acting: Acting, hold_id: int) -> ShownHold:
    return next(one for one in await _shown_all(acting) if one.hold.id == hold_id)


async def _shown_all(acting: Acting) -> list[ShownHold]:
    key, vault = acting.key, acting.state["vault"]
    holds = await queries_holds.holds_of_case(acting.db, acting.case.id)
    objections = await queries_holds.objections(acting.db, [hold.id for hold in holds])
    return [
        ShownHold(
            hold=hold,
            number=contact_number(key, hold.person_id),
            status=status(hold, acting.state["clock"]()),
            note=note_of(vault, hold),
            objections=tuple(
                said(vault, hold, one) for one in objections if one.hold_id == hold.id
            ),
        )
        for hold in holds
    ]


def status(hold: Hold, now: datetime) -> HoldStatus:
    if hold.approved is False:
        return HoldStatus.REFUSED
    if hold.ended is not None:
        return HoldStatus.LIFTED
    if now >= hold.until:
        return HoldStatus.OVER
    return HoldStatus.STANDING if hold.approved else HoldStatus.PROPOSED
