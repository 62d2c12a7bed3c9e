"""The whole city into a database by binary COPY, in one transaction: all of it or nothing.

While PostgreSQL stores a day, the next one is made in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from random import Random

import numpy as np

import database
from accounts.keydir import open_keys
from checkin.model import Late, Sex
from checkin.partitions import make_days, partition_name
from checkin.pseudonym import ServiceDays
from checkin.vault import IdentifierKind, Vault, new_person_id
from checkin.visit_scans import END, SIGNATURE
from demo import queries, story
from demo.city import City
from demo.crowd import DAYS, Column, Crowd, DayScans, Size, crowd, scans
from demo.load import DatabaseInUse, Owner, add_venues, copy_rows, open_accounts
from demo.names import family_name, full_name
from demo.people import Town, phone
from demo.places import street, venues, wards
from kit.progress import Progress
from settings import Settings
from tracing.engine.columns import take
from tracing.queries_columns import POSTGRES_EPOCH, layout

BATCH = 20_000  # people
DAY_STEPS = 10  # of the progress, against one for a batch of people
AGES = (12, 85)
OUTDOORS = 0  # no zone

FIELDS = {
    "subject": "uuid",
    "at": "at",
    "venue_id": "int",
    "checkpoint_id": "int",
    **dict.fromkeys(("way", "party", "late", "source", "flags"), "small"),
}
ROW = layout(**FIELDS)
ROW_IN_ZONE = layout(**FIELDS, zone_id="int")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """What the indexes became. `doors`: checkpoint and zone (0: none) of each door of a place; a
    row for each place, and how many of it count."""

    people: Column
    venues: Column
    checkpoints: Column
    zones: Column
    doors: Column


def metropolis(seed: int, wanted: Size, now: datetime, settings: Settings) -> tuple[City, Crowd]:
    """The places of the city, and its people by themselves."""
    rng, found = Random(seed), wards()
    places = venues(rng, found, story.places(rng, found), wanted.times)
    today = now.astimezone(settings.zone).date()
    town = Town(wards=found, places=places, choices={}, year=today.year)
    nobody = story.Cast(lunch=(), friends=())
    made = City(
        seed=seed,
        now=now,
        zone=settings.zone,
        town=town,
        people=(),
        households=(),
        cast=nobody,
    )
    days = [today - timedelta(days=ago) for ago in range(DAYS, 0, -1)]
    return made, crowd(seed, wanted, found, places, days)


def steps(people: Crowd) -> int:
    return -(-len(people) // BATCH) + len(people.days) * DAY_STEPS


async def load_crowd(settings: Settings, made: City, people: Crowd, shown: Progress) -> Ids:
    """DatabaseInUse where anything is there already."""
    keys = open_keys(settings.key_dir)
    days = ServiceDays(keys.days, made.zone)
    async with database.owner(settings) as db:
        await make_days(db, days, people.days[0], people.days[-1])
        async with db.transaction():
            await queries.one_at_a_time(db)
            if await queries.in_use(db):
                raise DatabaseInUse(DatabaseInUse.__doc__)
            numbers = await _people(db, made, people, Vault(keys), shown)
            ids = _ids(numbers, *await add_venues(db, made))
            following = asyncio.create_task(asyncio.to_thread(_rows, days, people, ids, 0))
            for number, day in enumerate(people.days, start=1):
                parts = await following
                if number < len(people.days):
                    work = asyncio.to_thread(_rows, days, people, ids, number)
                    following = asyncio.create_task(work)
                for part in parts:
                    await _copy_scans(db, day, part)
                shown.advance(DAY_STEPS)
            await open_accounts(db, made.now)
        await db.execute("VACUUM ANALYZE")
    return ids


async def _people(
    db: Owner, made: City, people: Crowd, vault: Vault, shown: Progress
) -> Sequence[int]:
    """Stored in the order of their random numbers, as the hourly shuffle would."""
    rng, hour = Random(made.seed), made.now.replace(minute=0, second=0, microsecond=0)
    areas = [ward.area for ward in made.town.wards]
    numbers = [new_person_id() for _ in range(len(people))]
    wards_of = people.ward.tolist()
    kind = IdentifierKind.PHONE
    order = sorted(range(len(people)), key=numbers.__getitem__)
    for begin in range(0, len(order), BATCH):
        batch = order[begin : begin + BATCH]
        born = [made.town.year - rng.randint(*AGES) for _ in batch]
        sexes = [rng.choice((Sex.FEMALE, Sex.MALE)) for _ in batch]
        facts = [
            (
                numbers[n],
                {
                    "full_name": full_name(rng, family_name(rng), sex, year),
                    "phone": phone(n),
                    "address": f"{street(rng)}, {made.town.wards[wards_of[n]].name}",
                },
            )
            for n, sex, year in zip(batch, sexes, born, strict=True)
        ]
        rows = [
            (numbers[n], *sealed, year, sex, areas[wards_of[n]], hour, True)
            for n, sealed, year, sex in zip(batch, vault.seal_all(facts), born, sexes, strict=True)
        ]
        phones = [(kind, vault.find(kind, phone(n)), numbers[n], False, True) for n in batch]
        columns = "id sealed key_id birth_year sex area created shuffled"
        await copy_rows(db, "person", columns, rows)
        await copy_rows(db, "identifier", "kind hmac person_id verified shuffled", sorted(phones))
        shown.advance()
    return numbers


def _ids(
    people: Sequence[int],
    numbers: Sequence[int],
    doors: Sequence[Sequence[tuple[int, int | None]]],
) -> Ids:
    most = max(map(len, doors))
    table = np.zeros((2, len(doors), most), np.int32)
    for place, own in enumerate(doors):
        table[0, place, : len(own)] = [checkpoint for checkpoint, _ in own]
        table[1, place, : len(own)] = [zone or OUTDOORS for _, zone in own]
    return Ids(
        people=np.array(people, np.int64),
        venues=np.array(numbers, np.int32),
        checkpoints=table[0],
        zones=table[1],
        doors=np.array([len(own) for own in doors]),
    )


def _rows(days: ServiceDays, people: Crowd, ids: Ids, number: int) -> list[Column]:
    """Of a day by subject, as COPY takes them: those without a zone, those in one."""
    day = people.days[number]
    made = scans(people, day)
    blocks = np.zeros((len(people), 2), ">i8")
    blocks[:, 0] = ids.people
    subjects = np.frombuffer(days.turned(blocks.tobytes(), day), "V16")
    by = np.frombuffer(subjects, ">u8")[::2].astype(np.uint64)
    made = take(made, np.lexsort((made.at, by[made.person])))
    door = made.draw % ids.doors[made.place]
    zone = ids.zones[made.place, door]
    midnight = round(days.bounds(day)[0].timestamp() * 1000) - POSTGRES_EPOCH
    return [
        _filled(shape, take(made, some), subjects, ids, midnight, door[some])
        for shape, some in ((ROW, zone == OUTDOORS), (ROW_IN_ZONE, zone != OUTDOORS))
    ]


def _filled(
    shape: np.dtype[np.void],
    made: DayScans,
    subjects: Column,
    ids: Ids,
    midnight: int,
    door: Column,
) -> Column:
    rows = np.zeros(len(made), shape)
    names = [name for name in shape.names or () if not name.endswith(" length")][1:]
    rows["fields"] = len(names)
    values = {
        "subject": subjects[made.person],
        "at": (made.at.astype(np.int64) + midnight) * 1000,
        "venue_id": ids.venues[made.place],
        "checkpoint_id": ids.checkpoints[made.place, door],
        "zone_id": ids.zones[made.place, door],
        "way": made.way,
        "source": made.source,
        "late": int(Late.MINUTES_10),
    }
    for name in names:
        rows[f"{name} length"] = shape[name].itemsize
        rows[name] = values.get(name, 0)
    return rows


async def _copy_scans(db: Owner, day: date, rows: Column) -> None:
    names = [name for name in rows.dtype.names or () if not name.endswith(" length")][1:]
    data = BytesIO(b"".join((SIGNATURE, rows.tobytes(), END)))
    await db.copy_to_table(partition_name(day), source=data, columns=names, format="binary")
