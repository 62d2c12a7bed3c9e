"""The card desk: prints sheets, binds a card to the person who stands there, locks lost ones; the
same for the JSON and for the pages. Nothing it answers tells whom a card or a document belongs to:
a document under another name than its record's is as good as none, and nobody tries many.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

import asyncpg

from accounts import access, access_table, audit
from accounts.keydir import FIRST
from accounts.model import Grant, Scope, Staff
from checkin import queries, queries_cards, typed
from checkin.card_sheet import card_sheets
from checkin.cards import (
    CardBound,
    CardRevoked,
    CardTextWrong,
    CardUnknown,
    DeskUnclear,
    DocumentNeeded,
    DocumentsTooMany,
    card_hmac,
    new_card,
    read_card,
)
from checkin.document import is_same_name
from checkin.model import Identifier, NewPerson, Sex
from checkin.phone import normal_phone
from checkin.state import State
from checkin.vault import IdentifierKind, new_person_id
from kit.db import Connection, transaction
from venues.code import BadCode
from venues.poster import Language
from venues.poster_layout import A_SHEET


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who stands at the desk. `cccd`: the number on the card that was looked at, '' for none;
    `lost`: earlier cards of theirs are locked."""

    full_name: str
    phone: str
    birth_year: int | None
    sex: Sex | None
    cccd: str
    lost: bool


def desks_of(staff: Staff) -> list[Grant]:
    return [grant for grant in staff.grants if grant.role in access_table.CARD_DESK.roles]


async def print_sheets(
    state: State, staff: Staff, desk: int, sheets: int, language: Language
) -> bytes:
    """A PDF; its codes are kept nowhere else, so a lost sheet is printed anew. `desk` counts one's
    own from 1."""
    desks, now = desks_of(staff), state["clock"]()
    if desk > len(desks):
        raise DeskUnclear
    codes = [new_card() for _ in range(sheets * A_SHEET)]
    index = state["keys"].index.key(FIRST)
    public_url, today = state["settings"].public_url, state["days"].day(now)
    drawn = await asyncio.to_thread(card_sheets, public_url, codes, today, language)
    async with transaction(state["db"]) as db:
        hmacs = [card_hmac(index, code) for code in codes]
        await queries_cards.print_cards(db, hmacs, desks[desk - 1], staff.id, now)
        await _note(db, state, staff, "print-cards", {"cards": len(codes)})
    return drawn


async def bind(state: State, staff: Staff, text: str, holder: Holder) -> None:
    """To the person whom the document means by its number and name, or to a new one: a typed phone
    joins nobody."""
    if holder.lost and not holder.cccd:
        raise DocumentNeeded
    code = _hmac(state, text)
    phone = normal_phone(holder.phone)
    try:
        await _bind(state, staff, code, holder, phone)
    except asyncpg.UniqueViolationError:  # the same document at two desks at once: now it is there
        await _bind(state, staff, code, holder, phone)


async def _bind(state: State, staff: Staff, code: bytes, holder: Holder, phone: str) -> None:
    now, scope = state["clock"](), _scope(staff)
    person_id, holder = await _meant(state, staff, holder)
    async with transaction(state["db"]) as db:
        if person_id is None:
            person = _new_person(state, holder, phone)
            await queries.add_person(db, person, now)
            person_id = person.id
        if not await queries_cards.bind_card(db, code, scope, person_id, now):
            await _refuse(db, code, scope)
        if holder.lost:
            await queries_cards.revoke_cards_of(db, person_id, code, now)
        await _note(db, state, staff, "bind-card", {"lost": holder.lost}, person_id)


async def lock(state: State, staff: Staff, text: str) -> None:
    """For good, whether it was bound or not."""
    code, now = _hmac(state, text), state["clock"]()
    async with transaction(state["db"]) as db:
        if not await queries_cards.revoke_card(db, code, _scope(staff), now):
            raise CardUnknown
        await _note(db, state, staff, "lock-card", {})


async def _refuse(db: Connection, code: bytes, scope: Scope) -> None:
    found = await queries_cards.card_state(db, code, scope)
    if found is None:
        raise CardUnknown
    _, revoked = found
    raise CardRevoked if revoked else CardBound


async def _meant(state: State, staff: Staff, holder: Holder) -> tuple[int | None, Holder]:
    """Whom the document means, None for somebody new, and the holder as far as it is theirs. After
    too many others no document is taken at all: a refusal of some would tell right names from
    wrong ones."""
    if not holder.cccd:
        return None, holder
    hashed = state["vault"].find(IdentifierKind.CCCD, holder.cccd)
    today = state["days"].day(state["clock"]())
    act, facts = "too many documents under another name at a desk", {"numbers": typed.A_DAY}
    entry = audit.Entry(act=act, staff_id=staff.id, facts=facts)
    async with transaction(state["db"]) as db:
        found = await queries_cards.person_of_document(db, IdentifierKind.CCCD, hashed)
        other = int(found is not None and not await _is_named(db, state, found, holder.full_name))
        count = await queries_cards.count_typed(db, staff.id, today, other)
        is_over = await typed.too_many(state, db, count, entry, more=other)
    if is_over:
        raise DocumentsTooMany
    return (None, replace(holder, cccd="", lost=False)) if other else (found, holder)


async def _is_named(db: Connection, state: State, person_id: int, full_name: str) -> bool:
    person = await queries.person(db, person_id)
    if person is None:
        return False
    facts = state["vault"].open(person.id, person.sealed, person.key_id)
    return is_same_name(full_name, facts.get("full_name", ""))


def _new_person(state: State, holder: Holder, phone: str) -> NewPerson:
    person_id, vault = new_person_id(), state["vault"]
    sealed, key_id = vault.seal(person_id, {"full_name": holder.full_name, "phone": phone})
    values = [(IdentifierKind.PHONE, phone, False)]
    if holder.cccd:
        values.append((IdentifierKind.CCCD, holder.cccd, True))
    return NewPerson(
        id=person_id,
        sealed=sealed,
        key_id=key_id,
        birth_year=holder.birth_year,
        sex=holder.sex,
        area="",
        guardian_id=None,
        identifiers=tuple(
            Identifier(kind=kind, hmac=vault.find(kind, value), verified=verified)
            for kind, value, verified in values
        ),
    )


def _scope(staff: Staff) -> Scope:
    return access.scope(staff, access_table.CARD_DESK.roles)


def _hmac(state: State, text: str) -> bytes:
    try:
        code = read_card(text, state["settings"].public_url)
    except BadCode:
        raise CardTextWrong from None
    return card_hmac(state["keys"].index.key(FIRST), code)


async def _note(
    db: Connection,
    state: State,
    staff: Staff,
    act: str,
    facts: dict[str, object],
    person_id: int | None = None,
) -> None:
    entry = audit.Entry(act=act, staff_id=staff.id, person_id=person_id, facts=facts)
    await audit.record(db, state["keys"].audit.key(FIRST), entry, state["clock"]())
