"""What a second account lets go: a list with names out of a case, and more names than one account's
quota. Asked for with a reason by one account, decided by another of the same area; the same for
the JSON and for the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from kit.db import Connection, connection, transaction
from kit.errors import Conflict, NotFound
from tracing import queries, queries_releases
from tracing.acting import Acting, note
from tracing.case import Purpose, approved_case
from tracing.desk import Desk, case_in, work_in
from tracing.queries_releases import NewRelease, Release, Use, Verdict
from tracing.state import State

WAITS = timedelta(hours=24)
"""A question that nobody answered in a day is asked anew, by whoever still needs the list."""
STANDS = timedelta(hours=8)
"""A shift: whoever asked takes the list while the reason still holds."""
AGAIN = timedelta(minutes=15)
"""After the first file the same one may be fetched once more: downloads break off."""
QUOTA_SPAN = timedelta(hours=24)


class What(StrEnum):
    """What can be let go: a case's list with names in one format, or further names to read."""

    XLSX = "xlsx"
    CSV = "csv"
    VN_F1_XLSX = "vn-f1-xlsx"
    VN_F2_XLSX = "vn-f2-xlsx"
    VN_F1_CSV = "vn-f1-csv"
    VN_F2_CSV = "vn-f2-csv"
    VN_ZIP = "vn-zip"
    GODATA = "godata-zip"
    SORMAS = "sormas-zip"
    FHIR = "fhir-json"
    MORE_NAMES = "more-names"


class ReleaseStatus(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"
    OVER = "over"


class ReleaseNeeded(Conflict):
    """A list with names leaves only when a second account has agreed: ask for it first."""


class ReleaseAsked(Conflict):
    """You have asked for this already; it waits for a second account."""


class ReleaseDecided(Conflict):
    """This request was decided already, or nobody decided in time."""


class ReleaseOutdated(Conflict):
    """The list has more people than when you read this request; read it again, then decide."""


class ListGrown(Conflict):
    """The list has more people than when a second account agreed to it; ask for it again."""


class ReleaseSecondPerson(Conflict):
    """Somebody else must decide about this request, not the account that asked."""


class NamesTooMany(Conflict):
    """So many names in 24 hours need a second account: ask for more names on a page of the case."""


async def ask(
    state: State, desk: Desk, case_id: int, what: What, purpose: Purpose, reason: str
) -> Release:
    now = state["clock"]()
    async with transaction(state["desk_db"]) as db:
        within = work_in if what is What.MORE_NAMES else case_in
        case = approved_case(await within(db, case_id, desk))
        await queries.lock_case(db, case_id)
        for one in await queries_releases.releases(db, case_id):
            same = (one.asked_by, one.what, one.purpose) == (desk.staff_id, what, purpose)
            if same and status(one, now) is ReleaseStatus.WAITING:
                raise ReleaseAsked(release_id=one.id)
        new = NewRelease(
            case_id=case_id,
            what=what,
            purpose=purpose,
            reason=reason,
            asked_by=desk.staff_id,
            asked_at=now,
        )
        release_id = await queries_releases.ask(db, new)
        facts = {"release": release_id, "what": what, "purpose": purpose, "reason": reason}
        acting = Acting(db=db, state=state, desk=desk, case=case)
        await note(acting, "ask-release", facts, purpose)
        return await _one(db, case_id, release_id)


async def decide(
    state: State, desk: Desk, case_id: int, release_id: int, verdict: Verdict
) -> Release:
    """A list is agreed to as it was read: for no more people than it had then."""
    now = state["clock"]()
    async with transaction(state["desk_db"]) as db:
        case = approved_case(await case_in(db, case_id, desk))
        asked = await _one(db, case_id, release_id)
        if asked.asked_by == desk.staff_id:
            raise ReleaseSecondPerson
        if status(asked, now) is not ReleaseStatus.WAITING:
            raise ReleaseDecided
        people = sum((await queries_releases.list_sizes(db, [case_id]))[case_id].values())
        if verdict.approved and asked.what != What.MORE_NAMES and people > verdict.people:
            raise ReleaseOutdated(read=verdict.people, people=people)
        verdict = replace(verdict, people=people)
        if not await queries_releases.decide_release(db, release_id, verdict, desk.staff_id, now):
            raise ReleaseDecided
        act = "approve-release" if verdict.approved else "refuse-release"
        facts = {"release": release_id, "what": asked.what, "reason": verdict.answer}
        facts |= {"purpose": asked.purpose}
        if asked.what != What.MORE_NAMES:
            facts |= {"people": people}
        await note(Acting(db=db, state=state, desk=desk, case=case), act, facts, asked.purpose)
        return await _one(db, case_id, release_id)


async def releases_of(state: State, desk: Desk, case_id: int) -> list[Release]:
    """Newest first; of who has some of its contacts alone, their own."""
    async with connection(state["desk_db"]) as db:
        case = await work_in(db, case_id, desk)
        found = await queries_releases.releases(db, case_id)
    whole = desk.sees_whole(case)
    return [one for one in found if whole or one.asked_by == desk.staff_id]


async def waiting(state: State, desk: Desk) -> list[Release]:
    """What somebody of these areas has to decide, own requests too."""
    async with connection(state["desk_db"]) as db:
        since = state["clock"]() - WAITS
        return await queries_releases.waiting_releases(db, desk.areas, since)


async def list_sizes(state: State, releases: Sequence[Release]) -> dict[int, dict[int, int]]:
    """By case how many people its list has now, by tier."""
    async with connection(state["desk_db"]) as db:
        return await queries_releases.list_sizes(db, sorted({one.case_id for one in releases}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A list of `people` that somebody fetches."""

    staff_id: int | None
    case_id: int
    what: str
    purpose: Purpose
    people: int


async def use(db: Connection, state: State, leaving: Leaving) -> Mapping[str, object]:
    """What the audit says of a list with names that leaves: by which release, or that a small team
    does without. Inside the transaction that reads the names."""
    if not state["settings"].second_person:
        return {"second_person": "off"}
    now = state["clock"]()
    found = await queries_releases.use_release(
        db,
        Use(
            case_id=leaving.case_id,
            staff_id=leaving.staff_id or 0,
            what=leaving.what,
            purpose=leaving.purpose,
            now=now,
            decided_since=now - STANDS,
            used_since=now - AGAIN,
            people=leaving.people,
        ),
    )
    if found is None:
        raise ReleaseNeeded
    release, agreed = found
    if leaving.people > agreed:
        raise ListGrown(agreed=agreed, people=leaving.people)
    return {"release": release}


async def check_quota(db: Connection, state: State, staff_id: int) -> bool:
    """After the rows of a reveal were written, whose lock makes the count exact: raises
    NamesTooMany. True where only the missing second person lets it pass."""
    since = state["clock"]() - QUOTA_SPAN
    read, agreed = await queries_releases.names_read(db, staff_id, since)
    quota = state["settings"].names_a_day
    if read <= quota * (1 + agreed):
        return False
    if state["settings"].second_person:
        raise NamesTooMany(quota=quota * (1 + agreed))
    return True


def status(one: Release, now: datetime) -> ReleaseStatus:
    if one.decided_at is None:
        return ReleaseStatus.WAITING if now < one.asked_at + WAITS else ReleaseStatus.OVER
    if not one.approved:
        return ReleaseStatus.REFUSED
    if now < stands_until(one):
        return ReleaseStatus.APPROVED
    return ReleaseStatus.OVER if one.used_at is None else ReleaseStatus.USED


def stands_until(one: Release) -> datetime:
    """Of one that was approved."""
    if one.used_at is not None:
        return one.used_at + AGAIN
    assert one.decided_at is not None  # noqa: S101  for it was approved
    return one.decided_at + STANDS


async def _one(db: Connection, case_id: int, release_id: int) -> Release:
    found = await queries_releases.releases(db, case_id, release_id)
    if not found:
        raise NotFound
    return found[0]
