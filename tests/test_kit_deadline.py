"""Deadlines of one length under one timer."""

from __future__ import annotations

import asyncio

import pytest

from kit.deadline import Deadline, Passed


async def forever() -> None:
    await asyncio.Event().wait()


async def test_work_in_time_gives_its_answer() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    assert await Deadline(60).within(work()) == 7


async def test_work_that_takes_too_long_is_cancelled() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await forever()
        finally:
            ended.set()

    with pytest.raises(Passed):
        await Deadline(0.01).within(work())

    assert ended.is_set()
    assert asyncio.current_task().cancelling() == 0  # type: ignore[union-attr]


async def test_each_of_many_has_its_own_end() -> None:
    deadline = Deadline(0.01)
    late = [asyncio.create_task(deadline.within(forever())) for _ in range(100)]
    await asyncio.wait(late)
    later = asyncio.create_task(deadline.within(forever()))

    with pytest.raises(Passed):
        await later

    assert all(isinstance(task.exception(), Passed) for task in late)


async def test_a_cancelled_caller_stays_cancelled() -> None:
    task = asyncio.create_task(Deadline(60).within(forever()))
    await asyncio.sleep(0)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_errors_of_the_work_are_its_own() -> None:
    async def work() -> None:
        raise TimeoutError("the work's own")

    with pytest.raises(TimeoutError, match="the work's own") as raised:
        await Deadline(60).within(work())

    assert not isinstance(raised.value, Passed)
