"""Many deadlines of one length under one timer: a timer for each would cost a busy endpoint more
than its own work."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

Answer = TypeVar("Answer")
TICK = 0.05  # seconds between two looks at most: a deadline may pass by as much unnoticed


class Passed(TimeoutError):
    """The work took longer than it may."""


@dataclass(slots=True)
class _Running:
    task: asyncio.Task[Any] | None  # None once it is done
    due: float
    expired: bool = False


class Deadline:
    """Belongs to the event loop that it is first used in."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: deque[_Running] = deque()  # by `due`, because all have the same length
        self._timer: asyncio.TimerHandle | None = None

    async def within(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """What `work` returns. Passed, with `work` cancelled, when it takes longer."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101  for the type checker: a coroutine runs in a task
        asked = task.cancelling()
        running = _Running(task, loop.time() + self._seconds)
        self._running.append(running)
        if self._timer is None:
            self._timer = loop.call_at(running.due, self._look, loop)
        try:
            return await work
        except asyncio.CancelledError:
            if running.expired and task.uncancel() <= asked:
                raise Passed from None
            raise
        finally:
            running.task = None

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        while self._running and (self._running[0].task is None or self._running[0].due <= now):
            running = self._running.popleft()
            if running.task is not None:
                running.expired = True
                running.task.cancel()
        self._timer = None
        if self._running:
            due = max(self._running[0].due, now + TICK)
            self._timer = loop.call_at(due, self._look, loop)
