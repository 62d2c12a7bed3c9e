"""A list of venues from elsewhere, read whole and then stored in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path

from accounts import areas, audit
from accounts.keydir import FIRST, KeyDir
from accounts.model import Scope
from kit.db import Connection
from kit.table import read_rows
from venues import queries, register, rules
from venues.intake import read_venues
from venues.intake_columns import Column, IgnoredColumn
from venues.intake_row import BadRow, Defaults, Doubt, Duplicate, Reason, VenueRow
from venues.intake_text import compared, tidy
from venues.model import NewVenue, VenueFacts

BATCH = 1000
SHOWN_LINES = 20
ACT = "venues imported"
SAMPLE = Path(__file__).parent / "static" / "sample-venues.csv"  # to download and fill in
EVERYWHERE = Scope(organisations=[], venues=[], areas=[""])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    venues: list[VenueRow]
    bad: list[BadRow]
    repeated: list[Duplicate]
    ignored: list[IgnoredColumn]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtLines:
    """What was left open in `count` rows that were taken; `lines` are the first of them."""

    doubt: Doubt
    count: int
    lines: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`known` venues were in the register before; `repeated` rows name one of an earlier row; of a
    refused row `bad` tells each thing that is wrong with it."""

    created: int
    known: int
    repeated: list[Duplicate]
    bad: list[BadRow]
    ignored: list[IgnoredColumn]
    doubts: list[DoubtLines]

    @property
    def refused(self) -> int:
        """Rows."""
        return len({row.line for row in self.bad})

    @property
    def counts(self) -> dict[str, int]:
        """For the audit."""
        return {"created": self.created, "known": self.known, "bad": self.refused}


def read(data: bytes | Path, name: str, organisation: str) -> Reading:
    """Raises TableUnreadable. Work for a thread: some thousands of rows a second."""
    found = read_venues(
        read_rows(data, name),
        find_ward=cache(ward_path),
        defaults=Defaults(organisation=tidy(organisation)),
    )
    reading = Reading(venues=[], bad=[], repeated=[], ignored=[])
    for one in found:
        match one:
            case VenueRow():
                reading.venues.append(one)
            case BadRow():
                reading.bad.append(one)
            case Duplicate():
                reading.repeated.append(one)
            case IgnoredColumn():
                reading.ignored.append(one)
    return reading


def ward_path(text: str) -> str | None:
    """A ward that both unit systems may mean is today's: for the old one a district would stand
    beside it."""
    found = areas.find_ward(text) or areas.find_ward(text, areas.SYSTEMS[0])
    return found.path if found else None


async def import_all(db: Connection, keys: KeyDir, reading: Reading, now: datetime) -> Report:
    """The operator's import, bound to no scope; `db` must be inside a transaction."""
    report = await store(db, reading, EVERYWHERE, None, now)
    entry = audit.Entry(act=ACT, staff_id=None, facts=report.counts)
    await audit.record(db, keys.audit.key(FIRST), entry, now)
    return report


async def store(
    db: Connection, reading: Reading, scope: Scope, staff_id: int | None, now: datetime
) -> Report:
    """`db` must be inside a transaction; `scope` decides which rows may be taken."""
    names = await queries.organisation_names(db, scope.organisations)
    own = {compared(name): name for name in names.values()}
    good: list[VenueRow] = []
    bad = list(reading.bad)
    for read_row in reading.venues:
        known_as = own.get(compared(read_row.organisation), read_row.organisation)
        row = replace(read_row, organisation=known_as)
        reason = _refusal(row, own.values(), scope)
        if reason is None:
            good.append(row)
        else:
            column, value = Column.ORGANISATION, row.organisation
            bad.append(BadRow(line=row.line, column=column, reason=reason, value=value))
    created = await _add(db, good, staff_id, now)
    return Report(
        created=created,
        known=len(good) - created,
        repeated=reading.repeated,
        bad=sorted(bad, key=lambda row: row.line),
        ignored=reading.ignored,
        doubts=list(_doubts(good)),
    )


def _refusal(row: VenueRow, own: Collection[str], scope: Scope) -> Reason | None:
    if row.organisation in own or rules.is_in_areas(scope, row.area or ""):
        return None
    return Reason.NOT_YOURS


async def _add(
    db: Connection, rows: Sequence[VenueRow], staff_id: int | None, now: datetime
) -> int:
    """How many were not there yet."""
    names = sorted({row.organisation for row in rows})
    organisations = await queries.add_organisations(db, names, now)
    # One order for everybody: two imports of the same venues at once would deadlock otherwise.
    venues = sorted(
        (_new_venue(row, organisations) for row in rows),
        key=lambda venue: (venue.organisation_id, venue.natural_key),
    )
    created = 0
    for start in range(0, len(venues), BATCH):
        created += len(await register.add(db, venues[start : start + BATCH], staff_id, now))
    return created


def _new_venue(row: VenueRow, organisations: dict[str, int]) -> NewVenue:
    hours = row.opening
    facts = VenueFacts(
        name=row.name,
        kind=row.kind,
        address=row.address,
        area=row.area or "",
        latitude=row.latitude,
        longitude=row.longitude,
        opening=f"{hours.opens_at:%H:%M}-{hours.closes_at:%H:%M}" if hours else "",
        capacity=row.capacity,
        contact_phone=row.phone or "",
    )
    return rules.new_venue(facts, organisations[row.organisation], row.organisation)


def _doubts(rows: Sequence[VenueRow]) -> Iterator[DoubtLines]:
    lines = defaultdict(list)
    for row in rows:
        for note in row.notes:
            lines[note.doubt].append(row.line)
    for doubt, found in lines.items():
        yield DoubtLines(doubt=doubt, count=len(found), lines=found[:SHOWN_LINES])
