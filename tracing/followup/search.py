"""A list searched by what stands in its rows: the number, the places, the ward. Not by the name:
who is on a list is not to be found out by typing names."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from accounts.area_words import fold
from accounts.areas import area_name
from kit.db import Connection
from tracing.case import CaseFile, contact_number
from tracing.engine.columns import Bools, Ints, ints, one_of, take
from tracing.runs import listing, queries_contacts
from tracing.runs.listing import Index
from tracing.runs.queries_contacts import Chosen, ContactRow


async def search(db: Connection, key: bytes, found: Index, text: str) -> Index:
    """Whose rows hold every word of the text, with or without accents."""
    typed = [f" {word}" for word in fold(text).split()]
    if not typed:
        return found
    rows = await queries_contacts.contacts(db, found.case_id, found.people())
    # In a thread: of ten thousand it takes a while, and the door must not wait.
    chosen = await asyncio.to_thread(_chosen, key, found, rows, typed)
    return replace(found, places=take(found.places, chosen))


async def people(
    db: Connection, key: bytes, case: CaseFile, chosen: Chosen, text: str
) -> list[int]:
    found = await listing.index(db, key, case, chosen)
    return [] if found is None else (await search(db, key, found, text)).people()


def _chosen(key: bytes, found: Index, rows: Sequence[ContactRow], typed: Sequence[str]) -> Bools:
    people = found.places.person
    said = {
        row.person_id: _folded(contact_number(key, row.person_id), row.given_to or row.area)
        for row in rows
    }
    chosen = np.ones(len(people), np.bool_)
    for word in typed:
        named = np.array([word in said.get(one, "") for one in people.tolist()], np.bool_)
        chosen &= named | one_of(people, _at(found, word))
    return chosen


def _folded(number: str, area: str) -> str:
    return f" {number.lower()}{_area(area)}"


@cache
def _area(path: str) -> str:
    return f" {fold(area_name(path))}"


def _at(found: Index, word: str) -> Ints:
    def holds(name: str) -> bool:
        return word in f" {fold(name)}"

    alone = ints(
        person
        for person, one in found.by_itself.items()
        if any(holds(met.venue) or holds(met.zone or "") for met in one.meetings)
    )
    return np.concatenate([alone, *(one.people_at(holds) for one in found.blocks.values())])
