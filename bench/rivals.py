"""The same question asked of two others: who are the F1 and F2, since when, until when, how long.

One is the textbook's join of a table with itself in the same PostgreSQL, the other DuckDB over
Parquet that is sorted by venue and, for one person's own, once more by person. Both know real
people, where the engine has pseudonyms. They are asked twice: of scans, as people made them, and of
stays whose ends somebody has judged before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import duckdb
import numpy as np
import numpy.typing as npt

from checkin.partitions import Owner
from checkin.visit_scans import END, SIGNATURE
from tracing.engine.columns import Ints, ints
from tracing.engine.model import Scans, Stays
from tracing.queries_columns import layout

HERE = Path(__file__).parent
OF_SCANS, OF_STAYS = "of scans", "of stays"
QUESTIONS = {
    (OF_SCANS, 1): "scans_f1.sql",
    (OF_SCANS, 2): "scans_f2.sql",
    (OF_STAYS, 1): "stays_f1.sql",
    (OF_STAYS, 2): "stays_f2.sql",
}
STAY = layout(person="big", venue="int", zone="int", arrived="big", gone="big")
SCAN = layout(person="big", stamp="big", venue="int", zone="int", way="small")
PLACE = layout(venue="int", usual="big")
SIGNATURES = 16  # letters of a checksum

# Times are milliseconds since 1970, as those of the engine.
TABLES = """
CREATE TABLE visit (
    person bigint NOT NULL,
    venue integer NOT NULL,
    zone integer NOT NULL,
    arrived bigint NOT NULL,
    gone bigint NOT NULL
);
CREATE VIEW own_visit AS SELECT * FROM visit;
CREATE TABLE scanned (
    person bigint NOT NULL,
    stamp bigint NOT NULL,
    venue integer NOT NULL,
    zone integer NOT NULL,
    way smallint NOT NULL
);
CREATE VIEW own_scanned AS SELECT * FROM scanned;
CREATE TABLE place (venue integer PRIMARY KEY, usual bigint NOT NULL)
"""
INDEXES = """
CREATE INDEX visit_venue ON visit (venue, arrived) INCLUDE (gone, person);
CREATE INDEX visit_person ON visit (person, arrived) INCLUDE (venue, gone);
CREATE INDEX scanned_venue ON scanned (venue, stamp) INCLUDE (person);
CREATE INDEX scanned_person ON scanned (person, stamp) INCLUDE (venue, zone, way)
"""
ORDERS = {
    "visit": "venue, arrived",
    "own_visit": "person, arrived",
    "scanned": "venue, stamp",
    "own_scanned": "person, stamp",
    "place": "venue",
}
SOURCES = {"own_visit": "visit", "own_scanned": "scanned"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Times and lengths are milliseconds; `longest`: of all stays there are. `moment`: no stay ends
    after it."""

    case: int
    begins: int
    ends: int
    minimum: int
    longest: int
    moment: int

    def arguments(self, given: str) -> list[int]:
        asked = [self.case, self.begins, self.ends, self.minimum, self.longest]
        return [*asked, self.moment] if given == OF_SCANS else asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some people of the city: what they scanned, and the stays that it says."""

    scans: Scans
    stays: Stays


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """People of one tier by number: first and last exposure, the longest one."""

    person: Ints
    since: Ints
    last: Ints
    together: Ints

    def checksum(self) -> str:
        order = np.argsort(self.person)
        rows = np.stack([self.person, self.since, self.last, self.together])[:, order]
        return hashlib.sha256(rows.astype(">i8").tobytes()).hexdigest()[:SIGNATURES]


def question(given: str, tier: int) -> str:
    text = (HERE / QUESTIONS[given, tier]).read_text()
    judged = (HERE / "judged.sql").read_text()
    return re.sub(r"JUDGED\((\w+)\)", lambda of: judged.replace("SCANS", of[1]), text)


async def store(db: Owner, parts: Iterable[Part], usual: Mapping[int, int]) -> int:
    """`usual`: milliseconds that people stay, by venue. Returns how long the longest stay is."""
    await db.execute(TABLES)
    longest = 0
    for part in parts:
        await _copy(db, "visit", STAY, _stays(part.stays))
        await _copy(db, "scanned", SCAN, _scans(part.scans))
        longest = max(longest, int((part.stays.end - part.stays.start).max(initial=0)))
    await _copy(db, "place", PLACE, _places(usual))
    await db.execute(INDEXES)
    for name in set(ORDERS) - set(SOURCES):
        await db.execute(f"VACUUM ANALYZE {name}")
    return longest


Named: TypeAlias = dict[str, npt.NDArray[Any]]


async def _copy(db: Owner, table: str, shape: np.dtype[Any], values: Named) -> None:
    rows = np.zeros(len(next(iter(values.values()))), shape)
    rows["fields"] = len(values)
    for name, column in values.items():
        rows[f"{name} length"] = shape[name].itemsize
        rows[name] = column
    data = BytesIO(b"".join((SIGNATURE, rows.tobytes(), END)))
    await db.copy_to_table(table, source=data, columns=[*values], format="binary")


def _stays(stays: Stays) -> Named:
    return {
        "person": stays.person,
        "venue": stays.venue,
        "zone": stays.zone,
        "arrived": stays.start,
        "gone": stays.end,
    }


def _scans(scans: Scans) -> Named:
    return {
        "person": scans.person,
        "stamp": scans.at,
        "venue": scans.venue,
        "zone": scans.zone,
        "way": scans.way,
    }


def _places(usual: Mapping[int, int]) -> Named:
    return {"venue": ints(usual), "usual": ints(usual.values())}


def write_parquet(folder: Path, parts: Sequence[Part], usual: Mapping[int, int]) -> None:
    """Every file, through tables of DuckDB's own that are gone afterwards."""
    store = folder / "rivals.duckdb"
    with duckdb.connect(store) as db:
        made = [
            *(("visit", _stays(part.stays)) for part in parts),
            *(("scanned", _scans(part.scans)) for part in parts),
            ("place", _places(usual)),
        ]
        known = set[str]()
        for name, values in made:
            db.register("part", values)
            begin = f"INSERT INTO {name}" if name in known else f"CREATE TABLE {name} AS"
            db.execute(f"{begin} SELECT * FROM part")
            known.add(name)
        for name, order in ORDERS.items():
            path = folder / f"{name}.parquet"
            table = SOURCES.get(name, name)
            db.execute(f"COPY (SELECT * FROM {table} ORDER BY {order}) TO '{path}'")
    store.unlink()


def opened(folder: Path) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    for name in ORDERS:
        db.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder / name}.parquet'")
    return db


async def by_textbook(db: Owner, given: str, tier: int, asked: Question) -> Answer:
    text = question(given, tier)
    rows: Sequence[asyncpg.Record] = await db.fetch(text, *asked.arguments(given))
    table = np.array([tuple(row) for row in rows], np.int64).reshape(-1, 4)
    return Answer(person=table[:, 0], since=table[:, 1], last=table[:, 2], together=table[:, 3])


def by_duckdb(db: duckdb.DuckDBPyConnection, given: str, tier: int, asked: Question) -> Answer:
    found = db.execute(question(given, tier), asked.arguments(given)).fetchnumpy()
    return Answer(**{name: np.asarray(column, np.int64) for name, column in found.items()})
