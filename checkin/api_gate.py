"""JSON of gate lanes: what a paired device sends, and what it is told."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import gate_of
from accounts.fields import Moment
from accounts.model import SignInFirst
from checkin import api_pairing, gate, gate_person
from checkin.api import DEADLINE, has_room
from checkin.crowds import Fullness
from checkin.ledger import LedgerFull, ScanRefused
from checkin.model import (
    CheckpointClosed,
    ClockWrong,
    DayMissing,
    NewPerson,
    PhoneNumberWrong,
    Sex,
    Way,
    WrongDirection,
)
from checkin.model_gate import (
    CardNotValid,
    ConfirmPerson,
    CredentialForeign,
    CredentialUnknown,
    Lane,
    NothingToUndo,
    Passed,
    PassOver,
    PosterAtGate,
    Reason,
    Tally,
    TypedTooMany,
)
from checkin.occupancy import gate_fullness
from checkin.phone import normal_phone
from checkin.seal import SealKey, newest_key
from checkin.state import State
from kit.db import DatabaseAway
from kit.errors import Unavailable
from kit.http import Endpoint, Overdue, reply
from kit.page import language
from venues.intake_text import tidy

CredentialText = Annotated[str, Meta(max_length=2000)]
Companions = Annotated[int, Meta(ge=0, le=20)]
LaneWay = Literal["in", "out"]
Reference = Annotated[str, Meta(pattern="^[0-9a-f]{32}$", examples=["0" * 32])]

# What a guard says; what somebody has stands nowhere.
WORDS = {
    Reason.WELCOME: "Please go in.",
    Reason.LEFT: "Goodbye.",
    Reason.ASK: "Ask how they feel before they go in.",
    Reason.DECLARE: "No valid health declaration: ask them to declare.",
    Reason.OFTEN: "This card has gone in many times today. Does everybody show their own?",
    Reason.NOT_NOW: "They cannot go in now. Keep your distance and call the health desk.",
}


class GateScan(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`credential` is what the gun, camera or hand gave. `at` is the same in every retry. `way`
    only where the door leads both ways. `confirmed`: the guard has looked."""

    credential: CredentialText
    at: Moment
    way: LaneWay | None = None
    companions: Companions = 0
    confirmed: bool = False


class GatePerson(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody with nothing to scan. `ref` is random, and the same in every retry."""

    ref: Reference
    full_name: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
    phone: Annotated[str, Meta(max_length=40)] = ""
    birth_year: Annotated[int, Meta(ge=1890, le=2100)] | None = None
    sex: Sex | None = None
    at: Moment
    way: LaneWay | None = None
    companions: Companions = 0


class GateUndo(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`at` of the scan, and the credential or the `ref` that it was made with."""

    at: Moment
    credential: CredentialText = ""
    ref: Reference | None = None


class GateAnswer(Struct, frozen=True, kw_only=True):
    """`repeated_seconds`: they came through that long ago, and nothing was added."""

    colour: str
    reason: Reason
    words: str
    name: str
    way: str
    at: datetime
    companions: int
    repeated_seconds: int | None
    tally: Tally


class LaneAnswer(Struct, frozen=True, kw_only=True):
    """`fullness` of the venue, where somebody said how many have room; `seal` is the public key for
    what this device keeps while the service does not answer."""

    id: int
    gate: str
    venue: str
    checkpoint: str
    zone: str | None
    direction: str
    tally: Tally
    fullness: Fullness | None
    seal: SealKey


async def lane_of(request: Request[State]) -> Lane:
    return await request.state["lanes"].find(gate_of(request))


async def gate_lane(request: Request[State]) -> Response:
    """Where this gate device stands, and how many passed there today"""
    state, lane = request.state, await lane_of(request)
    day = state["days"].bounds(state["days"].day(state["clock"]()))
    answer = LaneAnswer(
        id=lane.gate_id,
        gate=lane.name,
        venue=lane.venue,
        checkpoint=lane.checkpoint,
        zone=lane.zone,
        direction=lane.direction,
        tally=await state["lanes"].tally(lane, day),
        fullness=await gate_fullness(state, lane.venue_id),
        seal=newest_key(state["keys"].gates),
    )
    return reply(answer)


async def gate_scan(request: Request[State], form: GateScan) -> Response:
    """Let somebody pass a gate, or turn them away

    Whoever is unknown is made from the document at once. The same person at the same venue within
    two minutes counts once, unless they went the other way in between.
    """
    state, lane = request.state, await lane_of(request)
    asked = showing(form.at, form.way, form.companions, form.confirmed)
    shown = gate.read(state, form.credential)
    return _answer(request, await gate.let_pass(state, lane, shown, asked))


async def gate_person_by_hand(request: Request[State], form: GatePerson) -> Response:
    """Let somebody pass who has nothing to scan"""
    state, lane = request.state, await lane_of(request)
    asked = showing(form.at, form.way, form.companions, True)
    passed = await gate.let_pass_by_hand(state, lane, new_person(state, form), asked)
    return _answer(request, passed)


def new_person(state: State, form: GatePerson) -> NewPerson:
    facts = {"full_name": tidy(form.full_name)}
    if form.phone.strip():
        facts["phone"] = normal_phone(form.phone)
    person_id = gate_person.derived_id(state, form.ref)
    return gate_person.by_hand(state, person_id, facts, form.birth_year, form.sex)


async def gate_undo(request: Request[State], form: GateUndo) -> Response:
    """Undo a scan of this gate of the last ten minutes; again changes nothing"""
    state, lane = request.state, await lane_of(request)
    if form.ref is not None:
        person_id = gate_person.derived_id(state, form.ref)
    else:
        shown = gate.read(state, form.credential)
        person_id = await gate.person_shown(state, shown, form.at)
    await gate.undo(state, lane, person_id, form.at)
    return Response(status_code=204)


def showing(at: datetime, way: LaneWay | None, companions: int, confirmed: bool) -> gate.Showing:
    wanted = None if way is None else Way[way.upper()]
    return gate.Showing(at=at, way=wanted, companions=companions, confirmed=confirmed)


def _answer(request: Request[State], passed: Passed) -> Response:
    answer = GateAnswer(
        colour=passed.colour.name.lower(),
        reason=passed.reason,
        words=request.state["pages"].translate(language(request), WORDS[passed.reason]),
        name=passed.full_name,
        way=passed.way.name.lower(),
        at=passed.at,
        companions=passed.party,
        repeated_seconds=passed.repeated_seconds,
        tally=passed.tally,
    )
    return reply(answer)


AWAY = (DatabaseAway, Overdue, Unavailable, SignInFirst)
PASSING = (
    *(CheckpointClosed, ClockWrong, DayMissing, WrongDirection, LedgerFull, ScanRefused),
    *AWAY,
)
SHOWN = (CardNotValid, CredentialForeign, CredentialUnknown, PassOver, PosterAtGate)

endpoints = [
    *api_pairing.endpoints,
    Endpoint("GET", "/v1/gate", gate_lane, None, {200: LaneAnswer}, AWAY, seconds=DEADLINE),
    Endpoint(
        "POST",
        "/v1/gate/scans",
        gate_scan,
        GateScan,
        {200: GateAnswer},
        (*PASSING, *SHOWN, ConfirmPerson, TypedTooMany),
        first=has_room,
        seconds=DEADLINE,
        busy=True,
    ),
    Endpoint(
        "POST",
        "/v1/gate/people",
        gate_person_by_hand,
        GatePerson,
        {200: GateAnswer},
        (*PASSING, PhoneNumberWrong),
        first=has_room,
        seconds=DEADLINE,
    ),
    Endpoint(
        "POST",
        "/v1/gate/undos",
        gate_undo,
        GateUndo,
        {204: None},
        (*AWAY, *SHOWN, DayMissing, NothingToUndo),
        seconds=DEADLINE,
    ),
]
