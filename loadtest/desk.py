"""The tracing desk beside the door: officers open cases of people who have been here, a second one
approves, they trace again and again, and read the list; meanwhile the door goes on."""

from __future__ import annotations

import itertools
import os
from datetime import UTC, datetime
from typing import Any

from locust import FastHttpUser, between, task

from loadtest.day import flat
from loadtest.phone import Phone

PASSWORD = os.environ["LOAD_PASSWORD"]
AREA = "2025/92/31120/"  # a ward of Cần Thơ
numbers = itertools.count(1)


class Visitor(Phone):
    shape = staticmethod(flat)
    weight = 20


class Officer(FastHttpUser):
    """Opens with one account and approves with another: the service wants two people."""

    wait_time = between(1, 5)
    weight = 1

    def on_start(self) -> None:
        self.opener, self.approver = self.signed_in("opener"), self.signed_in("approver")
        self.cases: list[int] = []

    def signed_in(self, login: str) -> dict[str, str]:
        form = {"login": login, "password": PASSWORD}
        with self.rest("POST", "/v1/sessions", json=form) as answer:
            return {"Authorization": f"Bearer {answer.js['token']}"}

    @task(1)
    def open_case(self) -> None:
        """Of someone of the scenario: they are numbered, and their phones with them."""
        number = next(numbers)
        form = {
            "phone": f"09{number:08}",
            "sampled": datetime.now(UTC).date().isoformat(),
            "policy": "vn-3638",
            "lab_reference": f"LOAD {number}",
            "area": AREA,
        }
        opened = self.ask("POST", "/v1/cases", 201, self.opener, json=form)
        if opened is None:
            return
        path = f"/v1/cases/{opened['id']}/approval"
        decision = {"approved": True, "reason": "phiếu xét nghiệm"}
        name = "/v1/cases/N/approval"
        if self.ask("POST", path, 200, self.approver, json=decision, name=name) is not None:
            self.cases.append(opened["id"])

    @task(4)
    def trace(self) -> None:
        if not self.cases:
            return
        path = f"/v1/cases/{self.cases[-1]}"
        self.ask("POST", f"{path}/runs", 201, self.opener, json={}, name="/v1/cases/N/runs")
        listed = "/v1/cases/N/contacts"
        self.ask("GET", f"{path}/contacts?limit=1000", 200, self.opener, name=listed)

    def ask(self, method: str, path: str, wanted: int, head: dict[str, str], **more: Any) -> Any:
        """The answer, or None where it is not as wanted."""
        with self.rest(method, path, headers=head, **more) as answer:
            if answer.status_code == wanted and answer.js is not None:
                return answer.js
            answer.failure(f"{method} {answer.status_code}")
            return None
