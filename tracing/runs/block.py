"""The list of one run as one piece of bytes, to be sealed: columns, and the names of places as they
were, for it outlives the scans. Findings are made from it for the rows that somebody reads."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tracing.engine.columns import Ints, distinct, ints, named, one_of, ranks, tabled
from tracing.engine.contact import Exposures
from tracing.engine.tiers import Level
from tracing.engine.worklist import Ordered, Roll, lists
from tracing.finding import Finding, Names, finding_of

DEFLATED = b"\x78"
ZIPPED = b"PK"
NARROW = ("u1", "<u2", "<u4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is no column. `levels`: how many."""

    venues: Mapping[int, str]
    zones: Mapping[int, str]
    onsets: Mapping[int, date | None]
    onset: date | None
    levels: int
    masks_off: Sequence[int] | None = None


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """`least` and, as `stored`, what each of the `rows` is above it; '' where all are the same.
    `kind`: numpy's, of the column itself."""

    kind: str
    rows: int
    least: int = 0
    stored: str = ""
    above: bytes = b""


class Whole(msgspec.Struct, frozen=True):
    """`columns`: each with the names of all that hold the same. (Most columns of a list hold one
    number throughout, or what another holds. Deflate takes twenty times as long to find that out,
    and finds less.)"""

    head: Head
    columns: list[tuple[list[str], Column]]


class Deflated(msgspec.Struct, frozen=True):
    """As lists were stored before; `columns`: of each its numpy type and its bytes."""

    head: Head
    columns: dict[str, tuple[str, bytes]]


class Block:
    """An opened one. A place is the number of a row, brief ones after the others."""

    def __init__(self, roll: Roll, names: Names) -> None:
        self._roll, self._names = roll, names
        self._contacts, self._brief = lists(roll)
        both = (roll.contacts, roll.brief)
        self.person: Ints = np.concatenate([one.met.person for one in both])
        self.tier: Ints = np.concatenate([one.tier for one in both])
        self.since: Ints = np.concatenate([one.met.since for one in both])
        self.last: Ints = np.concatenate([one.met.last for one in both])
        self.brief = np.arange(len(self.person)) >= len(roll.contacts.tier)

    def since_of(self, person: int) -> int:
        """Their earliest exposure."""
        found: int = self.since[self.person == person].item()
        return found

    def last_of(self, person: int) -> int:
        """Their latest exposure."""
        found: int = self.last[self.person == person].item()
        return found

    def met_at(self, people: Ints) -> dict[int, int]:
        """How many of these met the case itself at each venue, for as long as it takes."""
        own = self._roll.own
        rows = own.reached & one_of(own.person, people)
        (venues, venue), (persons, person) = ranks(own.venue[rows]), ranks(own.person[rows])
        once = distinct(venue * len(persons) + person) // max(1, len(persons))
        return dict(zip(venues.tolist(), np.bincount(once).tolist(), strict=True))

    def people_at(self, holds: Callable[[str], bool]) -> Ints:
        """Who met somebody at a place, or a part of one, whose name holds what is looked for; of
        the same meetings as their findings."""
        venues = ints(number for number, name in self._names.venues.items() if holds(name))
        zones = ints(number for number, name in self._names.zones.items() if holds(name))
        met = [one.met for one in (self._roll.contacts, self._roll.brief)]
        tables = [self._roll.own, *(one.best for one in met), *(one.earliest for one in met)]
        found = [one.person[one_of(one.venue, venues) | one_of(one.zone, zones)] for one in tables]
        return distinct(np.concatenate(found))

    def findings(self, places: Ints) -> list[Finding]:
        first = len(self._contacts)
        made = {}
        for rows, offset in ((self._contacts, 0), (self._brief, first)):
            chosen = places[(places >= offset) & (places < offset + len(rows))]
            for place, one in zip(chosen.tolist(), rows.some(chosen - offset), strict=True):
                made[place] = finding_of(one, self._names, place)
        return [made[place] for place in places.tolist()]


def packed(roll: Roll, names: Names) -> bytes:
    """With no more names than its rows need."""
    tables: dict[str, Any] = named(roll.contacts, "contacts") | named(roll.brief, "brief")
    tables |= named(roll.own, "own")
    for number, level in enumerate(roll.levels):
        tables |= named(level, f"level{number}")
    head = Head(
        venues=_some(names.venues, tables, "venue"),
        zones=_some(names.zones, tables, "zone"),
        onsets=roll.onsets,
        onset=roll.onset,
        levels=len(roll.levels),
        masks_off=_of(roll.masks_off, tables),
    )
    columns: dict[Column, list[str]] = {}
    for name, one in tables.items():
        columns.setdefault(_narrowed(one), []).append(name)
    whole = Whole(head=head, columns=[(names, one) for one, names in columns.items()])
    return msgspec.msgpack.encode(whole)


def _narrowed(values: npt.NDArray[Any]) -> Column:
    kind, rows = values.dtype.str, len(values)
    numbers = values.astype(np.int64, casting="safe")
    least, most = (int(numbers.min()), int(numbers.max())) if rows else (0, 0)
    if least == most:
        return Column(kind=kind, rows=rows, least=least)
    for stored in NARROW:
        if most - least <= np.iinfo(stored).max:
            above = (numbers - least).astype(stored).tobytes()
            return Column(kind=kind, rows=rows, least=least, stored=stored, above=above)
    return Column(kind=kind, rows=rows, stored="<i8", above=numbers.astype("<i8").tobytes())


def _widened(column: Column) -> npt.NDArray[Any]:
    if not column.stored:
        return np.full(column.rows, column.least).astype(column.kind)
    above = np.frombuffer(column.above, column.stored).astype(np.int64)
    return (above + column.least).astype(column.kind)


def _some(names: Mapping[int, str], tables: Mapping[str, Ints], column: str) -> dict[int, str]:
    numbers = [one for name, one in tables.items() if name.endswith(f".{column}")]
    return {n: names[n] for n in distinct(np.concatenate(numbers)).tolist() if n in names}


def _of(masks_off: Collection[int] | None, tables: Mapping[str, Ints]) -> list[int] | None:
    """Those that its rows speak of."""
    if masks_off is None:
        return None
    venues = [one for name, one in tables.items() if name.endswith(".venue")]
    return sorted(set(distinct(np.concatenate(venues)).tolist()) & set(masks_off))


def opened(data: bytes) -> Block:
    head, columns = _read(data)
    roll = Roll(
        contacts=tabled(Ordered, columns, "contacts"),
        brief=tabled(Ordered, columns, "brief"),
        own=tabled(Exposures, columns, "own"),
        levels=[tabled(Level, columns, f"level{number}") for number in range(head.levels)],
        onsets=head.onsets,
        onset=head.onset,
        masks_off=None if head.masks_off is None else frozenset(head.masks_off),
    )
    return Block(roll, Names(venues=head.venues, zones=head.zones))


def _read(data: bytes) -> tuple[Head, dict[str, npt.NDArray[Any]]]:
    if data.startswith(DEFLATED):
        inflated = zlib.decompress(data)
        if inflated.startswith(ZIPPED):  # as they were at first
            with np.load(io.BytesIO(inflated), allow_pickle=False) as found:
                columns = dict(found)
            return msgspec.json.decode(columns["head"].tobytes(), type=Head), columns
        before = msgspec.msgpack.decode(inflated, type=Deflated)
        return before.head, {
            name: np.frombuffer(values, kind) for name, (kind, values) in before.columns.items()
        }
    whole = msgspec.msgpack.decode(data, type=Whole)
    columns = {}
    for names, column in whole.columns:
        columns |= dict.fromkeys(names, _widened(column))
    return whole.head, columns
