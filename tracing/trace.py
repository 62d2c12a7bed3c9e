"""One trace: hop by hop the facts it needs from the database, then the pure engine.

Those who carry a hop lead to venues and times, these to whoever scanned there, and these to all
their scans of the days around. Days without a key are missing coverage and no error, even if the
key goes while this runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from checkin.pseudonym import ServiceDays
from kit.db import Connection, Pool, connection
from tracing import queries_facts
from tracing.engine import tiers
from tracing.engine.backward import Backward, look_back
from tracing.engine.columns import Ints, among, milliseconds, take
from tracing.engine.contact import Tiers
from tracing.engine.hearsay import Hearsay
from tracing.engine.links import Links
from tracing.engine.model import IndexCase, Policy, World
from tracing.engine.period import infection_period
from tracing.engine.presence import Presences, Windows, presences
from tracing.engine.stay import at_most, stays
from tracing.engine.tiers import Chains
from tracing.engine.worklist import Roll, answer, roll
from tracing.facts import Facts, gather, read_cases, read_isolations
from tracing.finding import Names
from tracing.told import Told
from tracing.visitors import at_points, days_of_carriers, visitors

Progress = Callable[[int, int, int], None]
"""Told after each day that was read for a tier: the tier, days done, of how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a trace starts from; `people` are all records of one human being, maybe none."""

    people: Sequence[int]
    onset: date | None
    sampled: date | None
    isolated: datetime | None
    met_source: date | None = None
    policy: Policy
    max_tier: int = 1
    told: Told = field(default_factory=Told)
    hearsay: Hearsay = field(default_factory=Hearsay)

    def index_case(self, person: int) -> IndexCase:
        return IndexCase(
            person=person,
            onset=self.onset,
            sampled=self.sampled,
            isolated=None if self.isolated is None else milliseconds(self.isolated),
            met_source=self.met_source,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """The answer, the columns its rows are made from, and the names of the places it speaks of.
    `relations`: whom points say somebody is to the case."""

    answer: Tiers
    roll: Roll
    names: Names
    relations: Mapping[int, str]


def silent(tier: int, done: int, total: int) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hops:
    """One trace while its snapshot is open: the list first, then how many more there may be."""

    db: Connection
    facts: Facts
    asked: Asked
    chains: Chains
    case: IndexCase
    progress: Progress

    async def contacts(self) -> Traced:
        """The list; `upper_bound_adds` is not known yet."""
        asked, facts, chains = self.asked, self.facts, self.chains
        for tier in range(1, asked.max_tier + 1):
            await self.read(tier)
            world = await facts.aside(facts.world, asked.told)
            await facts.aside(_hop, chains, world)
            if tiers.ended(chains, world):
                break
        zones = await queries_facts.zones(self.db, facts.venues)
        world = facts.world(asked.told)
        found = await facts.aside(roll, chains, world, self.case)
        told = await facts.aside(answer, chains, world, found)
        names = Names(venues=facts.names, zones={**zones, **asked.hearsay.zones})
        return Traced(answer=told, roll=found, names=names, relations=_relations(facts))

    async def upper_bound_adds(self) -> Mapping[int, int]:
        """As in `Tiers`. It asks about everybody who was not seen to leave, half a day long."""
        for tier in range(1, len(self.chains.levels) + 1):
            await self.read(tier, widest=True)
        world = await self.facts.aside(self.facts.world, self.asked.told)
        return await self.facts.aside(_upper_bound_adds, self.chains, world)

    async def read(self, tier: int, *, widest: bool = False) -> None:
        """All that may matter to the hop that makes this tier. `widest`: if every stay lasted as
        long as it could have."""
        db, facts, chains = self.db, self.facts, self.chains
        if tier > 1:
            await read_isolations(db, facts, chains.levels[tier - 2].person)
        windows = tiers.windows(chains, facts.world(self.asked.told), tier)
        known = tiers.somewhere_since(chains, windows, tier)
        await gather(db, facts, days_of_carriers(facts, windows, chains.moment, known))
        own = take_people(facts.world(self.asked.told), facts.links.records(windows.person))
        there = await facts.aside(_presences, chains, own, windows, widest=widest)

        def told(done: int, total: int) -> None:
            self.progress(tier, done, total)

        wanted = await visitors(db, facts, there, chains.moment, told, widest=widest)
        await gather(db, facts, wanted)
        await gather(db, facts, at_points(facts, there))


@asynccontextmanager
async def hops(
    pool: Pool, days: ServiceDays, asked: Asked, moment: datetime, progress: Progress = silent
) -> AsyncIterator[Hops]:
    """Reads in one snapshot and computes in threads, so that the door's requests go on. Cancelled,
    it ends after the step it is at."""
    async with (
        connection(pool) as db,
        db.transaction(isolation="repeatable_read", readonly=True),
    ):
        facts = await begun(db, days, asked)
        case = asked.index_case(facts.human(min(asked.people, default=0)))
        chains = tiers.begin(case, facts.world(), asked.policy, milliseconds(moment))
        yield Hops(db=db, facts=facts, asked=asked, chains=chains, case=case, progress=progress)


async def trace_back(
    pool: Pool, days: ServiceDays, asked: Asked, moment: datetime
) -> tuple[Backward, Names]:
    """The same engine on the days on which the case may have been infected."""
    policy = replace(asked.policy, tail=0)  # the air of a room that the case left infects others
    async with (
        connection(pool) as db,
        db.transaction(isolation="repeatable_read", readonly=True),
    ):
        facts = await begun(db, days, asked)
        case = asked.index_case(facts.human(min(asked.people, default=0)))
        period = infection_period(case, facts.world().offset, policy, milliseconds(moment))
        chains = tiers.begin(case, facts.world(), policy, milliseconds(moment), period)
        made = Hops(db=db, facts=facts, asked=asked, chains=chains, case=case, progress=silent)
        await made.read(1)
    world = facts.world(asked.told)
    found = await asyncio.to_thread(_look_back, chains, world)
    return found, Names(venues=facts.names, zones={})


def _look_back(chains: Chains, world: World) -> Backward:
    judged = stays(world, chains.moment)
    own = presences(judged, tiers.windows(chains, world), chains.tail)
    tiers.hop(chains, world, judged)
    return look_back(chains, world, own, judged.venue[own.stay])


async def begun(db: Connection, days: ServiceDays, asked: Asked) -> Facts:
    """The case is opened for all records under a phone together, linked or not; whoever is listed
    at a point by a phone is all records under it in the same way."""
    pairs = [(one, other) for one, other in await queries_facts.links(db)]
    for records in (asked.people, *asked.hearsay.people):
        pairs += ((records[0], one) for one in records[1:])
    facts = Facts(days=days, links=Links(pairs), hearsay=asked.hearsay)
    await read_cases(db, facts)
    return facts


def _relations(facts: Facts) -> dict[int, str]:
    return {facts.human(one): said for one, said in facts.hearsay.relations.items()}


def _hop(chains: Chains, world: World) -> None:
    tiers.hop(chains, world, stays(world, chains.moment))


def take_people(world: World, people: Ints) -> World:
    """The same world with the scans of these alone."""
    return replace(world, scans=take(world.scans, among(world.scans.person, people)[1]))


def _presences(chains: Chains, world: World, windows: Windows, *, widest: bool) -> Presences:
    """Where those who carry the next hop were."""
    judged = stays(world, chains.moment)
    return presences(at_most(judged) if widest else judged, windows, chains.tail)


def _upper_bound_adds(chains: Chains, world: World) -> Mapping[int, int]:
    return tiers.upper_bound_adds(chains, world, stays(world, chains.moment))
