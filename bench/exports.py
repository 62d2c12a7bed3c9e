"""Lists that leave: `python -m bench.exports [rows of the long list]`.

First every format of a case with more than 10,000 contacts through the API, audit rows and names
included, from a database of its own. Then a list of 1.2 million rows as a bundle on disk: written
and read back as streams, its counts and checksums compared, cut in the middle and refused.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, cast, overload

import httpx

import app
from bench import people
from bench.database import started
from bench.officers import AREA, signed_in
from bench.tracing_run import PHONE, make_world
from settings import Settings
from tracing.case import CaseFile, Purpose, Status
from tracing.engine.contact import Coverage, Rank, Why
from tracing.engine.model import Ended
from tracing.engine.policies import POLICIES
from tracing.exports.bundle import BundleDamaged, verified
from tracing.exports.formats import RECIPES, ListFormat
from tracing.exports.handover import Handover
from tracing.exports.sheet import Origin
from tracing.finding import Finding, Meeting, Numbers, Step
from tracing.names import Named
from tracing.runs.listing import Line, Run
from tracing.state import State

MADE = datetime(2021, 7, 20, 5, 0, tzinfo=UTC)
CAME = MADE - timedelta(days=2)
CASE = CaseFile(
    id=1,
    number="F0-210720-7K3QD",
    national_number=None,
    disease="covid-19",
    lab_reference="CDC-CT 1",
    onset=date(2021, 7, 18),
    sampled=None,
    isolated=None,
    area=AREA,
    policy="vn-5053",
    policy_version=1,
    purpose=Purpose.SAMPLING,
    sealed=b"",
    status=Status.APPROVED,
    opened_by=1,
    opener="opener",
    opened_at=MADE,
    decided_by=2,
    decider="approver",
    changes=0,
    people=(),
)


class Lines(Sequence[Line]):
    """A list of any length, each row made when it is read."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Line: ...
    @overload
    def __getitem__(self, place: slice) -> list[Line]: ...
    def __getitem__(self, place: int | slice) -> Line | list[Line]:
        if isinstance(place, slice):
            return [line(one) for one in range(self._count)[place]]
        return line(range(self._count)[place])

    def __iter__(self) -> Iterator[Line]:
        return map(line, range(self._count))


class Names(Mapping[str, Named]):
    def __getitem__(self, number: str) -> Named:
        return Named(
            full_name=f"Nguyễn Thị Hồng {number}",
            phone=f"+849{int(number):08}",
            address="Số 12, đường Nguyễn Trãi",
            birth_year=1987,
            sex=2,
        )

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def line(place: int) -> Line:
    start = CAME + timedelta(seconds=place % 86_400)
    met = Meeting(
        venue="Siêu thị Cái Khế",
        zone=None,
        same_zone=False,
        start=start,
        end=start + timedelta(minutes=30),
        ended=(Ended.SCANNED, Ended.ESTIMATED),
        masked=True,
        reached=True,
    )
    found = Finding(
        place=place,
        brief=False,
        path=(Step(person_id=place, meeting=met),),
        minutes=30,
        minimum=15,
        first_exposure=start,
        last_exposure=met.end,
        venue=met.venue,
        why=(Why.SAME_VENUE,),
        meetings=(met,),
    )
    return Line(
        number=f"{place:08}",
        person_id=place,
        tier=1,
        state="candidate",
        rank=Rank.MEDIUM,
        area=AREA,
        off_list="",
        given_to="",
        tracer=None,
        reached=False,
        tries=0,
        test="",
        vaccinated=None,
        close=True,
        path=(f"{place:08}",),
        found=found,
    )


RUN = Run(
    id=1,
    policy=POLICIES[0].name,
    policy_version=POLICIES[0].version,
    moment=MADE,
    max_tier=1,
    coverage=Coverage(begins=MADE.date(), kept_from=MADE.date(), missing=(), days=1),
    numbers=Numbers(high=0, medium=0, low=0, brief=0, upper_bound_adds=0),
)


def long_list(count: int, file: Path) -> None:
    handover = Handover(
        origin=Origin(
            case=CASE,
            account="bench",
            purpose=Purpose.SAMPLING,
            made=MADE,
            expires=MADE,
            policy=POLICIES[0],
            run=RUN,
        ),
        lines=Lines(count),
        names=Names(),
        worked={},
        zone=timezone(timedelta(hours=7)),
        translate=str,
    )
    begun = time.perf_counter()
    with file.open("wb") as out:
        for block in RECIPES[ListFormat.VN_ZIP].body(handover):
            out.write(block)
    wrote = time.perf_counter() - begun
    begun = time.perf_counter()
    with file.open("rb") as written:
        found = verified(written).files
    read = time.perf_counter() - begun
    if sum(one.rows for one in found) != count:
        raise SystemExit(f"{found} instead of {count} rows")
    print(
        f"{count:,} rows: written in {wrote:.1f} s ({file.stat().st_size / 2**20:,.1f} MiB), "
        f"read back and compared in {read:.1f} s, {most_memory():,.0f} MiB at most"
    )
    for one in found:
        print(f"  {one.name}: {one.rows:,} rows, SHA-256 {one.sha256}")
    with file.open("r+b") as cut:
        cut.truncate(file.stat().st_size // 2)
        try:
            verified(cut)
        except BundleDamaged as refused:
            print(f"  cut in the middle: {refused}")
        else:
            raise SystemExit("a file that was cut was taken")


def most_memory() -> float:
    """MiB, of this process, ever."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def every_format(settings: Settings) -> None:
    application = app.build(settings)
    async with application.router.lifespan_context(application) as given, AsyncExitStack() as stack:
        state = cast("State", given)

        async def with_state(scope: Any, receive: Any, send: Any) -> None:
            scope["state"] = dict(state)
            await application(scope, receive, send)

        async def client(login: str) -> httpx.AsyncClient:
            headers = {"Authorization": f"Bearer {await signed_in(state, login)}"}
            made = httpx.AsyncClient(
                transport=httpx.ASGITransport(with_state),
                base_url="http://testserver",
                headers=headers | {"Accept-Encoding": "identity"},
                timeout=120,
            )
            return await stack.enter_async_context(made)

        day = await make_world(state, settings)
        opener, approver = await client("opener"), await client("approver")
        case = {"phone": PHONE, "onset": f"{day}", "policy": "vn-5053", "area": AREA}
        opened = await opener.post("/v1/cases", json=case | {"lab_reference": "B 1"})
        path = f"/v1/cases/{opened.raise_for_status().json()['id']}"
        decision = {"approved": True, "reason": "bench"}
        (await approver.post(f"{path}/approval", json=decision)).raise_for_status()
        run = (await opener.get(f"{path}/contacts?limit=1")).json()["run"]
        print(f"{run['high'] + run['medium'] + run['low']:,} contacts, {run['brief']:,} brief")
        for name, recipe in RECIPES.items():
            if recipe.names:
                await release(opener, approver, path, name)
            begun, used = time.perf_counter(), time.process_time()
            answer = await opener.get(f"{path}/export?format={name}&purpose=sampling")
            wall, used = time.perf_counter() - begun, time.process_time() - used
            size = len(answer.raise_for_status().content) / 2**20
            print(
                f"{name}: {wall:.1f} s ({used:.1f} s of processor), {size:.1f} MiB, "
                f"{most_memory():,.0f} MiB at most so far"
            )


async def release(
    opener: httpx.AsyncClient, approver: httpx.AsyncClient, path: str, name: str
) -> None:
    """A second person lets the list go."""
    form = {"what": name, "purpose": "sampling", "reason": "bench"}
    asked = (await opener.post(f"{path}/releases", json=form)).raise_for_status().json()
    decision = {"approved": True, "reason": "bench", "people": asked["people"]}
    answer = await approver.post(f"{path}/releases/{asked['id']}/decision", json=decision)
    answer.raise_for_status()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_200_000
        long_list(rows, Path(folder) / "list.zip")
    people.PEOPLE = 20_001
    with started() as database:
        asyncio.run(every_format(database.settings))
