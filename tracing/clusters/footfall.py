"""Where the cases of an area had been, and how many people came there: what clusters are found by.

People are turned back from their pseudonyms for the cases alone; of all others the database counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from checkin import queries_footfall
from checkin.pseudonym import ServiceDays
from kit.db import Connection, Pool, connection
from tracing import queries_facts
from tracing.clusters import queries as clusters_queries
from tracing.clusters.queries import ClusterCase
from tracing.clusters.rules import Clusters, Footfall, Visits, clusters, visits_of
from tracing.engine.columns import NOBODY, Ints, ints, milliseconds, stacked
from tracing.engine.links import Links
from tracing.engine.model import IndexCase, Interval, Policy
from tracing.engine.period import EPOCH, infection_period
from tracing.engine.presence import Windows, presences
from tracing.engine.stay import stays
from tracing.facts import Facts, gather
from tracing.finding import Names
from tracing.queries_columns import Columns
from tracing.visitors import days_of_carriers


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Local days, the last one included."""

    since: date
    until: date

    @property
    def days(self) -> list[date]:
        count = (self.until - self.since).days + 1
        return [self.since + timedelta(days=index) for index in range(count)]


Under = Sequence[tuple[ClusterCase, Policy]]
"""Cases, each with the policy it was opened under."""


async def find_clusters(
    pool: Pool, days: ServiceDays, cases: Under, span: Span, moment: datetime
) -> tuple[Clusters, Names]:
    """In one snapshot; the computing is done in threads, so that the door's requests go on."""
    async with (
        connection(pool) as db,
        db.transaction(isolation="repeatable_read", readonly=True),
    ):
        facts = Facts(days=days, links=_links(await queries_facts.links(db), cases))
        windows, people = _infected(facts, cases, span, milliseconds(moment))
        await gather(db, facts, days_of_carriers(facts, windows, milliseconds(moment)))
        visits = await asyncio.to_thread(_visits, facts, windows, milliseconds(moment))
        counted = await _footfall(db, days, span, visits)
        zones = await queries_facts.zones(db, facts.venues)
    missing = [day for day in span.days if day not in set(days.known())]
    found = await asyncio.to_thread(clusters, visits, counted, people, missing)
    return found, Names(venues=facts.names, zones=zones)


def _links(rows: Iterable[Iterable[int]], cases: Under) -> Links:
    """Each case is opened for all records under a phone together, linked or not."""
    pairs = [(one, other) for one, other in rows]
    return Links([*pairs, *((c.people[0], one) for c, _ in cases for one in c.people[1:])])


def _infected(
    facts: Facts, cases: Under, span: Span, moment: int
) -> tuple[Windows, frozenset[int]]:
    """When each may have been infected, of the days asked for; and all who may have been at all,
    those who are not known here by the number of their case below zero."""
    first, last = (
        milliseconds(facts.days.bounds(day)[at]) for at, day in enumerate((span.since, span.until))
    )
    rows: list[tuple[int, Interval]] = []
    people = set()
    for case, policy in cases:
        known = facts.human(min(case.people, default=-case.id))
        index = IndexCase(person=known, onset=case.onset, sampled=case.sampled)
        period = infection_period(index, facts.offset, policy, moment)
        start, end = max(period.start, first), min(period.end, last)
        if start < end:
            people.add(known)
            rows.append((known, Interval(start=start, end=end)))
    rows = sorted((row for row in rows if row[0] > 0), key=lambda row: (row[0], row[1].start))
    windows = Windows(
        person=ints(person for person, _ in rows),
        start=ints(period.start for _, period in rows),
        end=ints(period.end for _, period in rows),
    )
    return windows, frozenset(people)


def _visits(facts: Facts, windows: Windows, moment: int) -> Visits:
    judged = stays(facts.world(), moment)
    return visits_of(judged, presences(judged, windows, 0), facts.offset)


async def _footfall(db: Connection, days: ServiceDays, span: Span, visits: Visits) -> Footfall:
    """Of the wards where a case was that day."""
    places = await clusters_queries.neighbours(db, np.unique(visits.venue).tolist())
    wards = {area: number for number, area in enumerate(sorted(set(places.values())))}
    ward = {venue: wards[area] for venue, area in places.items()}
    found = [Footfall(day=NOBODY, ward=NOBODY, venue=NOBODY, zone=NOBODY, people=NOBODY)]
    counted = await queries_footfall.counted(db)
    for day in span.days:
        number = (day - EPOCH).days
        near = {ward[one] for one in np.unique(visits.venue[visits.day == number]).tolist()}
        there = [venue for venue, where in ward.items() if where in near]
        if there and day in counted:
            rows = await clusters_queries.footfall_kept(db, there, day)
        elif there:
            rows = await clusters_queries.footfall(db, there, *days.bounds(day))
        else:
            continue
        found.append(_of_one_day(rows, day, ward))
    return stacked(found)


def _of_one_day(rows: Columns, day: date, ward: Mapping[int, int]) -> Footfall:
    venue: Ints = rows["venue"].astype(np.int64)
    return Footfall(
        day=np.full(len(rows), (day - EPOCH).days),
        ward=ints(ward[one] for one in venue.tolist()),
        venue=venue,
        zone=rows["zone"].astype(np.int64),
        people=rows["people"].astype(np.int64),
    )
