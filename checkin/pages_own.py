"""A citizen's own pages away from any door: the pass that changes every minute, the colour with its
reasons, a correction, an objection. Unknown devices are told how to begin, not to log in."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any

from msgspec import Meta, Struct, convert
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import citizen_or_none
from accounts.areas import area_name
from accounts.model import Citizen, SignInFirst
from checkin import epidemic, passes, rules, standing
from checkin.holds import AlreadyObjected, HoldReason, NotHeld
from checkin.model import PersonRow
from checkin.pages_person import QUESTIONS, DeclareForm, Wrong, declare_facts, declared_on_page
from checkin.standing import known_person, pass_text
from checkin.state import State
from kit.db import connection
from kit.http import Endpoint, see_other
from venues.qr import qr_path

REASONS = {
    HoldReason.CONFIRMED_CASE: "You are registered as a confirmed case.",
    HoldReason.CLOSE_CONTACT: "You were together with a confirmed case.",
}


class ObjectForm(Struct, frozen=True, forbid_unknown_fields=True):
    words: Annotated[str, Meta(max_length=1000)] = ""


async def pass_page(request: Request[State]) -> Response:
    person = await _person(request)
    facts: dict[str, Any] = {"known": person is not None}
    if person is not None:
        now = request.state["clock"]()
        size, path = qr_path(pass_text(request.state, person))
        facts |= {
            "size": size,
            "path": path,
            "at": now,
            "colour": rules.colour(person.standing, now).name.lower(),
            "rotates": int(passes.ROTATES.total_seconds()),
        }
    return request.state["pages"].html(request, "checkin/pass.html", **facts)


async def standing_page(request: Request[State]) -> Response:
    return await _standing_page(request, 200, "", "")


async def _standing_page(request: Request[State], status: int, wrong: str, words: str) -> Response:
    citizen, now = citizen_or_none(request), request.state["clock"]()
    own = None
    if citizen is not None:
        try:
            own = await standing.own_standing(request.state, citizen)
        except SignInFirst:  # revoked since
            own = None
    facts: dict[str, Any] = {"own": own, "wrong": wrong, "words": words, "reasons": REASONS}
    if own is not None:
        stands = own.person.standing
        facts |= {
            "colour": rules.colour(stands, now).name.lower(),
            "declared": rules.has_valid_declaration(stands, now),
            "was_in": area_name(own.answers["epidemic_area"])
            if own.answers.get("epidemic_area")
            else "",
            "objected": any(one.upheld is None for one in own.objections),
        }
    return request.state["pages"].html(request, "checkin/standing.html", status, **facts)


async def object_on_page(request: Request[State], form: ObjectForm) -> Response:
    citizen = citizen_or_none(request)
    if citizen is None:
        return see_other("/standing")
    if not form.words.strip():
        return await _standing_page(request, 422, "words", "")
    with suppress(SignInFirst, NotHeld, AlreadyObjected):  # the page says how it stands
        await standing.object_to_hold(request.state, citizen, form.words.strip())
    return see_other("/standing")


async def correct_page(request: Request[State]) -> Response:
    citizen = citizen_or_none(request)
    if citizen is None:
        return see_other("/standing")
    try:
        own = await standing.own_standing(request.state, citizen)
    except SignInFirst:
        return see_other("/standing")
    valid = rules.has_valid_declaration(own.person.standing, request.state["clock"]())
    typed = await _said_before(request.state, own.answers) if valid else DeclareForm()
    return await _correct_page(request, typed, {})


async def _said_before(state: State, answers: Mapping[str, Any]) -> DeclareForm:
    """The form as it was sent, but for the word that it is true."""
    areas = (await epidemic.rules_of_today(state)).areas
    edition = next((one.edition for one in areas if one.area == answers.get("epidemic_area")), None)
    same = (*QUESTIONS, "left_on", "note", "declared_by")
    told = {name: answers[name] for name in same if name in answers}
    told |= dict.fromkeys(answers.get("symptoms", ()), True)
    return convert(told | {"epidemic_area": edition}, DeclareForm)


async def _correct_page(request: Request[State], typed: DeclareForm, wrong: Wrong) -> Response:
    facts = await declare_facts(request.state, typed, wrong)
    return request.state["pages"].html(
        request, "checkin/declare.html", 422 if wrong else 200, doorway=None, **facts
    )


async def correct(request: Request[State], form: DeclareForm) -> Response:
    """A new declaration; the earlier ones stay as they were said."""
    citizen = citizen_or_none(request)
    if citizen is None:
        return see_other("/standing")
    try:
        wrong = await declared_on_page(request.state, citizen, form)
    except SignInFirst:
        return see_other("/standing")
    return await _correct_page(request, form, wrong) if wrong else see_other("/standing")


async def found_code(request: Request[State]) -> Response:
    """Whoever scans somebody's card or pass with a phone: the same page for every code, good or
    not, so that it tells nothing."""
    return request.state["pages"].html(request, "checkin/found.html")


async def _person(request: Request[State]) -> PersonRow | None:
    citizen: Citizen | None = citizen_or_none(request)
    if citizen is None:
        return None
    try:
        async with connection(request.state["db"]) as db:
            return await known_person(db, citizen)
    except SignInFirst:
        return None


endpoints: list[Endpoint] = [
    Endpoint("GET", "/pass", pass_page, page=True),
    Endpoint("GET", "/standing", standing_page, page=True),
    Endpoint("POST", "/standing/objection", object_on_page, ObjectForm, page=True),
    Endpoint("GET", "/standing/declare", correct_page, page=True),
    Endpoint("POST", "/standing/declare", correct, DeclareForm, page=True),
    Endpoint("GET", "/C/{code}", found_code, page=True),
    Endpoint("GET", "/P/{code}", found_code, page=True),
]
