"""The page behind a poster: who you are, how you feel, in or out, and the result.

Every step is a plain form that leads on by redirect, so that it works without JavaScript and a
reload sends nothing twice. The routes are open to unknown devices: they lead back to the first
step, not to the log-in of the staff.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import citizen_or_none
from accounts.fields import Moment
from accounts.model import Citizen, SignInFirst
from checkin import pages_person, queries, rules
from checkin.model import (
    DeclarationNeeded,
    Doorway,
    Source,
    Standing,
    UnknownCode,
    Way,
)
from checkin.pages_person import SignUpForm, door_page, first_step, sign_up_form
from checkin.scan import Asked, doorway_of, recorded, stored_scan
from checkin.state import State
from kit.db import connection
from kit.http import Endpoint, see_other
from kit.keys import KeyMissing

# A page left open longer is asked again: its moment was fixed when it was shown, not when pressed.
PRESSED_WITHIN = timedelta(minutes=15)
DEADLINE = 5.0  # seconds, then a page that says to try again


class PressIn(Struct, frozen=True, forbid_unknown_fields=True):
    at: Moment
    companions: Annotated[int, Meta(ge=0, le=20)] = 0


class PressOut(Struct, frozen=True, forbid_unknown_fields=True):
    at: Moment
    button: bool = False


class Done(Struct, frozen=True):
    at: Moment


class Ask(Struct, frozen=True):
    again: bool = False


async def door(request: Request[State], form: Ask) -> Response:
    """Venue, checkpoint and ward before anything is sent; then the step this device has to take."""
    state, now = request.state, request.state["clock"]()
    try:
        doorway = await doorway_of(state, request.path_params["code"])
    except UnknownCode:
        return no_door(request, 404, wrong="unknown", typed=request.path_params["code"])
    if doorway.closed_at is not None and now >= doorway.closed_at:
        return no_door(request, 410, wrong="closed", doorway=doorway)
    if doorway.valid_to is not None and now >= doorway.valid_to:
        return no_door(request, 410, wrong="replaced", doorway=doorway)
    citizen = citizen_or_none(request)
    if citizen is None:
        return sign_up_form(request, doorway, SignUpForm(), ())
    if not (doorway.demands_declaration and rules.way_at(doorway.direction, Way.IN)):
        return await _confirm_page(request, citizen, doorway, form.again, None)
    standing = await _standing(state, citizen)
    if standing is None:
        return first_step(doorway)
    if doorway.direction == "in" and not rules.has_valid_declaration(standing, now):
        return see_other(f"/V/{doorway.code}/declare")
    return await _confirm_page(request, citizen, doorway, form.again, standing)


def no_door(
    request: Request[State],
    status: int,
    *,
    wrong: str,
    typed: str = "",
    system: str = "",
    doorway: Doorway | None = None,
) -> Response:
    facts = {"wrong": wrong, "typed": typed, "system": system, "doorway": doorway}
    return request.state["pages"].html(request, "checkin/no_door.html", status, **facts)


async def _standing(state: State, citizen: Citizen) -> Standing | None:
    async with connection(state["db"]) as db:
        person = await queries.person(db, citizen.person_id)
    return None if person is None or person.generation != citizen.generation else person.standing


async def _inside_since(state: State, citizen: Citizen, doorway: Doorway) -> datetime | None:
    now, days = state["clock"](), state["days"]
    try:
        subject = days.subject(citizen.person_id, days.day(now))
    except KeyMissing:  # the scan itself will say so
        return None
    start, end = days.bounds(days.day(now))
    async with connection(state["db"]) as db:
        person = await queries.person(db, citizen.person_id)
        if person is None or person.generation != citizen.generation:
            return None
        return rules.inside_since(
            await queries.readings(db, [subject], start, end), doorway.venue_id
        )


async def _confirm_page(
    request: Request[State],
    citizen: Citizen,
    doorway: Doorway,
    again: bool,
    standing: Standing | None,
) -> Response:
    now = request.state["clock"]()
    facts: dict[str, Any] = {
        "at": rules.to_millisecond(now),
        "again": again,
        "inside_since": await _inside_since(request.state, citizen, doorway),
        "standing": standing,
        "declared": standing is not None and rules.has_valid_declaration(standing, now),
    }
    # Never from a cache (no-store): the page's own time corrects a phone's wrong clock.
    return door_page(request, "confirm", doorway, **facts)


async def press_in(request: Request[State], form: PressIn) -> Response:
    return await _press(request, form.at, Way.IN, form.companions, Source.POSTER)


async def press_out(request: Request[State], form: PressOut) -> Response:
    source = Source.BUTTON if form.button else Source.EXIT
    return await _press(request, form.at, Way.OUT, 0, source)


async def _press(
    request: Request[State], at: datetime, way: Way, companions: int, source: Source
) -> Response:
    state = request.state
    doorway = await doorway_of(state, request.path_params["code"])
    citizen = citizen_or_none(request)
    if citizen is None:
        return first_step(doorway)
    asked = Asked(code=doorway.code, at=at, way=way, companions=companions, source=source)
    try:
        if not is_fresh(at, state["clock"]()):
            kept = await stored_scan(state, citizen, doorway, at)
            return see_other(f"/V/{doorway.code}?again=1") if kept is None else _done(doorway, at)
        await recorded(request.state, citizen, asked)
    except SignInFirst:
        return first_step(doorway)
    except DeclarationNeeded:
        return see_other(f"/V/{doorway.code}/declare")
    return _done(doorway, at)


def is_fresh(at: datetime, now: datetime) -> bool:
    return now - PRESSED_WITHIN < at < now + rules.NEWEST


def _done(doorway: Doorway, at: datetime) -> Response:
    written = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return see_other(f"/V/{doorway.code}/done?at={written.replace('+', '%2B')}")


async def done(request: Request[State], form: Done) -> Response:
    """The result, as it stands in the ledger and not as the address says."""
    state = request.state
    doorway = await doorway_of(state, request.path_params["code"])
    citizen = citizen_or_none(request)
    if citizen is None:
        return first_step(doorway)
    try:
        found = await stored_scan(state, citizen, doorway, form.at)
    except SignInFirst:
        return first_step(doorway)
    if found is None:
        return see_other(f"/V/{doorway.code}")
    kept, doorway = found
    colour = rules.colour(kept.standing, form.at).name.lower()
    facts: dict[str, Any] = {
        "state": "out" if kept.scan.way == Way.OUT else colour,
        "at": form.at,
        "companions": kept.scan.party,
        "now": rules.to_millisecond(state["clock"]()),
    }
    return door_page(request, "done", doorway, **facts)


endpoints: list[Endpoint] = [
    *pages_person.endpoints,
    Endpoint("GET", "/V/{code}", door, Ask, page=True, seconds=DEADLINE),
    Endpoint("GET", "/v/{code}", door, Ask, page=True, seconds=DEADLINE),
    Endpoint("POST", "/V/{code}/check-in", press_in, PressIn, page=True, seconds=DEADLINE),
    Endpoint("POST", "/V/{code}/check-out", press_out, PressOut, page=True, seconds=DEADLINE),
    Endpoint("GET", "/V/{code}/done", done, Done, page=True),
]
