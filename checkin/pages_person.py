"""The first steps at a door: who you are and, where the venue asks, how you feel."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import DEVICE_COOKIE, citizen_or_none
from accounts.areas import UnknownArea, area_name, full_name
from accounts.cookies import keep_token
from accounts.model import Citizen, SignInFirst
from accounts.tokens import LIFETIME
from checkin import epidemic
from checkin.api_people import Declare, SignUp, declared, new_person
from checkin.declaration import Symptom
from checkin.model import DeclarationUnconfirmed, Doorway, LeftOnWrong, PhoneNumberWrong
from checkin.phone import normal_phone
from checkin.scan import doorway_of
from checkin.state import State
from kit.http import Endpoint, see_other
from venues.code import printed

QUESTIONS = ("met_case", "from_epidemic_area", "met_sick")
Wrong = Mapping[str, str]  # what to say of each field


class SignUpForm(Struct, frozen=True, forbid_unknown_fields=True):
    full_name: Annotated[str, Meta(max_length=200)] = ""
    phone: Annotated[str, Meta(max_length=40)] = ""


class DeclareForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A box of a form is sent once or not at all, so each symptom has a field of its own. What is
    missing is said beside its question."""

    met_case: bool | None = None
    from_epidemic_area: bool | None = None
    met_sick: bool | None = None
    epidemic_area: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    left_on: date | None = None
    fever: bool = False
    cough: bool = False
    short_breath: bool = False
    pneumonia: bool = False
    sore_throat: bool = False
    tiredness: bool = False
    note: Annotated[str, Meta(max_length=300)] = ""
    declared_by: Annotated[str, Meta(max_length=200)] = ""
    true_and_complete: bool = False


def door_page(
    request: Request[State], name: str, doorway: Doorway, status: int = 200, **facts: object
) -> Response:
    shown = {"doorway": doorway, "ward": ward_of(doorway), "printed_code": printed(doorway.code)}
    return request.state["pages"].html(request, f"checkin/{name}.html", status, **shown, **facts)


def ward_of(doorway: Doorway) -> str:
    """The ward with its province; '' where the venue has none."""
    try:
        return full_name(doorway.area)
    except UnknownArea:
        return ""


def sign_up_form(
    request: Request[State], doorway: Doorway, form: SignUpForm, wrong: Collection[str]
) -> Response:
    status = 422 if wrong else 200
    return door_page(request, "sign_up", doorway, status, form=form, wrong=wrong)


async def sign_up_page(request: Request[State]) -> Response:
    """For a device whose token is no longer taken, too."""
    doorway = await doorway_of(request.state, request.path_params["code"])
    return sign_up_form(request, doorway, SignUpForm(), ())


async def sign_up(request: Request[State], form: SignUpForm) -> Response:
    state = request.state
    doorway = await doorway_of(state, request.path_params["code"])
    if wrong := _wrong(form):
        return sign_up_form(request, doorway, form, wrong)
    citizen = await new_person(state, SignUp(full_name=form.full_name, phone=form.phone))
    answer = see_other(f"/V/{doorway.code}")
    token = state["device_tokens"].issue(citizen, state["clock"]())
    # lax: a poster scanned by the camera opens the page from outside
    keep_token(request, answer, DEVICE_COOKIE, token, LIFETIME.total_seconds(), "lax")
    return answer


def _wrong(form: SignUpForm) -> list[str]:
    """Both fields, so that nobody mends one only to hear of the other."""
    found = [] if form.full_name.strip() else ["full_name"]
    try:
        normal_phone(form.phone)
    except PhoneNumberWrong:
        found.append("phone")
    return found


async def declare_page(request: Request[State]) -> Response:
    doorway = await doorway_of(request.state, request.path_params["code"])
    if citizen_or_none(request) is None:
        return first_step(doorway)
    return await _declare_page(request, doorway, DeclareForm(), {})


async def _declare_page(
    request: Request[State], doorway: Doorway, typed: DeclareForm, wrong: Wrong
) -> Response:
    facts = await declare_facts(request.state, typed, wrong)
    return door_page(request, "declare", doorway, 422 if wrong else 200, **facts)


async def declare_facts(state: State, typed: DeclareForm, wrong: Wrong) -> dict[str, Any]:
    """What the form asks, with the places that the authority lists."""
    rules = await epidemic.rules_of_today(state)
    return {
        "typed": typed,
        "symptoms": [symptom.value for symptom in Symptom],
        "areas": [(one, area_name(one.area)) for one in rules.areas],
        "area_days": rules.policy.area_days,
        "today": state["days"].day(state["clock"]()),
        "wrong": wrong,
    }


async def declare(request: Request[State], form: DeclareForm) -> Response:
    doorway = await doorway_of(request.state, request.path_params["code"])
    citizen = citizen_or_none(request)
    if citizen is None:
        return first_step(doorway)
    try:
        wrong = await declared_on_page(request.state, citizen, form)
    except SignInFirst:
        return first_step(doorway)
    if wrong:
        return await _declare_page(request, doorway, form, wrong)
    return see_other(f"/V/{doorway.code}")


async def declared_on_page(state: State, citizen: Citizen, form: DeclareForm) -> Wrong:
    """What is wrong, of every field; nothing of it is stored then."""
    wrong: dict[str, str] = {
        name: "Answer this question." for name in QUESTIONS if getattr(form, name) is None
    }
    if not form.true_and_complete:
        wrong["true_and_complete"] = DeclarationUnconfirmed.title()
    if wrong:
        return wrong
    try:
        await declared(state, citizen, _answers(form))
    except LeftOnWrong as late:
        return {"left_on": late.title()}
    return {}


def _answers(form: DeclareForm) -> Declare:
    return Declare(
        symptoms=[symptom for symptom in Symptom if getattr(form, symptom)],
        note=form.note,
        met_case=bool(form.met_case),
        from_epidemic_area=bool(form.from_epidemic_area),
        met_sick=bool(form.met_sick),
        epidemic_area=form.epidemic_area,
        left_on=form.left_on,
        declared_by=form.declared_by,
        true_and_complete=form.true_and_complete,
    )


def first_step(doorway: Doorway) -> Response:
    """To the first step; a token that is worth nothing any more goes."""
    answer = see_other(f"/V/{doorway.code}")
    answer.delete_cookie(DEVICE_COOKIE)
    return answer


endpoints: list[Endpoint] = [
    Endpoint("GET", "/V/{code}/sign-up", sign_up_page, page=True),
    Endpoint("POST", "/V/{code}/sign-up", sign_up, SignUpForm, page=True),
    Endpoint("GET", "/V/{code}/declare", declare_page, page=True),
    Endpoint("POST", "/V/{code}/declare", declare, DeclareForm, page=True),
]
