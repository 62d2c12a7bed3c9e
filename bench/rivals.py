"""The same question asked of two others: who are the F1 and F2, since when, until when, how long.

Both are given what the engine has to find out: whose scan it was, and when a stay ended. One is the
textbook's join of a table with itself in the same PostgreSQL, the other DuckDB over Parquet that is
sorted by venue and, for the stays of one person, once more by person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import asyncpg
import duckdb
import numpy as np
import numpy.typing as npt

from checkin.partitions import Owner
from checkin.visit_scans import END, SIGNATURE
from tracing.engine.columns import Ints
from tracing.engine.model import Stays
from tracing.queries_columns import layout

HERE = Path(__file__).parent
QUESTIONS = {1: "textbook_f1.sql", 2: "textbook_f2.sql"}
COLUMNS = ("person", "venue", "zone", "arrived", "gone")
ROW = layout(person="big", venue="int", zone="int", arrived="big", gone="big")
SIGNATURES = 16  # letters of a checksum

TABLE = """
CREATE TABLE visit (
    person bigint NOT NULL,
    venue integer NOT NULL,
    zone integer NOT NULL,
    arrived bigint NOT NULL, -- milliseconds since 1970, as those of the engine
    gone bigint NOT NULL
);
CREATE VIEW own_visit AS SELECT * FROM visit
"""
INDEXES = """
CREATE INDEX visit_venue ON visit (venue, arrived) INCLUDE (gone, person);
CREATE INDEX visit_person ON visit (person, arrived) INCLUDE (venue, gone)
"""
ORDERS = {"visit": "venue, arrived", "own_visit": "person, arrived"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Times and lengths are milliseconds; `longest`: of all stays there are."""

    case: int
    begins: int
    ends: int
    minimum: int
    longest: int

    @property
    def arguments(self) -> list[int]:
        return [self.case, self.begins, self.ends, self.minimum, self.longest]


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


def question(tier: int) -> str:
    return (HERE / QUESTIONS[tier]).read_text()


async def store_visits(db: Owner, parts: Iterable[Stays]) -> int:
    """Returns how long the longest is."""
    await db.execute(TABLE)
    longest = 0
    for part in parts:
        rows = np.zeros(len(part), ROW)
        rows["fields"] = len(COLUMNS)
        for name, column in zip(COLUMNS, _columns(part).values(), strict=True):
            rows[f"{name} length"] = ROW[name].itemsize
            rows[name] = column
        data = BytesIO(b"".join((SIGNATURE, rows.tobytes(), END)))
        await db.copy_to_table("visit", source=data, columns=COLUMNS, format="binary")
        longest = max(longest, int((part.end - part.start).max(initial=0)))
    await db.execute(INDEXES)
    await db.execute("ANALYZE visit")
    return longest


def _columns(part: Stays) -> dict[str, npt.NDArray[Any]]:
    values = (part.person, part.venue, part.zone, part.start, part.end)
    return dict(zip(COLUMNS, values, strict=True))


def write_parquet(folder: Path, parts: Iterable[Stays]) -> None:
    """Both files, through a table of DuckDB's own that is gone afterwards."""
    store = folder / "visits.duckdb"
    with duckdb.connect(store) as db:
        for number, part in enumerate(parts):
            db.register("part", _columns(part))
            begin = "INSERT INTO visit" if number else "CREATE TABLE visit AS"
            db.execute(f"{begin} SELECT * FROM part")
        for name, order in ORDERS.items():
            path = folder / f"{name}.parquet"
            db.execute(f"COPY (SELECT * FROM visit ORDER BY {order}) TO '{path}'")
    store.unlink()


def opened(folder: Path) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect()
    for name in ORDERS:
        db.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder / name}.parquet'")
    return db


async def by_textbook(db: Owner, tier: int, asked: Question) -> Answer:
    rows: Sequence[asyncpg.Record] = await db.fetch(question(tier), *asked.arguments)
    table = np.array([tuple(row) for row in rows], np.int64).reshape(-1, 4)
    return Answer(person=table[:, 0], since=table[:, 1], last=table[:, 2], together=table[:, 3])


def by_duckdb(db: duckdb.DuckDBPyConnection, tier: int, asked: Question) -> Answer:
    found = db.execute(question(tier), asked.arguments).fetchnumpy()
    return Answer(**{name: np.asarray(column, np.int64) for name, column in found.items()})
