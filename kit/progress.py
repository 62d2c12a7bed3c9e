"""How far something slow has come: a bar on a terminal, plain lines elsewhere, nothing for the
quick."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

QUIET_SECONDS = 2.0  # what takes less needs no bar
REDRAW_SECONDS = 0.1
LINE_SECONDS = 2.0
WIDTH = 30


class Progress:
    """`total` steps of any unit; only `finish` says that it is done."""

    def __init__(
        self,
        label: str,
        total: int,
        *,
        out: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label = label
        self._total = max(total, 1)
        self._done = 0
        self._out = sys.stderr if out is None else out
        self._bar = self._out.isatty()
        self._clock = clock
        self._begun = clock()
        self._next = self._begun + QUIET_SECONDS
        self._shown = False

    def advance(self, steps: int = 1) -> None:
        self._done = min(self._done + steps, self._total)
        now = self._clock()
        if now >= self._next:
            self._next = now + (REDRAW_SECONDS if self._bar else LINE_SECONDS)
            self._show()

    def finish(self) -> None:
        """One last line with the time it took, if anything was shown."""
        if self._shown:
            took = round(self._clock() - self._begun)
            self._say(f"{self._label}: done in {took} s", last=True)

    def leave(self) -> None:
        """The line below is free for whatever went wrong."""
        if self._shown and self._bar:
            self._out.write("\n")
            self._out.flush()

    def _show(self) -> None:
        self._shown = True
        share = self._done / self._total
        if self._bar:
            filled = round(share * WIDTH)
            self._say(f"{self._label} [{'#' * filled}{'.' * (WIDTH - filled)}] {share:4.0%}")
        else:
            self._say(f"{self._label}: {share:.0%}")

    def _say(self, text: str, *, last: bool = False) -> None:
        # \x1b[K clears what a longer line left behind.
        self._out.write(f"\r{text}\x1b[K" + "\n" * last if self._bar else f"{text}\n")
        self._out.flush()


@contextmanager
def progress(label: str, total: int) -> Iterator[Progress]:
    """On stderr, finished if the body is."""
    shown = Progress(label, total)
    try:
        yield shown
    except BaseException:
        shown.leave()
        raise
    shown.finish()
