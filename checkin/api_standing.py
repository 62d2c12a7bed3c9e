"""JSON of a person's own standing: the colours, the hold on them, and the objection to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import citizen_of
from checkin import passes, rules, standing
from checkin.holds import AlreadyObjected, Hold, NotHeld
from checkin.standing import Own, Said
from checkin.state import State
from kit.db import DatabaseAway, connection
from kit.http import Endpoint, Overdue, reply

AT_A_DOOR = 2.0  # seconds that somebody waits there for their pass
Words = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")]


class ObjectToHold(Struct, frozen=True, forbid_unknown_fields=True):
    words: Words


class ObjectionAnswer(Struct, frozen=True, kw_only=True):
    """`upheld` is null until somebody answered; true: the hold was lifted."""

    made: datetime
    words: str
    upheld: bool | None
    answer: str


class OwnHoldAnswer(Struct, frozen=True, kw_only=True):
    """`reason` is confirmed-case or close-contact; `note` is what the authority says to it."""

    colour: str
    until: datetime
    reason: str
    note: str
    objections: list[ObjectionAnswer]


class DeclaredAnswer(Struct, frozen=True, kw_only=True):
    made: datetime
    verdict: str
    valid_until: datetime


class StandingAnswer(Struct, frozen=True, kw_only=True):
    """`colour` is what a door shows now: the worse of the own verdict and the hold. A verdict that
    is over is null. `answered`: objections to holds that are over."""

    colour: str
    own: str | None
    own_until: datetime | None
    hold: OwnHoldAnswer | None
    answered: list[ObjectionAnswer]
    declarations: list[DeclaredAnswer]


class PassAnswer(Struct, frozen=True, kw_only=True):
    """`text` is what the QR says; ask again after `rotates` seconds. It says who stands there and
    nothing of them, and is taken at gates only."""

    text: str
    rotates: int


async def own_pass(request: Request[State]) -> Response:
    """One's personal pass of this minute, to show at a gate"""
    async with connection(request.state["db"]) as db:
        person = await standing.known_person(db, citizen_of(request))
    text = standing.pass_text(request.state, person)
    return reply(PassAnswer(text=text, rotates=int(passes.ROTATES.total_seconds())))


async def own_standing(request: Request[State]) -> Response:
    """One's own colour, and why"""
    own = await standing.own_standing(request.state, citizen_of(request))
    return reply(_standing_answer(own, request.state["clock"]()))


async def object_to_hold(request: Request[State], form: ObjectToHold) -> Response:
    """Object to the entry hold on oneself

    The desk that answers for its case sees the objection; the answer stands beside the hold.
    """
    state, citizen = request.state, citizen_of(request)
    await standing.object_to_hold(state, citizen, form.words.strip())
    own = await standing.own_standing(state, citizen)
    return reply(_standing_answer(own, state["clock"]()), 201)


def _standing_answer(own: Own, now: datetime) -> StandingAnswer:
    stands = own.person.standing
    declared = stands.own if rules.has_valid_declaration(stands, now) else None
    return StandingAnswer(
        colour=rules.colour(stands, now).name.lower(),
        own=None if declared is None else declared.name.lower(),
        own_until=None if declared is None else stands.own_until,
        hold=None if own.hold is None else _hold_answer(own, own.hold),
        answered=[objection_answer(one) for one in own.answered],
        declarations=[
            DeclaredAnswer(
                made=one.made, verdict=one.verdict.name.lower(), valid_until=one.valid_until
            )
            for one in own.declarations
        ],
    )


def _hold_answer(own: Own, hold: Hold) -> OwnHoldAnswer:
    return OwnHoldAnswer(
        colour=hold.colour.name.lower(),
        until=hold.until,
        reason=hold.reason,
        note=own.note,
        objections=[objection_answer(one) for one in own.objections],
    )


def objection_answer(one: Said) -> ObjectionAnswer:
    return ObjectionAnswer(made=one.made, words=one.words, upheld=one.upheld, answer=one.answer)


endpoints = [
    Endpoint(
        *("GET", "/v1/me/pass", own_pass, None, {200: PassAnswer}),
        problems=(DatabaseAway, Overdue),
        seconds=AT_A_DOOR,
    ),
    Endpoint("GET", "/v1/me/standing", own_standing, None, {200: StandingAnswer}, (DatabaseAway,)),
    Endpoint(
        *("POST", "/v1/me/objections", object_to_hold, ObjectToHold, {201: StandingAnswer}),
        problems=(NotHeld, AlreadyObjected, DatabaseAway),
    ),
]
