"""Traces of cases, beside the requests that begin them: one of a case at a time, each with its
progress, cancelled by whoever may begin it, found when its worker is gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import msgspec
import numpy as np

from accounts import audit
from accounts.keydir import FIRST
from checkin.vault import seal_bytes
from kit.db import Connection, connection, transaction
from kit.errors import Conflict, NotFound, Unavailable
from tracing import queries, queries_changes
from tracing.case import CaseFile, RunEnded, RunUnderWay, TracingBusy
from tracing.engine.ranking import PLACES
from tracing.engine.worklist import Roll
from tracing.finding import numbers_of
from tracing.runs import queries as runs_queries
from tracing.runs import queries_contacts
from tracing.runs.block import packed
from tracing.runs.listing import bound
from tracing.runs.queries import NewRun, RunProgress, RunState, WhyFailed
from tracing.runs.queries_contacts import NewContacts, OffList
from tracing.state import State
from tracing.trace import Asked, Traced, trace

log = logging.getLogger("chot.runs")
Result = TypeVar("Result")

QUICK = 2.0  # seconds: a run that takes no longer is answered with its list
TELL = 0.5  # seconds between two words of how far it is
PAUSE = 0.05  # seconds between two tries


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to trace for which case, and who wants it. `again`: the same, by what is known then."""

    case: CaseFile
    asked: Asked
    new: NewRun
    again: Callable[[], Awaitable[Order]]


@dataclass(slots=True)
class HowFar:
    tier: int = 0
    done: int = 0
    total: int = 0

    def tell(self, tier: int, done: int, total: int) -> None:
        self.tier, self.done, self.total = tier, done, total


async def run(state: State, order: Order) -> int:
    """Begins one and waits while it is quick. Returns its number; what went wrong meanwhile is
    raised."""
    begun: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(_work(state, order, begun))
    state["workers"].add(task)
    task.add_done_callback(_ended)
    run_id = await asyncio.shield(begun)
    await asyncio.wait({task}, timeout=QUICK)
    if task.done():
        await task
    return run_id


def _ended(task: asyncio.Task[None]) -> None:
    """Maybe nobody waits for it any more."""
    if not task.cancelled() and (wrong := task.exception()):
        log.error("a trace failed", exc_info=wrong)


async def _work(state: State, order: Order, begun: asyncio.Future[int]) -> None:
    """The run, and once more as long as something is found out meanwhile. Whoever could not begin
    a run of their own, for this one held the case's lock, had stored before what is asked now."""
    try:
        run_id = await _once(state, order, begun.set_result)
    except BaseException as wrong:
        if begun.done():
            raise
        begun.set_exception(wrong)
        return
    with suppress(Conflict, NotFound, Unavailable):  # another goes on with it, or it was closed
        while await _left_behind(state, run_id):
            run_id = await _once(state, await order.again(), lambda _: None)


async def _once(state: State, order: Order, begun: Callable[[int], None]) -> int:
    async with slot(state), connection(state["desk_db"]) as held:
        run_id = await _begin(held, order.new)
        begun(run_id)
        await _trace(state, held, order, run_id)
    return run_id


async def _left_behind(state: State, run_id: int) -> bool:
    async with connection(state["desk_db"]) as db:
        return await queries_changes.left_behind(db, run_id)


@asynccontextmanager
async def slot(state: State) -> AsyncIterator[None]:
    """TracingBusy where no other trace of this process ends soon."""
    slots = state["workers"].slots
    try:
        async with asyncio.timeout(QUICK):
            await slots.acquire()
    except TimeoutError:
        raise TracingBusy(retry_after=2) from None
    try:
        yield
    finally:
        slots.release()


async def _begin(held: Connection, new: NewRun) -> int:
    """The connection keeps the case's lock until the run has ended."""
    until = asyncio.get_running_loop().time() + QUICK
    while not await runs_queries.lock_runs(held, new.case_id):
        # A worker whose run was cancelled lets go when it notices.
        last = await runs_queries.run_progress(held, new.case_id)
        running = last is not None and last.state is RunState.RUNNING
        if running or asyncio.get_running_loop().time() > until:
            raise RunUnderWay
        await asyncio.sleep(PAUSE)
    await runs_queries.mark_lost(held, new.case_id)
    return await runs_queries.begin_run(held, new)


async def _trace(state: State, held: Connection, order: Order, run_id: int) -> None:
    case_id, far = order.case.id, HowFar()
    work = trace(state["desk_db"], state["days"], order.asked, order.new.moment, far.tell)
    try:
        traced = await _watched(held, run_id, far, work)
        if traced:
            await _store(state, held, order, run_id, traced)
    except asyncio.CancelledError:
        why = WhyFailed.WORKER_GONE
        await runs_queries.end_run(held, case_id, run_id, RunState.FAILED, why)
        raise
    except Exception:
        if not held.is_closed():  # else whoever looks next finds it without a worker
            why = WhyFailed.ERROR
            await runs_queries.end_run(held, case_id, run_id, RunState.FAILED, why)
        raise


async def _watched(
    held: Connection, run_id: int, far: HowFar, work: Coroutine[object, object, Result]
) -> Result | None:
    """Its result; None where somebody ended the run meanwhile."""
    task = asyncio.create_task(work)
    try:
        while True:
            ended, _ = await asyncio.wait({task}, timeout=TELL)
            if not await runs_queries.tell_progress(held, run_id, far.tier, far.done, far.total):
                return None
            if ended:
                return task.result()
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _store(state: State, held: Connection, order: Order, run_id: int, traced: Traced) -> None:
    """The run's numbers and its list, with their audit row."""
    case, key = order.case, state["keys"].cases.key(order.case.number)
    coverage, numbers = traced.answer.coverage, numbers_of(traced.answer)
    found = await asyncio.to_thread(packed, traced.roll, traced.names)
    sealed = seal_bytes(key, found, bound(run_id))
    told = [msgspec.json.encode(one).decode() for one in (coverage, numbers)]
    async with held.transaction():
        await queries.lock_case(held, case.id)
        if not await runs_queries.finish_run(held, run_id, told[0], told[1], sealed):
            return
        await queries_contacts.keep_contacts(held, case.id, run_id, _rows(traced.roll))
        await queries_contacts.keep_relations(held, case.id, traced.relations)
        why = OffList.DAYS_MISSING if coverage.missing else OffList.NOT_EXPOSED
        await queries_contacts.take_off_list(held, case.id, run_id, order.new.max_tier, why)
        await queries_contacts.drop_blocks(held, case.id)
        facts = {"run": run_id, "policy": case.policy, "numbers": msgspec.to_builtins(numbers)}
        await _note(state, held, case, order.new.by_staff, "trace-run", facts)


def _rows(roll: Roll) -> NewContacts:
    """In the order of people: where rows lie must not tell who stands where."""
    people = np.concatenate((roll.contacts.met.person, roll.brief.met.person))
    tier = np.concatenate((roll.contacts.tier, roll.brief.tier))
    rank = np.concatenate((roll.contacts.rank, roll.brief.rank))
    order = np.argsort(people)
    return NewContacts(
        person_id=people[order].tolist(),
        tier=tier[order].tolist(),
        rank=[PLACES[one].value for one in rank[order].tolist()],
        brief=(order >= len(roll.contacts.tier)).tolist(),
    )


async def progress(state: State, case_id: int, run_id: int | None = None) -> RunProgress | None:
    """Of this run, or of the last that was begun; one that nobody works on any more has failed."""
    async with connection(state["desk_db"]) as db:
        found = await runs_queries.run_progress(db, case_id, run_id)
        if found is None or found.state is not RunState.RUNNING:
            return found
        await runs_queries.mark_lost(db, case_id)
        return await runs_queries.run_progress(db, case_id, run_id)


async def cancel(state: State, case: CaseFile, run_id: int, staff_id: int) -> None:
    """At once for whoever looks; the worker notices soon after."""
    async with transaction(state["desk_db"]) as db:
        why = WhyFailed.NOT_FAILED
        if not await runs_queries.end_run(db, case.id, run_id, RunState.CANCELLED, why):
            if await runs_queries.run_progress(db, case.id, run_id) is None:
                raise NotFound
            raise RunEnded
        await _note(state, db, case, staff_id, "cancel-run", {"run": run_id})


async def _note(
    state: State,
    db: Connection,
    case: CaseFile,
    staff_id: int,
    act: str,
    facts: Mapping[str, object],
) -> None:
    entry = audit.Entry(
        act=act, staff_id=staff_id, purpose=case.purpose, case_id=case.id, facts=facts
    )
    await audit.record(db, state["keys"].audit.key(FIRST), entry, state["clock"]())
