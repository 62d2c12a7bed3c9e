"""Many rows as one array a column: a city's scans are too many for an object each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Any, SupportsIndex, TypeAlias, TypeVar, get_type_hints

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int64]
Small: TypeAlias = npt.NDArray[np.int8]
Bools: TypeAlias = npt.NDArray[np.bool_]
Table = TypeVar("Table", bound=Any)
"""A dataclass whose fields are arrays of one length, or tables of that length."""

NOBODY: Ints = np.zeros(0, np.int64)

# Numbers are near each other where a table of all in between is not much longer than they are.
NEAR = 4
AT_ONCE = 1 << 18  # rows, or pairs, that are worked on in one piece


def milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def ints(values: Iterable[SupportsIndex] = ()) -> Ints:
    return np.fromiter(values, np.int64)


def _columns_of(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


_names: Callable[[type], tuple[str, ...]] = cache(_columns_of)  # they never change


def take(table: Table, rows: npt.NDArray[Any] | slice) -> Table:
    """Some rows of a table: their numbers, a mask, or a part."""
    columns = ((name, getattr(table, name)) for name in _names(type(table)))
    some: Table = type(table)(
        **{
            name: column[rows] if isinstance(column, np.ndarray) else take(column, rows)
            for name, column in columns
        }
    )
    return some


def stacked(tables: Sequence[Table]) -> Table:
    """The rows of all of them, in order; there must be one at least."""
    whole, kind = {}, type(tables[0])
    for name in _names(kind):
        parts = [getattr(table, name) for table in tables]
        array = isinstance(parts[0], np.ndarray)
        whole[name] = np.concatenate(parts) if array else stacked(parts)
    made: Table = kind(**whole)
    return made


def named(table: Any, name: str) -> dict[str, npt.NDArray[Any]]:
    """Its columns, those of tables within too: 'name.met.person'."""
    found: dict[str, npt.NDArray[Any]] = {}
    for one in _names(type(table)):
        column, path = getattr(table, one), f"{name}.{one}"
        found |= {path: column} if isinstance(column, np.ndarray) else named(column, path)
    return found


_hints: Callable[[type], dict[str, Any]] = cache(get_type_hints)  # they are evaluated each time


def tabled(kind: type[Table], columns: Mapping[str, npt.NDArray[Any]], name: str) -> Table:
    """The table whose columns these are."""
    found: Table = kind(
        **{
            one: tabled(hint, columns, f"{name}.{one}")
            if isinstance(hint, type) and is_dataclass(hint)
            else columns[f"{name}.{one}"]
            for one, hint in _hints(kind).items()
        }
    )
    return found


class Timeline:
    """Numbers for (group, time) in the order of group, then time: one sort, one search.

    Times outside of `times` are taken to be at its near end, so that no group reaches into the
    next.
    """

    def __init__(self, *times: Ints) -> None:
        full = [one for one in times if len(one)]
        self._begin = min((int(one.min()) for one in full), default=0)
        self._span = max((int(one.max()) for one in full), default=0) - self._begin + 3

    def numbers(self, group: npt.NDArray[Any], at: Ints) -> Ints:
        inside = np.minimum(np.maximum(at - (self._begin - 1), 0), self._span - 1)
        found: Ints = group.astype(np.int64) * self._span + inside
        return found


def distinct(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Each value once, in order. (`np.unique` hashes, which takes ten times as long where most of a
    million values differ.)"""
    if len(values) < 2:
        return values
    kept = np.sort(values)
    return kept[first_of_each(kept)]


def ranks(values: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Ints]:
    """Each value once, in order, and the place of every one among them. Quick where they are
    numbers near each other, and where they nearly lie in order."""
    if not len(values):
        return values, NOBODY
    least = int(values.min())
    span = int(values.max()) - least + 1
    if span <= NEAR * len(values):
        there = np.zeros(span, np.bool_)
        there[values - least] = True
        place = np.cumsum(there) - 1
        return np.flatnonzero(there) + least, place[values - least]
    order = np.argsort(values, kind="stable")
    kept = values[order]
    begins = first_of_each(kept)
    step = np.zeros(len(values), np.int64)
    step[begins[1:]] = 1
    found = np.empty(len(values), np.int64)
    found[order] = np.cumsum(step)
    return kept[begins], found


def order_of(numbers: Ints, *ties: npt.NDArray[Any]) -> Ints:
    """Rows by `numbers`, those of one number by `ties`, the first of which counts most. A tenth of
    the time of `np.lexsort`, and next to none where they nearly lie in order."""
    order = np.argsort(numbers, kind="stable")
    if ties:
        kept = numbers[order]
        same = kept[1:] == kept[:-1]
        tied = np.flatnonzero(np.concatenate((same, [False])) | np.concatenate(([False], same)))
        rows = order[tied]
        order[tied] = rows[np.lexsort((*(one[rows] for one in reversed(ties)), kept[tied]))]
    return order


def in_order(table: Table, order: Ints) -> Table:
    """Its rows in that order of all of them; not copied if they lie in it."""
    return table if (order[1:] > order[:-1]).all() else take(table, order)


def first_of_each(keys: npt.NDArray[Any]) -> Ints:
    """Where each run of equal keys begins."""
    if not len(keys):
        return NOBODY
    new = np.empty(len(keys), np.bool_)
    new[0] = True
    np.not_equal(keys[1:], keys[:-1], out=new[1:])
    found: Ints = new.nonzero()[0]
    return found


def parts(groups: npt.NDArray[Any], before: Ints | None = None) -> list[slice]:
    """Parts of about AT_ONCE rows, or of what `before` counts in front of each, that divide no
    group; the rows of a group lie together. What is computed part by part needs little room."""
    begins = first_of_each(groups)
    part = (begins if before is None else before[begins]) // AT_ONCE
    cuts = [*begins[first_of_each(part)].tolist(), len(groups)]
    return [slice(begin, end) for begin, end in pairwise(cuts)]


def ranges(begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Every (row, number) with `begin[row] <= number < end[row]`."""
    counts = np.maximum(end - begin, 0)
    rows = np.repeat(np.arange(len(counts)), counts)
    before = np.repeat(np.cumsum(counts) - counts, counts)
    return rows, np.arange(len(rows)) - before + np.repeat(begin, counts)


def among(values: npt.NDArray[Any], known: Ints) -> tuple[Ints, Bools]:
    """The place of each value in `known`, which is sorted; and whether it is there at all."""
    place = np.searchsorted(known, values)
    there = place < len(known)
    there[there] = known[place[there]] == values[there]
    return place, there


def one_of(values: npt.NDArray[Any], known: npt.NDArray[Any] | Iterable[int]) -> Bools:
    """Which values are among these. (`np.isin` takes ten times as long for a few of them, and
    several times for ids of people.)"""
    some = known if isinstance(known, np.ndarray) else ints(known)
    return among(values, distinct(some))[1]


def marks(some: Iterable[SupportsIndex]) -> Bools:
    """For every number of a `Small` column whether it is one of these: `marks(some)[column]`."""
    found = np.zeros(np.iinfo(np.int8).max + 1, np.bool_)
    found[ints(some)] = True
    return found


def looked_up(values: npt.NDArray[Any], known: Mapping[int, int], other: npt.NDArray[Any]) -> Ints:
    """`known[value]`, or what stands in `other` for those it does not know; `other` itself if it
    knows none."""
    if not known and other.dtype == np.int64:
        return other
    keys = ints(sorted(known))
    place, there = among(values, keys)
    found: Ints = other.astype(np.int64, copy=True)
    found[there] = ints(known[key] for key in keys.tolist())[place[there]]
    return found
