"""What a run reads around the times that matter: stays of days, what was told, ends put right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from checkin.model import Source
from kit.db import connection
from tests.conftest import Service
from tests.golden import ALL_OF_JULY, at, came, july_policy, left, place, told_stay, was
from tests.make_people import make_person, make_scans
from tests.make_venues import make_venue
from tests.oracle_model import Told
from tests.stored_worlds import answers
from tests.test_tracing_travel import HANOI, HERE, PLACES
from tracing.engine.contact import Rank
from tracing.engine.model import (
    Amendment,
    Doubt,
    IndexCase,
    Interval,
    Policy,
    Scan,
    Scans,
    Verdict,
    World,
)
from tracing.trace import Asked, hops

CASE, FIRST, SECOND = 1, 2, 3
DORMITORY, MARKET, FACTORY, HOSPITAL, HOME = 1, 2, 3, 4, -1
VENUES = {
    DORMITORY: place(DORMITORY, typical_stay=600),
    MARKET: place(MARKET, typical_stay=45),
    FACTORY: place(FACTORY, typical_stay=540),
    HOSPITAL: place(HOSPITAL, typical_stay=120, masks_off=True),
    HOME: place(HOME, masks_off=True, small=True),
}
MET = [*was(CASE, MARKET, at(9, "06:00"), at(9, "06:40"))]
MET += was(FIRST, MARKET, at(9, "06:00"), at(9, "06:40"))
ROOM_MATE = was(SECOND, DORMITORY, at(10, "08:00"), at(10, "20:00"))


def told(
    scans: Sequence[Scan],
    isolated: int | None = None,
    policy: Policy | None = None,
    **more: Any,
) -> Told:
    return Told(
        case=IndexCase(person=CASE, onset=date(2021, 7, 10), sampled=None, isolated=isolated),
        world=World(scans=Scans.of(scans), venues=VENUES, kept_days=ALL_OF_JULY, **more),
        policy=policy or july_policy(),
        moment=at(16, "12:00"),
    )


def slept(person: int, since: int, until: int) -> list[Scan]:
    return was(person, DORMITORY, at(since, "08:00"), at(until, "10:00"))


AT_HOME = [told_stay(one, HOME, at(9, "19:00"), at(9, "21:00")) for one in (CASE, FIRST)]
WORLDS = {
    "a case that was isolated where it slept, and went days later": (
        told(
            [*slept(CASE, 9, 14), *was(FIRST, DORMITORY, at(10, "08:00"), at(10, "20:00"))],
            isolated=at(11, "12:00"),
        ),
        {FIRST: 720},
    ),
    "an F1 who was isolated where they slept, and went days later": (
        told(
            [*MET, *slept(FIRST, 9, 15), *ROOM_MATE],
            isolations={FIRST: (Interval(start=at(11, "12:00"), end=at(30, "00:00")),)},
        ),
        {FIRST: 40, SECOND: 720},
    ),
    "an F1 by what was told, who slept there since before": (
        told([*slept(FIRST, 4, 12), *ROOM_MATE], told=AT_HOME),
        {FIRST: 120, SECOND: 720},
    ),
    "an F1 whom a verifier confirmed, who slept there since before": (
        told(
            [
                *was(CASE, MARKET, at(9, "06:00"), at(9, "06:10")),
                *slept(FIRST, 4, 12),
                *ROOM_MATE,
            ],
            confirmed={FIRST: Verdict(tier=1, since=at(9, "06:00"))},
        ),
        {SECOND: 720},
    ),
    "an F1 who was only seen leaving, and slept there since before": (
        told(
            [
                *was(CASE, HOSPITAL, at(9, "19:00"), at(9, "22:00")),
                left(FIRST, HOSPITAL, at(9, "21:00")),
                *slept(FIRST, 6, 12),
                *ROOM_MATE,
            ],
            policy=july_policy(unmasked=0),
        ),
        {FIRST: 1, SECOND: 720},
    ),
    "an F1 who carried days after they had met the case": (
        told(
            [
                *(*MET, *slept(FIRST, 10, 14)),
                *was(SECOND, DORMITORY, at(12, "08:00"), at(12, "20:00")),
            ],
            policy=july_policy(latency=72),
        ),
        {FIRST: 40, SECOND: 720},
    ),
    "somebody who had gone elsewhere on a day between": (
        told(
            [
                *was(CASE, MARKET, at(10, "00:20"), at(10, "01:00")),
                *(came(FIRST, MARKET, at(9, "23:50")), came(FIRST, FACTORY, at(10, "00:10"))),
                left(FIRST, MARKET, at(11, "00:30")),
            ]
        ),
        {},
    ),
    "a guest who had gone to work, and was seen leaving days later": (
        told(
            [
                *was(CASE, DORMITORY, at(11, "03:00"), at(11, "12:00")),
                *(came(FIRST, DORMITORY, at(10, "18:00")), came(FIRST, FACTORY, at(11, "00:30"))),
                *(left(FIRST, FACTORY, at(11, "12:30")), left(FIRST, DORMITORY, at(12, "07:00"))),
            ]
        ),
        {},
    ),
    "a stay whose end was put right, most of a day after it began": (
        told(
            [
                *was(CASE, HOSPITAL, at(9, "18:00"), at(9, "21:00")),
                came(FIRST, HOSPITAL, at(9, "01:00"), source=Source.IMPORT),
                *was(FIRST, HOSPITAL, at(9, "22:00"), at(9, "23:50")),
            ],
            amendments={(FIRST, at(9, "01:00"), HOSPITAL): Amendment(left_at=at(9, "22:00"))},
        ),
        {FIRST: 180},
    ),
}


@pytest.mark.parametrize(("world", "minutes"), WORLDS.values(), ids=list(WORLDS))
async def test_all_that_matters_is_read(
    service: Service, world: Told, minutes: dict[int, int]
) -> None:
    full, found, expected = await answers(service, world)

    assert {one.person: one.together // 60_000 for one in full.contacts} == minutes
    assert found == expected


async def test_whether_a_scan_is_believed_does_not_depend_on_midnight(service: Service) -> None:
    # given a guest who scanned in Hà Nội half an hour before they did in Cần Thơ
    case, guest = [await make_person(service, name, "") for name in ("Ca", "Khách")]
    here, hanoi = (await make_venue(service)).id, (await make_venue(service)).id
    async with connection(service.state["db"]) as db:
        for venue, where in ((here, HERE), (hanoi, HANOI)):
            await db.execute(
                "UPDATE venue SET latitude = $2, longitude = $3 WHERE id = $1",
                venue,
                *PLACES[where],
            )
    scans = [
        *was(case, here, at(10, "00:10"), at(10, "08:00")),
        *(came(guest, hanoi, at(9, "23:50")), *was(guest, here, at(10, "00:20"), at(10, "08:00"))),
    ]
    await make_scans(service, scans)
    state = service.state
    asked = Asked(
        people=[case],
        onset=date(2021, 7, 10),
        sampled=None,
        isolated=None,
        policy=july_policy(),
    )

    async with hops(state["desk_db"], state["days"], asked, _moment(14)) as made:
        [found] = (await made.contacts()).answer.contacts

    assert found.rank is Rank.LOW
    assert {doubt for one in found.exposures for doubt in one.doubts} == {Doubt.IMPLAUSIBLE}


def _moment(day: int) -> datetime:
    return datetime.fromtimestamp(at(day, "12:00") / 1000, UTC)
