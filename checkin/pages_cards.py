"""The page of the card desk: print, bind, lock. A scanner that types like a keyboard fills in the
code."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import staff_of
from accounts.areas import area_name
from accounts.model import Grant
from checkin import card_desk
from checkin.api_cards import BindCard, PrintCards, holder_of, print_cards
from checkin.cards import (
    CardBound,
    CardRevoked,
    CardTextWrong,
    CardUnknown,
    DocumentNeeded,
    DocumentsTooMany,
)
from checkin.model import PhoneNumberWrong
from checkin.state import State
from kit.errors import Problem
from kit.http import Endpoint, see_other

Typed = Annotated[str, Meta(max_length=300)]
REFUSALS = (
    *(CardTextWrong, CardUnknown, CardBound, CardRevoked, DocumentNeeded, DocumentsTooMany),
    PhoneNumberWrong,
)


class DeskQuery(Struct, frozen=True):
    done: str = ""
    lang: str = ""


class BindForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Texts as typed: what is wrong with them is said on the form."""

    code: Typed = ""
    full_name: Typed = ""
    phone: Typed = ""
    birth_year: Typed = ""
    cccd: Typed = ""
    lost: bool = False


class LockForm(Struct, frozen=True, forbid_unknown_fields=True):
    code: Typed = ""


class Incomplete(Struct, frozen=True):
    """Stands in for a problem where the form itself is not filled in."""

    status: int = 422

    def title(self) -> str:
        return "Fill in the code, the name and the phone; a CCCD number has 12 digits."


async def cards_page(request: Request[State], form: DeskQuery) -> Response:
    return _page(request, BindForm(), None, form.done)


def _page(
    request: Request[State], typed: BindForm, wrong: Problem | Incomplete | None, done: str
) -> Response:
    staff = staff_of(request)
    return request.state["pages"].html(
        request,
        "checkin/cards.html",
        200 if wrong is None else wrong.status,
        staff=staff,
        desks=[_desk_name(one) for one in card_desk.desks_of(staff)],
        typed=typed,
        wrong=wrong,
        done=done if done in ("bound", "locked") else "",
    )


def _desk_name(desk: Grant) -> str:
    """'Phường Cái Khế, …'; a venue or an organisation by its number."""
    if desk.area is None:
        return f"#{desk.venue_id or desk.organisation_id}"
    return area_name(desk.area) or "Việt Nam"


async def print_on_page(request: Request[State], form: PrintCards) -> Response:
    return await print_cards(request, form)


async def bind_on_page(request: Request[State], form: BindForm) -> Response:
    facts = {
        key: value.strip() if isinstance(value, str) else value
        for key, value in msgspec.to_builtins(form).items()
    }
    if not facts["birth_year"]:
        facts.pop("birth_year")
    try:
        asked = msgspec.convert(facts, BindCard, strict=False)
        await card_desk.bind(request.state, staff_of(request), asked.code, holder_of(asked))
    except msgspec.ValidationError:
        return _page(request, form, Incomplete(), "")
    except REFUSALS as wrong:
        return _page(request, form, wrong, "")
    return see_other("/cards?done=bound")


async def lock_on_page(request: Request[State], form: LockForm) -> Response:
    try:
        await card_desk.lock(request.state, staff_of(request), form.code)
    except (CardTextWrong, CardUnknown) as wrong:
        return _page(request, BindForm(), wrong, "")
    return see_other("/cards?done=locked")


endpoints: list[Endpoint] = [
    Endpoint("GET", "/cards", cards_page, DeskQuery, page=True),
    Endpoint("POST", "/cards/sheets", print_on_page, PrintCards, page=True),
    Endpoint("POST", "/cards/bindings", bind_on_page, BindForm, page=True),
    Endpoint("POST", "/cards/locks", lock_on_page, LockForm, page=True),
]
