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
    begun: float  # monotonic, as the harness counts
    ended: float
    status: int  # 0: no answer

    @property
    def seconds(self) -> float:
        return self.ended - self.begun

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
    trace: Path
    told: Told | None = None

    def end(self) -> Told:
        """No new scans; returns when nothing is unanswered any more."""
        if self.told is None:
            out, _ = self.process.communicate("stop\n")
            requests = []
            for line in self.trace.read_text().splitlines():
                begun, ended, status = line.split()
                requests.append(Request(float(begun), float(ended), int(status)))
            given = json.loads(out)
            statuses = {int(status): count for status, count in given.pop("statuses").items()}
            self.told = Told(file=self.file, statuses=statuses, requests=requests, **given)
        return self.told


@contextlib.contextmanager
def crowd(house: House, *options: str) -> Iterator[Crowd]:
    """Scanning has begun."""
    file = house.new_file()
    trace = file.with_suffix(".trace")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.faults.load", "--port", str(house.settings.port)),
            *("--code", house.code, "--tokens", str(house.tokens), "--file", str(file)),
            *("--trace", str(trace), *options),
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


def first_stored(requests: Sequence[Request], since: float) -> float:
    """Seconds from `since` to the first answer of a scan stored; infinite where there is none."""
    return min((r.ended - since for r in requests if r.stored and r.ended > since), default=1e9)


def worst(seconds: Sequence[float], share: float) -> float:
    """The percentile, 0.99 for p99; 0 of nothing."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
