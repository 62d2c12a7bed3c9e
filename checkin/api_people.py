"""JSON of people and their health declarations."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import citizen_of
from accounts.fields import AreaPath
from accounts.model import Citizen, SignInFirst
from checkin import declaration, epidemic, queries, queries_holds
from checkin.declaration import Answers, Symptom
from checkin.epidemic import Rules
from checkin.model import (
    DeclarationUnconfirmed,
    Identifier,
    LeftOnWrong,
    NewDeclaration,
    NewPerson,
    PhoneNumberWrong,
    Sex,
)
from checkin.phone import normal_phone
from checkin.state import State
from checkin.vault import IdentifierKind, new_person_id
from kit.db import DatabaseAway, connection, transaction
from kit.faults import CHECK
from kit.http import Endpoint, reply

FullName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Text = Annotated[str, Meta(max_length=300)]
Phone = Annotated[
    str,
    Meta(min_length=6, max_length=40, examples=["0912 345 678"], extra={CHECK: normal_phone}),
]


class SignUp(Struct, frozen=True, forbid_unknown_fields=True):
    """A new person on this device. A typed phone never joins an existing person."""

    full_name: FullName
    phone: Phone
    birth_year: Annotated[int, Meta(ge=1890, le=2100)] | None = None
    sex: Sex | None = None
    area: AreaPath = ""
    address: Text = ""


class SignedUp(Struct, frozen=True):
    """`token` is the device's bearer token; it is shown once."""

    token: str


class Declare(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The national form's questions, in the last 14 days. `epidemic_area`: the edition of the
    listed area they were in last, `left_on` their last day there. `declared_by`: name of the
    relative or clerk who declares for this person (khai hộ)."""

    symptoms: list[Symptom] = []
    note: Text = ""
    met_case: bool
    from_epidemic_area: bool
    met_sick: bool
    epidemic_area: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    left_on: date | None = None
    declared_by: Annotated[str, Meta(max_length=200)] = ""
    true_and_complete: bool = True


class Declared(Struct, frozen=True):
    verdict: str
    valid_until: str
    policy: str


async def sign_up(request: Request[State], form: SignUp) -> Response:
    """Sign this device up with a name and a phone"""
    citizen = await new_person(request.state, form)
    now = request.state["clock"]()
    return reply(SignedUp(request.state["device_tokens"].issue(citizen, now)), 201)


async def new_person(state: State, form: SignUp) -> Citizen:
    phone = normal_phone(form.phone)
    person_id = new_person_id()
    facts = {"full_name": form.full_name.strip(), "phone": phone, "address": form.address.strip()}
    sealed, key_id = state["vault"].seal(person_id, facts)
    found = state["vault"].find(IdentifierKind.PHONE, phone)
    person = NewPerson(
        id=person_id,
        sealed=sealed,
        key_id=key_id,
        birth_year=form.birth_year,
        sex=form.sex,
        area=form.area,
        guardian_id=None,
        identifiers=(Identifier(kind=IdentifierKind.PHONE, hmac=found, verified=False),),
    )
    async with connection(state["db"]) as db:  # one statement: no round trips to begin and commit
        await queries.add_person(db, person, state["clock"]())
    return Citizen(person_id=person_id, generation=0)


async def declare(request: Request[State], form: Declare) -> Response:
    """Declare one's health

    A correction is a new declaration; the newest one counts.
    """
    found = await declared(request.state, citizen_of(request), form)
    ends = found.valid_until.isoformat()
    return reply(Declared(found.verdict.name.lower(), ends, found.policy), 201)


async def declared(state: State, citizen: Citizen, form: Declare) -> NewDeclaration:
    if not form.true_and_complete:
        raise DeclarationUnconfirmed
    now = state["clock"]()
    today = state["days"].day(now)
    if form.left_on is not None and form.left_on > today:
        raise LeftOnWrong
    async with transaction(state["db"]) as db:
        person = await queries.person(db, citizen.person_id)
        if person is None or person.generation != citizen.generation:
            raise SignInFirst
        rules = await epidemic.rules_on(db, today)
        turn = await queries_holds.count_declarations(db, citizen.person_id)
        given = _judged(state, citizen, form, rules, now, turn)
        await queries.add_declaration(db, given, now)
    return given


def _judged(
    state: State, citizen: Citizen, form: Declare, rules: Rules, now: datetime, turn: int
) -> NewDeclaration:
    """To name an area of the list says that one was there; one that is no longer listed counts as
    any other with an outbreak."""
    listed = rules.listed(form.epidemic_area)
    answers = Answers(
        symptoms=frozenset(form.symptoms),
        met_case=form.met_case,
        from_epidemic_area=form.from_epidemic_area or form.epidemic_area is not None,
        met_sick=form.met_sick,
        listed=listed,
        left_on=form.left_on,
    )
    verdict, until = declaration.verdict(answers, now, state["days"].day(now), rules.policy)
    facts = {
        "symptoms": sorted(form.symptoms),
        "note": form.note,
        "met_case": form.met_case,
        "from_epidemic_area": answers.from_epidemic_area,
        "met_sick": form.met_sick,
        "epidemic_area": listed.area if listed else None,
        "left_on": form.left_on.isoformat() if form.left_on else None,
        "declared_by": form.declared_by,
        "turn": turn,  # the row keeps the hour alone, and a moment would link it to a scan
    }
    sealed, key_id = state["vault"].seal(citizen.person_id, facts)
    return NewDeclaration(
        id=secrets.randbelow(2**63 - 1) + 1,
        person_id=citizen.person_id,
        sealed=sealed,
        key_id=key_id,
        verdict=verdict,
        policy=rules.policy.edition,
        valid_until=until,
    )


endpoints = [
    Endpoint(
        "POST", "/v1/people", sign_up, SignUp, {201: SignedUp}, (PhoneNumberWrong, DatabaseAway)
    ),
    Endpoint(
        "POST",
        "/v1/declarations",
        declare,
        Declare,
        {201: Declared},
        (DeclarationUnconfirmed, LeftOnWrong, DatabaseAway),
    ),
]
