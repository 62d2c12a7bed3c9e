"""Lists of past visits imported as files, or only judged."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import database
from accounts.keydir import open_keys
from checkin.import_visits import Target, Wanted, import_visits
from checkin.pseudonym import ServiceDays
from checkin.visit_place import Places
from checkin.visit_reading import Chunk, Job, Judge
from checkin.visit_report import Report
from checkin.visit_rows import milliseconds, read_header
from settings import Settings
from tests.conftest import NOW
from venues.intake_text import compared

HEADER = "full_name,phone,document,venue,zone,arrived_at,left_at"
PLACES = Places(by_code={}, by_name={compared("Chợ Cái Răng"): [7]}, zones={}, grows=False)
LAN = "Nguyễn Thị Lan,0912345678,092191001234,Chợ Cái Răng,"
MORNING = "2021-07-19T08:00:00+07:00,2021-07-19T09:30:00+07:00"


def judged(*rows: list[str], header: str = HEADER, latest: datetime = NOW) -> Chunk:
    job = Job(path=Path(), encoding=None, places=PLACES, oldest=0, latest=milliseconds(latest))
    return Judge(job, read_header(header.split(","))).chunk(enumerate(rows, start=2))


@dataclass(slots=True, kw_only=True)
class Importer:
    """Imports texts as files; unknown venues are made unless a test says else."""

    db: asyncpg.Connection[asyncpg.Record]
    more_db: asyncpg.Connection[asyncpg.Record]
    people_db: asyncpg.Connection[asyncpg.Record]
    days_db: asyncpg.Connection[asyncpg.Record]
    settings: Settings
    folder: Path
    said: list[str] = field(default_factory=list)

    @property
    def bad_rows(self) -> Path:
        return self.folder / "visits.bad.csv"

    @property
    def target(self) -> Target:
        keys = open_keys(self.settings.key_dir)
        days = ServiceDays(keys.days, self.settings.zone)
        return Target(
            db=self.db,
            more_db=self.more_db,
            people_db=self.people_db,
            days_db=self.days_db,
            days=days,
            keys=keys,
        )

    async def rows(self, *rows: str, header: str = HEADER, **changed: Any) -> Report:
        return await self.file("\n".join([header, *rows, ""]).encode(), **changed)

    async def file(self, data: bytes, **changed: Any) -> Report:
        path = self.folder / "visits.csv"
        path.write_bytes(data)
        wanted = Wanted(path=path, bad_rows=self.bad_rows, kept_days=21, owner="Sở Y tế", now=NOW)
        return await import_visits(self.target, replace(wanted, **changed), self.said.append)

    async def scans(self) -> list[asyncpg.Record]:
        return await self.db.fetch("SELECT * FROM scan ORDER BY at, way")

    async def count(self, table: str) -> int:
        found: int = await self.db.fetchval(f"SELECT count(*) FROM {table}")
        return found

    def bad(self) -> list[dict[str, str]]:
        with self.bad_rows.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
async def importer(settings: Settings, tmp_path: Path) -> AsyncIterator[Importer]:
    owner = partial(database.owner, settings)
    async with owner() as db, owner() as more_db, owner() as people_db, owner() as days_db:
        yield Importer(
            db=db,
            more_db=more_db,
            people_db=people_db,
            days_db=days_db,
            settings=settings,
            folder=tmp_path,
        )
