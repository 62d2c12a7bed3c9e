"""A supermarket's day, compressed: 20,000 people at one poster, a morning and an evening peak.

Locust scenario; `python -m loadtest.run` starts a service for it and says how it went. Each person
signs up with a new
phone, checks in with one tap, and a third of them check out. One in twenty phones sends its
check-in twice, as phones on
weak networks do. Every acknowledged scan goes to a file, one JSON object a line.
"""

from __future__ import annotations

import heapq
import itertools
import json
import os
import random
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import gevent
from locust import FastHttpUser, constant, events, task
from locust.env import Environment

CODE = os.environ["LOAD_CODE"]
PEOPLE = int(os.environ.get("LOAD_PEOPLE", "20000"))
SECONDS = float(os.environ.get("LOAD_SECONDS", "120"))
ACKNOWLEDGED = os.environ.get("LOAD_ACKNOWLEDGED", "report/acknowledged.ndjson")

OPEN, CLOSED = 8.0, 22.0  # hours
PEAKS = ((10.5, 1.2, 0.45), (17.75, 1.1, 0.45))  # hour, spread, share; the rest come evenly
CHECK_OUT, TWICE = 0.35, 0.05
STAY_HOURS = (0.6, 0.25)

chance = random.Random(2021)


class Day:
    """What is due when, in seconds from the start; shared by all simulated phones of this
    process."""

    def __init__(self) -> None:
        self.started = 0.0
        self.due: list[tuple[float, int, str, str]] = []  # when, tie-breaker, what, token
        self.counter = itertools.count()
        for _ in range(PEOPLE):
            self.add(self.arrival(), "in", "")
        self.behind: list[float] = []
        self.acknowledged = 0
        self.repeated = 0

    def arrival(self) -> float:
        where = chance.random()
        for hour, spread, share in PEAKS:
            if where < share:
                found = chance.gauss(hour, spread)
                return self.scaled(min(max(found, OPEN), CLOSED))
            where -= share
        return self.scaled(chance.uniform(OPEN, CLOSED))

    def scaled(self, hour: float) -> float:
        return (hour - OPEN) / (CLOSED - OPEN) * SECONDS

    def add(self, when: float, what: str, token: str) -> None:
        heapq.heappush(self.due, (when, next(self.counter), what, token))


day = Day()
file = open(ACKNOWLEDGED, "w", encoding="utf-8")  # noqa: SIM115  closed when the test stops


@events.test_start.add_listener
def begin(environment: Environment, **_: Any) -> None:
    day.started = time.monotonic()


@events.test_stop.add_listener
def finish(environment: Environment, **_: Any) -> None:
    file.close()
    behind = sorted(day.behind) or [0.0]
    numbers = {
        "acknowledged": day.acknowledged,
        "repeated": day.repeated,
        "not_reached": len(day.due),
        "p99_behind_schedule_ms": round(behind[int(len(behind) * 0.99)] * 1000),
    }
    print(json.dumps(numbers))


class Phone(FastHttpUser):
    """One connection that plays whoever is due next."""

    wait_time = constant(0)

    @task
    def next_person(self) -> None:
        if not day.due:
            gevent.sleep(1)
            return
        when, _, what, token = heapq.heappop(day.due)
        wait = day.started + when - time.monotonic()
        if wait > 0:
            gevent.sleep(wait)
        day.behind.append(max(0.0, -wait))
        if what == "in":
            self.arrive(when)
        else:
            self.scan("/v1/check-outs", {"code": CODE, "at": now(), "button": True}, token, "out")

    def arrive(self, when: float) -> None:
        name = {"full_name": f"Người Thử {next(day.counter)}", "phone": new_phone()}
        with self.rest("POST", "/v1/people", json=name) as answer:
            if answer.status_code != 201 or answer.js is None:
                answer.failure(f"sign-up: {answer.status_code}")
                return
            token = answer.js["token"]
        body = {"code": CODE, "at": now(), "companions": chance.choice((0, 0, 0, 1, 2))}
        if not self.scan("/v1/check-ins", body, token, "in"):
            return
        if chance.random() < TWICE:
            self.scan("/v1/check-ins", body, token, "again")
        if chance.random() < CHECK_OUT:
            stay = max(0.05, chance.gauss(*STAY_HOURS)) / (CLOSED - OPEN) * SECONDS
            day.add(when + stay, "out", token)

    def scan(self, path: str, body: Mapping[str, object], token: str, what: str) -> bool:
        head = {"Authorization": f"Bearer {token}"}
        wanted = 200 if what == "again" else 201
        with self.rest("POST", path, json=body, headers=head, name=f"{path} {what}") as answer:
            way = None if answer.js is None else answer.js.get("way")
            if answer.status_code != wanted or way != ("out" if what == "out" else "in"):
                answer.failure(f"{what}: {answer.status_code} {way}")
                return False
        if what == "again":
            day.repeated += 1
            return True
        day.acknowledged += 1
        line = {"token": token, "at": body["at"], "way": way, "code": CODE}
        file.write(json.dumps(line) + "\n")
        return True


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def new_phone() -> str:
    return f"09{chance.randrange(10**8):08}"
