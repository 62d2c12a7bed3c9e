"""The list of a case on a page: which contacts an address asks for, and what one page of them
shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import msgspec
from msgspec import Struct

from accounts.areas import area_name
from kit.db import connection
from tracing import desk
from tracing.case import CaseFile, contact_number
from tracing.casework.api_contacts import ContactState, Result
from tracing.desk import Desk
from tracing.engine.contact import Rank
from tracing.followup import queries as followup_queries
from tracing.followup.giving import tracers
from tracing.followup.queries import Counters, Gone
from tracing.followup.search import search
from tracing.runs import listing
from tracing.runs.listing import Line, Run
from tracing.runs.queries_contacts import Chosen
from tracing.state import State

SHOWN = 100
MINE, NOBODY = "mine", "nobody"
YES, NO = "yes", "no"
STANDING = "standing"  # whoever was not rejected


class ListQuery(Struct, frozen=True, kw_only=True):
    """As it stands in an address: whatever makes no sense chooses everybody, a start beyond the
    list is its end. `done`: for how many an act was done just now, `back`: it was taken back."""

    start: str = ""
    tier: str = ""
    rank: str = ""
    state: str = ""
    ward: str = ""
    tracer: str = ""
    reached: str = ""
    test: str = ""
    given: str = ""
    close: str = ""
    text: str = ""
    off: str = ""
    done: str = ""
    back: str = ""
    lang: str = ""

    def chosen(self, mine: Desk) -> Chosen:
        tracer = {MINE: mine.staff_id, NOBODY: 0}.get(self.tracer, number_of(self.tracer, 9))
        return Chosen(
            areas=mine.areas,
            wards=mine.wards,
            listed=self.off != YES,
            tier=self.tier_number,
            rank=self.rank if self.rank in set(Rank) else "",
            state=self.state if self.state in {*ContactState, STANDING} else "",
            ward=self.ward[:40],
            tracer=tracer,
            reached={YES: True, NO: False}.get(self.reached),
            test=self.test if self.test in set(Result) else "",
            given={YES: True, NO: False}.get(self.given),
            close={YES: True, NO: False}.get(self.close),
        )

    @property
    def tier_number(self) -> int | None:
        return number_of(self.tier, 3)

    def address(self, **changed: object) -> str:
        """As a query, without what is empty and without what was only told once."""
        told = msgspec.structs.asdict(self) | {"done": "", "back": "", "lang": ""} | changed
        return urlencode({name: value for name, value in told.items() if value not in ("", 0)})

    @property
    def filters(self) -> str:
        """Of the address, without the place on the list."""
        return self.address(start="")


def number_of(text: str, digits: int) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= digits else None


def query_of(text: str) -> ListQuery:
    """What `address` made."""
    known = {name: value for name, value in parse_qsl(text) if name in ListQuery.__struct_fields__}
    return ListQuery(**known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A page of a list: its lines from `start` on, of `total` who were chosen."""

    run: Run
    lines: Sequence[Line]
    start: int
    total: int


async def read_part(state: State, mine: Desk, case: CaseFile, query: ListQuery) -> Part | None:
    """A page of the list from where the address says: never beyond its end. None before a run."""
    key = desk.key_of(state, case)
    async with connection(state["desk_db"]) as db:
        found = await listing.index(db, key, case, query.chosen(mine))
        if found is None:
            return None
        chosen = await search(db, key, found, query.text[:100])
        wanted = number_of(query.start, 9) or 0
        first = min(wanted, max(0, len(chosen) - 1) // SHOWN * SHOWN)
        lines = await listing.lines(db, key, chosen, first, SHOWN)
    return Part(run=found.run, lines=lines, start=first, total=len(chosen))


@dataclass(frozen=True, slots=True, kw_only=True)
class OffList:
    """How many people are no longer on the list; those on whom somebody worked, by their numbers.
    Whom a verifier confirmed stays on it."""

    total: int
    worked: Sequence[tuple[str, Gone]]


async def off_list(state: State, mine: Desk, case: CaseFile) -> OffList:
    key = desk.key_of(state, case)
    async with connection(state["desk_db"]) as db:
        found = await followup_queries.gone(db, case.id, mine.areas, mine.wards, SHOWN)
    return OffList(
        total=found[0].total if found else 0,
        worked=[(contact_number(key, one.person_id), one) for one in found if one.worked],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """In whose hands the contacts of a case are: counters, and the areas and tracers to filter by
    and to give to."""

    counters: Counters
    wards: Sequence[tuple[str, str]]
    tracers: Sequence[tuple[int, str]]
    all_tracers: Sequence[tuple[int, str, str]]


async def hands(state: State, mine: Desk, case: CaseFile, *, gives: bool) -> Hands:
    """`gives`: this account may give contacts to others."""
    async with connection(state["desk_db"]) as db:
        counted = await followup_queries.counters(db, [case.id], mine.areas, mine.wards)
        given = await followup_queries.hands(db, case.id, mine.areas, mine.wards)
        all_tracers = await tracers(db) if gives else []
    wards = {area: area_name(area) for area, _, _ in given}
    working = {one: name for _, one, name in given if one is not None and name is not None}
    return Hands(
        counters=counted.get(case.id, Counters()),
        wards=sorted(wards.items(), key=lambda one: one[1]),
        tracers=sorted(working.items(), key=lambda one: one[1]),
        all_tracers=all_tracers,
    )
