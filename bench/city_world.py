"""A city in a PostgreSQL of its own for `bench.tracing_city`, and its stays for the rivals."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import asyncpg
import numpy as np

import database
from accounts.keydir import open_keys
from bench import rivals
from bench.database import server, settings_of
from checkin.footfall import keep_footfall
from checkin.pseudonym import ServiceDays
from demo.city import City
from demo.crowd import DAYS, Crowd, scans, size
from demo.crowd_load import Ids, load_crowd, metropolis, steps
from kit.progress import progress
from settings import Settings
from tracing import queries_facts
from tracing.engine.columns import Ints, milliseconds, stacked, take
from tracing.engine.model import MINUTE, Scans, VenueFacts, World
from tracing.engine.stay import stays
from tracing.facts import venue_facts

PEOPLE_AT_ONCE = 40_000  # whose ends are judged together


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    settings: Settings
    folder: Path
    moment: datetime
    days: list[date]
    people: Ints
    scans: int
    visits: int
    longest: int
    compared: bool


@contextlib.contextmanager
def city_server() -> Iterator[tuple[Settings, Path]]:
    """With the settings that the service has."""
    with server(**database.server_settings(workers=1)) as (cluster, folder):
        yield replace(settings_of(cluster, folder), retention_days=DAYS), folder


async def build(
    settings: Settings,
    folder: Path,
    wanted: int,
    seed: int,
    now: datetime,
    *,
    compared: bool = True,
) -> Built:
    """`settings`: of a prepared and empty database. `wanted`: about so many scans. `compared`: with
    what the rivals read."""
    made, people = metropolis(seed, size(wanted), now, settings)
    with progress(f"Loading {len(people):,} people and their scans", steps(people)) as shown:
        ids = await load_crowd(settings, made, people, shown)
    owner = await asyncpg.connect(settings.database_owner_url)
    days = ServiceDays(open_keys(settings.key_dir).days, settings.zone)
    while await keep_footfall(owner, days, made.now):  # as the service does, every hour
        pass
    parts, longest = list[rivals.Part](), 0
    if compared:
        rows = await queries_facts.places(owner, ids.venues.tolist())
        venues = {row["id"]: venue_facts(row) for row in rows}
        usual = {one.id: one.typical_stay * MINUTE for one in venues.values()}
        parts = _judged(days, made, people, ids, venues)
        longest = await rivals.store(owner, parts, usual)
        rivals.write_parquet(folder, parts, usual)
    built = Built(
        settings=settings,
        folder=folder,
        moment=made.now,
        days=list(people.days),
        people=ids.people,
        scans=await owner.fetchval("SELECT count(*) FROM scan"),
        visits=sum(len(part.stays) for part in parts),
        longest=longest,
        compared=compared,
    )
    await owner.close()
    return built


def _judged(
    days: ServiceDays,
    made: City,
    people: Crowd,
    ids: Ids,
    venues: Mapping[int, VenueFacts],
) -> list[rivals.Part]:
    """Every scan and stay of the city, by the engine's own rules, some people at a time."""
    world = World(
        scans=Scans.of([]),
        venues=venues,
        kept_days=frozenset(people.days),
    )
    by_day = []
    for day in people.days:
        found = scans(people, day)
        midnight = milliseconds(days.bounds(day)[0])
        by_day.append((midnight, take(found, np.argsort(found.person, kind="stable"))))
    moment, judged = milliseconds(made.now), []
    for begin in range(0, len(people), PEOPLE_AT_ONCE):
        parts = []
        for midnight, found in by_day:
            first, last = np.searchsorted(found.person, [begin, begin + PEOPLE_AT_ONCE])
            own = take(found, slice(int(first), int(last)))
            door = own.draw % ids.doors[own.place]
            parts.append(
                Scans(
                    person=ids.people[own.person],
                    at=own.at.astype(np.int64) + midnight,
                    venue=ids.venues[own.place].astype(np.int64),
                    zone=ids.zones[own.place, door].astype(np.int64),
                    way=own.way,
                    source=own.source,
                    flags=np.zeros(len(own), np.int8),
                )
            )
        every = stacked(parts)
        judged.append(rivals.Part(scans=every, stays=stays(replace(world, scans=every), moment)))
    return judged
