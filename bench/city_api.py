"""What an officer waits for in the city: through the API, in a process of its own."""

from __future__ import annotations

import asyncio
import multiprocessing
import secrets
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import httpx
import numpy as np
import uvloop

from bench.city_traces import Job, Measured
from bench.officers import AREA, Office, office
from demo.people import phone

HISTORY, FIRST, RUN = "F0 history, API", "approval and its F1, API", "F1 of 14 days, API"
PAGE = "first page of the list, API"


def through_api(job: Job) -> dict[str, dict[str, Any]]:
    """Figures by name. Each case is opened, approved, which traces it, and traced again."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(_run, job).result()


def _run(job: Job) -> dict[str, dict[str, Any]]:
    walls = uvloop.run(_walls(job))
    return {
        name: Measured(walls=found, answers=[], found=[]).told() for name, found in walls.items()
    }


async def _walls(job: Job) -> dict[str, list[float]]:
    walls: dict[str, list[float]] = {HISTORY: [], FIRST: [], RUN: [], PAGE: []}
    async with office(job.built.settings) as at_work:
        await _ask(at_work, job, job.cases[-1:], {name: [] for name in walls})
        await _ask(at_work, job, job.cases, walls)
    return walls


def _told(answer: httpx.Response) -> httpx.Response:
    if answer.is_error:
        raise RuntimeError(answer.text)
    return answer


async def _ask(
    at_work: Office, job: Job, cases: Sequence[int], walls: dict[str, list[float]]
) -> None:
    opener, approver = [await at_work.coordinator(secrets.token_hex(8)) for _ in range(2)]

    async def timed(what: str, http: httpx.AsyncClient, path: str, form: object) -> None:
        begun = time.perf_counter()
        answer = await (http.get(path) if form is None else http.post(path, json=form))
        walls[what].append((time.perf_counter() - begun) * 1000)
        _told(answer)
        await asyncio.gather(*at_work.state["workers"].tasks)  # what is counted after a list

    for person in cases:
        number = int(np.flatnonzero(job.built.people == person)[0])
        case = {"phone": phone(number), "onset": f"{job.asked(person).onset}", "area": AREA}
        case |= {"policy": "vn-5053", "lab_reference": secrets.token_hex(8)}
        path = f"/v1/cases/{_told(await opener.post('/v1/cases', json=case)).json()['id']}"
        await timed(FIRST, approver, f"{path}/approval", {"approved": True, "reason": "bench"})
        for _ in range(job.times):
            await timed(HISTORY, opener, f"{path}/history", {})
            await timed(RUN, opener, f"{path}/runs", {})
            await timed(PAGE, opener, f"{path}/contacts?limit=100", None)
