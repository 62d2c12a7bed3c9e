"""Work beside the requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

LITTLE = 1000  # rows: a step over so many takes about a millisecond
Given = ParamSpec("Given")
Result = TypeVar("Result")


async def aside(
    rows: int, work: Callable[Given, Result], *given: Given.args, **named: Given.kwargs
) -> Result:
    """In a thread where it is many rows, so that the door's requests go on meanwhile."""
    if rows < LITTLE:
        return work(*given, **named)
    return await asyncio.to_thread(work, *given, **named)
