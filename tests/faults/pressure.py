"""C06, C07 and C11: wrong clocks, more scans than can be written, and a tracing desk that takes all
it gets."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib import request
from urllib.error import HTTPError

from accounts.model import Grant, Role
from accounts.password import hash_password
from accounts.queries import add_grant, add_staff
from tests.faults.crowd import Request, counted, crowd, in_ms, is_sound
from tests.faults.guard import Guard
from tests.faults.house import Db, House
from tests.faults.verdict import Figures, judged, noticed

CAP = 300  # rows a second that the slowed database takes
# Two batches may be under way at once, so that each row costs two CAPth parts of a second. One
# sleep
# a statement: many short ones take longer than they say on a busy machine.
SLOW = (
    "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS "
    f"'BEGIN PERFORM pg_sleep({2 / CAP:.5f} * (SELECT count(*) FROM fresh)); RETURN NULL; END'",
    "CREATE TRIGGER slowly AFTER INSERT ON scan REFERENCING NEW TABLE AS fresh "
    "FOR EACH STATEMENT EXECUTE FUNCTION slowly()",
)
QUICK_AGAIN = ("DROP TRIGGER slowly ON scan", "DROP FUNCTION slowly")
PASSWORD = "a password of the faults"


def overload(house: House, seconds: float, rate: int = 3_000) -> Figures:
    """C07: from one moment on the database takes a tenth of the scans that come."""
    house.start_service()
    with crowd(house) as people:
        time.sleep(2)
        people.end()
    house.execute(*SLOW)
    assert house.service is not None
    core = str(max(os.sched_getaffinity(0)))  # a core of its own, as far as there is one
    phones = ("--phones", "1000", "--rate", str(rate), "--once", "--core", core)
    with crowd(house, *phones) as people:
        time.sleep(seconds / 4)
        before = resident(house.service.pid)
        time.sleep(seconds * 3 / 4)
        after = resident(house.service.pid)
        told = people.end()
    house.execute(*QUICK_AGAIN)
    with crowd(house) as people:
        time.sleep(3)
        later = people.end()
    house.end_service()
    begun = min(r.meant for r in told.requests)
    onset, then = split(told.requests, begun + ONSET)
    admitted, refused = p99s(then)
    found = house.verify(told.file)
    return judged(
        {
            "offered": len(told.requests),
            "offered a second": round(len(told.requests) / seconds),
            "p99 of admitted, ms": admitted,
            "p99 of refusals, ms": refused,
            f"p99 of both in the first {ONSET:.0f} s, ms": p99s(onset),
            "generator: p99 of scans sent late, ms": in_ms([r.late for r in told.requests]),
            "generator: p99 of its loop's delay, ms": round(told.lag_p99 * 1000),
            "memory after a quarter and at the end, MB": [before, after],
            "refusals afterwards": later.statuses.get(503, 0),
            "lost": found.lost,
            "doubled": found.doubled,
            **counted(told),
        },
        {
            REFUSES: told.statuses.get(503, 0) > 0,
            "every answer was «stored» or «send it again»": not (
                told.failures or told.without_retry_after or told.broken
            ),
            "none lost, none doubled": found.whole,
            SOON: admitted <= 500,
            AT_ONCE: refused <= 50,
            "memory is flat": after <= before * 1.25,
            "normal again": later.stored > 0 and not later.failures,
        },
    )


def split(requests: Sequence[Request], at: float) -> tuple[list[Request], list[Request]]:
    return [r for r in requests if r.meant < at], [r for r in requests if r.meant >= at]


def p99s(requests: Sequence[Request]) -> tuple[int, int]:
    """Of those stored and of those refused, in ms from the send to the answer."""
    stored = [r.seconds for r in requests if r.stored]
    return in_ms(stored), in_ms([r.seconds for r in requests if r.status == 503])


ONSET = 3.0  # seconds: who was let in before anybody knew waits for as long as their deadline
REFUSES = "what is too much is refused"
SOON, AT_ONCE = "admitted within 500 ms", "refused within 50 ms"


def unbounded(house: House) -> Figures:
    """The control of C07: everybody is let in, and waits."""
    house.without = Guard.BOUNDED_QUEUE
    return noticed(overload(house, 6, 450), REFUSES, SOON)


def resident(pid: int) -> int:
    line = next(
        text for text in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in text
    )
    return int(line.split()[1]) // 1024


def busy_desk(house: House, seconds: float) -> Figures:
    """C11: forty requests of the tracing desk at once, each waiting for a locked table."""
    house.start_service()
    token = sign_in(house)
    with crowd(house) as people:
        time.sleep(seconds / 2)
        middle = time.monotonic()
        held = house.ask(lambda db: locked_desk(db, house, token, seconds / 2))
        told = people.end()
    house.end_service()
    alone = [r for r in told.requests if r.ended < middle]
    beside = [r for r in told.requests if r.begun > middle]
    share = sum(r.stored for r in beside) / max(1, len(beside))
    return judged(
        {
            "desk requests that waited or were refused": held,
            "scans beside it": len(beside),
            "success beside it": round(share, 5),
            "p99 alone and beside it, ms": [
                in_ms([r.seconds for r in part]) for part in (alone, beside)
            ],
        },
        {
            "the desk is held up": held == DESK,
            BESIDE: share >= 0.999,
            "every answer was «stored» or «send it again»": is_sound(told),
        },
    )


BESIDE = "999 scans of 1,000 are stored beside it"


def one_pool(house: House) -> Figures:
    """The control of C11: desk and door share their connections."""
    house.without = Guard.OWN_POOLS
    return noticed(busy_desk(house, 6), BESIDE)


DESK = 40


async def locked_desk(db: Db, house: House, token: str, seconds: float) -> int:
    """How many requests of the desk had no good answer while the case files were locked."""
    answers: list[int] = []

    def ask() -> None:
        answers.append(status_of(f"{house.url}/v1/cases", token))

    asking = [threading.Thread(target=ask) for _ in range(DESK)]
    async with db.transaction():
        await db.execute("LOCK TABLE case_file IN ACCESS EXCLUSIVE MODE")
        for thread in asking:
            thread.start()
        time.sleep(seconds)  # noqa: ASYNC251  nothing else runs here
        good = sum(status == 200 for status in answers)
    for thread in asking:
        thread.join()
    return DESK - good


def sign_in(house: House) -> str:
    async def account(db: Db) -> None:
        now = datetime.now(UTC)
        staff = await add_staff(db, "faults", "Faults", hash_password(PASSWORD), False, now)
        if staff is not None:
            grant = Grant(role=Role.INVESTIGATOR, organisation_id=None, venue_id=None, area="2025/")
            await add_grant(db, staff, grant, now)

    house.ask(account)
    body = json.dumps({"login": "faults", "password": PASSWORD}).encode()
    head = {"Content-Type": "application/json"}
    with request.urlopen(request.Request(f"{house.url}/v1/sessions", body, head)) as answer:  # noqa: S310
        token: str = json.load(answer)["token"]
    return token


CLOCKS = {
    "+1 min": (timedelta(minutes=1), 201),
    "-1 min": (timedelta(minutes=-1), 201),
    "-1 h": (timedelta(hours=-1), 201),
    "-71 h": (timedelta(hours=-71), 201),
    "+3 min": (timedelta(minutes=3), 422),
    "+1 h": (timedelta(hours=1), 422),
    "-73 h": (timedelta(hours=-73), 422),
    "+1 y": (timedelta(days=365), 422),
    "-1 y": (timedelta(days=-365), 422),
    "1970": (datetime(1970, 1, 1, tzinfo=UTC) - datetime.now(UTC), 422),
    "2100": (datetime(2100, 1, 1, tzinfo=UTC) - datetime.now(UTC), 422),
    "9999": (datetime(9999, 12, 31, tzinfo=UTC) - datetime.now(UTC), 422),
}
MISPLACED = """
SELECT count(*) FROM scan
WHERE tableoid::regclass::text <> 'scan_' || to_char(at + $1::interval, 'YYYYMMDD')
"""


def clocks(house: House) -> Figures:
    """C06: phones whose clocks are wrong."""
    house.start_service()
    token = house.loners.read_text().split()[2]
    seen, lines = {}, []
    for name, (offset, _) in CLOCKS.items():
        at = (datetime.now(UTC) + offset).isoformat(timespec="milliseconds")
        status = seen[name] = status_of(
            f"{house.url}/v1/check-ins", token, {"code": house.code, "at": at}
        )
        line = {"token": token, "at": at, "way": "in", "code": house.code}
        lines.append(json.dumps(line | {"answered": status == 201}) + "\n")
    house.new_file().write_text("".join(lines))
    house.end_service()
    minutes = timedelta(minutes=house.settings.utc_offset_minutes)
    strays = house.ask(lambda db: db.fetchval(MISPLACED, minutes))
    unexpected = {name: s for name, s in seen.items() if s != CLOCKS[name][1]}
    return judged(
        {
            "answers": dict(Counter(seen.values())),
            "unexpected": unexpected,
            "rows in a wrong partition": strays,
        },
        {"each is answered as the bounds say": not unexpected, IN_PLACE: strays == 0},
    )


IN_PLACE = "every row is in the partition of its day"
SWAPPED = """
ALTER TABLE {today} RENAME TO between; ALTER TABLE {tomorrow} RENAME TO {today};
ALTER TABLE between RENAME TO {tomorrow}
"""


def misplaced(house: House) -> Figures:
    """The control of C06: today's and tomorrow's partition have changed their names."""
    now = datetime.now(house.settings.zone)
    today, tomorrow = (f"scan_{now + timedelta(days=n):%Y%m%d}" for n in (0, 1))
    house.execute(SWAPPED.format(today=today, tomorrow=tomorrow))
    return noticed(clocks(house), IN_PLACE)


def status_of(url: str, token: str, body: dict[str, str] | None = None) -> int:
    head = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    data = None if body is None else json.dumps(body).encode()
    try:
        with request.urlopen(request.Request(url, data, head), timeout=90) as answer:  # noqa: S310
            return int(answer.status)
    except HTTPError as wrong:
        return wrong.code
