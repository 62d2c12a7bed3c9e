"""The load generator as a scenario holds it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.faults.house import ROOT, House


class Request(NamedTuple):
    meant: float  # monotonic, as the harness counts
    begun: float
    ended: float
    status: int  # 0: no answer

    @property
    def seconds(self) -> float:
        return self.ended - self.begun

    @property
    def late(self) -> float:
        """The generator's own delay: no free connection, or no time."""
        return self.begun - self.meant

    @property
    def stored(self) -> bool:
        return self.status in (200, 201)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    file: Path
    statuses: dict[int, int]
    broken: int
    without_retry_after: int
    most_unanswered: int
    given_up: int
    lag_p99: float  # seconds by which the generator's own loop was late
    requests: Sequence[Request]

    @property
    def stored(self) -> int:
        return self.statuses.get(200, 0) + self.statuses.get(201, 0)

    @property
    def failures(self) -> int:
        """Answers that promise nothing: neither stored nor «send it again»."""
        return sum(n for status, n in self.statuses.items() if status not in (0, 200, 201, 503))


@dataclass(slots=True)
class Crowd:
    process: subprocess.Popen[str]
    file: Path
    trace: Path | None
    told: Told | None = None

    def end(self) -> Told:
        """No new scans; returns when nothing is unanswered any more."""
        if self.told is None:
            out, _ = self.process.communicate("stop\n")
            given = json.loads(out)
            statuses = {int(status): count for status, count in given.pop("statuses").items()}
            requests = [] if self.trace is None else requests_in(self.trace)
            self.told = Told(file=self.file, statuses=statuses, requests=requests, **given)
        return self.told


@contextlib.contextmanager
def crowd(house: House, *options: str, traced: bool = True) -> Iterator[Crowd]:
    """Scanning has begun. `traced`: the times of each request are kept."""
    file = house.new_file()
    trace = file.with_suffix(".trace") if traced else None
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.faults.load", "--port", str(house.settings.port)),
            *("--code", house.code, "--tokens", str(house.tokens), "--file", str(file)),
            *(("--trace", str(trace)) if trace else ()),
            *options,
        ],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Crowd(process, file, trace)
    finally:
        process.kill()
        process.wait()


def requests_in(trace: Path) -> list[Request]:
    found = []
    for line in trace.read_text().splitlines():
        meant, begun, ended, status = line.split()
        found.append(Request(float(meant), float(begun), float(ended), int(status)))
    return found


def first_stored(requests: Sequence[Request], since: float) -> float:
    """Seconds from `since` to the first answer of a scan stored; infinite where there is none."""
    return min((r.ended - since for r in requests if r.stored and r.ended > since), default=1e9)


def worst(seconds: Sequence[float], share: float) -> float:
    """The percentile, 0.99 for p99; 0 of nothing."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def in_ms(seconds: Sequence[float], share: float = 0.99) -> int:
    return round(worst(seconds, share) * 1000)


def counted(told: Told) -> dict[str, object]:
    return {
        "stored": told.stored,
        "answers": {str(status): n for status, n in told.statuses.items()},
        "p99 of stored, ms": in_ms([r.seconds for r in told.requests if r.stored]),
    }


def is_sound(told: Told) -> bool:
    """Every answer was «stored» or an honest «send it again», and in the end all were stored."""
    return not (told.failures or told.given_up or told.without_retry_after)


def sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
