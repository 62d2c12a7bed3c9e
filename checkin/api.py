"""JSON of check-in: scans and the visits they bound. People and declarations: api_people.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import citizen_of
from accounts.fields import Moment
from accounts.model import Citizen, SignInFirst
from checkin import (
    api_cards,
    api_epidemic,
    api_occupancy,
    api_people,
    api_standing,
    queries,
    rules,
)
from checkin.ledger import LedgerFull, ScanRefused
from checkin.model import (
    CheckpointClosed,
    ClockWrong,
    CodeRevoked,
    Colour,
    DayMissing,
    DeclarationNeeded,
    Doorway,
    Source,
    Stored,
    UnknownCode,
    Visit,
    Way,
    WrongDirection,
)
from checkin.scan import Asked, recorded
from checkin.state import State
from kit.db import DatabaseAway, connection
from kit.http import Endpoint, Handler, Overdue, reply

# An enum tells its name in ten times a dictionary's time.
WORDS = {way: way.name.lower() for way in Way}
COLOURS = {colour: colour.name.lower() for colour in Colour}
DEADLINE = 2.0  # seconds, then 503: who stands at a door scans again, and finds their row

CodeText = Annotated[str, Meta(min_length=13, max_length=40, examples=["0123-4567-89ABC"])]
Party = Annotated[int, Meta(ge=0, le=20)]


class CheckIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`at` is fixed by the page before the first send and the same in every retry; `companions`
    have no names."""

    code: CodeText
    at: Moment
    companions: Party = 0


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
    """An end that nobody scanned is null; one of the two is there."""

    venue: str
    zone: str | None
    arrived_at: datetime | None
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
    asked = Asked(
        code=form.code, at=form.at, way=Way.IN, companions=form.companions, source=Source.POSTER
    )
    stored, doorway = await recorded(request.state, citizen_of(request), asked)
    return _scan_reply(asked, stored, doorway)


async def check_out(request: Request[State], form: CheckOut) -> Response:
    """Check out, at an exit's code or by the button"""
    source = Source.BUTTON if form.button else Source.EXIT
    asked = Asked(code=form.code, at=form.at, way=Way.OUT, companions=0, source=source)
    stored, doorway = await recorded(request.state, citizen_of(request), asked)
    return _scan_reply(asked, stored, doorway)


def _scan_reply(asked: Asked, stored: Stored, doorway: Doorway) -> Response:
    return reply(scan_answer(asked, stored, doorway), 201 if stored.created else 200)


def scan_answer(asked: Asked, stored: Stored, doorway: Doorway) -> ScanAnswer:
    return ScanAnswer(
        venue=doorway.venue,
        checkpoint=doorway.checkpoint,
        zone=doorway.zone,
        way=WORDS[stored.scan.way],
        at=rules.to_millisecond(asked.at),
        companions=stored.scan.party,
        colour=COLOURS[rules.colour(stored.standing, asked.at)],
        differs=not stored.created
        and (
            stored.elsewhere
            or (stored.scan.way, stored.scan.party) != (asked.way, asked.companions)
        ),
    )


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
    *(DayMissing, LedgerFull, ScanRefused, DatabaseAway, Overdue),
)
SCANNED = {201: ScanAnswer, 200: ScanAnswer}


def has_room(request: Request[State]) -> None:
    """Before the body is read: a full ledger costs neither side more than this."""
    request.state["ledger"].require_room()


def _scanning(path: str, handler: Handler, form: type[Struct]) -> Endpoint:
    endpoint = Endpoint("POST", path, handler, form, SCANNED, SCAN_PROBLEMS)
    return replace(endpoint, first=has_room, seconds=DEADLINE, busy=True)


endpoints = [
    _scanning("/v1/check-ins", check_in, CheckIn),
    _scanning("/v1/check-outs", check_out, CheckOut),
    Endpoint("GET", "/v1/me/visits", own_visits, None, {200: VisitsAnswer}, (DatabaseAway,)),
    *api_occupancy.endpoints,
    *api_people.endpoints,
    *api_epidemic.endpoints,
    *api_standing.endpoints,
    *api_cards.endpoints,
]
