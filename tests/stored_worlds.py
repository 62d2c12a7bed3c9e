"""Worlds in PostgreSQL, and what a run answers there beside the engine over all their facts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from kit.db import connection
from tests.conftest import Service
from tests.make_people import link, make_person, make_scans
from tests.make_venues import make_venue
from tests.oracle_model import Told
from tracing.engine.contact import Contact, Tiers
from tracing.engine.hearsay import Hearsay
from tracing.engine.model import World
from tracing.engine.worklist import trace_world
from tracing.told import Told as Verdicts
from tracing.trace import Asked, hops

PEOPLE = 9
TIERS = 3


@dataclass(frozen=True)
class Loaded:
    told: Told
    people: dict[int, int]
    asked: Asked


async def load(service: Service, told: Told) -> Loaded:
    """The world in the database; its answer must be the engine's over all of it."""
    world = told.world
    people = {one: await make_person(service, f"Người {one}", "") for one in range(1, PEOPLE + 1)}
    venues = {one: (await make_venue(service)).id for one in world.venues if one > 0}
    async with connection(service.state["db"]) as db:
        for number in venues:
            facts = world.venues[number]
            hours = (
                ""
                if facts.closes is None
                else f"06:00-{facts.closes // 60:02}:{facts.closes % 60:02}"
            )
            await db.execute(
                "UPDATE venue SET typical_stay = $2, masks_off = $3, indoor = $4, small = $5, "
                "opening = $6 WHERE id = $1",
                *(venues[number], facts.typical_stay, facts.masks_off, facts.indoor, facts.small),
                hours,
            )
        for (person, venue), minutes in world.shifts.items():
            await db.execute(
                "INSERT INTO venue_staff VALUES ($1, $2, $3)",
                venues[venue],
                people[person],
                minutes,
            )
        for (person, when, venue), found in world.amendments.items():
            moment = datetime.fromtimestamp(when / 1000, UTC)
            left_at = found.left_at and datetime.fromtimestamp(found.left_at / 1000, UTC)
            days = service.state["days"]
            await db.execute(
                "INSERT INTO amendment VALUES ($1, $2, $3, 1, $4, $5, NULL, 'interview')",
                *(days.subject(people[person], days.day(moment)), moment, venues[venue]),
                *(found.void, left_at),
            )
        for person, intervals in world.isolations.items():
            for away in intervals:
                await db.execute(
                    "INSERT INTO isolation (person_id, starts, ends, source) "
                    "VALUES ($1, $2, $3, 'order') ON CONFLICT DO NOTHING",
                    people[person],
                    *(datetime.fromtimestamp(t / 1000, UTC) for t in (away.start, away.end)),
                )
    for one, same in world.humans.items():
        await link(service, people[one], people[same])
    await make_scans(
        service,
        [replace(s, person=people[s.person], venue=venues[s.venue]) for s in world.scans],
    )
    own = {told.case.person, *(one for one in world.humans if world.human(one) == told.case.person)}
    ended = told.case.isolated
    isolated = None if ended is None else datetime.fromtimestamp(ended / 1000, UTC)
    asked = Asked(
        people=[people[one] for one in own],
        onset=told.case.onset,
        sampled=told.case.sampled,
        isolated=isolated,
        policy=told.policy,
        max_tier=TIERS,
        told=Verdicts(
            interviews={people[one]: said for one, said in world.interviews.items()},
            rejected=[people[one] for one in world.rejected],
            confirmed={people[one]: said for one, said in world.confirmed.items()},
        ),
        hearsay=points(world, people),
    )
    return Loaded(told, people, asked)


def points(world: World, people: dict[int, int]) -> Hearsay:
    places = {one: facts for one, facts in world.venues.items() if one < 0}
    return Hearsay(
        stays=[replace(one, person=people[one.person]) for one in world.told],
        places=places,
        names={one: f"mốc {one}" for one in places},
        said={(people[one], place): said for (one, place), said in world.told_of.items()},
    )


def summary(found: Tiers, numbers: dict[int, int]) -> object:
    def row(one: Contact) -> tuple[object, ...]:
        return (
            *(one.tier, one.rank, one.together, one.first_exposure, one.last_exposure, one.count),
            [len(one.exposures), *(one.exposure is None for one in one.path)],
        )

    return (
        {numbers[one.person]: row(one) for one in found.contacts},
        {numbers[one.person]: row(one) for one in found.brief},
        {tier: count for tier, count in found.upper_bound_adds.items() if count},
        found.period,
    )


async def answers(service: Service, told: Told) -> tuple[Tiers, object, object]:
    """The engine's over all the facts; the summaries of a run's and of that."""
    humans = told.world.humans
    shifts = {key: one for key, one in told.world.shifts.items() if key[0] not in humans}
    told = replace(told, world=replace(told.world, shifts=shifts))
    expected = trace_world(told.case, told.world, told.policy, told.moment, TIERS)
    loaded = await load(service, told)
    moment, state = datetime.fromtimestamp(told.moment / 1000, UTC), service.state
    async with hops(state["desk_db"], state["days"], loaded.asked, moment) as made:
        found = (await made.contacts()).answer
        found = replace(found, upper_bound_adds=await made.upper_bound_adds())
    numbers = {made: told.world.human(number) for number, made in loaded.people.items()}
    same = {number: number for number in range(1, PEOPLE + 1)}
    return expected, summary(found, numbers), summary(expected, same)
