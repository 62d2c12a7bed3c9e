"""JSON of epidemic areas and of the policies that a declaration is judged by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, structs
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import staff_of
from accounts.areas import area_name
from checkin import epidemic, queries_epidemic
from checkin.declaration import DeclarationPolicy, ListedArea
from checkin.epidemic import (
    Change,
    EpidemicAreaChanged,
    EpidemicAreaListed,
    EpidemicAreaUnknown,
    EpidemicDaysWrong,
    PolicyDayWrong,
    PolicyMade,
)
from checkin.model import Colour
from checkin.queries_epidemic import Edition, NewEdition
from checkin.state import State
from kit.db import DatabaseAway, connection
from kit.errors import NotFound
from kit.http import Endpoint, reply

LARGEST = 2**31 - 1
Source = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Hours = Annotated[int, Meta(ge=1, le=672)]


class AreaColour(StrEnum):
    AMBER = "amber"
    RED = "red"


class AnyColour(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


class ListArea(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`until`: its last day, null while it goes on; `source`: the decision it rests on."""

    area: Annotated[str, Meta(min_length=1, max_length=40, examples=["2025/92/31120/"])]
    since: date
    until: date | None = None
    verdict: AreaColour
    source: Source


class ChangeArea(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole of what holds from now on; `withdrawn`: it should never have been listed."""

    until: date | None = None
    verdict: AreaColour
    source: Source
    withdrawn: bool = False


class LogQuery(Struct, frozen=True, forbid_unknown_fields=True):
    before: Annotated[int, Meta(ge=1, le=LARGEST)] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class EpidemicAreaAnswer(Struct, frozen=True, kw_only=True):
    edition: int
    area: str
    name: str
    since: date
    until: date | None
    verdict: str
    source: str


class EpidemicAreasAnswer(Struct, frozen=True):
    """Listed for a day of the last `days`: what the form of the declaration names."""

    areas: list[EpidemicAreaAnswer]
    days: int


class EditionAnswer(Struct, frozen=True, kw_only=True):
    """`last`: nothing replaced it."""

    area: EpidemicAreaAnswer
    withdrawn: bool
    last: bool
    listed_by: str
    listed_at: datetime


class LogAnswer(Struct, frozen=True):
    editions: list[EditionAnswer]
    next: int | None


class MakePolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many hours a verdict of each colour holds, the colour of each answer, and for how many
    days having been in an epidemic area counts. `elsewhere`: an outbreak that is not listed."""

    name: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9-]+$")]
    version: Annotated[int, Meta(ge=1, le=9999)]
    in_force_from: date
    green_hours: Hours
    amber_hours: Hours
    red_hours: Hours
    symptoms: AnyColour
    met_case: AnyColour
    met_sick: AnyColour
    elsewhere: AnyColour
    area_days: Annotated[int, Meta(ge=1, le=28)]
    source: Source


class PoliciesAnswer(Struct, frozen=True):
    """The one in force last comes first; `today` names the one in force today."""

    policies: list[MakePolicy]
    today: str


async def list_areas(request: Request[State]) -> Response:
    """The epidemic areas that a declaration of today is asked about"""
    rules = await epidemic.rules_of_today(request.state)
    return reply(
        EpidemicAreasAnswer([area_answer(one) for one in rules.areas], rules.policy.area_days)
    )


async def list_area(request: Request[State], form: ListArea) -> Response:
    """List an epidemic area"""
    new = NewEdition(
        area=form.area,
        since=form.since,
        until=form.until,
        verdict=Colour[form.verdict.name],
        source=form.source.strip(),
        withdrawn=False,
        replaces=None,
    )
    made = await epidemic.begin(request.state, staff_of(request), new)
    return reply(edition_answer(made), 201)


async def change_area(request: Request[State], form: ChangeArea) -> Response:
    """End, correct or withdraw an entry by its next edition

    The edition it replaces stays as it was; who declared under it was judged by it.
    """
    asked = Change(
        until=form.until,
        verdict=Colour[form.verdict.name],
        source=form.source.strip(),
        withdrawn=form.withdrawn,
    )
    number = edition_of(request)
    made = await epidemic.change(request.state, staff_of(request), number, asked)
    return reply(edition_answer(made), 201)


def edition_of(request: Request[State]) -> int:
    number: int = request.path_params["edition"]
    if number > LARGEST:
        raise NotFound
    return number


async def area_log(request: Request[State], form: LogQuery) -> Response:
    """Every edition of the epidemic areas that one may list, newest first"""
    found = await epidemic.log(request.state, staff_of(request), form.before, form.limit)
    following = found[-1].area.edition if len(found) == form.limit else None
    return reply(LogAnswer([edition_answer(one) for one in found], following))


async def list_policies(request: Request[State]) -> Response:
    """The policies of the declaration, every version"""
    state = request.state
    async with connection(state["db"]) as db:
        found = await queries_epidemic.policies(db)
        today = await queries_epidemic.policy_on(db, state["days"].day(state["clock"]()))
    return reply(PoliciesAnswer([_policy_answer(one) for one in found], today.edition))


async def make_policy(request: Request[State], form: MakePolicy) -> Response:
    """Add a version of the declaration's policy, in force from a day on

    Declarations that were made before keep their verdict and their validity.
    """
    said = structs.asdict(form)
    colours = ("symptoms", "met_case", "met_sick", "elsewhere")
    new = DeclarationPolicy(**said | {name: Colour[said[name].name] for name in colours})
    await epidemic.make_policy(request.state, staff_of(request), new)
    return reply(form, 201)


def area_answer(one: ListedArea) -> EpidemicAreaAnswer:
    return EpidemicAreaAnswer(
        edition=one.edition,
        area=one.area,
        name=area_name(one.area),
        since=one.since,
        until=one.until,
        verdict=one.verdict.name.lower(),
        source=one.source,
    )


def edition_answer(one: Edition) -> EditionAnswer:
    return EditionAnswer(
        area=area_answer(one.area),
        withdrawn=one.withdrawn,
        last=one.last,
        listed_by=one.listed_by,
        listed_at=one.listed_at,
    )


def _policy_answer(one: DeclarationPolicy) -> MakePolicy:
    fields: Sequence[str] = MakePolicy.__struct_fields__
    said = {name: getattr(one, name) for name in fields}
    colours = ("symptoms", "met_case", "met_sick", "elsewhere")
    return MakePolicy(**said | {name: AnyColour[said[name].name] for name in colours})


AREAS = "/v1/epidemic-areas"
POLICIES = "/v1/declaration-policies"
LISTED = {201: EditionAnswer}

endpoints = [
    Endpoint("GET", AREAS, list_areas, None, {200: EpidemicAreasAnswer}, (DatabaseAway,)),
    Endpoint(
        *("POST", AREAS, list_area, ListArea, LISTED),
        problems=(EpidemicAreaUnknown, EpidemicDaysWrong, EpidemicAreaListed, DatabaseAway),
    ),
    Endpoint(
        *("GET", f"{AREAS}/editions", area_log, LogQuery, {200: LogAnswer}),
        problems=(DatabaseAway,),
    ),
    Endpoint(
        *("POST", f"{AREAS}/{{edition:int}}/editions", change_area, ChangeArea, LISTED),
        problems=(NotFound, EpidemicDaysWrong, EpidemicAreaChanged, DatabaseAway),
    ),
    Endpoint("GET", POLICIES, list_policies, None, {200: PoliciesAnswer}, (DatabaseAway,)),
    Endpoint(
        *("POST", POLICIES, make_policy, MakePolicy, {201: MakePolicy}),
        problems=(NotFound, PolicyDayWrong, PolicyMade, DatabaseAway),
    ),
]
