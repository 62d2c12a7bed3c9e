"""A person's own standing as they may read it: their colour, the hold on them with its reason, and
what they said to it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.model import Citizen, SignInFirst
from checkin import passes, queries, queries_holds
from checkin.declaration import Declared
from checkin.holds import AlreadyObjected, Hold, NotHeld, Objection
from checkin.model import PersonRow
from checkin.state import State
from checkin.vault import Vault
from kit.db import Connection, connection, transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An objection opened; `upheld` is None until somebody answered."""

    made: datetime
    words: str
    upheld: bool | None
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """`note` and `objections` are of the hold, `answered` those to holds that are over;
    declarations come newest first, `answers` are those of the first; {} where there is none."""

    person: PersonRow
    hold: Hold | None
    note: str
    objections: tuple[Said, ...]
    answered: tuple[Said, ...]
    declarations: tuple[Declared, ...]
    answers: Mapping[str, Any]


async def own_standing(state: State, citizen: Citizen) -> Own:
    now, vault = state["clock"](), state["vault"]
    async with connection(state["db"]) as db:
        person = await known_person(db, citizen)
        hold = await queries_holds.hold_of_person(db, person.id, now)
        people = await queries.linked_people(db, [person.id])
        over = {one.id: one for one in await queries_holds.ended_holds(db, people, now)}
        holds = over | ({hold.id: hold} if hold else {})
        objections = await queries_holds.objections(db, list(holds))
        declarations = await queries_holds.declarations(db, person.id)
    newest, answers = newest_first(vault, person.id, declarations)
    return Own(
        person=person,
        hold=hold,
        note=note_of(vault, hold) if hold else "",
        objections=tuple(
            said(vault, holds[one.hold_id], one) for one in objections if one.hold_id not in over
        ),
        answered=tuple(
            said(vault, over[one.hold_id], one) for one in objections if one.hold_id in over
        ),
        declarations=newest,
        answers=answers,
    )


def newest_first(
    vault: Vault, person_id: int, found: Sequence[Declared]
) -> tuple[tuple[Declared, ...], Mapping[str, Any]]:
    """Those of the newest hour are opened: only the seal says which of them came last."""
    of_hour = [one for one in found if one.made == found[0].made]
    opened = [(vault.open(person_id, one.sealed, one.key_id), one) for one in of_hour]
    opened.sort(key=lambda pair: pair[0].get("turn", 0), reverse=True)
    order = (*(one for _, one in opened), *found[len(of_hour) :])
    return order, opened[0][0] if opened else {}


async def object_to_hold(state: State, citizen: Citizen, words: str) -> None:
    """One objection at a time; it is told to the desk that answers for the case."""
    now = state["clock"]()
    async with transaction(state["db"]) as db:
        person = await known_person(db, citizen)
        hold = await queries_holds.hold_of_person(db, person.id, now)
        if hold is None:
            raise NotHeld
        sealed = state["vault"].seal(hold.person_id, {"words": words})
        random_id = secrets.randbelow(2**63 - 1) + 1
        if not await queries_holds.object_to(db, random_id, hold.id, sealed, now):
            raise AlreadyObjected


async def known_person(db: Connection, citizen: Citizen) -> PersonRow:
    """SignInFirst where the device's token was revoked."""
    person = await queries.person(db, citizen.person_id)
    if person is None or person.generation != citizen.generation:
        raise SignInFirst
    return person


def pass_text(state: State, person: PersonRow) -> str:
    """What the QR of their pass says in this minute."""
    _, newest = state["keys"].tokens.latest()
    code = passes.pass_code(passes.pass_key(newest), person.id, person.generation, state["clock"]())
    return passes.pass_address(state["settings"].public_url, code)


def note_of(vault: Vault, hold: Hold) -> str:
    return str(vault.open(hold.person_id, hold.sealed, hold.key_id)["note"])


def said(vault: Vault, hold: Hold, objection: Objection) -> Said:
    answer = ""
    if objection.answer is not None and objection.answer_key_id is not None:
        opened = vault.open(hold.person_id, objection.answer, objection.answer_key_id)
        answer = str(opened["answer"])
    words = vault.open(hold.person_id, objection.sealed, objection.key_id)["words"]
    return Said(made=objection.made, words=str(words), upheld=objection.upheld, answer=answer)
