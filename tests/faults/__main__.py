"""`make faults`: every fault of docs/faults.md, its figures, and whether the promises hold.

`--kills 200 --cuts 1000 --terminations 100` is the full campaign; `--only C01,C04` a part of it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeAlias

from tests.faults import crashes, database_away, pressure
from tests.faults.house import ROOT, House, house

Figures: TypeAlias = dict[str, object]
REPORT = ROOT / "report" / "faults.json"


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the house is cleared all the same
    options = parsed()
    scenarios = chosen(options)
    found: dict[str, Figures] = {}
    with house() as made, failing_loudly(made):
        for name, scenario in scenarios.items():
            show(name, found, partial(scenario, made))
        if made.files:
            show("chot verify over all of these", found, partial(crashes.verify_all, made))
    # Its losses are meant: not in the house whose scans are all verified at the end.
    if wanted("C01", options):
        with house() as made, failing_loudly(made):
            show(
                "C01 control: commits that do not wait", found, partial(crashes.forgetful, made, 2)
            )
    if wanted("C14", options):
        show("C14 disk full", found, full_disk)
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    print(f"report: {REPORT.relative_to(ROOT)}")
    return 0 if all(figures["ok"] for figures in found.values()) else 1


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--load-seconds", type=float, default=2.5, help="at most, before each kill")
    parser.add_argument("--cuts", type=int, default=30)
    parser.add_argument("--terminations", type=int, default=5)
    parser.add_argument("--overload-seconds", type=float, default=20)
    parser.add_argument("--only", default="", help="C01,C04,… instead of all")
    return parser.parse_args()


def chosen(options: argparse.Namespace) -> dict[str, Callable[[House], Figures]]:
    every: dict[str, Callable[[House], Figures]] = {
        "C01 killed under load": partial(
            crashes.kills, count=options.kills, seconds=options.load_seconds
        ),
        "C04 cut at the commit": partial(database_away.cuts, count=options.cuts),
        "C06 wrong clocks": pressure.clocks,
        "C07 overload": partial(pressure.overload, seconds=options.overload_seconds),
        "C08 database stalled": partial(database_away.stall, seconds=8),
        "C09 database vanished": partial(database_away.vanish, seconds=4),
        "C10 database restarted": partial(database_away.restart, seconds=1),
        "C11 desk beside the door": partial(pressure.busy_desk, seconds=10),
        "C13 terminated at load": partial(crashes.terminations, count=options.terminations),
    }
    return {name: run for name, run in every.items() if wanted(name, options)}


def wanted(name: str, options: argparse.Namespace) -> bool:
    return not options.only or name.split()[0] in options.only.split(",")


def show(name: str, found: dict[str, Figures], scenario: Callable[[], Figures]) -> None:
    begun = time.monotonic()
    print(f"\n{name} …", flush=True)
    found[name] = figures = scenario()
    for what, figure in figures.items():
        print(f"  {what}: {figure}")
    print(f"  took {time.monotonic() - begun:.0f} s", flush=True)


def full_disk() -> Figures:
    if os.geteuid() != 0:
        return {"skipped": "only root may mount the small disk that this fills", "ok": True}
    with (
        tempfile.TemporaryDirectory(prefix="chot-faults-") as folder,
        database_away.small_disk(Path(folder) / "disk", 300) as disk,
        house(database_away.SMALL, database_folder=disk) as made,
        failing_loudly(made),
    ):
        return database_away.full_disk(made, disk)


@contextlib.contextmanager
def failing_loudly(made: House) -> Iterator[None]:
    """What the service last said goes with an error of the harness."""
    try:
        yield
    except BaseException:
        log = made.folder / "service.log"
        if log.exists():
            print(*log.read_text().splitlines()[-30:], sep="\n", file=sys.stderr)
        raise


if __name__ == "__main__":
    sys.exit(main())
