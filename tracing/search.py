"""A list searched by what stands in its rows: the number, the places, the ward. Not by the name:
who is on a list is not to be found out by typing names."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from accounts.area_words import fold
from kit.db import Connection
from tracing import listing
from tracing.answers import area_name
from tracing.case import CaseFile
from tracing.columns import Bools, take
from tracing.listing import Index, Line
from tracing.queries_contacts import Chosen


async def search(db: Connection, key: bytes, found: Index, text: str) -> Index:
    """Whose rows hold every word of the text, with or without accents."""
    typed = [f" {word}" for word in fold(text).split()]
    if not typed:
        return found
    lines = await listing.lines(db, key, found)
    rows = await asyncio.to_thread(_rows, lines, typed)
    return replace(found, places=take(found.places, rows))


async def people(
    db: Connection, key: bytes, case: CaseFile, chosen: Chosen, text: str
) -> list[int]:
    found = await listing.index(db, key, case, chosen)
    return [] if found is None else (await search(db, key, found, text)).people()


def _rows(lines: Sequence[Line], typed: Sequence[str]) -> Bools:
    folded: dict[str, str] = {}  # thousands met at the same few places

    def held(said: str) -> str:
        if said not in folded:
            folded[said] = f" {fold(said)}"
        return folded[said]

    def holds(line: Line) -> bool:
        said = [held(one) for one in dict.fromkeys(_said(line))]
        return all(any(word in one for one in said) for word in typed)

    return np.array([holds(line) for line in lines], np.bool_)


def _said(line: Line) -> Iterator[str]:
    yield line.number
    yield area_name(line.given_to or line.area)
    for one in line.found.meetings:
        yield one.venue
        if one.zone:
            yield one.zone
