"""A scan in a gate lane, from what was shown to the row in the ledger and the colour on the screen.

Only here can somebody be turned away, and only while they stand there: what comes late, from a gate
that had no network, is stored as it happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.audit import Entry
from checkin import gate_person, queries_gate, rules, typed
from checkin.credential import Credential, NumberTyped, PosterShown, Unreadable, recognise
from checkin.document import Document
from checkin.model import (
    CheckpointClosed,
    ClockWrong,
    Colour,
    Key,
    NewPerson,
    Pending,
    Source,
    Way,
    WrongDirection,
)
from checkin.model_gate import (
    ConfirmPerson,
    CredentialForeign,
    CredentialUnknown,
    Known,
    Lane,
    Near,
    NothingToUndo,
    Passed,
    PosterAtGate,
    Reason,
    Span,
    TypedTooMany,
)
from checkin.pseudonym import subject_at
from checkin.state import State
from kit.db import transaction
from kit.errors import Unavailable
from venues.code import ForeignCode

SAME = timedelta(minutes=2)  # who shows up again within was scanned twice
LIVE = timedelta(minutes=2)  # later than that nobody stands at the gate any more
OFTEN = 10  # entries of one person at one venue on one day: a guard's own card, shown for others
COLOURS = {Reason.WELCOME: Colour.GREEN, Reason.LEFT: Colour.GREEN, Reason.NOT_NOW: Colour.RED}
UNDO_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """`way` None: the way of the lane."""

    at: datetime
    way: Way | None
    companions: int
    confirmed: bool


def read(state: State, text: str) -> Credential:
    try:
        return recognise(text, state["settings"].public_url)
    except Unreadable:
        raise CredentialUnknown from None
    except PosterShown:
        raise PosterAtGate from None
    except ForeignCode as foreign:
        raise CredentialForeign(system=foreign.system) from None


async def let_pass(state: State, lane: Lane, shown: Credential, asked: Showing) -> Passed:
    """The person of a credential, known or made at once."""
    way = way_of(state, lane, asked)
    who = await gate_person.find(state, shown, asked.at)
    scan = None if who is None else pending(state, lane, who, asked, way)
    near = [] if scan is None else await near_scans(state, scan)
    if not any(scan is not None and one.at == scan.at for one in near):  # else it is its retry
        await _question(state, lane, shown, who, asked)
    if who is None or scan is None:
        who = await gate_person.make(state, shown)
        scan = pending(state, lane, who, asked, way)
        near = await near_scans(state, scan)  # another gate may have made them first
    if isinstance(shown, Document):
        who = gate_person.as_shown(shown, who)
    return await _pass(state, lane, who, scan, near)


async def _question(
    state: State, lane: Lane, shown: Credential, who: Known | None, asked: Showing
) -> None:
    """What the guard must look at, and what may only be tried so often: a bare number, and that of
    somebody known under another name, whether the guard has confirmed it or not."""
    odd = gate_person.odd_about(shown, who, asked.at) if isinstance(shown, Document) else []
    is_tried = isinstance(shown, NumberTyped) or (who is not None and bool(odd))
    if is_tried and await count_typed(state, lane, state["clock"]()):
        raise TypedTooMany
    if isinstance(shown, Document) and odd and not asked.confirmed:
        raise ConfirmPerson(odd=odd, name=short_name(shown.full_name))


async def let_pass_by_hand(state: State, lane: Lane, new: NewPerson, asked: Showing) -> Passed:
    """Somebody with nothing to scan. A retry brings the same id and finds its person."""
    way = way_of(state, lane, asked)
    await gate_person.add(state, new)
    who = await gate_person.known(state, new.id, typed=False)
    scan = pending(state, lane, who, asked, way)
    return await _pass(state, lane, who, scan, await near_scans(state, scan))


async def undo(state: State, lane: Lane, person_id: int, at: datetime) -> None:
    """Voids this gate's own scan of that moment; again changes nothing."""
    at, now = rules.to_millisecond(at), state["clock"]()
    if not now - UNDO_WITHIN < at < now + rules.NEWEST:
        raise NothingToUndo
    key = (subject_at(state["days"], person_id, at, now), at, lane.venue_id)
    if not await _void(state, lane, key, "undone at the gate", lane.checkpoint_id):
        raise NothingToUndo
    state["lanes"].recount(lane)


async def person_shown(state: State, shown: Credential, at: datetime) -> int:
    """Whom an undo is about: nobody is made for it, and no colour shown."""
    who = await gate_person.find(state, shown, at)
    if who is None:
        raise NothingToUndo
    return who.person_id


def short_name(full_name: str) -> str:
    """'Nguyễn Thị Hoa' → 'N. T. Hoa': enough for the guard to call the right one."""
    *before, last = full_name.split() or [""]
    return " ".join([*(f"{word[0]}." for word in before), last])


def way_of(state: State, lane: Lane, asked: Showing) -> Way:
    """The clock and the door are judged before anybody is looked up."""
    now = state["clock"]()
    if not rules.is_plausible_time(asked.at, now):
        raise ClockWrong(server_time=now)
    if lane.closed_at is not None and asked.at >= lane.closed_at:
        raise CheckpointClosed
    wanted = asked.way or (Way.OUT if lane.direction == "out" else Way.IN)
    way = rules.way_at(lane.direction, wanted)
    if way is None:
        raise WrongDirection
    return way


async def _pass(
    state: State, lane: Lane, who: Known, scan: Pending, near: Sequence[Near]
) -> Passed:
    at, way, party = scan.at, scan.way, scan.party
    colour = _colour(who, at)
    if way is Way.IN and colour is Colour.RED and state["clock"]() - at < LIVE:
        way, scan = Way.REFUSED, scan._replace(way=Way.REFUSED)
    before = repeated(scan, near)
    if before is None:
        stored = await state["ledger"].store(scan)
        if stored.revoked:  # the person's devices were signed out between two statements
            raise Unavailable(retry_after=1)
        way, party = Way(stored.scan.way), stored.scan.party
        if stored.created:
            count(state, lane, scan)
            before = await _settled(state, lane, scan)
    else:
        way, party = before.way, before.party
    seconds = None if before is None or before.at == at else int((at - before.at).total_seconds())
    often = sum(one.way is Way.IN for one in near) >= OFTEN
    reason = _reason(lane, who, way, colour, at, often)
    return Passed(
        way=way,
        at=at,
        party=party,
        colour=COLOURS.get(reason, Colour.AMBER),
        reason=reason,
        full_name=short_name(who.full_name),
        repeated_seconds=seconds,
        tally=await state["lanes"].tally(lane, _day(state, at)),
    )


def _colour(who: Known, at: datetime) -> Colour:
    """Of everyone it may be the worst; a bare number says amber at most, since it may be typed to
    spy on somebody."""
    worst = max(rules.colour(standing, at) for standing in who.standings)
    return min(worst, Colour.AMBER) if who.typed else worst


def _reason(lane: Lane, who: Known, way: Way, colour: Colour, at: datetime, often: bool) -> Reason:
    if way is Way.OUT:
        return Reason.LEFT
    if way is Way.REFUSED or colour is Colour.RED:
        return Reason.NOT_NOW
    if colour is Colour.AMBER:
        return Reason.ASK
    declared = any(rules.has_valid_declaration(standing, at) for standing in who.standings)
    if lane.demands_declaration and not declared:
        return Reason.DECLARE
    return Reason.OFTEN if often else Reason.WELCOME


def pending(state: State, lane: Lane, who: Known, asked: Showing, way: Way) -> Pending:
    at, now = rules.to_millisecond(asked.at), state["clock"]()
    return Pending(
        person_id=who.person_id,
        generation=who.generation,
        subject=subject_at(state["days"], who.person_id, at, now),
        at=at,
        venue_id=lane.venue_id,
        zone_id=lane.zone_id,
        checkpoint_id=lane.checkpoint_id,
        way=way,
        party=asked.companions,
        late=rules.lateness(at, now),
        source=Source.GATE,
        flags=0,
    )


async def near_scans(state: State, scan: Pending) -> list[Near]:
    """The person's scans at this venue, of the day until that very moment."""
    since, _ = _day(state, scan.at)
    return await state["looks"].near(Span(scan.subject, scan.venue_id, since, scan.at))


def repeated(scan: Pending, near: Sequence[Near]) -> Near | None:
    """What this scan repeats: the one of that very moment, or the first of a little before that
    went the same way."""
    retried = (one for one in near if one.at == scan.at)
    lately = [one for one in near if one.at >= scan.at - SAME]
    return next(retried, None) or next(iter(_alike(scan, lately)), None)


def _alike(scan: Pending, near: Sequence[Near]) -> list[Near]:
    """Those that went the same way, up to the next that did not: who left in between, and comes
    back, is no repeat."""
    alike = []
    for one in near:
        if one.way is scan.way:
            alike.append(one)
        elif one.at > scan.at:
            break
        else:
            alike.clear()
    return alike


async def _settled(state: State, lane: Lane, scan: Pending) -> Near | None:
    """Two gates at once may both have seen nobody before them. Whoever looks after its own commit
    sees the other, and of the two scans the later one is void, whoever writes that down."""
    if state["clock"]() - scan.at >= LIVE:
        return None
    span = Span(scan.subject, scan.venue_id, scan.at - SAME, scan.at + SAME)
    same = _alike(scan, await state["looks"].near(span))
    if len(same) < 2:
        return None
    for later in same[1:]:
        await _void(state, lane, (scan.subject, later.at, scan.venue_id), "scanned twice")
    state["lanes"].recount(lane)
    return same[0]


def count(state: State, lane: Lane, scan: Pending) -> None:
    """Into the numbers that the guard sees."""
    state["lanes"].count(lane, _day(state, scan.at)[0], scan.way, 1 + scan.party)


async def _void(state: State, lane: Lane, key: Key, reason: str, door: int | None = None) -> bool:
    async with transaction(state["db"]) as db:
        return await queries_gate.void_scan(db, key, lane.made_by, reason, door)


async def count_typed(state: State, lane: Lane, at: datetime) -> bool:
    """Whether it is one too many of the day it was typed on; counted for good, be it or not."""
    facts = {"gate": lane.gate_id, "numbers": typed.A_DAY}
    entry = Entry(act="too many numbers typed at a gate", staff_id=None, facts=facts)
    async with transaction(state["db"]) as db:
        count = await queries_gate.count_typed(db, lane.gate_id, state["days"].day(at))
        return await typed.too_many(state, db, count, entry)


def _day(state: State, at: datetime) -> tuple[datetime, datetime]:
    return state["days"].bounds(state["days"].day(at))
