"""Figures for Prometheus in its text format, of all workers together.

Our own few lines and not prometheus_client: a request is counted in half a microsecond instead of
several, which a scan would feel, and what several processes count is added up without its files a
process and metric.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from kit.log import Answered

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]


class Metric(msgspec.Struct, frozen=True):
    """`samples`: (what follows the name, labels) → value. A gauge is of one worker, all others
    are added up."""

    name: str
    kind: str
    says: str
    samples: list[tuple[str, Labels, float]]


class Histogram:
    """How often a value was in which range."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def samples(self, labels: Labels = ()) -> Iterable[tuple[str, Labels, float]]:
        below = 0
        for bound, count in zip([*map(str, self.bounds), "+Inf"], self.counts, strict=True):
            below += count
            yield "_bucket", (*labels, ("le", bound)), below
        yield "_sum", labels, self.total
        yield "_count", labels, below


class Requests:
    """What was answered, how, and how fast."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, int], Histogram] = {}
        self._problems: Counter[str] = Counter()
        self._busy = 0

    def answered(self, answered: Answered) -> None:
        key = answered.route, answered.status // 100
        times = self._times.get(key)
        if times is None:
            times = self._times[key] = Histogram(SECONDS)
        times.add(answered.seconds)
        if answered.problem:
            self._problems[answered.problem] += 1
        if answered.status == 503:
            self._busy += 1

    def refused(self, problem: str) -> None:
        """One event of an upload, whose answer as a whole is none."""
        self._problems[problem] += 1

    def metrics(self) -> list[Metric]:
        times: list[tuple[str, Labels, float]] = []
        for (name, status), found in sorted(self._times.items()):
            method, _, route = name.rpartition(" ")
            labels = (("method", method), ("route", route), ("status", f"{status}xx"))
            times += found.samples(labels)
        problems: list[tuple[str, Labels, float]] = [
            ("", (("problem", name),), count) for name, count in sorted(self._problems.items())
        ]
        return [
            Metric("chot_request_seconds", "histogram", "Answers and how long they took.", times),
            Metric(
                "chot_problems_total",
                "counter",
                "Answers that were problems, and refused events of uploads.",
                problems,
            ),
            counter("chot_busy_total", "Requests refused with 503: send it again.", self._busy),
        ]


def counter(name: str, says: str, value: float) -> Metric:
    return Metric(name, "counter", says, [("", (), value)])


def gauge(name: str, says: str, values: Mapping[Labels, float]) -> Metric:
    return Metric(name, "gauge", says, [("", labels, value) for labels, value in values.items()])


class Board:
    """Where each worker leaves its figures for the one that is asked. The counts of a worker that
    ended stay, so that no sum ever falls."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def clear(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.iterdir():
            left.unlink()

    def post(self, metrics: Sequence[Metric]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        fresh = self._folder / f"{os.getpid()}.new"
        fresh.write_bytes(msgspec.json.encode(metrics))
        fresh.rename(fresh.with_suffix(".json"))

    def read(self) -> dict[int, list[Metric]]:
        """By process."""
        found = {}
        for path in self._folder.glob("*.json"):
            found[int(path.stem)] = msgspec.json.decode(path.read_bytes(), type=list[Metric])
        return found


def together(posted: Mapping[int, Sequence[Metric]]) -> list[Metric]:
    """Counts added up; gauges of the living beside each other, with the worker's process id."""
    heads: dict[str, Metric] = {}
    sums: dict[str, dict[tuple[str, Labels], float]] = {}
    for worker, metrics in sorted(posted.items()):
        for metric in metrics:
            heads.setdefault(metric.name, metric)
            values = sums.setdefault(metric.name, {})
            is_gauge = metric.kind == "gauge"
            if is_gauge and not _lives(worker):
                continue
            for suffix, labels, value in metric.samples:
                key = suffix, ((*labels, ("worker", str(worker))) if is_gauge else labels)
                values[key] = values.get(key, 0) + value
    return [
        Metric(name, head.kind, head.says, [(*key, v) for key, v in sums[name].items()])
        for name, head in heads.items()
    ]


def text(metrics: Iterable[Metric]) -> str:
    lines = []
    for metric in metrics:
        lines += [
            f"# HELP {metric.name} {metric.says}",
            f"# TYPE {metric.name} {metric.kind}",
        ]
        for suffix, labels, value in metric.samples:
            inner = ",".join(f'{name}="{_escaped(said)}"' for name, said in labels)
            lines.append(f"{metric.name}{suffix}{f'{{{inner}}}' if inner else ''} {value:.10g}")
    return "\n".join([*lines, ""])


def _escaped(said: str) -> str:
    return said.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
