"""Gate lanes: guards scan chip cards one after another. Some strings are of nobody's or of another
system, some people are scanned twice, some scans undone; some devices lose the network for a few
people, keep them sealed, and upload them at once. Every answer is checked.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, task

from checkin.seal import SealKey, sealed
from loadtest.phone import BUSY, TRIES, stamp, tally

OK, GONE_WELL, UNPROCESSABLE = 200, 204, 422
UNKNOWN, FOREIGN, AGAIN, UNDONE, AWAY = 0.05, 0.02, 0.03, 0.01, 0.02
NOBODY = "9|8|7|x"
OTHERS = "NZCOVIDTRACER:eyJ0eXAiOiJlbnRyeSJ9"
PAUSE = (1.1, 0.4)  # seconds between two people: median, log spread
REFUSED = {NOBODY: "credential-unknown", OTHERS: "credential-foreign"}

people = itertools.count()
devices = itertools.cycle(Path(os.environ["LOAD_CODES"]).read_text().splitlines())
chance = random.Random(2021)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    number: str  # of the document
    credential: str
    at: str

    def body(self) -> dict[str, object]:
        return {"credential": self.credential, "at": self.at, "confirmed": True}


class Lane(FastHttpUser):
    """One paired device and its guard."""

    def on_start(self) -> None:
        gate, token, self.code = next(devices).split()
        self.gate = int(gate)
        self.head = {"Authorization": f"Bearer {token}"}
        with self.rest("GET", "/v1/gate", headers=self.head) as answer:
            self.key = SealKey(**answer.js["seal"])

    def wait_time(self) -> float:
        median, spread = PAUSE
        return median * chance.lognormvariate(0, spread)

    @task
    def next_person(self) -> None:
        where, kinds = chance.random(), (UNKNOWN, FOREIGN, AGAIN, UNDONE, AWAY)
        unknown, foreign, again, undone, away = itertools.accumulate(kinds)
        if where < foreign:
            self.refused(NOBODY if where < unknown else OTHERS)
            return
        if next(people) >= int(os.environ["LOAD_PEOPLE"]):
            gevent.sleep(1)
            return
        if undone <= where < away:
            self.without_network()
            return
        shown = someone()
        if not self.scan(shown):
            return
        if where < again:
            self.scan(Shown(number=shown.number, credential=shown.credential, at=now()), True)
        elif where < undone:
            self.undo(shown)

    def scan(self, shown: Shown, repeats: bool = False) -> bool:
        """A repeat of another device's or one's own is answered and not stored."""
        answer = self.answered("/v1/gate/scans", shown)
        if answer is None:
            return False
        repeated = answer["repeated_seconds"] is not None
        tally.counts["repeated" if repeated else "acknowledged"] += 1
        self.write(shown, answered=not repeated)
        if repeats and not repeated:
            tally.counts["not_repeated"] += 1
        return True

    def answered(self, path: str, shown: Shown) -> dict[str, Any] | None:
        for _ in range(TRIES):
            with self.rest("POST", path, json=shown.body(), headers=self.head) as answer:
                if answer.status_code == OK and answer.js is not None:
                    found: dict[str, Any] = answer.js
                    return found
                after = str(answer.headers.get("Retry-After", ""))
                if answer.status_code != BUSY or not after.isdigit():
                    answer.failure(f"{path}: {answer.status_code}")
                    break
                answer.success()
                tally.counts["busy"] += 1
            gevent.sleep(int(after) + chance.random())
        self.write(shown, answered=False)
        return None

    def refused(self, credential: str) -> None:
        form = {"credential": credential, "at": now()}
        name = "/v1/gate/scans refused"
        with self.rest("POST", "/v1/gate/scans", json=form, headers=self.head, name=name) as answer:
            slug = "" if answer.js is None else str(answer.js.get("type"))
            if answer.status_code == UNPROCESSABLE and slug.endswith(REFUSED[credential]):
                answer.success()
                tally.counts["refused"] += 1
            elif answer.status_code != BUSY:
                answer.failure(f"{answer.status_code} {slug}")

    def undo(self, shown: Shown) -> None:
        form = {"credential": shown.credential, "at": shown.at}
        with self.rest("POST", "/v1/gate/undos", json=form, headers=self.head) as answer:
            if answer.status_code == GONE_WELL:
                answer.success()  # it has no body that a JSON client could read
                tally.counts["undone"] += 1
            else:
                answer.failure(f"undo: {answer.status_code}")

    def without_network(self) -> None:
        waited = []
        for _ in range(chance.randint(1, 8)):
            waited.append(someone())
            gevent.sleep(self.wait_time())
        for _ in range(TRIES):
            if self.upload(waited):
                return
            gevent.sleep(2)
        for shown in waited:
            self.write(shown, answered=False)

    def upload(self, waited: list[Shown]) -> bool:
        events = [
            {"key": self.key.id, "sealed": sealed(self.key, self.event(shown))} for shown in waited
        ]
        with self.rest("POST", "/v1/gate/uploads", json=events, headers=self.head) as answer:
            if answer.status_code == BUSY:
                answer.success()
                return False
            found = [] if answer.js is None else answer.js["events"]
            if [one["status"] for one in found] != ["stored"] * len(waited):
                answer.failure(f"upload: {answer.status_code} {found}")
                return False
        tally.counts["uploaded"] += len(waited)
        for shown in waited:
            self.write(shown, answered=True)
        return True

    def event(self, shown: Shown) -> bytes:
        return json.dumps({"gate": self.gate, "scan": shown.body()}).encode()

    def write(self, shown: Shown, *, answered: bool) -> None:
        scan: dict[str, object] = {
            "document": shown.number,
            "at": shown.at,
            "way": "in",
            "code": self.code,
        }
        tally.line(scan, answered)


def someone() -> Shown:
    """With a chip card that fits them."""
    year = 50 + secrets.randbelow(50)
    number = f"0920{year}{next(serials):06}"
    credential = (
        f"{number}||Người Thử {number[-6:]}|0503{1900 + year}|Nam|Cái Khế, Cần Thơ|20042021"
    )
    return Shown(number=number, credential=credential, at=now())


def now() -> str:
    return stamp(datetime.now(UTC))


serials = itertools.count(1)
