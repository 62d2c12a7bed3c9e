"""SQL of the facts that a trace starts from: scans, places, links between records of people.

Subjects and windows come as arrays, bounds beside them, so that only the partitions of the days in
question are looked at. What may be a million rows comes as columns.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

import asyncpg
import numpy as np

from kit.db import Connection
from tracing.engine.columns import Ints
from tracing.engine.ends import LONGEST
from tracing.queries_columns import (
    SUBJECT,
    Columns,
    Times,
    array,
    columns,
    columns_of_each,
    layout,
    packed,
    subject_array,
    unpacked,
)

Rows = Sequence[asyncpg.Record]

SCANS = """
SELECT subject, at, venue_id, coalesce(zone_id, 0), way, source, flags
FROM scan
WHERE subject = ANY($1::uuid[]) AND at >= $2::timestamptz AND at < $3::timestamptz AND way <> 3
"""
SCAN = layout(
    subject="uuid", at="at", venue="int", zone="int", way="small", source="small", flags="small"
)


# Materialised: the text of a day's subjects is read once, however its scans are looked up.
SCANS_OF_DAYS = """
WITH w AS MATERIALIZED (
    SELECT u.subjects::uuid[] AS subjects, u.since, u.until
    FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS u (subjects, since, until)
)
SELECT coalesce(string_agg(uuid_send(s.subject) || timestamptz_send(s.at) || int4send(s.venue_id)
    || int4send(coalesce(s.zone_id, 0)) || int2send(s.way) || int2send(s.source)
    || int2send(s.flags), ''), '')
FROM w
JOIN scan s ON s.subject = ANY (w.subjects) AND s.at >= w.since AND s.at < w.until
WHERE s.at >= $4 AND s.at < $5 AND s.way <> 3
"""
SCAN_OF_DAYS = packed(SCAN)
MANY = 50_000  # subjects: the answer is one piece of some megabytes

# The subjects of one day, their bytes joined, and the bounds of that day.
OfDay: TypeAlias = tuple[bytes, datetime, datetime]


async def scans(db: Connection, days: Sequence[OfDay]) -> Columns:
    """subject, at, venue, zone, way, source, flags."""
    if sum(len(subjects) for subjects, *_ in days) > MANY * SUBJECT:
        return await columns_of_each(db, SCANS, SCAN, days)
    subjects, since, until = zip(*days, strict=True)
    wanted = [subject_array(one) for one in subjects]
    bounds = min(since), max(until)
    return await unpacked(db, SCANS_OF_DAYS, SCAN_OF_DAYS, wanted, since, until, *bounds)


# Whoever left after `until` may have come before `since`, unless they came again meanwhile: of each
# the first scan after it, if that is an out, of whoever told so. 7 and 8 are closings and timers.
VISITORS = """
SELECT s.subject, s.at, s.way, w.until, s.venue_id, s.source
FROM unnest($1::integer[], $2::timestamptz[], $3::timestamptz[]) AS w (venue_id, since, until)
JOIN scan s ON s.venue_id = w.venue_id AND s.at >= w.since AND s.at < w.until
WHERE s.at >= $5::timestamptz AND s.at < $6::timestamptz
    AND s.way IN (1, 2) AND s.source NOT IN (7, 8)
UNION ALL
SELECT s.subject, min(s.at) FILTER (WHERE s.way = 2), 2::smallint, w.until, s.venue_id, 1::smallint
FROM unnest($1::integer[], $3::timestamptz[], $4::timestamptz[]) AS w (venue_id, until, outs_until)
JOIN scan s ON s.venue_id = w.venue_id AND s.at >= w.until AND s.at < w.outs_until
WHERE s.at >= $5::timestamptz AND s.at < $6::timestamptz
    AND s.way IN (1, 2) AND s.source NOT IN (7, 8)
GROUP BY s.venue_id, w.until, s.subject
HAVING min(s.at) FILTER (WHERE s.way = 2)
    <= coalesce(min(s.at) FILTER (WHERE s.way = 1), 'infinity')
"""
VISITOR = layout(subject="uuid", at="at", way="small", until="at", venue="int", source="small")
VISITORS_OF_FEW = f"""
SELECT coalesce(string_agg(uuid_send(subject) || timestamptz_send(at) || int2send(way)
    || timestamptz_send(until) || int4send(venue_id) || int2send(source), ''), '')
FROM ({VISITORS}) AS visitor
"""
VISITOR_OF_FEW = packed(VISITOR)
FEW_WINDOWS = 64  # planning them for all of their days takes as long as reading them


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueWindows:
    """When somebody must have come to or gone from a venue to have been there with a source; in
    milliseconds."""

    venue: Ints
    since: Ints
    until: Ints
    outs_until: Ints


async def visitors(
    db: Connection, windows: VenueWindows, since: datetime, until: datetime
) -> Columns:
    """subject, at, way, until, venue, source: of days that begin and end with these times. No
    subject is of two of them."""
    venues = windows.venue.tolist()
    times = [_times(one) for one in (windows.since, windows.until, windows.outs_until)]
    if len(venues) > FEW_WINDOWS:
        return await columns(db, VISITORS, VISITOR, venues, *times, since, until)
    of_few = [[at.replace(tzinfo=UTC) for at in one.tolist()] for one in times]
    return await unpacked(db, VISITORS_OF_FEW, VISITOR_OF_FEW, venues, *of_few, since, until)


AMENDED = f"""
SELECT a.subject, a.at, coalesce(a.left_at, a.at)
FROM unnest($1::integer[], $2::timestamptz[], $3::timestamptz[]) AS w (venue_id, since, until)
JOIN amendment a ON a.venue_id = w.venue_id AND a.at < w.until
    AND a.at >= w.since - interval '14 days'
WHERE a.at >= w.since - interval '{LONGEST} milliseconds' OR a.left_at >= w.since
"""
AMENDED_SCAN = layout(subject="uuid", at="at", left_at="at")


async def amended(db: Connection, windows: VenueWindows) -> Columns:
    """subject, at, left_at: of the scans there that were amended, which may have begun a stay in
    one of the windows; nobody corrects an end by more than a fortnight. A `left_at` that is the
    scan's own time is none."""
    times = map(_times, (windows.since, windows.outs_until))
    return await columns(db, AMENDED, AMENDED_SCAN, windows.venue.tolist(), *times)


def _times(column: Ints) -> Times:
    return column.astype("datetime64[ms]")


# The list of subjects is read once, by the inner SELECT, and not at all where there is nothing to
# compare; PostgreSQL takes 17 ms for 13,000 of them in the text of a statement.
AMENDMENTS = """
SELECT coalesce(string_agg(
    int2send(seq) || uuid_send(subject) || timestamptz_send(at) || int4send(venue_id)
    || int4send(void::integer) || timestamptz_send(coalesce(left_at, at)), ''), '')
FROM amendment
WHERE subject = ANY((SELECT $1::text::uuid[])::uuid[]) AND at >= $2 AND at < $3
"""
AMENDMENT = packed(
    layout(seq="small", subject="uuid", at="at", venue="int", void="int", left_at="at")
)


async def amendments(db: Connection, days: Sequence[OfDay]) -> Columns:
    """In their order: the last one of a scan counts. A `left_at` that is the scan's own time is
    none. Unlike the scans they are one table, in which no subject is of two days."""
    subjects, since, until = zip(*days, strict=True)
    joined = b"".join(subjects)
    wanted = subject_array(joined)
    rows = await unpacked(db, AMENDMENTS, AMENDMENT, wanted, min(since), max(until))
    return rows[np.argsort(rows["seq"])]


LINKS = "SELECT person_id, same_as FROM person_link WHERE undone IS NULL"


async def links(db: Connection) -> Rows:
    """Every live link there is."""
    return await db.fetch(LINKS)


SHIFTS = """
SELECT person_id, venue_id, shift_minutes FROM venue_staff WHERE venue_id = ANY($1::text::integer[])
"""
SHIFTS_ABOVE = """
SELECT venue_id, person_id, shift_minutes FROM venue_staff
WHERE venue_id = ANY($1::text::integer[]) AND shift_minutes > $2
"""
# An approved case is isolated until it is closed; nobody says when it recovered.
ISOLATIONS = """
SELECT person_id, starts, ends FROM isolation
WHERE person_id = ANY($1::bigint[]) AND taken_back IS NULL
UNION ALL
SELECT p.person_id, c.isolated, coalesce(c.closed, '9999-01-01Z')
FROM (
    SELECT id, person_id FROM case_file WHERE person_id = ANY($1)
    UNION SELECT case_id, person_id FROM case_person WHERE person_id = ANY($1)
) p
JOIN case_file c ON c.id = p.id
WHERE c.status IN ('approved', 'closed') AND c.isolated < coalesce(c.closed, '9999-01-01Z')
"""
CASE_PEOPLE = """
SELECT person_id, onset FROM case_file
WHERE status IN ('approved', 'closed') AND person_id IS NOT NULL
UNION ALL
SELECT p.person_id, c.onset FROM case_person p JOIN case_file c ON c.id = p.case_id
WHERE c.status IN ('approved', 'closed')
"""


async def shifts(db: Connection, venues: Collection[int]) -> Rows:
    return await db.fetch(SHIFTS, array(venues))


async def shifts_above(
    db: Connection, venues: Collection[int], minutes: int
) -> list[tuple[int, int, int]]:
    """(venue, person, minutes) of those who work there for longer than `minutes` at a time."""
    return [tuple(row) for row in await db.fetch(SHIFTS_ABOVE, array(venues), minutes)]


async def isolations(db: Connection, people: Collection[int]) -> Rows:
    return await db.fetch(ISOLATIONS, list(people))


async def case_people(db: Connection) -> Rows:
    """Everybody who is a case, with the onset; one without symptoms has none."""
    return await db.fetch(CASE_PEOPLE)


PLACES = """
SELECT v.id, v.name, v.opening, v.latitude, v.longitude, v.kind = 'hospital' AS beds,
    coalesce(v.typical_stay, k.typical_stay) AS typical_stay,
    coalesce(v.masks_off, k.masks_off) AS masks_off,
    coalesce(v.indoor, k.indoor) AS indoor,
    coalesce(v.small, k.small) AS small
FROM venue v JOIN venue_kind k ON k.kind = v.kind
WHERE v.id = ANY($1::text::integer[])
"""
ZONES = """
SELECT z.id, z.name FROM unnest($1::text::integer[]) AS w (venue_id)
JOIN zone z ON z.venue_id = w.venue_id
"""


async def places(db: Connection, venues: Collection[int]) -> Rows:
    return await db.fetch(PLACES, array(venues))


async def zones(db: Connection, venues: Collection[int]) -> dict[int, str]:
    return {row["id"]: row["name"] for row in await db.fetch(ZONES, array(venues))}
