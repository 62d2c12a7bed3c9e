"""JSON of check-in: scans and the visits they bound. People and declarations: api_people.py."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import citizen_of
from accounts.model import Citizen, SignInFirst
from checkin import api_people, queries, rules
from checkin.ledger import LedgerFull, ScanRefused
from checkin.model import (
    CheckpointClosed,
    ClockWrong,
    CodeRevoked,
    DayMissing,
    DeclarationNeeded,
    Doorway,
    Pending,
    Source,
    Stored,
    UnknownCode,
    Visit,
    Way,
    WrongDirection,
)
from checkin.state import State
from kit.db import DatabaseAway, connection
from kit.http import Endpoint, reply
from kit.keys import KeyMissing
from venues.code import BadCode, parse_code

Moment = Annotated[datetime, Meta(tz=True)]
CodeText = Annotated[str, Meta(min_length=13, max_length=40, examples=["0123-4567-89ABC"])]


class CheckIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`at` is fixed by the page before the first send and the same in every retry; `companions`
    have no names."""

    code: CodeText
    at: Moment
    companions: Annotated[int, Meta(ge=0, le=20)] = 0


class CheckOut(Struct, frozen=True, forbid_unknown_fields=True):
    """`code` of the checkpoint scanned, or of the one checked in at when the button was pressed."""

    code: CodeText
    at: Moment
    button: bool = False


class ScanAnswer(Struct, frozen=True, kw_only=True):
    """`differs`: another body was stored under this key first, and it stands."""

    venue: str
    checkpoint: str
    zone: str | None
    way: str
    at: datetime
    companions: int
    colour: str
    differs: bool = False


class VisitAnswer(Struct, frozen=True):
    venue: str
    zone: str | None
    arrived_at: datetime
    left_at: datetime | None
    companions: int


class VisitsAnswer(Struct, frozen=True):
    visits: list[VisitAnswer]
    kept_days: int


async def check_in(request: Request[State], form: CheckIn) -> Response:
    """Check in at a checkpoint

    201 for a new scan, 200 with the same scan when it comes again, however late and whatever has
    changed since.
    """
    asked = Asked(form.code, form.at, Way.IN, form.companions, Source.POSTER)
    stored, doorway = await scan(request, citizen_of(request), asked)
    return _scan_reply(asked, stored, doorway)


async def check_out(request: Request[State], form: CheckOut) -> Response:
    """Check out, at an exit's code or by the button"""
    source = Source.BUTTON if form.button else Source.EXIT
    asked = Asked(form.code, form.at, Way.OUT, 0, source)
    stored, doorway = await scan(request, citizen_of(request), asked)
    return _scan_reply(asked, stored, doorway)


class Asked(Struct, frozen=True):
    """A scan as a citizen's device asks for it, by JSON or by a page."""

    code: str
    at: datetime
    way: Way
    companions: int
    source: Source


async def scan(request: Request[State], citizen: Citizen, asked: Asked) -> tuple[Stored, Doorway]:
    """The citizen's scan through the ledger. The key is looked up before anything else is judged:
    a retry finds its
    row, across midnight, a new poster or a closed door."""
    state = request.state
    if state["ledger"].full():
        raise LedgerFull(retry_after=2)
    try:
        code = parse_code(asked.code)
    except BadCode:
        raise UnknownCode from None
    doorway = await state["doorways"].find(code)
    now = state["clock"]()
    pending = _pending(state, citizen, asked, doorway, now)
    try:
        await _judge(state, pending, doorway, now)
    except (ClockWrong, CodeRevoked, CheckpointClosed, WrongDirection, DeclarationNeeded):
        if (kept := await _kept(state, pending)) is None:
            raise
        return kept, doorway
    stored = await state["ledger"].store(pending)
    if stored.revoked:
        raise SignInFirst
    return stored, doorway


def _pending(
    state: State, citizen: Citizen, asked: Asked, doorway: Doorway, now: datetime
) -> Pending:
    at = rules.to_millisecond(asked.at)
    days = state["days"]
    try:
        subject = days.subject(citizen.person_id, days.day(at))
    except KeyMissing:
        if not rules.is_plausible_time(at, now):
            raise ClockWrong(server_time=now) from None
        raise DayMissing(retry_after=60) from None
    return Pending(
        person_id=citizen.person_id,
        generation=citizen.generation,
        subject=subject,
        at=at,
        venue_id=doorway.venue_id,
        zone_id=doorway.zone_id,
        checkpoint_id=doorway.checkpoint_id,
        way=asked.way,
        party=asked.companions,
        late=rules.lateness(at, now),
        source=asked.source,
        flags=0,
    )


async def _judge(state: State, pending: Pending, doorway: Doorway, now: datetime) -> None:
    """Code and door are judged at the scan's own time: a late upload of an old poster still
    counts."""
    at = pending.at
    if not rules.is_plausible_time(at, now):
        raise ClockWrong(server_time=now)
    if doorway.valid_to is not None and at >= doorway.valid_to:
        raise CodeRevoked
    if doorway.closed:
        raise CheckpointClosed
    by_button = pending.source is Source.BUTTON  # leaves wherever it came in
    if not by_button and rules.way_at(doorway.direction, pending.way) is None:
        raise WrongDirection
    if doorway.demands_declaration and pending.way is Way.IN:
        async with connection(state["db"]) as db:
            person = await queries.person(db, pending.person_id)
        if person is None:
            raise SignInFirst
        if not rules.has_valid_declaration(person.standing, at):
            raise DeclarationNeeded


async def _kept(state: State, pending: Pending) -> Stored | None:
    async with connection(state["db"]) as db:
        kept = (await queries.scans_by_key(db, [pending.key])).get(pending.key)
        person = None if kept is None else await queries.person(db, pending.person_id)
    if kept is None or person is None:
        return None
    if person.generation != pending.generation:
        raise SignInFirst
    return Stored(scan=kept, created=False, revoked=False, standing=person.standing)


def _scan_reply(asked: Asked, stored: Stored, doorway: Doorway) -> Response:
    answer = ScanAnswer(
        venue=doorway.venue,
        checkpoint=doorway.checkpoint,
        zone=doorway.zone,
        way=Way(stored.scan.way).name.lower(),
        at=rules.to_millisecond(asked.at),
        companions=stored.scan.party,
        colour=rules.colour(stored.standing, asked.at).name.lower(),
        differs=not stored.created
        and (stored.scan.way, stored.scan.party) != (asked.way, asked.companions),
    )
    return reply(answer, 201 if stored.created else 200)


async def own_visits(request: Request[State]) -> Response:
    """Where this device's person has been, as far back as scans are kept"""
    found = await visits_of(request, citizen_of(request))
    answers = [VisitAnswer(v.venue, v.zone, v.arrived_at, v.left_at, v.party) for v in found]
    return reply(VisitsAnswer(answers, request.state["settings"].retention_days))


async def visits_of(request: Request[State], citizen: Citizen) -> list[Visit]:
    """A citizen's own visits, newest first."""
    state, now = request.state, request.state["clock"]()
    days = state["days"]
    subjects = [days.subject(citizen.person_id, day) for day in days.known()]
    since = now - timedelta(days=state["settings"].retention_days)
    async with connection(state["db"]) as db:
        person = await queries.person(db, citizen.person_id)
        if person is None or person.generation != citizen.generation:
            raise SignInFirst
        readings = await queries.readings(db, subjects, since, now + rules.NEWEST)
    return rules.visits(readings)


SCAN_PROBLEMS = (
    *(UnknownCode, CodeRevoked, CheckpointClosed, WrongDirection, DeclarationNeeded, ClockWrong),
    *(DayMissing, LedgerFull, ScanRefused, DatabaseAway),
)
SCANNED = {201: ScanAnswer, 200: ScanAnswer}

endpoints = [
    Endpoint("POST", "/v1/check-ins", check_in, CheckIn, SCANNED, SCAN_PROBLEMS),
    Endpoint("POST", "/v1/check-outs", check_out, CheckOut, SCANNED, SCAN_PROBLEMS),
    Endpoint("GET", "/v1/me/visits", own_visits, None, {200: VisitsAnswer}, (DatabaseAway,)),
    *api_people.endpoints,
]
