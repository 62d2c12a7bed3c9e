"""Whom a gate means: the person behind a document, card, pass, or typed number, made at once where
nobody is known.

A typed number never joins somebody who exists: it stands for a person of its own, the same at every
gate, whose id is an HMAC of the number. The colours of all people under it count, because anybody
may type anybody's number to see it.
"""

from __future__ import annotations

import hmac
from collections.abc import Container
from dataclasses import replace
from datetime import datetime

import asyncpg

from accounts.keydir import FIRST
from checkin import passes, queries, queries_gate
from checkin.cards import card_hmac
from checkin.credential import CardShown, Credential, NumberTyped, PassShown
from checkin.document import Document, Odd, is_same_name, odd
from checkin.model import Identifier, NewPerson, Sex
from checkin.model_gate import CardNotValid, CredentialUnknown, Known, KnownRow, PassOver
from checkin.state import State
from checkin.vault import IdentifierKind, new_person_id
from kit.db import connection, transaction


async def find(state: State, shown: Credential, at: datetime) -> Known | None:
    """None of a document or number that stands for nobody yet: `make` makes them."""
    if isinstance(shown, Document):
        return await _of_document(state, shown)
    if isinstance(shown, NumberTyped):
        return await _of_number(state, shown)
    if isinstance(shown, CardShown):
        return await _of_card(state, shown)
    return await _of_pass(state, shown, at)


async def make(state: State, shown: Credential) -> Known:
    """The person of a document that somebody saw, or of a number that somebody typed; cards and
    passes have theirs."""
    assert isinstance(shown, Document | NumberTyped)  # noqa: S101  else `find` has refused
    # Looked up anew: another gate may have made them meanwhile, and then theirs is the one.
    if isinstance(shown, NumberTyped):
        facts = {"phone" if shown.kind is IdentifierKind.PHONE else "document": shown.value}
        identifiers = (_identifier(state, shown.kind, shown.value, verified=False),)
        await add(state, _new(state, _id_of(state, shown), facts, identifiers=identifiers))
        made = await _of_number(state, shown)
    else:
        await add(state, _from_document(state, shown, {kind for kind, _ in shown.identifiers}))
        made = await _of_document(state, shown)
        if made is None:  # a further number of it is somebody's who has another CCCD
            await add(state, _from_document(state, shown, {IdentifierKind.CCCD}))
            made = await _of_document(state, shown)
    assert made is not None  # noqa: S101  made above, or by whoever was quicker
    return made


async def add(state: State, new: NewPerson) -> None:
    """Unless they are there already."""
    try:
        async with transaction(state["db"]) as db:
            await queries.add_person(db, new, state["clock"]())
    except asyncpg.UniqueViolationError:
        return


def by_hand(
    state: State, person_id: int, facts: dict[str, str], birth_year: int | None, sex: Sex | None
) -> NewPerson:
    """Somebody with nothing to scan; what they say finds them, but proves nothing."""
    phone = facts.get("phone")
    found = [_identifier(state, IdentifierKind.PHONE, phone, verified=False)] if phone else []
    return _new(
        state,
        person_id,
        facts,
        identifiers=tuple(found),
        birth_year=birth_year,
        sex=sex,
    )


def odd_about(shown: Document, who: Known | None, now: datetime) -> list[Odd]:
    """Of a stranger what does not fit in itself; of a known person only another name, or none."""
    if who is None:
        return odd(shown, now.date())
    return [] if is_same_name(shown.full_name, who.full_name) else [Odd.NAME]


def as_shown(shown: Document, who: Known) -> Known:
    """Under the document's own name, never the record's: whoever prints a code with somebody's
    number learns no name. Under another name it proves no more than a number that was typed."""
    is_typed = not is_same_name(shown.full_name, who.full_name)
    return replace(who, full_name=shown.full_name, typed=is_typed)


def derived_id(state: State, text: str) -> int:
    """63 bits that the same text always gives and nobody without the key can guess."""
    digest = hmac.digest(_index(state), b"gate person" + text.encode(), "sha256")
    return int.from_bytes(digest[:8]) % (2**63 - 1) + 1


async def known(state: State, person_id: int, *, typed: bool) -> Known:
    return await _known(state, person_id, [person_id], typed)


async def _known(state: State, person_id: int, people: list[int], typed: bool) -> Known:
    async with connection(state["db"]) as db:
        found = await queries_gate.known_people(db, people)
    return _opened(state, person_id, found, typed)


def _opened(state: State, person_id: int, found: dict[int, KnownRow], typed: bool) -> Known:
    own = found.pop(person_id)
    facts = state["vault"].open(own.id, own.sealed, own.key_id)
    return Known(
        person_id=own.id,
        generation=own.generation,
        full_name=facts.get("full_name", ""),
        standings=(own.standing, *(one.standing for one in found.values())),
        typed=typed,
    )


async def _of_document(state: State, shown: Document) -> Known | None:
    vault = state["vault"]
    numbers = tuple((int(kind), vault.find(kind, value)) for kind, value in shown.identifiers)
    meant, found = await state["looks"].people(numbers)
    return None if meant is None else _opened(state, meant, found, typed=False)


async def _of_card(state: State, shown: CardShown) -> Known:
    async with connection(state["db"]) as db:
        found = await queries_gate.person_of_card(db, card_hmac(_index(state), shown.code))
    if found is None:
        raise CardNotValid
    return await known(state, found, typed=False)


async def _of_number(state: State, shown: NumberTyped) -> Known | None:
    person_id, hashed = _id_of(state, shown), state["vault"].find(shown.kind, shown.value)
    async with connection(state["db"]) as db:
        people = await queries.people_by_identifier(db, shown.kind, hashed)
    if person_id not in people:
        return None
    return await _known(state, person_id, people, typed=True)


async def _of_pass(state: State, shown: PassShown, at: datetime) -> Known:
    keys = [passes.pass_key(key) for key in state["keys"].tokens.all().values()]
    try:
        said = passes.read_pass(shown.text, state["settings"].public_url, keys)
    except passes.BadPass:
        raise CredentialUnknown from None
    if not passes.is_valid(said, at):
        raise PassOver
    async with connection(state["db"]) as db:
        person = await queries.person(db, said.person_id)
    if person is None or person.generation != said.generation:
        raise PassOver
    return await known(state, said.person_id, typed=False)


def _from_document(state: State, shown: Document, proven: Container[IdentifierKind]) -> NewPerson:
    facts = {
        "full_name": shown.full_name,
        "phone": shown.phone,
        "address": shown.address,
        "document": shown.number,
    }
    identifiers = [_identifier(state, k, v, verified=k in proven) for k, v in shown.identifiers]
    if shown.phone:
        identifiers.append(_identifier(state, IdentifierKind.PHONE, shown.phone, verified=False))
    return _new(
        state,
        new_person_id(),
        facts,
        identifiers=tuple(identifiers),
        birth_year=shown.birth_year,
        sex=shown.sex,
    )


def _new(
    state: State,
    person_id: int,
    facts: dict[str, str],
    *,
    identifiers: tuple[Identifier, ...],
    birth_year: int | None = None,
    sex: Sex | None = None,
) -> NewPerson:
    sealed, key_id = state["vault"].seal(person_id, {"full_name": "", "phone": ""} | facts)
    return NewPerson(
        id=person_id,
        sealed=sealed,
        key_id=key_id,
        birth_year=birth_year,
        sex=sex,
        area="",
        guardian_id=None,
        identifiers=identifiers,
    )


def _identifier(state: State, kind: IdentifierKind, value: str, *, verified: bool) -> Identifier:
    return Identifier(kind=kind, hmac=state["vault"].find(kind, value), verified=verified)


def _id_of(state: State, shown: NumberTyped) -> int:
    return derived_id(state, f"{shown.kind:d} {shown.value}")


def _index(state: State) -> bytes:
    return state["keys"].index.key(FIRST)
