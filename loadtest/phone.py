"""The phones of a scenario. One connection plays whoever is due next: they sign up, read the page,
check in, and some check out; some phones send twice, lose the network after sending, or bring a
scan hours late. Every answer is checked, and every scan goes to a file for `chot verify`, one JSON
object a line; `"answered": false` where the phone never heard.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gevent
from gevent import socket
from locust import FastHttpUser, constant, events, task
from locust.env import Environment

from loadtest.day import Day, Due, Guest, Shape

CREATED, REPEATED, BUSY = 201, 200, 503
PATHS = {"in": "/v1/check-ins", "out": "/v1/check-outs"}
LONGEST_LATE = timedelta(hours=71, minutes=30)  # within the 72 h that are allowed
TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """Shares of the people, and what they take their time for."""

    check_out: float = 0.35
    stay: tuple[float, float] = (0.05, 0.02)  # mean and spread, as shares of the scenario's time
    think: tuple[float, float] = (4.0, 0.6)  # seconds between page and tap: median, log spread
    twice: float = 0.05  # the tap is sent twice
    vanish: float = 0.0  # the network goes after the request and before the answer
    late: float = 0.0  # the scan was made without network and comes hours later
    late_hours: float = 6.0  # mean; exponential


class Phone(FastHttpUser):
    """Set `shape` and `habits`."""

    abstract = True
    wait_time = constant(0)
    shape: Shape
    habits = Habits()
    day: Day

    @task
    def next_person(self) -> None:
        due = self.day.next()
        if due is None:
            gevent.sleep(0.5)
            return
        wait = tally.started + due.when - time.monotonic()
        if wait > 0:
            gevent.sleep(wait)
        tally.behind.append(max(0.0, -wait))
        if due.act == "arrive":
            self.arrive(due)
        else:
            self.tap(due)

    def arrive(self, due: Due) -> None:
        guest, chance = due.guest, self.day.chance
        form = {"full_name": f"Người Thử {guest.number}", "phone": guest.phone}
        with self.rest("POST", "/v1/people", json=form) as answer:
            if answer.status_code == BUSY and self.later(due, answer):
                return
            if answer.status_code != CREATED or answer.js is None:
                answer.failure(f"sign-up: {answer.status_code}")
                return
            guest.token = answer.js["token"]
        median, spread = self.habits.think
        self.day.add(due.when + median * chance.lognormvariate(0, spread), "in", guest)

    def tap(self, due: Due) -> None:
        guest, chance, habits = due.guest, self.day.chance, self.habits
        first = not due.at
        late = first and due.act == "in" and chance.random() < habits.late
        at = due.at or (self.past() if late else stamp(datetime.now(UTC)))
        body = self.body(due, at)
        if first and chance.random() < habits.vanish:
            self.vanish(body, due)
            self.day.add(due.when + chance.uniform(1, 5), due.act, guest, at)
            return
        if not self.scan(body, due, at):
            return
        if chance.random() < habits.twice:
            self.scan(body, due, at, again=True)
        if due.act == "in" and chance.random() < habits.check_out:
            mean, deviation = habits.stay
            stay = max(0.01, chance.gauss(mean, deviation)) * self.day.seconds
            self.day.add(due.when + stay, "out", guest)

    def body(self, due: Due, at: str) -> dict[str, object]:
        """The same for the same scan, as a phone keeps it until it is answered."""
        if due.act == "out":
            return {"code": due.guest.code, "at": at, "button": True}
        return {
            "code": due.guest.code,
            "at": at,
            "companions": (0, 0, 0, 1, 2)[due.guest.number % 5],
        }

    def past(self) -> str:
        hours = self.day.chance.expovariate(1 / self.habits.late_hours)
        return stamp(datetime.now(UTC) - min(timedelta(hours=hours), LONGEST_LATE))

    def scan(self, body: Mapping[str, object], due: Due, at: str, again: bool = False) -> bool:
        head = {"Authorization": f"Bearer {due.guest.token}"}
        repeated = again or bool(due.at)  # then 201 is right only if no attempt before arrived
        label = f"{PATHS[due.act]}{' again' if again else ''}"
        with self.rest("POST", PATHS[due.act], json=body, headers=head, name=label) as answer:
            if answer.status_code == BUSY and self.later(due, answer, at, again):
                return False
            way = None if answer.js is None else answer.js.get("way")
            right = answer.status_code == CREATED and not again
            right |= answer.status_code == REPEATED and repeated
            if not right or way != due.act or answer.js.get("differs"):
                answer.failure(f"{due.act}: {answer.status_code} {way}")
                tally.write(due.guest, at, due.act, answered=False)
                return False
        tally.counts["again" if answer.status_code == REPEATED else "acknowledged"] += 1
        tally.write(due.guest, at, due.act)
        return True

    def later(self, due: Due, answer: Any, at: str = "", again: bool = False) -> bool:
        """A planned «busy»: it names the seconds, and the phone sends the same again then. Not
        `again`: that scan was acknowledged."""
        seconds = answer.headers.get("Retry-After", "")
        if not seconds.isdigit():
            return False
        answer.success()
        tally.counts["busy"] += 1
        if again:
            return True
        when = time.monotonic() - tally.started + int(seconds)
        self.day.add(when + self.day.chance.random(), due.act, due.guest, at)
        if at:
            tally.write(due.guest, at, due.act, answered=False)
        return True

    def vanish(self, body: Mapping[str, object], due: Due) -> None:
        """Sends the whole request and is gone."""
        assert self.host  # noqa: S101  for the type checker
        at, sent = urlsplit(self.host), json.dumps(body).encode()
        head = (
            f"POST {PATHS[due.act]} HTTP/1.1\r\nHost: {at.netloc}\r\n"
            f"Authorization: Bearer {due.guest.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(sent)}\r\n\r\n"
        )
        with socket.create_connection((at.hostname, at.port)) as gone:
            gone.sendall(head.encode() + sent)
        tally.counts["vanished"] += 1
        tally.write(due.guest, str(body["at"]), due.act, answered=False)


class Tally:
    """What happened, and the file of scans."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("w", encoding="utf-8")
        self.counts: Counter[str] = Counter()
        self.behind: list[float] = []
        self.started = 0.0

    def write(self, guest: Guest, at: str, way: str, answered: bool = True) -> None:
        self.line({"token": guest.token, "at": at, "way": way, "code": guest.code}, answered)

    def line(self, scan: dict[str, object], answered: bool) -> None:
        self.file.write(json.dumps(scan if answered else scan | {"answered": False}) + "\n")


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


tally = Tally(Path(os.environ["LOAD_ACKNOWLEDGED"]))


@events.test_start.add_listener
def begin(environment: Environment, **_: Any) -> None:
    codes = Path(os.environ["LOAD_CODES"]).read_text().split()
    people, seconds = int(os.environ["LOAD_PEOPLE"]), float(os.environ["LOAD_SECONDS"])
    for kind in environment.user_classes:
        if issubclass(kind, Phone):
            kind.day = Day(kind.shape, people, seconds, codes)
    tally.started = time.monotonic()


@events.test_stop.add_listener
def finish(environment: Environment, **_: Any) -> None:
    tally.file.flush()
    behind = sorted(tally.behind) or [0.0]
    left = sum(len(kind.day.due) for kind in environment.user_classes if issubclass(kind, Phone))
    numbers = {"not_reached": left, "p99_behind_s": round(behind[int(len(behind) * 0.99)], 3)}
    print(json.dumps(dict(tally.counts) | numbers))
