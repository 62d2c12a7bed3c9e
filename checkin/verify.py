"""What was acknowledged against what is stored: lost, doubled, differing.

A load test, or a door with a log of its own, writes one JSON object a line: `{"token", "at", "way",
"code"}` of a scan that was answered, and `"answered": false` of one that was asked and never
answered, which may be stored or not. A gate names the person by `"document"`, a citizen's number.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from itertools import islice
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import msgspec

from accounts.model import SignInFirst
from accounts.tokens import DeviceTokens
from checkin import queries, queries_import, queries_verify
from checkin.model import Key, Way
from checkin.pseudonym import ServiceDays
from checkin.rules import to_millisecond
from checkin.vault import IdentifierKind, Vault
from kit.db import Connection
from venues.code import BadCode, parse_code

CHUNK = 5_000  # people asked for in one statement
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # a token is judged by its signature here, not by its age


class Line(msgspec.Struct, frozen=True, kw_only=True):
    token: str = ""
    document: str = ""
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    way: Literal["in", "out", "refused"]
    code: str
    answered: bool = True


@dataclass(slots=True, kw_only=True)
class Expected:
    """The scans of one day by key: which way the answer said, and which were never answered."""

    answered: dict[Key, Way] = field(default_factory=dict)
    unanswered: set[Key] = field(default_factory=set)


@dataclass(slots=True, kw_only=True)
class Reconciled:
    """Counts. `doubled`: rows of these people at these venues beyond one for each scan asked, from
    the first to the last scan of each day that the file names."""

    acknowledged: int = 0  # different scans that were answered
    repeated: int = 0  # answers to a scan that had been answered before
    unanswered: int = 0
    unanswered_stored: int = 0
    lost: int = 0
    doubled: int = 0
    differing: int = 0
    expired: int = 0  # of days whose key is gone
    unreadable: int = 0  # lines that are no such object, or name no known code or token

    @property
    def whole(self) -> bool:
        return not (self.lost or self.doubled or self.differing or self.unreadable)

    def lines(self) -> Iterator[str]:
        yield f"acknowledged {self.acknowledged}, and {self.repeated} once more"
        yield f"never answered {self.unanswered}, of these stored {self.unanswered_stored}"
        yield f"lost {self.lost}, doubled {self.doubled}, differing {self.differing}"
        if self.expired:
            yield f"expired {self.expired}: the key of their day is gone"
        if self.unreadable:
            yield f"unreadable {self.unreadable}"


Rows: TypeAlias = Sequence[tuple[UUID, datetime, int, int]]  # subject, at, venue, way


async def reconcile(
    db: Connection, lines: Iterable[bytes], tokens: DeviceTokens, days: ServiceDays, vault: Vault
) -> Reconciled:
    """All lines are held in memory: some 300 bytes each."""
    found = Reconciled()
    codes = await queries_import.codes(db)
    venues = {code: venue for code, (venue, _) in codes.items()}
    read = _read(lines, found)
    documents = await _people(db, vault, {line.document for line in read if line.document})
    people = partial(_person, tokens, documents)
    for day, expected in _by_day(read, people, days, venues, found).items():
        start, end = days.bounds(day)
        found.acknowledged += len(expected.answered)
        found.unanswered += len(expected.unanswered)
        rows: list[tuple[UUID, datetime, int, int]] = []
        subjects = iter({key[0] for key in (*expected.answered, *expected.unanswered)})
        while chunk := list(islice(subjects, CHUNK)):
            rows += await queries_verify.scans_of(db, chunk, start, end)
        _compare(expected, rows, found)
    return found


def _read(lines: Iterable[bytes], found: Reconciled) -> list[Line]:
    decoder, read = msgspec.json.Decoder(Line), []
    for text in lines:
        try:
            read.append(decoder.decode(text))
        except msgspec.DecodeError:
            found.unreadable += 1
    return read


async def _people(db: Connection, vault: Vault, documents: set[str]) -> dict[str, int]:
    people: dict[str, int] = {}
    numbers = iter(documents)
    while chunk := list(islice(numbers, CHUNK)):
        hashed = {vault.find(IdentifierKind.CCCD, number): number for number in chunk}
        meant = await queries.people_by_verified(db, IdentifierKind.CCCD, list(hashed))
        people |= {hashed[hmac]: person_id for hmac, person_id in meant.items()}
    return people


def _person(tokens: DeviceTokens, documents: Mapping[str, int], line: Line) -> int | None:
    """None of a document that nobody has."""
    if line.document:
        return documents.get(line.document)
    return tokens.citizen(line.token, EPOCH).person_id


def _by_day(
    lines: Iterable[Line],
    person: Callable[[Line], int | None],
    days: ServiceDays,
    venues: Mapping[str, int],
    found: Reconciled,
) -> dict[date, Expected]:
    by_day: defaultdict[date, Expected] = defaultdict(Expected)
    for line in lines:
        try:
            person_id, venue_id = person(line), venues[parse_code(line.code)]
        except (SignInFirst, BadCode, KeyError):
            found.unreadable += 1
            continue
        at = to_millisecond(line.at.astimezone(UTC))
        day = days.day(at)
        if person_id is None:
            found.lost += line.answered
        elif not days.readable(day):
            found.expired += line.answered
        else:
            _add(by_day[day], (days.subject(person_id, day), at, venue_id), line, found)
    for expected in by_day.values():
        expected.unanswered -= expected.answered.keys()
    return dict(by_day)


def _add(expected: Expected, key: Key, line: Line, found: Reconciled) -> None:
    if not line.answered:
        expected.unanswered.add(key)
    elif key in expected.answered:
        found.repeated += 1
    else:
        expected.answered[key] = Way[line.way.upper()]


def _compare(expected: Expected, rows: Rows, found: Reconciled) -> None:
    stored = Counter((subject, at, venue) for subject, at, venue, _ in rows)
    ways = {(subject, at, venue): way for subject, at, venue, way in rows}
    found.lost += len(expected.answered.keys() - stored.keys())
    found.unanswered_stored += len(expected.unanswered & stored.keys())
    found.differing += sum(ways.get(key, way) != way for key, way in expected.answered.items())
    asked = expected.answered.keys() | expected.unanswered
    doors = {(subject, venue) for subject, _, venue in asked}
    times = [at for _, at, _ in asked]
    first, last = min(times), max(times)
    found.doubled += sum(
        count - (key in asked)
        for key, count in stored.items()
        if (key[0], key[2]) in doors and first <= key[1] <= last
    )
