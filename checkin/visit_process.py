"""The judging of a file's rows in a process of its own: half of an import's work is there, and a
second core does it while this one finds the people."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from checkin.visit_reading import Chunk, Job, chunks
from checkin.visit_rows import ImportRefused
from kit.table import TableUnreadable

SMALL = 2 << 20  # bytes; a file this short is read before a process has begun


@contextmanager
def read_chunks(job: Job) -> Iterator[Iterator[Chunk]]:
    """Raises what `chunks` raises."""
    if job.path.stat().st_size <= SMALL:
        yield chunks(job)
        return
    # In a session of its own: Ctrl-C is for us, and we end it.
    with subprocess.Popen(  # noqa: S603  our own module
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdin is not None  # noqa: S101  as asked for
        assert process.stdout is not None  # noqa: S101  as asked for
        try:
            with process.stdin as given:
                pickle.dump(job, given, pickle.HIGHEST_PROTOCOL)
            yield _received(process.stdout)
        finally:
            process.kill()


def _received(pipe: IO[bytes]) -> Iterator[Chunk]:
    while True:
        try:
            found = pickle.load(pipe)  # noqa: S301  from our own process
        except EOFError:
            raise ImportRefused("the process that reads the file was ended") from None
        if found is None:
            return
        if isinstance(found, Exception):
            raise found
        yield found


def main() -> None:
    job = pickle.load(sys.stdin.buffer)  # noqa: S301  from our own process
    gc.disable()  # there are no cycles to find
    try:
        for chunk in chunks(job):
            _send(chunk)
        _send(None)
    except BrokenPipeError:
        pass  # nobody waits for it any more
    except (OSError, TableUnreadable, ImportRefused) as wrong:
        _send(wrong)


def _send(found: Chunk | Exception | None) -> None:
    pickle.dump(found, sys.stdout.buffer, pickle.HIGHEST_PROTOCOL)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
