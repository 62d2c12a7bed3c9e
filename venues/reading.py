"""Lists that somebody uploads are read beside the requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

# One thread a process and nobody else's: lists wait for one another, and neither a log-in nor a
# trace waits for them. Whoever's deadline passes while they wait is not read at all.
_thread = ThreadPoolExecutor(1, thread_name_prefix="lists")


async def read_aside(
    read: Callable[Given, Result], *given: Given.args, **named: Given.kwargs
) -> Result:
    return await asyncio.wrap_future(_thread.submit(read, *given, **named))
