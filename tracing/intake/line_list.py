"""Line lists of cases taken in: each case opened for a second person to approve, like one opened by
hand, and who infected whom among them. Nothing is stored before whoever sent it has seen the plan;
the same list again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone

from accounts import audit
from checkin.vault import IdentifierKind, seal
from kit.db import Connection, connection, transaction
from kit.errors import TooLarge, Unprocessable
from kit.table import TableUnreadable
from tracing import queries
from tracing.area_choices import check_area
from tracing.case import (
    LONGEST_NATIONAL_NUMBER,
    OLDEST_CASE,
    AreaUnknown,
    NewCase,
    Purpose,
    new_number,
)
from tracing.desk import Desk, note, policy_of
from tracing.engine.model import Policy
from tracing.intake import queries as intake_queries
from tracing.intake.cases import (
    CaseColumnsMissing,
    CaseListed,
    Finding,
    LineList,
    has_cases,
    read_cases,
)
from tracing.intake.row import BadRow, Fault, Reason
from tracing.intake.table import ListFile, rows_of
from tracing.state import State

EXTRA = "names several sources: the first one is kept"
MOST_CASES = 500  # each is for a second person to read; and they are stored in about a second


class ListWithoutIds(TableUnreadable):
    """The first row names no column with the ids of the cases."""


class ListTooLong(Unprocessable):
    """A list holds 500 cases at most: each waits for a second person. Send it in parts."""


class ListTooBig(TooLarge):
    """A list has 1 MB at most. Send it in parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`cases` that can be opened; `sources`: by the id of a case, that of the one who infected it;
    `extra`: further sources of a case, which has one here; `bad`: rows that are not taken."""

    cases: tuple[CaseListed, ...]
    sources: Mapping[str, str]
    extra: tuple[tuple[int, str, str], ...]
    findings: tuple[Finding, ...]
    bad: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the list does not say."""

    policy: str
    area: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How many cases were opened, were here before, and got a source they had not; `kept`: ids of
    cases that have another source here, or would be in a circle."""

    opened: int
    known: int
    linked: int
    kept: tuple[str, ...]


def plan(sent: ListFile, zone: timezone, now: datetime) -> Plan:
    """Raises TableUnreadable, ListTooLong."""
    try:
        found = read_cases(rows_of(sent, has_cases), zone, now)
    except CaseColumnsMissing:
        raise ListWithoutIds(name=sent.name) from None
    today = now.astimezone(zone).date()
    refused = {one.line: bad for one in found.cases if (bad := _refused(one, today))}
    cases = tuple(one for one in found.cases if one.line not in refused)
    if len(cases) > MOST_CASES:
        raise ListTooLong(most=MOST_CASES, cases=len(cases))
    sources, extra = _sources(found, {one.id: one.line for one in cases})
    return Plan(
        cases=cases,
        sources=sources,
        extra=extra,
        findings=found.findings,
        bad=tuple(sorted((*found.bad, *refused.values()), key=lambda one: one.line)),
    )


def _refused(one: CaseListed, today: date) -> BadRow | None:
    faults = [*_faults(one, today)]
    return BadRow(line=one.line, faults=tuple(faults)) if faults else None


def _faults(one: CaseListed, today: date) -> Iterator[Fault]:
    if len(one.id) > LONGEST_NATIONAL_NUMBER:
        yield Fault(column="id", reason=Reason.ID_LONG, value=one.id[:LONGEST_NATIONAL_NUMBER])
    if one.onset is None and one.sampled is None:
        yield Fault(column="onset", reason=Reason.DAY_MISSING, value="")
    for column, day in (("onset", one.onset), ("sampled", one.sampled)):
        if day is not None and day < today - OLDEST_CASE:
            yield Fault(column=column, reason=Reason.DAY_OLD, value=f"{day:%d/%m/%Y}")


def _sources(
    found: LineList, lines: Mapping[str, int]
) -> tuple[dict[str, str], tuple[tuple[int, str, str], ...]]:
    """Of each case the first one that can be opened too."""
    sources: dict[str, str] = {}
    extra = []
    for source, case in found.links:
        if source not in lines or case not in lines:
            continue
        if case in sources:
            extra.append((lines[case], case, source))
        else:
            sources[case] = source
    return sources, tuple(extra)


async def here_already(state: State, desk: Desk, found: Plan, chosen: Chosen) -> int:
    """How many of its cases it would find, and not open. What would keep all of it off is said
    already now: PolicyUnknown, AreaUnknown."""
    check_area(chosen.area)
    if not chosen.area.startswith(tuple(desk.areas)):
        raise AreaUnknown
    references = [one.reference for one in found.cases]
    async with connection(state["desk_db"]) as db:
        await policy_of(db, chosen.policy)
        return await intake_queries.known(db, references, chosen.area, desk.areas)


async def take_in(state: State, desk: Desk, found: Plan, chosen: Chosen) -> Taken:
    """All of it or nothing."""
    check_area(chosen.area)
    async with transaction(state["desk_db"]) as db:
        policy = await policy_of(db, chosen.policy)
        await queries.lock_sources(db)
        ids: dict[str, int] = {}
        opened = 0
        for one in found.cases:
            here = await intake_queries.case_of_reference(
                db, one.reference, chosen.area, desk.areas
            )
            if here is None:
                here = await _open(db, state, desk, one, policy, chosen.area)
                opened += 1
            ids[one.id] = here
        linked, kept = await _link(db, found, ids)
        facts = {"cases": len(found.cases), "opened": opened, "linked": linked}
        entry = audit.Entry(
            act="import-cases",
            staff_id=desk.staff_id,
            purpose=Purpose.CONTACT_TRACING,
            facts=facts,
        )
        await note(db, state, entry)
    return Taken(opened=opened, known=len(ids) - opened, linked=linked, kept=kept)


async def _open(
    db: Connection, state: State, desk: Desk, one: CaseListed, policy: Policy, area: str
) -> int:
    """Nobody is looked up; a list that names no phone or document opens a case of somebody who is
    not known here."""
    now = state["clock"]()
    number = new_number(state["days"].day(now))
    key = state["keys"].cases.make(number)
    kind, value = one.document or (IdentifierKind.PHONE, one.phone)
    new = NewCase(
        number=number,
        national_number=one.id,
        disease=policy.disease,
        lab_reference=one.reference,
        onset=one.onset,
        sampled=one.sampled,
        isolated=None,
        area=area,
        policy=policy.name,
        policy_version=policy.version,
        purpose=Purpose.CONTACT_TRACING,
        sealed=seal(key, {"kind": kind, "value": value}, number.encode()),
    )
    case_id = await queries.open_case(db, new, desk.staff_id, desk.areas, now)
    if case_id is None:
        raise AreaUnknown
    entry = audit.Entry(
        act="open-case", staff_id=desk.staff_id, purpose=new.purpose, case_id=case_id
    )
    await note(db, state, entry)
    return case_id


async def _link(db: Connection, found: Plan, ids: Mapping[str, int]) -> tuple[int, tuple[str, ...]]:
    linked, kept = 0, []
    for case, source in found.sources.items():
        before = await intake_queries.source_of(db, ids[case])
        if before == ids[source]:
            continue
        if await intake_queries.name_source(db, ids[case], ids[source]):
            linked += 1
        else:
            kept.append(case)
    return linked, tuple(kept)
