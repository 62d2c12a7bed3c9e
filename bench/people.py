"""Who comes to the door in the benchmark: 20,000 people of the vault, each with a declaration's
standing and a real device token, and 300 venues with their codes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import database
from accounts.keydir import KeyDir, open_keys
from accounts.model import Citizen
from accounts.tokens import DeviceTokens
from checkin import queries_import
from checkin.model import Colour
from checkin.partitions import Owner
from checkin.rules import up_to_hour
from checkin.vault import IdentifierKind, Vault, new_person_id
from checkin.visit_people import identifier_row, person_row
from settings import Settings
from venues import queries, register, rules
from venues.model import VenueFacts, VenueKind

PEOPLE = 20_000
VENUES = 300
CODES = "SELECT code FROM code ORDER BY code"


@dataclass(frozen=True, slots=True)
class Visitor:
    """One line of the file that the load generators read."""

    token: str
    code: str


async def make(settings: Settings, path: Path) -> None:
    """Fills a new database and writes «token, code» a line to `path`."""
    now = datetime.now(UTC)
    await database.prepare(settings, now)
    keys = open_keys(settings.key_dir)
    async with database.owner(settings) as db, db.transaction():
        codes = await make_venues(db, now)
        people = await make_people(db, keys, now)
        await db.execute("ANALYZE")
    tokens = DeviceTokens(keys.tokens)
    chance = random.Random(2021)
    with path.open("w", encoding="ascii") as file:
        for person_id in people:
            token = tokens.issue(Citizen(person_id=person_id, generation=0), now)
            file.write(f"{token}\t{chance.choice(codes)}\n")


def read(path: Path) -> list[Visitor]:
    return [Visitor(*line.split("\t")) for line in path.read_text().splitlines()]


async def make_venues(db: Owner, now: datetime) -> list[str]:
    owner = (await queries.add_organisations(db, ["Bench"], now))["Bench"]
    facts = [
        VenueFacts(name=f"Chợ số {n}", kind=VenueKind.MARKET, address="") for n in range(VENUES)
    ]
    await register.add(db, [rules.new_venue(f, owner, "Bench") for f in facts], None, now)
    return [row["code"] for row in await db.fetch(CODES)]


async def make_people(db: Owner, keys: KeyDir, now: datetime) -> list[int]:
    vault = Vault(keys)
    people = [new_person_id() for _ in range(PEOPLE)]
    phones = {person_id: f"+849{n:08}" for n, person_id in enumerate(people)}
    facts = ((p, {"full_name": "Người Thử", "phone": phones[p], "address": ""}) for p in people)
    hour = up_to_hour(now)
    sealed = zip(people, vault.seal_all(facts), strict=True)
    phone = IdentifierKind.PHONE
    await queries_import.copy_people(
        db,
        [person_row(person_id, *pair) for person_id, pair in sealed],
        [identifier_row(phone.value, vault.find(phone, phones[p]), p, False) for p in people],
        hour,
    )
    until = hour + timedelta(days=1)
    await db.copy_records_to_table(
        "standing",
        records=[(person_id, Colour.GREEN.value, until) for person_id in people],
        columns=["person_id", "own", "own_until"],
    )
    return people
