"""JSON of a case's contacts, and the reveals of their names."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from kit.db import DatabaseAway, connection
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing import desk
from tracing.answers import (
    ContactsAnswer,
    RevealAnswer,
    RevealedAnswer,
    contact_answer,
)
from tracing.case import CaseClosed, CaseNotApproved, Purpose, approved_case
from tracing.casework.api_runs import run_of
from tracing.desk import Desk, case_id_of, desk_of
from tracing.engine.contact import Rank
from tracing.followup.answers import work_answers
from tracing.followup.search import search
from tracing.names import NOBODY, Named, Wish, masked_people, reveal
from tracing.releases import NamesTooMany
from tracing.runs import listing
from tracing.runs.queries_contacts import Chosen
from tracing.state import State
from tracing.words import translator

ContactNumber = Annotated[str, Meta(min_length=8, max_length=8)]


class ContactState(StrEnum):
    CANDIDATE = "candidate"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class Result(StrEnum):
    AWAITING = "awaiting"
    POSITIVE = "positive"
    NEGATIVE = "negative"


class ContactsQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Only those of this tier, rank, state and test; of those given to an area or below it, to a
    tracer (0: to none); reached or not; given to a ward or not. `text`: words in their number,
    places and ward. `off_list`: those whom an earlier run listed and the last did not."""

    tier: Annotated[int, Meta(ge=1, le=32767)] | None = None
    rank: Rank | None = None
    state: ContactState | None = None
    ward: Annotated[str, Meta(max_length=40)] = ""
    tracer: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    reached: bool | None = None
    test: Result | None = None
    given: bool | None = None
    text: Annotated[str, Meta(max_length=100)] = ""
    off_list: bool = False
    start: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 200


class Reveal(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose names and why; the numbers are those of the list and of the case's own records."""

    numbers: Annotated[list[ContactNumber], Meta(min_length=1, max_length=1000)]
    purpose: Purpose


async def list_contacts(request: Request[State], form: ContactsQuery) -> Response:
    """The contacts of an approved case by its last run, names masked"""
    state, said, mine = request.state, translator(request), desk_of(request)
    case = approved_case(await desk.read_work(state, mine, case_id_of(request)))
    key = desk.key_of(state, case)
    async with connection(state["desk_db"]) as db:
        found = await listing.index(db, key, case, _chosen(form, mine))
        if found is None:
            raise NotFound
        chosen = await search(db, key, found, form.text)
        lines = await listing.lines(db, key, chosen, form.start, form.limit)
    people = await masked_people(state, [line.person_id for line in lines])
    done = await work_answers(state, case, lines)
    following = form.start + form.limit
    shown = ContactsAnswer(
        await run_of(request, case, found.run),
        [
            contact_answer(line, people.get(line.person_id, NOBODY), done[line.person_id], said)
            for line in lines
        ],
        following if following < len(chosen) else None,
    )
    return reply(shown)


def _chosen(form: ContactsQuery, mine: Desk) -> Chosen:
    return Chosen(
        areas=mine.areas,
        wards=mine.wards,
        listed=not form.off_list,
        tier=form.tier,
        rank=form.rank or "",
        state=form.state or "",
        ward=form.ward,
        tracer=form.tracer,
        reached=form.reached,
        test=form.test or "",
        given=form.given,
    )


async def reveal_contacts(request: Request[State], form: Reveal) -> Response:
    """Read names of an approved case's people; each leaves its audit row

    Beyond a quota of names in 24 hours a second account has to agree.
    """
    mine = desk_of(request)
    wish = Wish(
        staff_id=mine.staff_id,
        areas=mine.areas,
        wards=mine.wards,
        case_id=case_id_of(request),
        purpose=form.purpose,
        numbers=frozenset(form.numbers),
    )
    _, names = await reveal(request.state, wish)
    return reply(RevealAnswer([_revealed(number, found) for number, found in names.items()]))


def _revealed(number: str, found: Named) -> RevealedAnswer:
    return RevealedAnswer(
        number=number,
        full_name=found.full_name,
        phone=found.phone,
        address=found.address,
        birth_year=found.birth_year,
    )


LISTED = (NotFound, CaseNotApproved, CaseClosed, DatabaseAway)
PATH = "/v1/cases/{case_id:int}"

endpoints = [
    Endpoint(
        "GET", f"{PATH}/contacts", list_contacts, ContactsQuery, {200: ContactsAnswer}, LISTED
    ),
    Endpoint(
        *("POST", f"{PATH}/contacts/reveal", reveal_contacts, Reveal, {200: RevealAnswer}),
        problems=(*LISTED, NamesTooMany),
    ),
]
