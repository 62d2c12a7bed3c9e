"""An invented outbreak from a seed: cases in the order in which they fell ill, who infected each,
and who stood on whose list; straight into a database."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from checkin.vault import new_person_id
from kit.db import Connection
from venues.code import ALPHABET

BEGAN = 60  # days before today
UNKNOWN = 0.12  # of later cases, whose source nobody knows
FIRST = 40  # cases that came from elsewhere
LISTED = 0.5  # of cases with a source, who stood on its list
LAG, SPREAD = 4.4, 2.2  # days from one onset to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Invented:
    """`source`: the place in the outbreak of who infected this case; `met`: of those on whose list
    it stands."""

    number: str
    onset: date
    source: int | None
    met: tuple[int, ...]


def outbreak(count: int, seed: int, today: date) -> list[Invented]:
    """A few of them infect many. Some sources fell ill on the same day as whom they infected, or
    later, as people with a long incubation do."""
    rng = random.Random(seed)
    began = today - timedelta(days=BEGAN)
    made: list[Invented] = []
    for place in range(count):
        source = None if place < FIRST or rng.random() < UNKNOWN else int(place * rng.random() ** 2)
        onset = began + timedelta(days=rng.randrange(20))
        if source is not None:
            onset = made[source].onset + timedelta(days=round(rng.gauss(LAG, SPREAD)))
        listed = () if source is None or rng.random() > LISTED else (source,)
        others = (rng.randrange(place),) if place and rng.random() < 0.05 else ()
        letters = "".join(rng.choices(ALPHABET, k=5))
        made.append(
            Invented(
                number=f"F0-{min(onset, today):%y%m%d}-{letters}",
                onset=min(onset, today),
                source=source,
                met=tuple({*listed, *others}),
            )
        )
    return made


CASE = """
INSERT INTO case_file (number, disease, lab_reference, onset, area, policy, policy_version, purpose,
    person_id, status, decided_by, opened)
VALUES ($1, 'covid-19', $1, $2, $3, $4, 1, 'contact-tracing', $5, 'approved', 1,
    date_trunc('hour', now(), 'UTC'))
RETURNING id
"""
SOURCE = "UPDATE case_file SET source_case_id = $2 WHERE id = $1"
CONTACT = """
INSERT INTO contact (case_id, person_id, tier, state, rank, run_id)
VALUES ($1, $2, 1, 'candidate', 'high', 0) ON CONFLICT DO NOTHING
"""
PERSON = """
INSERT INTO person (id, sealed, key_id, area, created)
VALUES ($1, '', 1, $2, date_trunc('hour', now(), 'UTC'))
"""
POLICY = "SELECT name FROM policy ORDER BY name LIMIT 1"


async def store(db: Connection, made: Sequence[Invented], area: str) -> list[int]:
    """With people of whom nothing is known. Returns the numbers of the cases."""
    policy = await db.fetchval(POLICY)
    people = [new_person_id() for _ in made]
    await db.executemany(PERSON, [(person, area) for person in people])
    cases = [
        await db.fetchval(CASE, one.number, one.onset, area, policy, person)
        for one, person in zip(made, people, strict=True)
    ]
    named = [(case, one.source) for case, one in zip(cases, made, strict=True)]
    await db.executemany(SOURCE, [(case, cases[at]) for case, at in named if at is not None])
    lists = zip(made, people, strict=True)
    contacts = [(cases[at], person) for one, person in lists for at in one.met]
    await db.executemany(CONTACT, contacts)
    return cases
