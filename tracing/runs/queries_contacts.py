"""SQL of runs and of the contacts they list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.db import Connection
from tracing.engine.columns import Ints
from tracing.queries_columns import ids


class OffList(StrEnum):
    """Why somebody is no longer on the list; '' while they are."""

    NOT_EXPOSED = "not-exposed"
    DAYS_MISSING = "days-missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """`coverage` and `numbers` are JSON without personal data."""

    id: int
    policy: str
    policy_version: int
    moment: datetime
    max_tier: int
    coverage: str
    numbers: str


BLOCKS = "SELECT id, list FROM run WHERE id = ANY($1::bigint[])"


async def blocks(db: Connection, runs: Sequence[int]) -> dict[int, bytes]:
    if not runs:
        return {}
    return {row["id"]: row["list"] for row in await db.fetch(BLOCKS, runs)}


LAST_RUN = """
SELECT id, policy, policy_version, moment, max_tier, coverage, numbers
FROM run WHERE case_id = $1 AND state = 'done' AND ($2::bigint IS NULL OR id = $2)
ORDER BY id DESC LIMIT 1
"""


async def last_run(db: Connection, case_id: int, run_id: int | None = None) -> RunRow | None:
    """The last that is done; or this one, if it is."""
    row = await db.fetchrow(LAST_RUN, case_id, run_id)
    return None if row is None else RunRow(**row)


# Whoever reads no whole case reads the contacts that were given to their areas, and no others.
LISTED = """
SELECT k.run_id, k.sealed IS NULL AS in_block, string_agg(int8send(k.person_id), '') AS people,
    coalesce(string_agg(int8send(k.person_id), '') FILTER (WHERE k.state = 'confirmed'), '')
        AS confirmed
FROM contact k JOIN case_file c ON c.id = k.case_id
WHERE k.case_id = $1 AND ($2::boolean IS NULL OR (k.listed OR k.close) = $2)
    AND (c.area ^@ ANY($3::text[]) OR k.given_to <> '' AND k.given_to ^@ ANY($4::text[]))
    AND ($5::smallint IS NULL OR k.tier = $5) AND ($6 = '' OR k.rank = $6)
    AND ($7 = '' OR k.state = $7 OR $7 = 'standing' AND k.state <> 'rejected')
    AND ($8 = '' OR k.given_to ^@ $8)
    AND ($9::integer IS NULL OR coalesce(k.tracer, 0) = $9)
    AND ($10::boolean IS NULL OR k.reached = $10)
    AND ($11 = '' OR k.test = $11) AND ($12::boolean IS NULL OR (k.given_to <> '') = $12)
    AND ($13::boolean IS NULL OR k.close = $13)
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Whose contacts: all of cases in `areas`, beside them those given to `wards`; and which of
    them, where None and '' choose everybody. `tracer` 0: given to no tracer;
    `state` 'standing': whoever was not rejected."""

    areas: Sequence[str]
    wards: Sequence[str] = ()
    listed: bool | None = True
    tier: int | None = None
    rank: str = ""
    state: str = ""
    ward: str = ""
    tracer: int | None = None
    reached: bool | None = None
    test: str = ""
    given: bool | None = None
    close: bool | None = None


WHOLE = Chosen(areas=("",))
"""For whoever has read the case already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedIn:
    """Who rests on the list of one run, or each on a row of their own."""

    run_id: int
    in_block: bool
    people: Ints
    confirmed: Ints


async def listed(db: Connection, case_id: int, by: Chosen) -> list[ListedIn]:
    rows = await db.fetch(
        LISTED,
        *(case_id, by.listed, by.areas, by.wards, by.tier, by.rank, by.state, by.ward),
        *(by.tracer, by.reached, by.test, by.given, by.close),
    )
    return [
        ListedIn(**dict(row) | {name: ids(row[name]) for name in ("people", "confirmed")})
        for row in rows
    ]


CONTACTS = """
SELECT k.person_id, k.tier, k.state, k.rank, k.sealed, k.area, k.off_list, k.run_id, k.masked,
    coalesce(k.physical, false) AS physical, k.given_to, t.name AS tracer, k.reached, k.tries,
    k.test, k.vaccinated, k.close
FROM contact k LEFT JOIN staff t ON t.id = k.tracer
WHERE k.case_id = $1 AND ($2::bigint[] IS NULL OR k.person_id = ANY($2))
    AND (NOT $3 OR k.masked IS NOT NULL OR k.physical OR k.state <> 'candidate')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    """`sealed`: what was found, where it does not stand in the list of the run. `masked` and
    `physical` by the interview. `given_to`: the area that works on it; `tracer`: by whom."""

    person_id: int
    tier: int
    state: str
    rank: str
    sealed: bytes | None
    area: str
    off_list: str
    run_id: int
    masked: bool | None
    physical: bool
    given_to: str
    tracer: str | None
    reached: bool
    tries: int
    test: str
    vaccinated: bool | None
    close: bool


async def contacts(
    db: Connection, case_id: int, people: Sequence[int] | None = None, *, worked_on: bool = False
) -> list[ContactRow]:
    """Of these people or all; `worked_on`: only those about whom somebody found something out."""
    return [ContactRow(**row) for row in await db.fetch(CONTACTS, case_id, people, worked_on)]


SEALED_PEOPLE = """
SELECT id, sealed, key_id, birth_year, sex FROM person WHERE id = ANY($1::bigint[])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPerson:
    id: int
    sealed: bytes
    key_id: int
    birth_year: int | None
    sex: int | None


async def sealed_people(db: Connection, people: Sequence[int]) -> list[SealedPerson]:
    return [SealedPerson(**row) for row in await db.fetch(SEALED_PEOPLE, people)]


LOOKED_AT = """
SELECT DISTINCT about FROM audit
WHERE case_id = $1 AND staff_id = $2 AND purpose = $3 AND at > $4 AND act = 'reveal-name'
    AND about = ANY($5::bytea[])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """An account's reveals for one case and purpose."""

    staff_id: int | None
    case_id: int
    purpose: str
    since: datetime


async def looked_at(db: Connection, look: Look, about: Sequence[bytes]) -> list[bytes]:
    """Which of these audit references stand in such a reveal's row."""
    rows = await db.fetch(LOOKED_AT, look.case_id, look.staff_id, look.purpose, look.since, about)
    return [row["about"] for row in rows]
