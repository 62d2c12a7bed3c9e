"""SQL of clusters: the cases of an area, and how many people came where on a day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from checkin.queries_footfall import people_by_place
from kit.db import Connection
from tracing.queries_columns import Columns, columns, layout

# Who falls ill later was infected later: no case before the first day can count.
CLUSTER_CASES = """
SELECT c.id, c.onset, c.sampled, c.policy, c.policy_version,
    ARRAY(SELECT c.person_id WHERE c.person_id IS NOT NULL
        UNION SELECT p.person_id FROM case_person p WHERE p.case_id = c.id ORDER BY 1) AS people
FROM case_file c
WHERE c.status IN ('approved', 'closed') AND c.area ^@ ANY($1::text[]) AND c.disease = $2
    AND coalesce(c.onset, c.sampled) >= $3::date
ORDER BY c.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterCase:
    id: int
    onset: date | None
    sampled: date | None
    policy: str
    policy_version: int
    people: Sequence[int]


async def cluster_cases(
    db: Connection, areas: Sequence[str], disease: str, since: date
) -> list[ClusterCase]:
    rows = await db.fetch(CLUSTER_CASES, areas, disease, since)
    return [ClusterCase(**row) for row in rows]


DISEASES = "SELECT DISTINCT disease FROM policy ORDER BY 1"


async def diseases(db: Connection) -> list[str]:
    return [row["disease"] for row in await db.fetch(DISEASES)]


# Every venue of the wards of these ones; those of no known ward count as one.
NEIGHBOURS = """
SELECT id, area FROM venue
WHERE area IN (SELECT area FROM venue WHERE id = ANY($1::integer[])) ORDER BY id
"""


async def neighbours(db: Connection, venues: Collection[int]) -> dict[int, str]:
    """The ward of each."""
    return {row["id"]: row["area"] for row in await db.fetch(NEIGHBOURS, list(venues))}


FOOTFALL = people_by_place(" AND venue_id = ANY($1::integer[])")
FOOTFALL_KEPT = """
SELECT p.venue, p.zone, p.people
FROM footfall f, unnest(f.venues, f.zones, f.people) AS p (venue, zone, people)
WHERE p.venue = ANY($1::integer[]) AND f.day = $2::date
"""
FOOTFALL_ROW = layout(venue="int", zone="int", people="int")


async def footfall(
    db: Connection, venues: Sequence[int], since: datetime, until: datetime
) -> Columns:
    """Of one day: venue, zone, how many people came."""
    return await columns(db, FOOTFALL, FOOTFALL_ROW, venues, since, until)


async def footfall_kept(db: Connection, venues: Sequence[int], day: date) -> Columns:
    """The same of a day that was counted before."""
    return await columns(db, FOOTFALL_KEPT, FOOTFALL_ROW, venues, day)
