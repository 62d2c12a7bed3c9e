"""`GET /metrics`: what Prometheus may know of the service, for whoever has the token.

Every worker counts for itself and posts its figures now and then; the one that is asked adds them
up. No figure belongs to a person, a device or a venue.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import date, timedelta
from itertools import takewhile
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from accounts.access import bearer
from checkin.queries_days import PARTITIONS, day_of
from kit import metrics
from kit.db import DatabaseAway, Pool, connection
from kit.errors import NotFound
from kit.metrics import Board, Metric, gauge
from settings import BadSetting, Settings
from tracing.state import State

POST_SECONDS = 5


async def answer(request: Request[State]) -> Response:
    state = request.state
    token = state["settings"].metrics_token
    if not token or not hmac.compare_digest(bearer(request).encode(), token.encode()):
        raise NotFound
    posted = await asyncio.to_thread(_exchange, board(state["settings"]), figures(state))
    shared = [*await _days_ahead(state), *_jobs(state["settings"])]
    text = metrics.text([*metrics.together(posted), *shared])
    return Response(text, media_type=metrics.MEDIA_TYPE)


@asynccontextmanager
async def posted(state: State) -> AsyncIterator[None]:
    """This worker's figures, now and then and at its end."""
    if not state["settings"].metrics_token:
        yield
        return
    posting = asyncio.create_task(_post_often(state))
    yield
    posting.cancel()
    await _post(state)


async def _post_often(state: State) -> None:
    while True:
        await asyncio.sleep(POST_SECONDS)
        await _post(state)


async def _post(state: State) -> None:
    with suppress(OSError):  # a full disk only makes the figures old
        await asyncio.to_thread(board(state["settings"]).post, figures(state))


def board(settings: Settings) -> Board:
    return Board(_folder(settings))


def begin(settings: Settings) -> None:
    """Nothing is counted from before this start; its days were kept just now."""
    if not settings.metrics_token:
        return
    try:
        board(settings).clear()
        note_kept(settings)
    except OSError as wrong:
        raise BadSetting(
            f"CHOT_DATA_DIR={settings.data_dir}: the metrics cannot lie there: {wrong.strerror}"
        ) from None


def note_kept(settings: Settings) -> None:
    """The days were kept just now."""
    if settings.metrics_token:
        _kept(settings).touch()


def figures(state: State) -> list[Metric]:
    """Of this worker."""
    ledger = state["ledger"]
    lanes: dict[metrics.Labels, float] = {
        (("lane", name),): waiting for name, waiting in ledger.waiting().items()
    }
    sizes = list(ledger.batches.samples())
    pools = {"door": state["door_db"], "pages": state["db"], "desk": state["desk_db"]}
    return [
        *state["requests"].metrics(),
        gauge("chot_ledger_waiting", "Scans that wait to be written.", lanes),
        Metric("chot_ledger_batch_scans", "histogram", "Commits of scans, by their size.", sizes),
        gauge("chot_pool_connections", "Connections to the database.", _use(pools)),
    ]


def _use(pools: Mapping[str, Pool]) -> dict[metrics.Labels, float]:
    found: dict[metrics.Labels, float] = {}
    for name, pool in pools.items():
        idle = pool.get_idle_size()
        found[("pool", name), ("state", "idle")] = idle
        found[("pool", name), ("state", "busy")] = pool.get_size() - idle
    return found


def _exchange(own: Board, figures: list[Metric]) -> dict[int, list[Metric]]:
    own.post(figures)
    return own.read()


async def _days_ahead(state: State) -> list[Metric]:
    """Nothing where the database is away: Prometheus then says that it is absent."""
    days = state["days"]
    try:
        async with connection(state["db"]) as db:
            present = {day_of(row["relname"]) for row in await db.fetch(PARTITIONS)}
    except DatabaseAway:
        return []
    today = days.day(state["clock"]())

    def is_ready(day: date) -> bool:
        return day in present and days.readable(day)

    following = (today + timedelta(days=n) for n in range(1, 1 + len(present)))
    ahead = len(list(takewhile(is_ready, following)))
    return [gauge("chot_days_ahead", "Days to come that have a key and a partition.", {(): ahead})]


def _jobs(settings: Settings) -> list[Metric]:
    try:
        age = time.time() - _kept(settings).stat().st_mtime
    except OSError:
        return []
    ages: dict[metrics.Labels, float] = {(("job", "days"),): max(age, 0.0)}
    return [gauge("chot_job_age_seconds", "Since an hourly job last succeeded.", ages)]


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "metrics"


def _kept(settings: Settings) -> Path:
    return _folder(settings) / "kept"
