"""Questions of many people answered by one statement."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

MOST = 200  # questions of one statement


class Together(Generic[Asked, Answer]):
    """Who asks while nothing is under way is asked for at once; whoever asks meanwhile shares the
    next statement, so a busy moment costs few of them and a quiet one no waiting."""

    def __init__(self, ask: Callable[[list[Asked]], Awaitable[list[Answer]]]) -> None:
        self._ask = ask  # one answer a question, in order
        self._waiting: deque[tuple[Asked, asyncio.Future[Answer]]] = deque()
        self._asking: asyncio.Task[None] | None = None

    async def __call__(self, question: Asked) -> Answer:
        done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, done))
        if self._asking is None:
            self._asking = asyncio.create_task(self._run())
        return await done

    async def _run(self) -> None:
        try:
            while self._waiting:
                some = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
                await self._answer([pair for pair in some if not pair[1].done()])
        finally:
            self._asking = None

    async def _answer(self, some: list[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        if not some:
            return
        try:
            answers = await self._ask([question for question, _ in some])
        except Exception as wrong:
            for _, done in some:
                if not done.done():
                    done.set_exception(wrong)
            return
        for (_, done), answer in zip(some, answers, strict=True):
            if not done.done():
                done.set_result(answer)
