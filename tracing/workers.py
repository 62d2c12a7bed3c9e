"""What this process works on beside the requests: traces under way."""

from __future__ import annotations

import asyncio

AT_ONCE = 2  # each takes two of the desk's connections


class Workers:
    def __init__(self) -> None:
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.tasks: set[asyncio.Task[None]] = set()

    def add(self, task: asyncio.Task[None]) -> None:
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self) -> None:
        """Each marks its run as failed, so that it may be begun again."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
