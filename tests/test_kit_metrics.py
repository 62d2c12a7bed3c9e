"""Figures added up over processes, in Prometheus' text."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from kit.log import Answered
from kit.metrics import Board, Histogram, Metric, Requests, counter, gauge, text, together

SCAN = Answered(0.0, "ab12", "POST", "POST /v1/check-ins", 201, 0.004, "")


def sample(found: str, name: str) -> float:
    (line,) = [line for line in found.splitlines() if line.startswith(f"{name} ")]
    return float(line.rpartition(" ")[2])


def test_a_range_counts_what_is_in_it_and_below() -> None:
    sizes = Histogram((1, 5))
    for size in (1, 2, 5, 6):
        sizes.add(size)

    found = text([Metric("batch", "histogram", "Batches.", list(sizes.samples()))])

    assert found.splitlines() == [
        "# HELP batch Batches.",
        "# TYPE batch histogram",
        'batch_bucket{le="1"} 1',
        'batch_bucket{le="5"} 3',
        'batch_bucket{le="+Inf"} 4',
        "batch_sum 14",
        "batch_count 4",
    ]


def test_requests_are_counted_by_route_and_class_of_status() -> None:
    requests = Requests()
    for status, problem in ((201, ""), (200, ""), (503, "ledger-full"), (422, "clock-wrong")):
        requests.answered(SCAN._replace(status=status, problem=problem))

    found = text(requests.metrics())

    scans = 'method="POST",route="/v1/check-ins"'
    assert sample(found, f'chot_request_seconds_count{{{scans},status="2xx"}}') == 2
    assert sample(found, f'chot_request_seconds_bucket{{{scans},status="2xx",le="0.005"}}') == 2
    assert sample(found, f'chot_request_seconds_bucket{{{scans},status="2xx",le="0.0025"}}') == 0
    assert sample(found, 'chot_problems_total{problem="clock-wrong"}') == 1
    assert sample(found, "chot_busy_total") == 1


def test_counts_of_workers_are_added_up_and_those_of_the_dead_stay(tmp_path: Path) -> None:
    board = Board(tmp_path)
    ended = subprocess.Popen(["true"])
    ended.wait()
    figures = [counter("scans", "Scans.", 2), gauge("queue", "Waiting.", {(("lane", "live"),): 3})]

    board.post(figures)
    posted = (tmp_path / f"{os.getpid()}.json").read_bytes()
    (tmp_path / f"{ended.pid}.json").write_bytes(posted)

    assert text(together(board.read())).splitlines() == [
        "# HELP scans Scans.",
        "# TYPE scans counter",
        "scans 4",
        "# HELP queue Waiting.",
        "# TYPE queue gauge",
        f'queue{{lane="live",worker="{os.getpid()}"}} 3',
    ]


def test_a_new_start_counts_from_nothing(tmp_path: Path) -> None:
    board = Board(tmp_path)
    board.post([counter("scans", "Scans.", 2)])

    board.clear()

    assert board.read() == {}


def test_no_label_breaks_out_of_its_quotes() -> None:
    found = text([gauge("odd", "Odd.", {(("name", 'a"b\\c\nd'),): 1})])

    assert found.splitlines()[-1] == r'odd{name="a\"b\\c\nd"} 1'
