"""C05: scans that phones kept offline, uploaded in pieces while the service and its database are
killed between the pieces and during them."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from accounts.keydir import open_keys
from accounts.tokens import DeviceTokens
from checkin.pseudonym import ServiceDays
from checkin.verify import EPOCH
from tests.faults.crashes import killer
from tests.faults.house import House, children
from tests.faults.verdict import Figures, judged, noticed
from tests.faults.wire import Answer, answered, dial, get, post

Event: TypeAlias = dict[str, object]
OLDEST = timedelta(hours=71, minutes=30)  # what the campaign itself takes must fit into 72 hours
COPIES = 3
PIECE = 20, 400  # events, from and to
LINES = "application/x-ndjson"
ROWS = """
SELECT at, venue_id, zone_id, checkpoint_id, way, party, source, flags FROM scan
WHERE subject = ANY($1::uuid[]) ORDER BY at
"""


@dataclass(slots=True, kw_only=True)
class Phone:
    """Uploads piece after piece, each until it is answered."""

    token: str
    pieces: Sequence[bytes]
    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    under_way: threading.Lock = field(default_factory=threading.Lock)

    def upload(self, port: int) -> None:
        for piece in self.pieces:
            request = post("/v1/uploads", self.token, piece, LINES)
            while not self.is_taken(port, request):
                time.sleep(0.1)
            self.sent += 1

    def is_taken(self, port: int, request: bytes) -> bool:
        with self.under_way:
            try:
                answer = asyncio.run(once(port, request))
            except (OSError, TimeoutError):
                self.answers["none"] += 1
                return False
        if answer.status != 200:
            self.answers[str(answer.status)] += 1
            return answer.status != 503
        self.answers.update(event["status"] for event in answer.json["events"])
        return True


async def once(port: int, request: bytes) -> Answer:
    async with asyncio.timeout(70):
        wire = await dial(port)
        answer = await wire.ask(request)
        wire.hang_up()
        return answer


def offline(house: House, count: int, kills: int, left_out: int = 0) -> Figures:
    """Two phones have the same scans, and each uploads them in an order of its own. `left_out`: by
    the second phone."""
    events = made(house.code, count, random.Random(5))
    tokens = house.loners.read_text().split()[:2]
    phones = [
        Phone(token=token, pieces=pieces(events[: count - n * left_out], random.Random(n)))
        for n, token in enumerate(tokens)
    ]
    house.start_service()
    uploading = [threading.Thread(target=p.upload, args=(house.settings.port,)) for p in phones]
    for thread in uploading:
        thread.start()
    done = kill_meanwhile(house, phones, uploading, kills)
    for thread in uploading:
        thread.join()
    states = [rows(house, token) for token in tokens]
    visits = [
        asyncio.run(answered(house.settings.port, get("/v1/me/visits", token))).json
        for token in tokens
    ]
    house.end_service()
    wanted = sorted(str(event["at"]) for event in events)
    stored = [[iso(row["at"]) for row in state] for state in states]
    answers = phones[0].answers + phones[1].answers
    known = {"stored", "already-stored", "503", "none"}
    return judged(
        {
            "events": count,
            "uploads of each, three times the events": [len(phone.pieces) for phone in phones],
            "kills between and during uploads": list(done),
            "answers": dict(answers),
            "rows of each": [len(times) for times in stored],
            "missing": sum(len(set(wanted) - set(times)) for times in stored),
            "doubled": sum(len(times) - len(set(times)) for times in stored),
            "visits of each": [len(found["visits"]) for found in visits],
        },
        {
            ONCE: all(times == wanted for times in stored),
            SAME: states[0] == states[1] and visits[0] == visits[1],
            "none is refused": answers.keys() <= known,
            "as many kills as wanted": sum(done) >= kills,
        },
    )


ONCE, SAME = "each scan is stored once", "the same state whatever the order"


def piece_left_out(house: House) -> Figures:
    """The control of C05."""
    return noticed(offline(house, 300, 0, left_out=20), ONCE, SAME)


def made(code: str, count: int, chance: random.Random) -> list[Event]:
    """At different milliseconds of three days."""
    now = datetime.now(UTC)
    span = int(OLDEST.total_seconds() * 1000)
    times = [now - timedelta(milliseconds=back) for back in chance.sample(range(1, span), count)]
    return [
        {"code": code, "at": iso(at), "way": way}
        | ({"companions": chance.randrange(4)} if way == "in" else {})
        for at, way in zip(times, chance.choices(("in", "out"), k=count), strict=True)
    ]


def iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def pieces(events: Sequence[Event], chance: random.Random) -> list[bytes]:
    """All of them COPIES times, shuffled."""
    lines = [json.dumps(event).encode() for event in events for _ in range(COPIES)]
    chance.shuffle(lines)
    found = []
    while lines:
        size = chance.randint(*PIECE)
        found.append(b"\n".join(lines[:size]))
        del lines[:size]
    return found


def kill_meanwhile(
    house: House, phones: Sequence[Phone], uploading: Sequence[threading.Thread], kills: int
) -> tuple[int, int]:
    """How many between uploads and how many during one; evenly over their way, the service and the
    database in turn."""
    between = during = 0
    total = sum(len(phone.pieces) for phone in phones)
    for n in range(kills):
        due = total * (n + 1) // (kills + 1)
        while sum(p.sent for p in phones) < due and any(t.is_alive() for t in uploading):
            time.sleep(0.01)
        with ExitStack() as still:
            if n // 2 % 2:
                for phone in phones:
                    still.enter_context(phone.under_way)
                between += 1
            else:
                during += 1
            end_one(house, "database" if n % 2 else "service")
    return between, during


def end_one(house: House, target: str) -> None:
    assert house.service is not None
    pid = house.cluster.pid
    pids = [pid, *children(pid)] if target == "database" else [house.service.pid]
    killer(house, pids, 0.0)
    if target == "database":
        house.wait_database_gone()
        house.start_database()
    else:
        house.end_service()
        house.start_service()


def rows(house: House, token: str) -> list[Any]:
    keys = open_keys(house.settings.key_dir)
    days = ServiceDays(keys.days, house.settings.zone)
    person_id = DeviceTokens(keys.tokens).citizen(token, EPOCH).person_id
    subjects = [days.subject(person_id, day) for day in days.known()]
    return house.ask(lambda db: db.fetch(ROWS, subjects))
