"""A run of a large case through the API: `python -m bench.tracing_run [times]`.

The case sat for eight hours in a supermarket of 20,000 visitors. Wall time and processor time of
the service (PostgreSQL by the wall alone) of a run and of the first page of its list, as the median
of some, on a database of its own.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta

import asyncpg
import httpx

from bench import people
from bench.database import started
from bench.officers import AREA, office
from bench.tracing_engine import MIDNIGHT, supermarket
from checkin.model import Late, Pending
from checkin.partitions import make_days
from checkin.queries_scans import store_scans
from kit.db import connection
from settings import Settings
from tracing.engine.columns import milliseconds
from tracing.engine.model import Scan
from tracing.state import State

PHONE = "+84900000000"
PEOPLE = "SELECT id FROM person ORDER BY id"
CASE = "SELECT person_id FROM identifier WHERE hmac = $1"
BATCH = 2000


async def make_world(state: State, settings: Settings, visitors: int = 20_000) -> date:
    """The supermarket's scans, of yesterday. Returns that day."""
    days = state["days"]
    day = days.day(state["clock"]()) - timedelta(days=1)
    owner = await asyncpg.connect(settings.database_owner_url)
    await make_days(owner, days, day, day)
    found = [row["id"] for row in await owner.fetch(PEOPLE)]
    case = await owner.fetchval(CASE, state["vault"].find(1, PHONE))
    shop = await owner.fetchval("SELECT min(id) FROM venue")
    found.remove(case)
    later = milliseconds(days.bounds(day)[0]) - MIDNIGHT

    def pending(scan: Scan) -> Pending:
        at = datetime.fromtimestamp((scan.at + later) / 1000, UTC)
        person = case if scan.person == 1 else found[scan.person - 2]
        return Pending(
            person_id=person,
            generation=0,
            subject=days.subject(person, day),
            at=at,
            venue_id=shop,
            zone_id=None,
            checkpoint_id=None,
            way=scan.way,
            party=0,
            late=Late.MINUTES_10,
            source=scan.source,
            flags=0,
        )

    rows = [pending(scan) for scan in supermarket(visitors).scans]
    async with connection(state["db"]) as db:
        for start in range(0, len(rows), BATCH):
            await store_scans(db, rows[start : start + BATCH])
    await owner.execute("ANALYZE")
    await owner.close()
    return day


async def measured(
    what: str, times: int, call: Callable[[], Awaitable[httpx.Response]]
) -> httpx.Response:
    """Returns the last answer."""
    walls, processor = [], []
    for _ in range(times):
        wall, used = time.perf_counter(), time.process_time()
        answer = await call()
        walls.append(time.perf_counter() - wall)
        processor.append(time.process_time() - used)
        answer.raise_for_status()
    print(
        f"{what}: {statistics.median(walls) * 1000:,.0f} ms "
        f"({min(walls) * 1000:,.0f} to {max(walls) * 1000:,.0f}), "
        f"{statistics.median(processor) * 1000:,.0f} ms of processor"
    )
    return answer


async def bench(settings: Settings, times: int) -> None:
    async with office(settings) as at_work:
        day = await make_world(at_work.state, settings)
        opener, approver = [await at_work.coordinator(one) for one in ("opener", "approver")]
        case = {"phone": PHONE, "onset": f"{day}", "policy": "vn-5053", "area": AREA}
        opened = await opener.post("/v1/cases", json=case | {"lab_reference": "B 1"})
        path = f"/v1/cases/{opened.raise_for_status().json()['id']}"
        decision = {"approved": True, "reason": "bench"}
        await measured(
            "approval with the first run",
            1,
            lambda: approver.post(f"{path}/approval", json=decision),
        )
        traced = await measured("a later run", times, lambda: opener.post(f"{path}/runs", json={}))
        page = await measured(
            "first page of 100", 3 * times, lambda: opener.get(f"{path}/contacts?limit=100")
        )
        run, found = traced.json(), page.json()
        listed = run["high"] + run["medium"] + run["low"]
        print(f"{listed:,} contacts, {run['brief']:,} brief; {len(found['contacts'])} on the page")
        desk = path.replace("/v1", "/desk")
        page = await measured("page of the desk", 3 * times, lambda: opener.get(desk))
        print(f"{len(page.text):,} characters")


if __name__ == "__main__":
    people.PEOPLE = 20_001
    with started() as database:
        asyncio.run(bench(database.settings, int(sys.argv[1]) if len(sys.argv) > 1 else 5))
