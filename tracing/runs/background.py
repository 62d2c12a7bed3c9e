"""Traces of cases, beside the requests that begin them: one of a case at a time, each with its
progress, cancelled by whoever may begin it, found when its worker is gone. The list is there first;
how many more people there may be is counted after it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import asyncpg
import msgspec

from accounts import audit
from accounts.keydir import FIRST
from kit.db import CLOSE_SECONDS, LOST, Connection, connection, transaction
from kit.errors import Conflict, NotFound, Unavailable
from tracing import queries, queries_changes
from tracing.case import CaseFile, RunEnded, RunUnderWay, TracingBusy
from tracing.finding import numbers_of
from tracing.runs import queries as runs_queries
from tracing.runs import queries_keeping
from tracing.runs.keeping import Stored, keep_list, kept
from tracing.runs.queries import NewRun, RunProgress, RunState, WhyFailed
from tracing.state import State
from tracing.trace import Asked, Hops, Traced, hops

log = logging.getLogger("chot.runs")
Result = TypeVar("Result")

QUICK = 2.0  # seconds: a run that takes no longer is answered with its list
TELL = 0.5  # seconds between two words of how far it is
PAUSE = 0.05  # seconds between two tries
ANSWERED = 0.02  # seconds in which whoever waits for a list has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to trace for which case, and who wants it. `again`: the same, by what is known then."""

    case: CaseFile
    asked: Asked
    new: NewRun
    again: Callable[[], Awaitable[Order]]


def _future() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


@dataclass(slots=True)
class HowFar:
    tier: int = 0
    done: int = 0
    total: int = 0

    def tell(self, tier: int, done: int, total: int) -> None:
        self.tier, self.done, self.total = tier, done, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What whoever began a run waits for: its number, and its list."""

    begun: asyncio.Future[int] = field(default_factory=_future)
    listed: asyncio.Future[None] = field(default_factory=_future)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A run at work; `held`: the connection that holds the case's lock."""

    held: Connection
    order: Order
    run_id: int
    far: HowFar = field(default_factory=HowFar)


async def run(state: State, order: Order, *, counted: bool = False) -> int:
    """Begins one and waits while it is quick, for its list or until all is `counted`. Returns its
    number; what went wrong before the list was there is raised."""
    signs = Signs()
    task = asyncio.create_task(_work(state, order, signs))
    state["workers"].add(task)
    task.add_done_callback(_ended)
    run_id = await asyncio.shield(signs.begun)
    wanted = {task} if counted else {task, signs.listed}
    await asyncio.wait(wanted, timeout=QUICK, return_when=asyncio.FIRST_COMPLETED)
    if task.done() and not signs.listed.done():  # else the list stands, whatever came after it
        await task
    return run_id


def _ended(task: asyncio.Task[None]) -> None:
    """Maybe nobody waits for it any more."""
    if not task.cancelled() and (wrong := task.exception()):
        log.error("a trace failed", exc_info=wrong)


async def _work(state: State, order: Order, signs: Signs) -> None:
    """The run, and once more as long as something is found out meanwhile. Whoever could not begin
    a run of their own, for this one held the case's lock, had stored before what is asked now."""
    try:
        run_id = await _once(state, order, signs)
    except BaseException as wrong:
        if signs.begun.done():
            raise
        signs.begun.set_exception(wrong)
        return
    with suppress(Conflict, NotFound, Unavailable):  # another goes on with it, or it was closed
        while await _left_behind(state, order.case.id, run_id):
            run_id = await _once(state, await order.again(), Signs())


async def _once(state: State, order: Order, signs: Signs) -> int:
    async with slot(state), _locking(state) as held:
        run_id = await _begin(held, order.new)
        signs.begun.set_result(run_id)
        await _trace(state, Work(held=held, order=order, run_id=run_id), signs)
    return run_id


@asynccontextmanager
async def _locking(state: State) -> AsyncIterator[Connection]:
    """A connection that lets go of its locks when it is left. One that cannot is closed, and the
    server lets go of them."""
    async with connection(state["desk_db"]) as held:
        try:
            yield held
        finally:
            as_new = False
            try:
                with suppress(*LOST, asyncpg.PostgresError):
                    await held.reset(timeout=CLOSE_SECONDS)
                    as_new = True
            finally:
                if not as_new:
                    held.terminate()


async def _left_behind(state: State, case_id: int, run_id: int) -> bool:
    """Looked at twice: whoever can begin a run of their own is not forestalled."""
    if not await _is_behind(state, case_id, run_id):
        return False
    await asyncio.sleep(PAUSE)
    return await _is_behind(state, case_id, run_id)


async def _is_behind(state: State, case_id: int, run_id: int) -> bool:
    async with connection(state["desk_db"]) as db:
        await runs_queries.mark_lost(db, case_id)
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


async def _trace(state: State, work: Work, signs: Signs) -> None:
    case_id, new = work.order.case.id, work.order.new
    db, asked, tell = state["desk_db"], work.order.asked, work.far.tell
    try:
        async with hops(db, state["days"], asked, new.moment, tell) as made:
            traced = await _watched(work, made.contacts())
            if traced and await _store(state, work, traced):
                await runs_queries.let_go(work.held, case_id)
                if not await queries_changes.left_behind(work.held, work.run_id):
                    signs.listed.set_result(None)
                    await asyncio.sleep(ANSWERED)  # before the processor is busy again
                    await _count(work, made, traced)
    except asyncio.CancelledError:
        why = WhyFailed.WORKER_GONE
        await runs_queries.end_run(work.held, case_id, work.run_id, RunState.FAILED, why)
        raise
    except Exception:
        if not work.held.is_closed():  # else whoever looks next finds it without a worker
            why = WhyFailed.ERROR
            await runs_queries.end_run(work.held, case_id, work.run_id, RunState.FAILED, why)
        raise


async def _watched(work: Work, trace: Coroutine[object, object, Result]) -> Result | None:
    """Its result; None where somebody ended the run meanwhile."""
    task, far = asyncio.create_task(trace), work.far
    try:
        while True:
            if (await asyncio.wait({task}, timeout=TELL))[0]:
                return task.result()
            told = far.tier, far.done, far.total
            if not await runs_queries.tell_progress(work.held, work.run_id, *told):
                return None
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _count(work: Work, made: Hops, traced: Traced) -> None:
    """The list stands, whatever becomes of this."""
    try:
        more = await made.upper_bound_adds()
        numbers = numbers_of(replace(traced.answer, upper_bound_adds=more))
        await runs_queries.keep_numbers(work.held, work.run_id, _told(numbers))
    except Exception:
        log.exception("the upper bound of run %d was not counted", work.run_id)


async def _store(state: State, work: Work, traced: Traced) -> bool:
    """The run's numbers and its list, with their audit row. False where somebody ended it."""
    held, run_id, far = work.held, work.run_id, work.far
    case, new = work.order.case, work.order.new
    coverage, numbers = traced.answer.coverage, numbers_of(traced.answer)
    found = await asyncio.to_thread(kept, traced)
    async with held.transaction():
        await queries.lock_case(held, case.id)
        told = _told(coverage), _told(numbers)
        reached = far.tier, far.done, far.total
        if not await runs_queries.finish_run(held, run_id, told, reached):
            return False
        stored = Stored(case_id=case.id, run_id=run_id, max_tier=new.max_tier)
        await keep_list(held, state["keys"].cases.key(case.number), stored, found)
        if traced.relations:
            await queries_keeping.keep_relations(held, case.id, traced.relations)
        facts = {"run": run_id, "policy": case.policy, "numbers": msgspec.to_builtins(numbers)}
        await _note(state, held, case, new.by_staff, "trace-run", facts)
    return True


def _told(what: object) -> str:
    return msgspec.json.encode(what).decode()


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
