"""The rows of a file of past visits judged: good ones as numbers, bad ones with all their faults.

Most rows are of somebody known at a known place, so that costs two look-ups and two times; whatever
is new, odd or wrong takes the long way.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from checkin.visit_person import Named, named
from checkin.visit_place import Places, Spot
from checkin.visit_rows import (
    NAMING,
    BadRow,
    Column,
    Fault,
    Header,
    Reason,
    RowRefused,
    Times,
    Where,
    Who,
    examined,
    read_header,
)
from kit.table import Encoding, read_rows
from venues.intake_text import shown, tidy

CHUNK = 10_000  # rows
REMEMBERED = 200_000  # people as written; beyond that they are worked out again
NO_END = 0  # as a time: nobody leaves before they came
Given = TypeVar("Given")
Judged = TypeVar("Judged")

# Two names, because looking into an enum costs as much as parsing a time.
ARRIVED_AT, LEFT_AT = Column.ARRIVED_AT, Column.LEFT_AT


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to read. Times are milliseconds since EPOCH: what is earlier than `oldest` is not kept,
    what is later than `latest` has not been."""

    path: Path
    encoding: Encoding | None
    places: Places
    oldest: int
    latest: int


@dataclass(slots=True, kw_only=True)
class Chunk:
    """Some rows, up to `line`. Of each good one `visits` has four numbers: of the person and of the
    spot, counted as `people` and `spots` of all chunks name them, its arrival, its end or NO_END.

    `old`: the arrivals of rows that are not kept. `doubts`: (line, text) of rows that were taken.
    """

    rows: int = 0
    line: int = 0
    visits: array[int] = field(default_factory=lambda: array("q"))
    people: list[Named] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    old: list[int] = field(default_factory=list)
    doubts: list[tuple[int, str]] = field(default_factory=list)


def chunks(job: Job) -> Iterator[Chunk]:
    """Raises TableUnreadable, which may come after many of them, and ImportRefused."""
    rows = read_rows(job.path, job.path.name, encoding=job.encoding)
    judge = Judge(job, read_header(next(rows)[1]))
    while (chunk := judge.chunk(islice(rows, CHUNK))).rows:
        yield chunk


class Judge:
    """Remembers whom and where the rows before have named."""

    def __init__(self, job: Job, header: Header) -> None:
        self._job = job
        self._width = len(header.cells)
        # A column that is not there is read from an empty cell behind the last one.
        self._pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(
            *(header.places.get(column, self._width) for column in Column)
        )
        self._times = Times()
        self._whos: dict[str, int] = {}  # by name, phone and document with a NUL between
        self._identities: dict[str, int] = {}
        self._spots: dict[Where, Spot | Fault] = {}
        self._wheres: dict[Where, int] = {}

    def chunk(self, rows: Iterable[tuple[int, list[str]]]) -> Chunk:
        found = Chunk()
        width, pick, quick = self._width, self._pick, self._times.quick
        whos, wheres = self._whos.get, self._wheres.get
        oldest, latest = self._job.oldest, self._job.latest
        took = found.visits.extend
        for found.line, cells in rows:
            found.rows += 1
            if len(cells) == width:
                name, phone, document, venue, zone, came, went = pick([*cells, ""])
                who, where = whos(f"{name}\0{phone}\0{document}"), wheres((venue, zone))
                arrived, left = quick(came), quick(went) if went else NO_END
                if (
                    who is not None
                    and where is not None
                    and arrived is not None
                    and left is not None
                    and oldest <= arrived <= latest
                    and (not went or arrived < left <= latest)
                ):
                    took((who, where, arrived, left))
                    continue
            self._judge(found, cells)
        return found

    def _judge(self, found: Chunk, cells: list[str]) -> None:
        """The long way."""
        faults: list[Fault] = []
        if any(map(str.strip, cells[self._width :])):
            faults.append(Fault(None, Reason.TOO_MANY_CELLS))  # and which is which is not known
        else:
            # A short row lost only empty cells at its end.
            fitted = cells[: self._width] + [""] * (self._width - len(cells) + 1)
            self._take(found, self._pick(fitted), faults)
        if faults:
            found.bad.append(BadRow(line=found.line, cells=cells, faults=tuple(faults)))

    def _take(self, found: Chunk, cells: tuple[str, ...], faults: list[Fault]) -> None:
        name, phone, document, venue, zone, came, went = examined(cells, faults)
        unread = {fault.column for fault in faults}
        who, where = (name, phone, document), (venue, zone)
        arrived = None if ARRIVED_AT in unread else _tried(faults, self._arrival, came)
        if arrived is not None and arrived < self._job.oldest:
            found.old.append(arrived)
            faults.clear()  # there is nothing to correct
            return
        left: int | None = NO_END
        if went and (went[0].isdigit() or tidy(went)):  # a time begins with a digit, «N/A» does not
            left = _tried(faults, self._departure, went)
            if left is not None and arrived is not None and left <= arrived:
                faults.append(Fault(LEFT_AT, Reason.LEFT_BEFORE))
        person = None if unread.intersection(NAMING) else _tried(faults, self._person, who)
        spot = None if Column.VENUE in unread else _tried(faults, self._spot, where)
        if faults or person is None or spot is None or arrived is None or left is None:
            return
        number = person if isinstance(person, int) else self._number(found, who, person)
        found.visits.extend((number, self._spot_number(found, where, spot), arrived, left))

    def _arrival(self, text: str) -> int:
        return self._time(ARRIVED_AT, text)

    def _departure(self, text: str) -> int:
        return self._time(LEFT_AT, text)

    def _time(self, column: Column, text: str) -> int:
        at = self._times.read(column, text)
        if 0 <= at <= self._job.latest:
            return at
        raise RowRefused(column, Reason.CLOCK_UNSET if at < 0 else Reason.FUTURE)

    def _person(self, who: Who) -> int | Named:
        """Their number if they are known so far."""
        number = self._whos.get("\0".join(who))
        return named(who) if number is None else number

    def _spot(self, where: Where) -> Spot:
        found = self._spots.get(where)
        if found is None:
            try:
                found = self._job.places.spot(where)
            except RowRefused as refused:
                found = refused.fault
            self._spots[where] = found
        if isinstance(found, Fault):
            raise RowRefused(*found)
        return found

    def _number(self, found: Chunk, who: Who, person: Named) -> int:
        number = self._identities.get(person.identity)
        if number is None:
            number = self._identities[person.identity] = len(self._identities)
            found.people.append(person)
        if person.phone_unread:  # not remembered: every row of theirs is told
            text = f"phone: «{shown(person.phone)}» is no number we can search"
            found.doubts.append((found.line, text))
        else:
            if len(self._whos) >= REMEMBERED:
                self._whos.clear()
            self._whos["\0".join(who)] = number
        return number

    def _spot_number(self, found: Chunk, where: Where, spot: Spot) -> int:
        number = self._wheres.get(where)
        if number is None:
            number = self._wheres[where] = len(self._wheres)
            found.spots.append(spot)
        return number


def _tried(faults: list[Fault], judge: Callable[[Given], Judged], given: Given) -> Judged | None:
    """None with a fault."""
    try:
        return judge(given)
    except RowRefused as refused:
        faults.append(refused.fault)
        return None
