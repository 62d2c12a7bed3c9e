"""What officers do about contacts, one or thousands at once; the same for the JSON and for the
pages. Nothing is written over: who did what stays, and the last that nobody took back counts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from accounts import areas
from checkin.vault import seal, unseal
from kit.db import Connection, transaction
from kit.errors import NotFound, Unprocessable
from tracing import queries, queries_changes, queries_clock
from tracing.acting import Acting, note, run_again
from tracing.area_choices import check_area
from tracing.case import CaseFile, approved_case, contact_number
from tracing.desk import Desk, key_of
from tracing.followup import queries as followup_queries
from tracing.followup import search
from tracing.followup.queries import Happening
from tracing.runs import queries_contacts
from tracing.runs.queries_contacts import Chosen
from tracing.state import State

Apply = Callable[[Connection, int, Sequence[int]], Awaitable[None]]
WORDS = b"words of an event"


class Act(StrEnum):
    """`sampled` waits for its result; `no-answer` counts as one try."""

    REACHED = "reached"
    NO_ANSWER = "no-answer"
    SAMPLED = "sampled"
    POSITIVE = "positive"
    NEGATIVE = "negative"
    VACCINATED = "vaccinated"
    NOT_VACCINATED = "not-vaccinated"


class Verdict(StrEnum):
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


APPLIED: Mapping[Act | Verdict, Apply] = {
    Act.REACHED: followup_queries.apply_calls,
    Act.NO_ANSWER: followup_queries.apply_calls,
    Act.SAMPLED: followup_queries.apply_tests,
    Act.POSITIVE: followup_queries.apply_tests,
    Act.NEGATIVE: followup_queries.apply_tests,
    Act.VACCINATED: followup_queries.apply_vaccinated,
    Act.NOT_VACCINATED: followup_queries.apply_vaccinated,
    Verdict.CONFIRMED: followup_queries.apply_verdicts,
    Verdict.REJECTED: followup_queries.apply_verdicts,
}


class ReasonNeeded(Unprocessable):
    """To confirm or to reject a contact needs a reason."""


class WrongTracer(Unprocessable):
    """This account is no tracer of an area to which these contacts were given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """One act on many contacts, or one act taken back."""

    act: Act | Verdict
    undo: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """To which area, or each to the one where they live, or back to nobody; and to which of its
    tracers."""

    own_ward: bool = False
    area: str | None = None
    tracer: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Contacts of a case by their numbers; None: everybody who is chosen."""

    case_id: int
    numbers: Collection[str] | None
    chosen: Chosen
    text: str = ""


async def do(state: State, desk: Desk, target: Target, doing: Doing) -> int:
    """How many it was done for; whoever had nothing to take back is not among them."""
    judges = isinstance(doing.act, Verdict)
    if judges and not doing.undo and not doing.words.strip():
        raise ReasonNeeded
    async with transaction(state["desk_db"]) as db:
        # A list of F1 alone is the same after a verdict: who is rejected carries nobody further.
        further = judges and await queries_changes.deepest(db, target.case_id) > 1
        if further:
            await queries_changes.count_change(db, target.case_id)
        case, people = await _people(db, state, desk, target)
        left = await queries_clock.f1_left(db, case.id)
        new = Happening(
            case_id=case.id,
            act=doing.act,
            sealed=_sealed(state, case, doing.words),
            staff_id=desk.staff_id,
            now=state["clock"](),
        )
        if doing.undo:
            people = await followup_queries.take_back(db, people, new)
        else:
            await followup_queries.add_events(db, people, new)
        await APPLIED[doing.act](db, case.id, people)
        act = f"undo-{doing.act}" if doing.undo else f"contact-{doing.act}"
        acting = Acting(db=db, state=state, desk=desk, case=case)
        await note(acting, act, {"count": len(people)})
        if left and not await queries_clock.f1_left(db, case.id):
            await note(acting, "f1-reached", {})  # the case's clock stops here
    if further:
        await run_again(state, replace(desk, areas=[case.area]), case.id)
    return len(people)


async def give(state: State, desk: Desk, target: Target, giving: Giving) -> int:
    """How many it was done for: whose ward is not known cannot go there, and a tracer is given
    those of their areas alone."""
    if giving.area:
        check_area(giving.area)
    async with transaction(state["desk_db"]) as db:
        case, people = await _people(db, state, desk, target)
        given = len(people)
        if giving.own_ward or giving.area:
            given = await followup_queries.give(db, case.id, people, giving.area or "")
        elif giving.area == "":
            await followup_queries.take_away(db, case.id, people)
        if giving.tracer is not None:
            covered = _covered(await followup_queries.tracers(db), giving.tracer)
            given = await followup_queries.give_tracer(db, case.id, people, giving.tracer, covered)
            if not given:
                raise WrongTracer
        facts = {"count": given, "area": giving.area, "tracer": giving.tracer}
        await note(Acting(db=db, state=state, desk=desk, case=case), "give-contacts", facts)
    return given


def _covered(tracers: Sequence[tuple[int, str, str]], staff_id: int) -> list[str]:
    """Every prefix that this tracer answers for."""
    return [prefix for one, _, area in tracers if one == staff_id for prefix in areas.cover(area)]


async def _people(
    db: Connection, state: State, desk: Desk, target: Target
) -> tuple[CaseFile, list[int]]:
    """Locked. NotFound where one of the numbers is not of this desk."""
    case = await queries.case_file(db, target.case_id, desk.areas, desk.wards)
    if case is None:
        raise NotFound
    wanted = await _chosen(db, key_of(state, case), approved_case(case), target)
    people = await followup_queries.lock_contacts(db, case.id, wanted, desk.areas, desk.wards)
    return case, people


async def _chosen(db: Connection, key: bytes, case: CaseFile, target: Target) -> list[int]:
    if target.numbers is None and target.text:
        return await search.people(db, key, case, target.chosen, target.text)
    groups = await queries_contacts.listed(db, case.id, target.chosen)
    everybody = [person for one in groups for person in one.people.tolist()]
    if target.numbers is None:
        return everybody
    known = {contact_number(key, person): person for person in everybody}
    if not target.numbers or not known.keys() >= set(target.numbers):
        raise NotFound
    return [known[number] for number in set(target.numbers)]


def _sealed(state: State, case: CaseFile, words: str) -> bytes | None:
    if not words.strip():
        return None
    return seal(key_of(state, case), {"words": words.strip()}, WORDS)


def said(key: bytes, sealed: bytes | None) -> str:
    return "" if sealed is None else str(unseal(key, sealed, WORDS)["words"])
