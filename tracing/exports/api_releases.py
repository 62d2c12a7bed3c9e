"""JSON of what a second account lets go: lists with names, and names beyond the quota."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from accounts.fields import Reason
from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing import releases
from tracing.case import CaseClosed, CaseNotApproved, Purpose
from tracing.desk import Desk, case_id_of, desk_of, id_of
from tracing.queries_releases import Release, Verdict
from tracing.releases import (
    ReleaseAsked,
    ReleaseDecided,
    ReleaseOutdated,
    ReleaseSecondPerson,
    ReleaseStatus,
    What,
)
from tracing.state import State


class AskRelease(Struct, frozen=True, forbid_unknown_fields=True):
    """`what`: a format with names, or `more-names`: as many again as the quota of 24 hours."""

    what: What
    purpose: Purpose
    reason: Reason


class DecideRelease(Struct, frozen=True, forbid_unknown_fields=True):
    """`people`: of the request as it was read; a list that has more now is not let go."""

    approved: bool
    reason: Reason
    people: Annotated[int, Meta(ge=0)] = 0


class TierSize(Struct, frozen=True):
    tier: int
    people: int


class ReleaseAnswer(Struct, frozen=True, kw_only=True):
    """`status` is waiting, approved, refused, used or over. The list is fetched where it always is,
    by the account that asked, for the same purpose and before `stands_until`. `people`: how many
    the list has now, all `tiers` together; `agreed`: how many it had when it was let go, and it
    leaves with no more. `used_at`: fetched already, and once more before `stands_until`."""

    id: int
    case_id: int
    case_number: str
    what: str
    purpose: str
    reason: str
    status: str
    asked_by: str | None
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    answer: str
    people: int
    tiers: list[TierSize]
    agreed: int | None
    used_at: datetime | None
    stands_until: datetime | None


class ReleasesAnswer(Struct, frozen=True):
    releases: list[ReleaseAnswer]


async def ask_release(request: Request[State], form: AskRelease) -> Response:
    """Ask a second account to let a list with names leave an approved case

    A list by whoever may open cases, further names by every officer of the case.
    """
    mine, case_id = asking_desk(request, form.what), case_id_of(request)
    reason = form.reason.strip()
    found = await releases.ask(request.state, mine, case_id, form.what, form.purpose, reason)
    return reply((await _answers(request, [found]))[0], 201)


def asking_desk(request: Request[State], what: What) -> Desk:
    may_export = access_table.CASE_OPENER
    return desk_of(request, access_table.OFFICER if what is What.MORE_NAMES else may_export)


async def list_releases(request: Request[State]) -> Response:
    """What was asked for in a case, newest first"""
    found = await releases.releases_of(request.state, desk_of(request), case_id_of(request))
    return reply(ReleasesAnswer(await _answers(request, found)))


async def waiting_releases(request: Request[State]) -> Response:
    """What waits for a second account in one's areas, the longest first"""
    found = await releases.waiting(request.state, desk_of(request, access_table.CASE_APPROVER))
    return reply(ReleasesAnswer(await _answers(request, found)))


async def decide_release(request: Request[State], form: DecideRelease) -> Response:
    """Approve or refuse what another account asked for

    A list is let go for no more people than it had as it was read.
    """
    mine, case_id = desk_of(request, access_table.CASE_APPROVER), case_id_of(request)
    verdict = Verdict(approved=form.approved, answer=form.reason.strip(), people=form.people)
    found = await releases.decide(request.state, mine, case_id, release_id_of(request), verdict)
    return reply((await _answers(request, [found]))[0])


def release_id_of(request: Request[State]) -> int:
    return id_of(request, "release_id")


async def _answers(request: Request[State], found: Sequence[Release]) -> list[ReleaseAnswer]:
    now, sizes = request.state["clock"](), await releases.list_sizes(request.state, found)
    return [_answer(one, releases.status(one, now), sizes[one.case_id]) for one in found]


def _answer(one: Release, status: ReleaseStatus, sizes: Mapping[int, int]) -> ReleaseAnswer:
    sizes = {} if one.what == What.MORE_NAMES else sizes
    return ReleaseAnswer(
        id=one.id,
        case_id=one.case_id,
        case_number=one.case_number,
        what=one.what,
        purpose=one.purpose,
        reason=one.reason,
        status=status,
        asked_by=one.asker,
        asked_at=one.asked_at,
        decided_by=one.decider,
        decided_at=one.decided_at,
        answer=one.answer,
        people=sum(sizes.values()),
        tiers=[TierSize(tier, people) for tier, people in sizes.items()],
        agreed=one.people if sizes and one.approved else None,
        used_at=one.used_at,
        stands_until=releases.stands_until(one) if status is ReleaseStatus.APPROVED else None,
    )


COMMON = (NotFound, CaseNotApproved, CaseClosed, DatabaseAway)
PATH = "/v1/cases/{case_id:int}/releases"
LISTED = {200: ReleasesAnswer}

endpoints = [
    Endpoint(
        *("POST", PATH, ask_release, AskRelease, {201: ReleaseAnswer}),
        problems=(ReleaseAsked, *COMMON),
    ),
    Endpoint("GET", PATH, list_releases, None, LISTED, (NotFound, DatabaseAway)),
    Endpoint("GET", "/v1/releases", waiting_releases, None, LISTED, (DatabaseAway,)),
    Endpoint(
        *("POST", f"{PATH}/{{release_id:int}}/decision", decide_release, DecideRelease),
        answers={200: ReleaseAnswer},
        problems=(ReleaseDecided, ReleaseOutdated, ReleaseSecondPerson, *COMMON),
    ),
]
