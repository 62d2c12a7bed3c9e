"""The points of a case as its file keeps them: each sealed whole, bound to its own number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from checkin.vault import seal_bytes, unsealed
from kit.db import Connection
from kit.keys import KeyShelf
from tracing import queries_points
from tracing.point import Point
from tracing.queries_points import PointRow


def sealed(key: bytes, point: Point) -> bytes:
    """Under the key of the case."""
    return seal_bytes(key, msgspec.json.encode(point), _bound(point.id))


def opened(key: bytes, row: PointRow) -> Point:
    return _opened(key, row.id, row.sealed)


def _opened(key: bytes, point_id: int, body: bytes) -> Point:
    return msgspec.json.decode(unsealed(key, body, _bound(point_id)), type=Point)


def _bound(point_id: int) -> bytes:
    return b"point" + point_id.to_bytes(8)


async def read_points(db: Connection, key: bytes, case_id: int) -> list[Point]:
    """Those that were withdrawn too, as of now; oldest first."""
    rows = await queries_points.points(db, case_id)
    return await as_of_now(db, [opened(key, row) for row in rows])


async def as_of_now(db: Connection, points: Sequence[Point]) -> list[Point]:
    """The same, with whoever came under a phone since somebody was listed by it. The least number
    comes first, as it stands for a human being everywhere."""
    listed = [one for point in points for one in point.listed if one.by_phone]
    if not listed:
        return list(points)
    pairs = await queries_points.under_one_phone(db, [one.people[0] for one in listed])
    found: dict[int, set[int]] = {}
    for known, same in pairs:
        found.setdefault(known, set()).add(same)
    return [
        replace(
            point,
            listed=tuple(
                replace(one, people=tuple(sorted({*one.people, *found[one.people[0]]})))
                if one.by_phone and one.people[0] in found
                else one
                for one in point.listed
            ),
        )
        for point in points
    ]


async def people_at_points(db: Connection, cases: KeyShelf) -> set[int]:
    """Everybody listed at a point of any case, withdrawn ones too. A case that lost its key names
    nobody any more."""
    keys = cases.all()
    return {
        person
        for number, point_id, body in await queries_points.sealed_points(db)
        if number in keys
        for one in _opened(keys[number], point_id, body).listed
        for person in one.people
    }
