"""C03: the same scans sent again and again, in any order, to two workers, while a day ends."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.faults.house import House
from tests.faults.verdict import Figures, judged, noticed
from tests.faults.wire import LOST, Wire, dial, post

WIRES = 48
BEFORE, AFTER = timedelta(seconds=90), timedelta(seconds=10)  # of midnight, by the phones' clocks
EARLY = timedelta(seconds=60)  # nobody's clock is more than two minutes ahead of the service's
COUNTS = "SELECT count(*), count(DISTINCT (subject, at, venue_id)) FROM scan"
KEYLESS = "ALTER TABLE scan DROP CONSTRAINT scan_pkey"


@dataclass(frozen=True, slots=True)
class Scan:
    token: str
    at: str


@dataclass(frozen=True, slots=True)
class Heard:
    asked: int  # companions
    status: int
    companions: int
    differs: bool


@dataclass(slots=True)
class Sending:
    """Each of the scans several times, with the first companions or with others."""

    port: int
    code: str
    heard: defaultdict[Scan, list[Heard]] = field(default_factory=lambda: defaultdict(list))
    others: Counter[int] = field(default_factory=Counter)  # answers by status, 0 for none

    async def all(self, sends: Sequence[tuple[Scan, int]]) -> None:
        left = iter(sends)
        await asyncio.gather(*(self.some(left) for _ in range(WIRES)))

    async def some(self, left: Iterator[tuple[Scan, int]]) -> None:
        wire: Wire | None = None
        for scan, companions in left:
            body = {"code": self.code, "at": scan.at, "companions": companions}
            request = post("/v1/check-ins", scan.token, json.dumps(body).encode())
            while True:
                if wire is None or wire.closed:
                    wire = await dial(self.port)
                try:
                    answer = await wire.ask(request)
                except LOST:
                    self.others[0] += 1
                    continue
                if answer.status in (200, 201):
                    said = answer.json
                    heard = Heard(companions, answer.status, said["companions"], said["differs"])
                    self.heard[scan].append(heard)
                    break
                self.others[answer.status] += 1
                if answer.status != 503:
                    break
                await asyncio.sleep(0.1)
        if wire:
            wire.hang_up()


def offset_ending_day(moment: datetime) -> int:
    """Minutes east of Greenwich, where a day ends at the first whole minute after it."""
    utc = moment.astimezone(UTC)
    east = -(utc.hour * 60 + utc.minute + 1) % (24 * 60)
    return east if east <= 14 * 60 else east - 24 * 60


def resent(house: House, count: int, *, over_midnight: bool = True) -> Figures:
    """Two to five times each, of scans around a midnight: the last one, or the next, and then half
    of it is sent before and half after."""
    chance = random.Random(3)
    midnight = midnight_of(house, timedelta(hours=12 if over_midnight else 0))
    tokens = house.tokens.read_text().split()
    scans = [Scan(tokens[n % len(tokens)], around(midnight, chance)) for n in range(count)]
    sends = [(scan, chance.randrange(4)) for scan in scans for _ in range(chance.randint(2, 5))]
    chance.shuffle(sends)
    middle = len(sends) // 2 if over_midnight else 0
    sending = Sending(house.settings.port, house.code)
    house.start_service()
    had = counts(house)[0]
    sleep_until(midnight - EARLY)
    asyncio.run(sending.all(sends[:middle]))
    is_before = datetime.now(UTC) < midnight
    if over_midnight:
        sleep_until(midnight + timedelta(seconds=0.1))
    asyncio.run(sending.all(sends[middle:]))
    house.end_service()
    rows, different = counts(house)
    firsts = [[h for h in heard if h.status == 201] for heard in sending.heard.values()]
    wrong = sum(not is_consistent(heard) for heard in sending.heard.values())
    differing = sum(h.differs for heard in sending.heard.values() for h in heard)
    return judged(
        {
            "scans": len(set(scans)),
            "sent": len(sends),
            "workers": house.settings.workers,
            "rows": rows - had,
            "different rows": different - had,
            "scans with more or less than one 201": sum(len(first) != 1 for first in firsts),
            "answers with «differs»": differing,
            "scans whose answers contradict each other": wrong,
            "other answers": dict(sending.others),
        },
        {
            ONCE: rows == different == had + len(set(scans)),
            "each is new once": all(len(first) == 1 for first in firsts),
            "the first body stands, and others hear that theirs differs": not wrong,
            "some bodies differed": differing > 0,
            "every answer was «stored» or «send it again»": sending.others.keys() <= {503},
        }
        | ({"a day ended between a scan and its retries": is_before} if over_midnight else {}),
    )


ONCE = "one row a scan"


def keyless(house: House) -> Figures:
    """The control of C03: the table without its primary key."""
    house.execute(KEYLESS)
    return noticed(resent(house, 200, over_midnight=False), ONCE)


def counts(house: House) -> tuple[int, int]:
    """Rows, and different keys among them."""
    row = house.ask(lambda db: db.fetchrow(COUNTS))
    assert row is not None
    return row[0], row[1]


def midnight_of(house: House, later: timedelta) -> datetime:
    """That began the house's day of now, or of so much later."""
    zone = house.settings.zone
    day = (datetime.now(zone) + later).date()
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def around(midnight: datetime, chance: random.Random) -> str:
    span = (BEFORE + AFTER) / timedelta(milliseconds=1)
    at = midnight - BEFORE + timedelta(milliseconds=chance.randrange(int(span)))
    return at.isoformat(timespec="milliseconds")


def is_consistent(heard: Sequence[Heard]) -> bool:
    stored = {h.companions for h in heard}
    news = {h.asked for h in heard if h.status == 201}
    return (
        len(stored) == 1
        and news <= stored
        and all(h.differs == (h.asked != h.companions) for h in heard)
    )


def sleep_until(moment: datetime) -> None:
    time.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))
