"""Where a case itself was on the days on which it was infected and may have infected others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from checkin.pseudonym import ServiceDays
from kit.db import Pool, connection
from tracing import queries_facts
from tracing.engine.columns import milliseconds
from tracing.engine.contact import Coverage
from tracing.engine.model import Interval, Stay
from tracing.engine.period import coverage, infection_period, infectious_period
from tracing.engine.presence import window_of
from tracing.engine.stay import stays
from tracing.engine.travel import Place
from tracing.facts import gather
from tracing.finding import Names
from tracing.trace import Asked, begun, take_people
from tracing.visitors import days_of_carriers


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """`infected`: when the case was infected, by its policy; `infectious`: when it may have
    infected others. `visits`: all of its own that reach into the days of both, in order.
    `places`: where a venue is, of those that are known. `offset`: of local days, in
    milliseconds."""

    infected: Interval
    infectious: Interval
    coverage: Coverage
    visits: tuple[Stay, ...]
    names: Names
    places: Mapping[int, Place]
    offset: int

    @property
    def whole(self) -> Interval:
        return _hull(self.infected, self.infectious)


async def read_history(pool: Pool, days: ServiceDays, asked: Asked, moment: datetime) -> History:
    """Nobody but the case is looked up."""
    now = milliseconds(moment)
    async with (
        connection(pool) as db,
        db.transaction(isolation="repeatable_read", readonly=True),
    ):
        facts = await begun(db, days, asked)
        case = asked.index_case(facts.human(min(asked.people, default=0)))
        infected = infection_period(case, facts.offset, asked.policy, now)
        infectious = infectious_period(case, facts.offset, asked.policy, now)
        whole = _hull(infected, infectious)
        window = window_of(case.person, whole)
        await gather(db, facts, days_of_carriers(facts, window, now))
        zones = await queries_facts.zones(db, facts.venues)
    world = take_people(facts.world(), facts.links.records(window.person))
    return History(
        infected=infected,
        infectious=infectious,
        coverage=coverage(whole, world),
        visits=tuple(
            one
            for one in stays(world, now)
            if one.person == case.person and one.start < whole.end and whole.start < one.upper
        ),
        names=Names(venues=facts.names, zones={**zones, **asked.hearsay.zones}),
        places=facts.places,
        offset=facts.offset,
    )


def _hull(one: Interval, other: Interval) -> Interval:
    return Interval(start=min(one.start, other.start), end=max(one.end, other.end))
