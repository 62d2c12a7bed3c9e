"""Whose scans a trace reads: who had left before anybody infectious came is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

import pytest

from checkin.model import Source, Way
from kit.db import connection
from tests.conftest import Service
from tests.golden import at, july_policy, place, was
from tests.make_people import make_person, make_scans
from tests.make_venues import make_venue
from tracing.engine.columns import ints
from tracing.engine.contact import Contact
from tracing.engine.links import Links
from tracing.engine.model import Ended, Scan
from tracing.engine.presence import Presences
from tracing.facts import Facts
from tracing.pictures.history import read_history
from tracing.trace import Asked, hops, silent
from tracing.visitors import visitors
from venues.model import VenueKind

IN, OUT = Way.IN, Way.OUT
NEVER, AT_MOST, USUALLY = 0, 1, 2  # there with them: if they stayed longer than usual, or anyway
# Somebody infectious is there from 10:00 to 11:00; people usually stay for an hour.
SCANS: dict[str, tuple[int, list[tuple[Way, str, Source]]]] = {
    "stayed": (USUALLY, [(IN, "09:00", Source.POSTER), (OUT, "10:01", Source.EXIT)]),
    "left": (NEVER, [(IN, "08:00", Source.POSTER), (OUT, "09:58", Source.EXIT)]),
    "left within the minute": (
        USUALLY,
        [(IN, "08:00", Source.POSTER), (OUT, "10:00", Source.EXIT)],
    ),
    "said to leave": (NEVER, [(IN, "08:00", Source.POSTER), (OUT, "09:00", Source.BUTTON)]),
    "was closed upon": (AT_MOST, [(IN, "08:00", Source.POSTER), (OUT, "09:00", Source.CLOSING)]),
    "never seen to leave": (AT_MOST, [(IN, "08:00", Source.POSTER)]),
    "never seen to leave since nine": (USUALLY, [(IN, "09:00", Source.POSTER)]),
    "said so too late": (USUALLY, [(IN, "00:30", Source.POSTER), (OUT, "12:40", Source.BUTTON)]),
    "there all day": (USUALLY, [(IN, "00:30", Source.POSTER), (OUT, "15:00", Source.EXIT)]),
    "left when they had": (NEVER, [(IN, "11:30", Source.POSTER), (OUT, "15:00", Source.EXIT)]),
    "left and came again": (
        USUALLY,
        [
            *((IN, "07:00", Source.POSTER), (OUT, "08:00", Source.EXIT)),
            (IN, "09:30", Source.POSTER),
        ],
    ),
    "came and went twice": (
        NEVER,
        [
            *((IN, "07:00", Source.POSTER), (OUT, "08:00", Source.GATE)),
            *((IN, "08:30", Source.POSTER), (OUT, "09:00", Source.GATE)),
        ],
    ),
    "came after": (NEVER, [(IN, "11:00", Source.POSTER)]),
    "seen leaving alone": (NEVER, [(OUT, "09:00", Source.EXIT)]),
}


async def read(service: Service, venue: int, *, widest: bool) -> set[int]:
    """The people who are asked about further."""
    there = Presences(
        stay=ints([0]),
        person=ints([0]),
        venue=ints([venue]),
        start=ints([at(9, "10:00")]),
        end=ints([at(9, "11:00")]),
    )
    facts = Facts(days=service.state["days"], links=Links([]), venues={venue: place(venue)})
    async with connection(service.state["desk_db"]) as db:
        days = await visitors(
            db,
            facts,
            there,
            at(14, "12:00"),
            lambda done, total: silent(1, done, total),
            widest=widest,
        )
    return {person for people in days.values() for person in people.tolist()}


def scans(person: int, venue: int, told: Iterable[tuple[Way, str, Source]]) -> list[Scan]:
    return [
        Scan(person=person, at=at(9, clock), venue=venue, zone=None, way=way, source=source)
        for way, clock, source in told
    ]


@pytest.mark.parametrize("widest", [False, True])
@pytest.mark.parametrize("amended", ["", "in", "out"])
async def test_who_had_left_before_is_not_asked_about(
    service: Service, amended: str, *, widest: bool
) -> None:
    venue = (await make_venue(service)).id
    people = {name: await make_person(service, name, "") for name in SCANS}
    for name, (_, told) in SCANS.items():
        await make_scans(service, scans(people[name], venue, told))
    if amended:  # "left" did not leave then, or came at another time
        days, clock = service.state["days"], {"in": "08:00", "out": "09:58"}[amended]
        when = datetime.fromtimestamp(at(9, clock) / 1000, UTC)
        async with connection(service.state["db"]) as db:
            await db.execute(
                "INSERT INTO amendment VALUES ($1, $2, $3, 1, $4, $5, NULL, 'interview')",
                *(days.subject(people["left"], days.day(when)), when, venue, amended == "out"),
                None if amended == "out" else datetime.fromtimestamp(at(9, "10:30") / 1000, UTC),
            )

    found = await read(service, venue, widest=widest)

    least = AT_MOST if widest else USUALLY
    expected = {name for name, (there, _) in SCANS.items() if there >= least}
    assert {name for name in SCANS if people[name] in found} == expected | (
        {"left"} if amended else set()
    )


async def contacts_of(service: Service, case: int) -> Sequence[Contact]:
    """Of a case who fell ill on the tenth."""
    state = service.state
    asked = Asked(
        people=[case], onset=date(2021, 7, 10), sampled=None, isolated=None, policy=july_policy()
    )
    moment = datetime.fromtimestamp(at(14, "12:00") / 1000, UTC)
    async with hops(state["desk_db"], state["days"], asked, moment) as made:
        return (await made.contacts()).answer.contacts


@pytest.mark.parametrize("kind", [VenueKind.HOTEL, VenueKind.HOSPITAL, VenueKind.SUPERMARKET])
async def test_who_sleeps_there_is_found_by_their_first_day_and_their_last(
    service: Service, kind: VenueKind
) -> None:
    # given that both slept there for days, and scanned when they came and when they left
    venue = (await make_venue(service, kind=kind)).id
    case, guest = [await make_person(service, name, "") for name in ("Ca", "Khách")]
    await make_scans(service, was(case, venue, at(2, "14:00"), at(12, "11:00")))
    await make_scans(service, was(guest, venue, at(3, "15:00"), at(13, "09:00")))

    listed = [one.person for one in await contacts_of(service, case)]
    assert listed == ([] if kind is VenueKind.SUPERMARKET else [guest])


async def test_a_guest_who_came_days_before_the_case_is_found_by_the_way_out(
    service: Service,
) -> None:
    venue = (await make_venue(service, kind=VenueKind.HOTEL)).id
    case, guest = [await make_person(service, name, "") for name in ("Ca", "Khách")]
    await make_scans(service, was(case, venue, at(10, "14:00"), at(11, "09:00")))
    await make_scans(service, was(guest, venue, at(5, "15:00"), at(11, "12:00")))

    [listed] = await contacts_of(service, case)
    assert (listed.person, listed.together) == (guest, at(11, "09:00") - at(10, "14:00"))


async def test_a_case_is_shown_where_it_slept_since_before_it_can_have_been_infected(
    service: Service,
) -> None:
    venue = (await make_venue(service, kind=VenueKind.HOTEL)).id
    case = await make_person(service, "Ca", "")
    await make_scans(service, was(case, venue, at(2, "14:00"), at(12, "11:00")))

    state = service.state
    asked = Asked(
        people=[case], onset=date(2021, 7, 20), sampled=None, isolated=None, policy=july_policy()
    )
    moment = datetime.fromtimestamp(at(20, "12:00") / 1000, UTC)
    shown = await read_history(state["desk_db"], state["days"], asked, moment)

    assert [(one.start, one.end) for one in shown.visits] == [(at(2, "14:00"), at(12, "11:00"))]


async def test_a_next_scan_behind_midnight_ends_a_stay_though_the_case_had_left(
    service: Service,
) -> None:
    venue, other = [(await make_venue(service, name=name)).id for name in ("Chợ A", "Chợ B")]
    case, guest = [await make_person(service, name, "") for name in ("Ca", "Khách")]
    await make_scans(service, was(case, venue, at(9, "23:00"), at(9, "23:50")))
    arrivals = [(venue, at(9, "23:20")), (other, at(10, "00:05"))]
    await make_scans(
        service,
        [
            Scan(person=guest, at=when, venue=where, zone=None, way=IN, source=Source.POSTER)
            for where, when in arrivals
        ],
    )

    [listed] = await contacts_of(service, case)
    assert listed.exposures[0].ended == (Ended.SCANNED, Ended.NEXT_SCAN)
