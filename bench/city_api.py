"""What an officer waits for in the city: through the API, in a process of its own."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx
import numpy as np
import uvloop

from bench.city_traces import DAYS, Job, Measured, by_itself
from bench.officers import AREA, Office, office
from demo.crowd import SHOPPER
from demo.people import phone

HISTORY, FIRST, RUN = "F0 history, API", "approval and its F1, API", "F1 of 14 days, API"
PAGE, BACK = "first page of the list, API", "backward, API"
CLUSTERS, SHEET = "clusters of all these cases, API", "the supermarket's list as XLSX, API"
ALL = (HISTORY, FIRST, RUN, PAGE, BACK, CLUSTERS, SHEET)


def through_api(job: Job) -> dict[str, dict[str, Any]]:
    """Figures by name. Each case is opened, approved, which traces it, and traced again."""
    return by_itself(_run, job)


def _run(job: Job) -> dict[str, dict[str, Any]]:
    walls = uvloop.run(walls_of(job))
    return {
        name: Measured(walls=found, answers=[], found=[]).told() for name, found in walls.items()
    }


async def walls_of(job: Job) -> dict[str, list[float]]:
    walls: dict[str, list[float]] = {name: [] for name in ALL}
    settings = replace(job.built.settings, second_person=False, names_a_day=100_000)
    async with office(settings, lambda: job.built.moment) as at_work:
        await _ask(at_work, job, job.cases[-1:], {name: [] for name in walls})
        asked = await _ask(at_work, job, job.cases, walls)
        days = {"since": f"{job.built.days[0]}", "until": f"{job.built.days[-1]}"}
        shopper = replace(job, cases=[int(job.built.people[SHOPPER])], days=DAYS, times=1)
        more = await _ask(at_work, shopper, shopper.cases, {name: [] for name in walls})
        sheet = f"{more.last}/contacts.xlsx?purpose=contact-tracing"
        for _ in range(job.times):
            await asked.timed(walls[CLUSTERS], "/v1/clusters", {"disease": "covid-19"} | days)
            await more.timed(walls[SHEET], sheet)
    return walls


def _told(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise RuntimeError(answer.text)
    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """A coordinator, and the path of the last case that was opened."""

    at_work: Office
    http: httpx.AsyncClient
    last: str = ""

    async def timed(self, walls: list[float], path: str, form: object = None) -> None:
        http = self.http
        begun = time.perf_counter()
        answer = await (http.get(path) if form is None else http.post(path, json=form))
        walls.append((time.perf_counter() - begun) * 1000)
        _told(answer)
        await asyncio.gather(*self.at_work.state["workers"].tasks)  # what is counted after a list


async def _ask(
    at_work: Office, job: Job, cases: Sequence[int], walls: dict[str, list[float]]
) -> Asker:
    opener, approver = [
        Asker(at_work=at_work, http=await at_work.coordinator(secrets.token_hex(8)))
        for _ in range(2)
    ]
    path = ""
    for person in cases:
        number = int(np.flatnonzero(job.built.people == person)[0])
        case = {"phone": phone(number), "onset": f"{job.asked(person).onset}", "area": AREA}
        case |= {"policy": "vn-5053", "lab_reference": secrets.token_hex(8)}
        path = f"/v1/cases/{_told(await opener.http.post('/v1/cases', json=case)).json()['id']}"
        verdict = {"approved": True, "reason": "bench"}
        await approver.timed(walls[FIRST], f"{path}/approval", verdict)
        await opener.timed(walls[BACK], f"{path}/backward", {})
        for _ in range(job.times):
            await opener.timed(walls[HISTORY], f"{path}/history", {})
            await opener.timed(walls[RUN], f"{path}/runs", {})
            await opener.timed(walls[PAGE], f"{path}/contacts?limit=100")
    return replace(opener, last=path)
