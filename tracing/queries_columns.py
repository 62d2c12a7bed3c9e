"""Rows of a statement as columns: PostgreSQL's own binary copy, read by numpy in one step.

A city's day is a million scans, and an object for each field would take longer than the trace.
Every column must have a fixed width and no nulls, so that each row is as long as the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from kit.db import Connection
from tracing.aside import aside

Columns: TypeAlias = npt.NDArray[Any]
Times: TypeAlias = npt.NDArray[np.datetime64]
Argument: TypeAlias = date | Sequence[int] | Times | bytes  # a datetime is a date, too

SUBJECT = 16  # bytes of one
SIGNATURE = 19  # of the stream, before the first row
WIDTHS = {"uuid": "V16", "at": ">i8", "big": ">i8", "int": ">i4", "small": ">i2"}
POSTGRES_EPOCH = 946_684_800_000  # of 1 January 2000 in milliseconds


def layout(**columns: str) -> np.dtype[Any]:
    """Of a row: how many fields, then of each its length and itself."""
    fields: list[tuple[str, str]] = [("", ">i2")]
    for name, kind in columns.items():
        fields += [(f"{name} length", ">i4"), (name, WIDTHS[kind])]
    return np.dtype([(name or "fields", kind) for name, kind in fields])


async def columns(
    db: Connection, statement: str, shape: np.dtype[Any], *arguments: Argument
) -> Columns:
    return await copied(db, await aside(_size(arguments), written, statement, *arguments), shape)


async def columns_of_each(
    db: Connection, statement: str, shape: np.dtype[Any], each: Sequence[tuple[Argument, ...]]
) -> Columns:
    """The rows of one statement with several lists of arguments, in one round trip: for a day of
    its own each is planned by itself, and looks at no other day's partition."""
    text = await aside(sum(map(_size, each)), _united, statement, each)
    return await copied(db, text, shape)


def _united(statement: str, each: Sequence[tuple[Argument, ...]]) -> str:
    return " UNION ALL ".join(f"({written(statement, *arguments)})" for arguments in each)


async def copied(db: Connection, text: str, shape: np.dtype[Any]) -> Columns:
    got = bytearray()

    async def keep(part: bytes) -> None:
        got.extend(part)

    await db.copy_from_query(text, output=keep, format="binary")
    return np.frombuffer(
        got, shape, offset=SIGNATURE, count=(len(got) - SIGNATURE) // shape.itemsize
    )


def written(statement: str, *arguments: Argument) -> str:
    """COPY takes no parameters, so they are written into the statement: times, numbers and subjects
    only."""
    texts = [_literal(one) for one in arguments]
    return re.sub(r"\$(\d+)", lambda found: texts[int(found[1]) - 1], statement)


def packed(shape: np.dtype[Any]) -> np.dtype[Any]:
    """Of the same row where a statement sends it as bytes: its fields without their lengths."""
    assert shape.names is not None  # noqa: S101  a layout has fields
    return np.dtype([(name, shape[name]) for name in shape.names[2::2]])


async def unpacked(
    db: Connection, statement: str, shape: np.dtype[Any], *arguments: object
) -> Columns:
    """The rows of a prepared statement that answers with all of them as one piece of bytes. It is
    not planned anew, which takes as long as reading thousands of rows; for more than some
    megabytes there is `columns`."""
    return np.frombuffer(await db.fetchval(statement, *arguments), shape)


def milliseconds_of(column: Columns) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = column.astype(np.int64) // 1000 + POSTGRES_EPOCH
    return found


def ids(joined: bytes) -> npt.NDArray[np.int64]:
    """Of a `string_agg(int8send(id), '')`: a list of ten thousand would be read one by one."""
    return np.frombuffer(joined, ">i8").astype(np.int64)


def _size(arguments: Sequence[Argument]) -> int:
    """How many values they hold, about."""
    counts = (len(one) for one in arguments if not isinstance(one, date))
    return sum(counts) // SUBJECT


def _literal(value: Argument) -> str:
    if isinstance(value, date):
        return f"'{value.isoformat()}'"
    if isinstance(value, bytes):  # of subjects, joined
        return f"'{subject_array(value)}'"
    if isinstance(value, np.ndarray):
        return f"'{array(np.datetime_as_string(value, timezone='UTC').tolist())}'"
    return f"'{array(map(int, value))}'"


def subject_array(joined: bytes) -> str:
    """As `array`, of subjects, joined."""
    return f"{{{joined.hex(',', SUBJECT)}}}"


def array(values: Iterable[object]) -> str:
    """PostgreSQL's text of an array of plain words and numbers. As an argument it is `$1::text` and
    cast: asyncpg looks at each value of a list by itself."""
    return "{" + ",".join(map(str, values)) + "}"
