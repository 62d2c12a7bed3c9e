"""SQL of what officers do about contacts: who may be worked on, what was done, whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.db import Connection
from tracing.engine.model import QuarantineRule

# Whoever is not of this desk is not there; the lock makes two who act at once follow each other.
LOCK_CONTACTS = """
SELECT k.person_id FROM contact k JOIN case_file c ON c.id = k.case_id
WHERE k.case_id = $1 AND k.person_id = ANY($2::bigint[])
    AND (c.area ^@ ANY($3::text[]) OR k.given_to <> '' AND k.given_to ^@ ANY($4::text[]))
ORDER BY k.person_id FOR UPDATE OF k
"""


async def lock_contacts(
    db: Connection, case_id: int, people: Sequence[int], areas: Sequence[str], wards: Sequence[str]
) -> list[int]:
    """Those of them that this desk may work on."""
    rows = await db.fetch(LOCK_CONTACTS, case_id, people, areas, wards)
    return [row["person_id"] for row in rows]


# In the order of people: where rows lie must not tell who stands where on the list.
ADD_EVENTS = """
INSERT INTO contact_event (case_id, person_id, act, sealed, made_by, made)
SELECT $1, p, $3, $4, $5, date_trunc('hour', $6::timestamptz, 'UTC')
FROM unnest($2::bigint[]) AS p ORDER BY p
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """`sealed`: in words."""

    case_id: int
    act: str
    sealed: bytes | None
    staff_id: int
    now: datetime


async def add_events(db: Connection, people: Sequence[int], new: Happening) -> None:
    await db.execute(ADD_EVENTS, new.case_id, people, new.act, new.sealed, new.staff_id, new.now)


LIVE = """
contact_event e WHERE e.case_id = $1 AND e.person_id = ANY($2::bigint[]) AND e.undoes IS NULL
    AND NOT EXISTS (SELECT FROM contact_event u WHERE u.undoes = e.id)
"""
TAKE_BACK = f"""
INSERT INTO contact_event (case_id, person_id, act, undoes, made_by, made)
SELECT $1, last.person_id, $3, last.id, $4, date_trunc('hour', $5::timestamptz, 'UTC')
FROM (
    SELECT e.person_id, max(e.id) AS id FROM {LIVE} AND e.act = $3 GROUP BY 1
) last ORDER BY 2
RETURNING person_id
"""


async def take_back(db: Connection, people: Sequence[int], back: Happening) -> list[int]:
    """The last such event of each. Whose it was; the others had none."""
    rows = await db.fetch(TAKE_BACK, back.case_id, people, back.act, back.staff_id, back.now)
    return [row["person_id"] for row in rows]


APPLY_VERDICTS = f"""
WITH last AS (
    SELECT DISTINCT ON (e.person_id) e.person_id, e.act, e.made_by
    FROM {LIVE} AND e.act IN ('confirmed', 'rejected') ORDER BY e.person_id, e.id DESC
)
UPDATE contact k SET state = coalesce(last.act, 'candidate'), verifier = last.made_by
FROM unnest($2::bigint[]) AS p (person_id) LEFT JOIN last USING (person_id)
WHERE k.case_id = $1 AND k.person_id = p.person_id
"""
APPLY_CALLS = f"""
WITH calls AS (
    SELECT e.person_id, bool_or(e.act = 'reached') AS reached,
        count(*) FILTER (WHERE e.act = 'no-answer') AS tries
    FROM {LIVE} AND e.act IN ('reached', 'no-answer') GROUP BY 1
)
UPDATE contact k SET reached = coalesce(calls.reached, false), tries = coalesce(calls.tries, 0)
FROM unnest($2::bigint[]) AS p (person_id) LEFT JOIN calls USING (person_id)
WHERE k.case_id = $1 AND k.person_id = p.person_id
"""
# Somebody who was positive stays so, whatever a later test says, until that is taken back.
APPLY_TESTS = f"""
WITH last AS (
    SELECT DISTINCT ON (e.person_id) e.person_id, e.act
    FROM {LIVE} AND e.act IN ('sampled', 'positive', 'negative')
    ORDER BY e.person_id, e.act = 'positive' DESC, e.id DESC
)
UPDATE contact k SET test = CASE WHEN last.act = 'sampled' THEN 'awaiting'
    ELSE coalesce(last.act, '') END
FROM unnest($2::bigint[]) AS p (person_id) LEFT JOIN last USING (person_id)
WHERE k.case_id = $1 AND k.person_id = p.person_id
"""
APPLY_VACCINATED = f"""
WITH last AS (
    SELECT DISTINCT ON (e.person_id) e.person_id, e.act = 'vaccinated' AS yes
    FROM {LIVE} AND e.act IN ('vaccinated', 'not-vaccinated') ORDER BY e.person_id, e.id DESC
)
UPDATE contact k SET vaccinated = last.yes
FROM unnest($2::bigint[]) AS p (person_id) LEFT JOIN last USING (person_id)
WHERE k.case_id = $1 AND k.person_id = p.person_id
"""


async def apply_verdicts(db: Connection, case_id: int, people: Sequence[int]) -> None:
    await db.execute(APPLY_VERDICTS, case_id, people)


async def apply_calls(db: Connection, case_id: int, people: Sequence[int]) -> None:
    await db.execute(APPLY_CALLS, case_id, people)


async def apply_tests(db: Connection, case_id: int, people: Sequence[int]) -> None:
    await db.execute(APPLY_TESTS, case_id, people)


async def apply_vaccinated(db: Connection, case_id: int, people: Sequence[int]) -> None:
    await db.execute(APPLY_VACCINATED, case_id, people)


EVENTS = """
SELECT e.person_id, e.act, e.sealed, s.name AS by, e.made, u.id IS NOT NULL AS undone
FROM contact_event e JOIN staff s ON s.id = e.made_by
LEFT JOIN contact_event u ON u.undoes = e.id
WHERE e.case_id = $1 AND e.person_id = ANY($2::bigint[]) AND e.undoes IS NULL ORDER BY e.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    person_id: int
    act: str
    sealed: bytes | None
    by: str
    made: datetime
    undone: bool


async def events(db: Connection, case_id: int, people: Sequence[int]) -> list[Event]:
    """What was done about them, in its order."""
    return [Event(**row) for row in await db.fetch(EVENTS, case_id, people)]


# '' for the ward: each to the one where they live; whose is not known stay as they are.
GIVE = """
UPDATE contact SET given_to = coalesce(nullif($3, ''), area), tracer = $4
WHERE case_id = $1 AND person_id = ANY($2::bigint[]) AND ($3 <> '' OR area <> '')
RETURNING person_id
"""
TAKE_AWAY = """
UPDATE contact SET given_to = '', tracer = NULL WHERE case_id = $1 AND person_id = ANY($2::bigint[])
"""
GIVE_TRACER = """
UPDATE contact SET tracer = $3
WHERE case_id = $1 AND person_id = ANY($2::bigint[]) AND given_to ^@ ANY($4::text[])
    AND given_to <> ''
RETURNING person_id
"""


async def give(db: Connection, case_id: int, people: Sequence[int], ward: str) -> int:
    """To an area, or each to their own where it is ''; how many, for some have none."""
    return len(await db.fetch(GIVE, case_id, people, ward, None))


async def take_away(db: Connection, case_id: int, people: Sequence[int]) -> None:
    await db.execute(TAKE_AWAY, case_id, people)


async def give_tracer(
    db: Connection, case_id: int, people: Sequence[int], tracer: int, areas: Sequence[str]
) -> int:
    """To a tracer who answers for `areas`: those of them that were given there."""
    return len(await db.fetch(GIVE_TRACER, case_id, people, tracer, areas))


TRACERS = """
SELECT s.id, s.name, g.area FROM staff s JOIN staff_grant g ON g.staff_id = s.id
WHERE g.role = 'tracer' AND g.revoked_at IS NULL AND s.disabled_at IS NULL AND g.area IS NOT NULL
ORDER BY s.name, s.id
"""


async def tracers(db: Connection) -> list[tuple[int, str, str]]:
    """(account, name, area) of every grant."""
    return [(row["id"], row["name"], row["area"]) for row in await db.fetch(TRACERS)]


QUARANTINE_RULES = """
SELECT policy, version, tier, vaccinated, days, home_days, lower(in_force) AS in_force_from,
    upper(in_force) AS in_force_to
FROM quarantine_rule WHERE policy = $1 AND version = $2
"""


async def quarantine_rules(db: Connection, policy: str, version: int) -> list[QuarantineRule]:
    return [QuarantineRule(**row) for row in await db.fetch(QUARANTINE_RULES, policy, version)]


COUNTERS = """
SELECT k.case_id, count(*) FILTER (WHERE k.state = 'rejected') AS rejected,
    count(*) FILTER (WHERE k.state <> 'rejected' AND k.tier = 1 AND k.close) AS close,
    count(*) FILTER (WHERE k.state <> 'rejected' AND (k.tier > 1 OR NOT k.close)) AS other,
    count(*) FILTER (WHERE k.state <> 'rejected' AND k.reached) AS reached,
    count(*) FILTER (WHERE k.state <> 'rejected' AND k.test <> '') AS sampled,
    count(*) FILTER (WHERE k.state <> 'rejected' AND k.test = 'positive') AS positive,
    count(*) FILTER (WHERE k.state <> 'rejected' AND k.test = 'negative') AS negative,
    count(*) FILTER (WHERE k.state <> 'rejected' AND k.test = 'awaiting') AS awaiting,
    count(*) FILTER (WHERE k.state <> 'rejected' AND k.given_to = '') AS not_given
FROM contact k JOIN case_file c ON c.id = k.case_id
WHERE k.case_id = ANY($1::bigint[]) AND (k.listed OR k.close)
    AND (c.area ^@ ANY($2::text[]) OR k.given_to <> '' AND k.given_to ^@ ANY($3::text[]))
    AND ($4::bigint[] IS NULL OR k.person_id = ANY($4))
GROUP BY 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Of the contacts on the list whom nobody rejected, as far as a desk sees them, and `rejected`.
    `other`: brief ones and those of later tiers. `not_given`: to no ward yet."""

    close: int = 0
    other: int = 0
    reached: int = 0
    sampled: int = 0
    positive: int = 0
    negative: int = 0
    awaiting: int = 0
    not_given: int = 0
    rejected: int = 0


async def counters(
    db: Connection,
    cases: Sequence[int],
    areas: Sequence[str],
    wards: Sequence[str],
    people: Sequence[int] | None = None,
) -> dict[int, Counters]:
    """By case; `people`: of these alone, as of those who were at a point."""
    rows = [dict(row) for row in await db.fetch(COUNTERS, cases, areas, wards, people)]
    return {row.pop("case_id"): Counters(**row) for row in rows}


# Those on whom somebody worked come first.
GONE = """
SELECT k.person_id, k.off_list, k.state, k.reached, k.test, count(*) OVER () AS total,
    k.state <> 'candidate' OR k.reached OR k.tries > 0 OR k.test <> '' OR k.given_to <> ''
        OR num_nonnulls(k.vaccinated, k.masked) > 0 OR coalesce(k.physical, false) AS worked
FROM contact k JOIN case_file c ON c.id = k.case_id
WHERE k.case_id = $1 AND NOT (k.listed OR k.close)
    AND (c.area ^@ ANY($2::text[]) OR k.given_to <> '' AND k.given_to ^@ ANY($3::text[]))
ORDER BY worked DESC, k.person_id LIMIT $4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """Of `total` people who are no longer on the list; `worked`: somebody did something about
    them."""

    person_id: int
    off_list: str
    state: str
    reached: bool
    test: str
    total: int
    worked: bool


async def gone(
    db: Connection, case_id: int, areas: Sequence[str], wards: Sequence[str], limit: int
) -> list[Gone]:
    return [Gone(**row) for row in await db.fetch(GONE, case_id, areas, wards, limit)]


HANDS = """
SELECT k.given_to, k.tracer, t.name FROM contact k JOIN case_file c ON c.id = k.case_id
LEFT JOIN staff t ON t.id = k.tracer
WHERE k.case_id = $1 AND (k.listed OR k.close) AND k.given_to <> ''
    AND (c.area ^@ ANY($2::text[]) OR k.given_to ^@ ANY($3::text[]))
GROUP BY 1, 2, 3
"""


async def hands(
    db: Connection, case_id: int, areas: Sequence[str], wards: Sequence[str]
) -> list[tuple[str, int | None, str | None]]:
    """(area, tracer, name) into which the contacts of a case were given, as far as a desk sees."""
    return [tuple(row) for row in await db.fetch(HANDS, case_id, areas, wards)]
