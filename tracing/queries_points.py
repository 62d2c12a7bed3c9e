"""SQL of points and of who was at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.db import Connection

NEXT_POINT = "SELECT nextval('point_id_seq')"


async def next_point(db: Connection) -> int:
    """The number of a point that is to be added."""
    found: int = await db.fetchval(NEXT_POINT)
    return found


ADD_POINT = """
INSERT INTO point (id, case_id, sealed, made_by, made) OVERRIDING SYSTEM VALUE
VALUES ($1, $2, $3, $4, date_trunc('hour', $5::timestamptz, 'UTC'))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPoint:
    id: int
    case_id: int
    sealed: bytes
    made_by: int


async def add_point(db: Connection, new: NewPoint, now: datetime) -> None:
    await db.execute(ADD_POINT, new.id, new.case_id, new.sealed, new.made_by, now)


CHANGE_POINT = "UPDATE point SET sealed = $2 WHERE id = $1"
VOID_POINT = """
UPDATE point SET sealed = $2, voided_by = $3, voided = date_trunc('hour', $4::timestamptz, 'UTC')
WHERE id = $1
"""


async def change_point(db: Connection, point_id: int, sealed: bytes) -> None:
    await db.execute(CHANGE_POINT, point_id, sealed)


async def void_point(
    db: Connection, point_id: int, sealed: bytes, by_staff: int, now: datetime
) -> None:
    await db.execute(VOID_POINT, point_id, sealed, by_staff, now)


POINTS = """
SELECT p.id, p.sealed, coalesce(m.name, '') AS maker, coalesce(v.name, '') AS voider
FROM point p LEFT JOIN staff m ON m.id = p.made_by LEFT JOIN staff v ON v.id = p.voided_by
WHERE p.case_id = $1 AND ($2::bigint IS NULL OR p.id = $2) ORDER BY p.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRow:
    """`maker`, `voider`: names of accounts."""

    id: int
    sealed: bytes
    maker: str
    voider: str


async def points(db: Connection, case_id: int, point_id: int | None = None) -> list[PointRow]:
    """All of a case, or this one if it is of the case; oldest first."""
    return [PointRow(**row) for row in await db.fetch(POINTS, case_id, point_id)]


SEALED_POINTS = """
SELECT c.number, p.id, p.sealed FROM point p JOIN case_file c ON c.id = p.case_id ORDER BY c.id
"""


async def sealed_points(db: Connection) -> list[tuple[str, int, bytes]]:
    """Of all cases: the number of the case, that of the point, and what is sealed."""
    return [tuple(row) for row in await db.fetch(SEALED_POINTS)]


CONTACT_PEOPLE = "SELECT person_id FROM contact WHERE case_id = $1"


async def contact_people(db: Connection, case_id: int) -> list[int]:
    """On the list or no longer."""
    return [row["person_id"] for row in await db.fetch(CONTACT_PEOPLE, case_id)]


# Who signs up, or whose number is typed at a gate, after they were listed by that number.
UNDER_ONE_PHONE = """
SELECT DISTINCT i.person_id AS listed, o.person_id AS same
FROM identifier i JOIN identifier o ON o.kind = i.kind AND o.hmac = i.hmac
WHERE i.kind = 1 AND i.person_id = ANY($1::bigint[])
"""


async def under_one_phone(db: Connection, people: Sequence[int]) -> list[tuple[int, int]]:
    """(one of these, a record with the same phone)."""
    return [(row["listed"], row["same"]) for row in await db.fetch(UNDER_ONE_PHONE, people)]
