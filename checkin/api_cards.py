"""JSON of the card desk."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import staff_of
from checkin import card_desk
from checkin.card_desk import Holder
from checkin.cards import (
    CardBound,
    CardRevoked,
    CardTextWrong,
    CardUnknown,
    DeskUnclear,
    DocumentNeeded,
    DocumentsTooMany,
)
from checkin.model import PhoneNumberWrong, Sex
from checkin.state import State
from kit.db import DatabaseAway
from kit.http import Endpoint
from venues.poster import Language

CardText = Annotated[str, Meta(min_length=13, max_length=300, examples=["0123-4567-89ABC"])]
Cccd = Annotated[str, Meta(pattern=r"^(\d{12})?$")]
PersonName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]


class PrintCards(Struct, frozen=True, forbid_unknown_fields=True):
    """Eight cards a sheet; `desk` counts the desks of one's own roles from 1."""

    sheets: Annotated[int, Meta(ge=1, le=50)] = 1
    language: Language = "vi"
    desk: Annotated[int, Meta(ge=1, le=1000)] = 1


class BindCard(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`cccd`: the number of the document that was looked at; with the name on it, it finds the
    person's own record, and `lost` locks the cards they had. Else the person is a new one."""

    code: CardText
    full_name: PersonName
    phone: Annotated[str, Meta(min_length=6, max_length=40, examples=["0912 345 678"])]
    birth_year: Annotated[int, Meta(ge=1890, le=2100)] | None = None
    sex: Sex | None = None
    cccd: Cccd = ""
    lost: bool = False


class LockCard(Struct, frozen=True, forbid_unknown_fields=True):
    code: CardText


async def print_cards(request: Request[State], form: PrintCards) -> Response:
    """Print sheets of new cards

    The codes stand in this PDF alone.
    """
    staff = staff_of(request)
    drawn = await card_desk.print_sheets(
        request.state, staff, form.desk, form.sheets, form.language
    )
    headers = {"Content-Disposition": 'inline; filename="chot-cards.pdf"'}
    return Response(drawn, media_type="application/pdf", headers=headers)


async def bind_card(request: Request[State], form: BindCard) -> Response:
    """Bind a card to the person at the desk"""
    await card_desk.bind(request.state, staff_of(request), form.code, holder_of(form))
    return Response(status_code=204)


async def lock_card(request: Request[State], form: LockCard) -> Response:
    """Lock a card for good"""
    await card_desk.lock(request.state, staff_of(request), form.code)
    return Response(status_code=204)


def holder_of(form: BindCard) -> Holder:
    return Holder(
        full_name=form.full_name.strip(),
        phone=form.phone,
        birth_year=form.birth_year,
        sex=form.sex,
        cccd=form.cccd,
        lost=form.lost,
    )


BIND_PROBLEMS = (
    *(CardTextWrong, CardUnknown, CardBound, CardRevoked, DocumentNeeded, DocumentsTooMany),
    *(PhoneNumberWrong, DatabaseAway),
)

endpoints = [
    Endpoint(
        *("POST", "/v1/cards/sheets", print_cards, PrintCards, {200: "application/pdf"}),
        problems=(DeskUnclear, DatabaseAway),
    ),
    Endpoint("POST", "/v1/cards/bindings", bind_card, BindCard, {204: None}, BIND_PROBLEMS),
    Endpoint(
        *("POST", "/v1/cards/locks", lock_card, LockCard, {204: None}),
        problems=(CardTextWrong, CardUnknown, DatabaseAway),
    ),
]
