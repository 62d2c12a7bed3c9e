"""Clients that hang up at any moment (A43): some before their request is whole, some while it is
worked on."""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.faults.database_away import leaks
from tests.faults.guard import Guard
from tests.faults.house import House
from tests.faults.verdict import Figures, judged, noticed
from tests.faults.wire import answered, get, post

AT_ONCE = 40
PATIENCE = 0.03  # seconds that somebody waits for an answer at most
UPLOADED = 20  # events
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no time: the other side hears a reset
# Scans; declarations that no standing knows; people without their phone's number.
STORED = """
SELECT (SELECT count(*) FROM scan),
    (SELECT count(*) FROM declaration d LEFT JOIN standing s USING (person_id)
        WHERE s.own IS NULL),
    (SELECT count(*) FROM person p LEFT JOIN identifier i ON i.person_id = p.id
        WHERE i.person_id IS NULL)
"""
WELL = {"symptoms": [], "met_case": False, "from_epidemic_area": False, "met_sick": False}
MORE = 25  # descriptors: its pools may have grown
ERROR = '"level":"error"'
CALM = 15.0  # seconds until the last of those requests is done with
LOOKS = 5  # that must find nothing, one after another


@dataclass(frozen=True, slots=True)
class Asked:
    request: bytes
    scans: int  # that it stores


def hung_up(house: House, count: int, without: Guard = Guard.NONE) -> Figures:
    """So many clients; then each request is sent again, whole."""
    chance = random.Random(43)
    asked = list(requests(house, count, chance))
    house.without = without
    said = len(house.log.read_text()) if house.log.exists() else 0
    house.start_service()
    assert house.service is not None
    port, pid = house.settings.port, house.service.pid
    scans_before, _, nameless_before = stored(house)
    first = asked[:AT_ONCE]
    asyncio.run(send_again(port, first))  # so that the pools are open
    files = descriptors(pid)
    how = asyncio.run(hang_up_all(port, asked, chance))
    calm = calmed(house, pid, files + MORE)
    leaked, files_after = leaks(house), descriptors(pid)
    others = asyncio.run(send_again(port, asked)) if calm else Counter({"not sent": count})
    house.end_service()
    house.without = None
    scans, unknown, nameless = stored(house)
    scans -= scans_before
    wanted = sum(one.scans for one in asked)
    log = house.log.read_text()[said:]
    looks = re.findall(r"^settings left: (\d+) of (\d+)", log, re.MULTILINE)
    left, looked = (sum(int(look[n]) for look in looks) for n in (0, 1))
    return judged(
        {
            "clients that hung up": dict(how),
            **leaked,
            "descriptors before and after": [files, files_after],
            "settings left, and connections looked at": [left, looked],
            "scans wanted and stored": [wanted, scans],
            "retries answered otherwise": dict(others),
            "errors in the log": log.count(ERROR),
        },
        {
            IDLE: not leaked["open transactions"],
            "no connection is left behind": calm,
            "no setting is left behind": looked > 0 and not left,
            "nothing is half stored": not unknown and nameless == nameless_before,
            "a retry finds the truth": scans == wanted and not others,
            "who goes away is no error of the service": ERROR not in log,
        },
    )


IDLE = "no transaction is left open"


def left_open(house: House) -> Figures:
    """The control: every body is read inside a transaction that its reader ends."""
    return noticed(hung_up(house, 200, Guard.BODY_FIRST), IDLE)


def requests(house: House, count: int, chance: random.Random) -> Iterator[Asked]:
    """Scans above all; each is another one, so that every retry's truth is known."""
    tokens = house.tokens.read_text().split()
    newest = datetime.now(UTC) - timedelta(hours=1)  # when no crowd scanned
    moments = (newest - timedelta(milliseconds=n) for n in range(count * UPLOADED))
    times = (at.isoformat(timespec="milliseconds") for at in moments)
    for n in range(count):
        token, kind = tokens[n % len(tokens)], chance.random()
        if kind < 0.6:
            body = json.dumps({"code": house.code, "at": next(times)})
            yield Asked(post("/v1/check-ins", token, body.encode()), 1)
        elif kind < 0.7:
            events = [
                json.dumps({"code": house.code, "at": next(times), "way": "in"})
                for _ in range(UPLOADED)
            ]
            lines = "\n".join(events).encode()
            yield Asked(post("/v1/uploads", token, lines, "application/x-ndjson"), UPLOADED)
        elif kind < 0.85:
            yield Asked(post("/v1/declarations", token, json.dumps(WELL).encode()), 0)
        elif kind < 0.9:
            someone = {"full_name": "Người Thử", "phone": f"09{n:08}"}
            yield Asked(post("/v1/people", token, json.dumps(someone).encode()), 0)
        else:
            yield Asked(get("/v1/me/visits", token), 0)


async def hang_up_all(port: int, asked: Sequence[Asked], chance: random.Random) -> Counter[str]:
    left, how = iter(asked), Counter[str]()

    async def some() -> None:
        for one in left:
            how[await hang_up(port, one.request, chance)] += 1

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return how


async def hang_up(port: int, request: bytes, chance: random.Random) -> str:
    """How far it had come."""
    loop = asyncio.get_running_loop()
    whole = chance.random() < 0.5
    with socket.socket() as client:
        client.setblocking(False)
        await loop.sock_connect(client, ("127.0.0.1", port))
        part = request if whole else request[: chance.randrange(len(request))]
        await loop.sock_sendall(client, part)
        if chance.random() < 0.75:
            await asyncio.sleep(chance.uniform(0, PATIENCE))
        if chance.random() < 0.5:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        try:
            client.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return "while it was worked on" if whole else "before it was whole"
    return "after its answer"


async def send_again(port: int, asked: Sequence[Asked]) -> Counter[str]:
    """Answers that are neither stored nor found."""
    left, others = iter(asked), Counter[str]()

    async def some() -> None:
        for one in left:
            answer = await answered(port, one.request)
            if answer.status not in (200, 201):
                others[str(answer.status)] += 1

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return others


def calmed(house: House, pid: int, most: int) -> bool:
    """Whether nothing is left of those requests, in several looks: one that is still worked on may
    be between two statements."""
    deadline, looks = time.monotonic() + CALM, 0
    while looks < LOOKS:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
        is_still = not leaks(house)["open transactions"] and descriptors(pid) <= most
        looks = looks + 1 if is_still else 0
    return True


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def stored(house: House) -> tuple[int, int, int]:
    row = house.ask(lambda db: db.fetchrow(STORED))
    assert row is not None
    return row[0], row[1], row[2]
