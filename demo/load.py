"""The city into a database by COPY, in one transaction: either all of it is there or nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from operator import attrgetter
from random import Random
from typing import Any, TypeAlias

import asyncpg

import database
from accounts.keydir import open_keys
from accounts.model import Grant, Role
from accounts.password import hash_password
from accounts.queries import add_grant, add_staff
from checkin import declaration
from checkin.partitions import make_days
from checkin.pseudonym import ServiceDays
from checkin.vault import IdentifierKind, Vault, new_person_id
from demo import queries, story
from demo.city import City, declarations, scans
from demo.day import Scan
from demo.places import PROVINCE, Place
from kit.progress import Progress
from settings import BadSetting, Settings
from venues.code import new_code
from venues.model import NewVenue, VenueFacts
from venues.rules import new_venue

PASSWORD = "demo-chot-2021"  # noqa: S105  printed at every start, and refused outside the demo
LAST_LOGIN = "admin"
STUDENT_UNTIL = 19  # a pupil is no staff of the school
DAY_STEPS = 4  # of the progress, against one for a thousand people

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class DatabaseInUse(BadSetting):
    """The demo invents people and opens log-ins: give it a database of its own, not one in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """What the indexes of the city became. `doors`: (checkpoint, zone) of each door of a place."""

    venues: Sequence[int]
    doors: Sequence[Sequence[tuple[int, int | None]]]
    people: Sequence[int]


def steps(made: City) -> int:
    return len(made.people) // 1000 + len(made.days) * DAY_STEPS


async def load(settings: Settings, made: City, shown: Progress) -> None:
    """DatabaseInUse where anything is there already."""
    keys = open_keys(settings.key_dir)
    days, vault = ServiceDays(keys.days, made.zone), Vault(keys)
    async with database.owner(settings) as db:
        await make_days(db, days, made.days[0], made.days[-1])
        async with db.transaction():
            await queries.one_at_a_time(db)
            if await queries.in_use(db):
                raise DatabaseInUse(DatabaseInUse.__doc__)
            venues, doors = await add_venues(db, made)
            people = await _people(db, made, vault, shown)
            numbers = Numbers(venues=venues, doors=doors, people=people)
            await _staff_ofadd_venues(db, made, numbers)
            await _declarations(db, made, vault, people)
            for day in made.days:
                await _scans(db, days, numbers, scans(made, day))
                shown.advance(DAY_STEPS)
            await open_accounts(db, made.now)
        await db.execute("ANALYZE")


async def copy_rows(db: Owner, table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    await db.copy_records_to_table(table, columns=columns.split(), records=rows)


async def add_venues(db: Owner, made: City) -> tuple[list[int], list[list[tuple[int, int | None]]]]:
    places, since = made.town.places, made.now - timedelta(days=60)
    owners = list(dict.fromkeys(place.organisation for place in places))
    organisations = dict(
        zip(owners, await queries.new_ids(db, "organisation", len(owners)), strict=True)
    )
    await copy_rows(
        db,
        "organisation",
        "id name created_at",
        ((number, name, since) for name, number in organisations.items()),
    )
    venues = await queries.new_ids(db, "venue", len(places))
    facts = [
        new_venue(_facts(place, made), organisations[place.organisation], place.organisation)
        for place in places
    ]
    columns = [field.name for field in fields(NewVenue)]
    rows = (
        (number, *(getattr(one, column) for column in columns), since)
        for number, one in zip(venues, facts, strict=True)
    )
    await copy_rows(db, "venue", f"id {' '.join(columns)} created_at", rows)
    return venues, await _doors(db, venues, places, since)


def _facts(place: Place, made: City) -> VenueFacts:
    return VenueFacts(
        name=place.name,
        kind=place.kind,
        address=place.address,
        area=made.town.wards[place.ward].area,
        latitude=place.latitude,
        longitude=place.longitude,
        opening=place.opening,
        listed=True,
    )


async def _doors(
    db: Owner, venues: Sequence[int], places: Sequence[Place], since: datetime
) -> list[list[tuple[int, int | None]]]:
    """Zones, checkpoints and their codes."""
    zones = iter(await queries.new_ids(db, "zone", sum(len(place.zones) for place in places)))
    doors = iter(await queries.new_ids(db, "checkpoint", sum(len(p.doors) for p in places)))
    zone_rows, door_rows, found = [], [], []
    for venue, place in zip(venues, places, strict=True):
        own = [next(zones) for _ in place.zones]
        zone_rows += [(n, venue, name) for n, name in zip(own, place.zones, strict=True)]
        ways = []
        for door in place.doors:
            number, zone = next(doors), None if door.zone is None else own[door.zone]
            door_rows.append((number, venue, zone, door.name, door.direction, since))
            ways.append((number, zone))
        found.append(ways)
    await copy_rows(db, "zone", "id venue_id name", zone_rows)
    columns = "id venue_id zone_id name direction created_at"
    await copy_rows(db, "checkpoint", columns, door_rows)
    codes = ((new_code(), number, since) for number, *_ in door_rows)
    await copy_rows(db, "code", "code checkpoint_id valid_from", codes)
    return found


async def _people(db: Owner, made: City, vault: Vault, shown: Progress) -> list[int]:
    rng = Random(made.seed)
    hour = made.now.replace(minute=0, second=0, microsecond=0)
    numbers, people, phones = [], [], []
    for count, one in enumerate(made.people, start=1):
        number = new_person_id()
        facts = {"full_name": one.name, "phone": one.phone, "address": one.address}
        area = made.town.wards[one.ward].area
        created = hour - timedelta(hours=rng.randint(8 * 24, 40 * 24))
        people.append((number, *vault.seal(number, facts), one.born, one.sex, area, created))
        kind = IdentifierKind.PHONE
        phones.append((kind, vault.find(kind, one.phone), number, False))
        numbers.append(number)
        if count % 1000 == 0:
            shown.advance()
    # A table is dumped as its rows lie: by random number, they tell nothing of who lives with whom.
    people.sort()
    phones.sort()
    await copy_rows(db, "person", "id sealed key_id birth_year sex area created", people)
    await copy_rows(db, "identifier", "kind hmac person_id verified", phones)
    return numbers


async def _staff_ofadd_venues(db: Owner, made: City, numbers: Numbers) -> None:
    rows = (
        (numbers.venues[job.place], numbers.people[n], job.ends - job.begins)
        for n, one in enumerate(made.people)
        if (job := one.job) and made.town.year - one.born >= STUDENT_UNTIL
    )
    await copy_rows(db, "venue_staff", "venue_id person_id shift_minutes", rows)


async def _declarations(db: Owner, made: City, vault: Vault, people: Sequence[int]) -> None:
    hour = made.now.replace(minute=0, second=0, microsecond=0)
    said, standing = [], []
    for one in declarations(made):
        person, when = people[one.person], hour - timedelta(hours=one.hours_ago)
        today = when.astimezone(made.zone).date()
        found, until = declaration.verdict(one.answers, when, today)
        facts = asdict(one.answers) | {"symptoms": sorted(one.answers.symptoms), "note": ""}
        sealed = vault.seal(person, facts | {"declared_by": ""})
        policy = declaration.POLICY.edition
        said.append((new_person_id(), person, *sealed, found, policy, when, until))
        standing.append((person, found, until))
    said.sort()
    standing.sort()
    columns = "id person_id sealed key_id verdict policy made valid_until"
    await copy_rows(db, "declaration", columns, said)
    await copy_rows(db, "standing", "person_id own own_until", standing)


async def _scans(db: Owner, days: ServiceDays, numbers: Numbers, found: Sequence[Scan]) -> None:
    by_day: dict[date, list[Scan]] = defaultdict(list)
    for scan in found:  # a night out ends on the next day, under another subject
        by_day[days.day(scan.at)].append(scan)
    for day, own in by_day.items():
        own.sort(key=attrgetter("at"))
        subjects = days.subjects(numbers.people, day)
        rows = (
            (
                subjects[scan.person],
                scan.at,
                numbers.venues[scan.place],
                *numbers.doors[scan.place][scan.door],
                scan.way,
                scan.party,
                scan.late,
                scan.source,
                0,
            )
            for scan in own
        )
        columns = "subject at venue_id checkpoint_id zone_id way party late source flags"
        await copy_rows(db, "scan", columns, rows)


async def open_accounts(db: Owner, now: datetime) -> None:
    """Last, so that whoever sees them sees a whole city."""
    owners = "SELECT id FROM organisation WHERE name = $1"
    organisation = await db.fetchval(owners, story.SUPERMARKET_OWNER)
    accounts = (
        (
            "venue",
            "Nhân viên siêu thị",
            [Grant(role=Role.VENUE_STAFF, organisation_id=organisation)],
        ),
        (
            "officer",
            "Cán bộ truy vết",
            [Grant(role=role, area=PROVINCE) for role in (Role.COORDINATOR, Role.INVESTIGATOR)],
        ),
        ("approver", "Trưởng nhóm truy vết", [Grant(role=Role.COORDINATOR, area=PROVINCE)]),
        ("tracer", "Tổ truy vết", [Grant(role=Role.TRACER, area=PROVINCE)]),
        ("verifier", "Tổ xác minh", [Grant(role=Role.VERIFIER, area=PROVINCE)]),
        ("auditor", "Thanh tra", [Grant(role=Role.AUDITOR, area="")]),
        (LAST_LOGIN, "Quản trị", [Grant(role=Role.ADMIN, area="")]),
    )
    for login, name, grants in accounts:
        staff_id = await add_staff(db, login, name, hash_password(PASSWORD), True, now)
        assert staff_id is not None  # noqa: S101  the database was empty
        for grant in grants:
            await add_grant(db, staff_id, grant, now)
