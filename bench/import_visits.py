"""How quickly past visits are imported: `python -m bench.import_visits` makes a file from a seed,
imports it into fresh databases of a server of its own (fsync on) and prints the median rows/s."""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import random
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from statistics import median

import asyncpg

import database
from accounts.keydir import open_keys
from bench.database import server
from checkin.import_visits import Target, Wanted, import_visits
from checkin.pseudonym import ServiceDays
from checkin.visit_report import Report
from kit import postgres
from settings import Settings
from venues import queries, register, rules
from venues.model import VenueFacts, VenueKind

ROWS = 300_000
PEOPLE = 50_000
VENUES = 500
DAYS = 20
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi")
MIDDLE = ("Văn", "Thị", "Hữu", "Ngọc", "Minh", "Thanh", "Kim", "Quốc")
GIVEN = ("An", "Bình", "Châu", "Dũng", "Giang", "Hạnh", "Khánh", "Lan", "Mỹ", "Phúc", "Quyên", "Tú")
LOCAL = timezone(timedelta(hours=7))


def write_file(path: Path, rows: int, now: datetime, seed: int) -> None:
    """In order of time, as another system would write it; a third of the visits have no end."""
    chance = random.Random(seed)
    people = [
        (
            " ".join(map(chance.choice, (FAMILY, MIDDLE, MIDDLE, GIVEN))),
            f"0{chance.choice('35789')}{chance.randrange(10**8):08}",
            f"092{chance.randrange(10**9):09}" if chance.random() < 0.6 else "",
        )
        for _ in range(PEOPLE)
    ]
    begin = now - timedelta(days=DAYS)
    seconds = sorted(chance.randrange(DAYS * 86_400 - 86_400) for _ in range(rows))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        columns = ["full_name", "phone", "document", "venue", "zone", "arrived_at", "left_at"]
        writer.writerow(columns)
        for second in seconds:
            arrived = (begin + timedelta(seconds=second)).astimezone(LOCAL)
            left = arrived + timedelta(minutes=chance.randint(5, 180))
            end = left.isoformat(timespec="seconds") if chance.random() < 2 / 3 else ""
            venue = f"Chợ số {chance.randrange(VENUES)}"
            row = [*chance.choice(people), venue, "", arrived.isoformat(timespec="seconds"), end]
            writer.writerow(row)


async def timed(settings: Settings, path: Path, now: datetime) -> tuple[float, float, Report]:
    """Seconds by the clock and of our processes; the second tells how busy the machine else was."""
    keys = open_keys(settings.key_dir)
    days = ServiceDays(keys.days, settings.zone)
    wanted = Wanted(
        path=path,
        bad_rows=path.with_suffix(".bad.csv"),
        kept_days=settings.retention_days,
        now=now,
    )
    owner = partial(database.owner, settings)
    async with owner() as db, owner() as more_db, owner() as people_db, owner() as days_db:
        target = Target(
            db=db, more_db=more_db, people_db=people_db, days_db=days_db, days=days, keys=keys
        )
        begun, worked = time.perf_counter(), processor_seconds()
        report = await import_visits(target, wanted, print)
        return time.perf_counter() - begun, processor_seconds() - worked, report


def processor_seconds() -> float:
    """Of this process and of those it started that have ended."""
    return sum(os.times()[:4])


async def make_venues(settings: Settings, now: datetime) -> None:
    async with database.owner(settings) as db, db.transaction():
        owner = (await queries.add_organisations(db, ["Bench"], now))["Bench"]
        facts = [
            VenueFacts(name=f"Chợ số {n}", kind=VenueKind.MARKET, address="") for n in range(VENUES)
        ]
        await register.add(db, [rules.new_venue(f, owner, "Bench") for f in facts], None, now)


async def measure(cluster: postgres.Cluster, folder: Path, rows: int, seed: int) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    path = folder / "visits.csv"
    write_file(path, rows, now, seed)
    rates = []
    for run in range(3):
        name = f"bench_{run}"
        admin = await asyncpg.connect(cluster.admin_url)
        await admin.execute(f"CREATE DATABASE {name} OWNER chot_owner")
        await admin.close()
        settings = Settings(
            key_dir=folder / name,
            database_url=cluster.app_url.replace("/chot?", f"/{name}?"),
            database_owner_url=cluster.owner_url.replace("/chot?", f"/{name}?"),
        )
        await database.prepare(settings, now)
        await make_venues(settings, now)
        seconds, worked, report = await timed(settings, path, now)
        again, _, second = await timed(settings, path, now)
        rates.append(rows / seconds)
        sys.stdout.write(
            f"{rows / seconds:,.0f} rows/s ({seconds:.1f} s, {worked:.1f} of them ours); {report}\n"
        )
        sys.stdout.write(
            f"  again: {rows / again:,.0f} rows/s, {second.arrivals + second.departures} new\n"
        )
    sys.stdout.write(f"median {median(rates):,.0f} rows/s\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with server() as (cluster, folder):
        asyncio.run(measure(cluster, folder, options.rows, options.seed))


if __name__ == "__main__":
    main()
