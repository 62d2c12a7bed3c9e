"""`make faults`: every fault of docs/faults.md and its negative control, their figures, and whether
the promises hold.

report/faults.json is written after each, so that a campaign that was cut off keeps what it has;
`--only C07,C11` does a part of it again and leaves the rest of the report as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
import traceback
from datetime import UTC, datetime
from functools import partial

from tests.faults.campaign import Scenario, chosen
from tests.faults.crashes import verify_all
from tests.faults.house import ROOT, House, house
from tests.faults.verdict import Figures

REPORT = ROOT / "report" / "faults.json"


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the house is cleared all the same
    options = parsed()
    scenarios = chosen(options)
    is_part = bool(options.only) or options.controls != "both"
    campaign = Campaign(scenarios, read() if is_part else {}, options)
    shared = [scenario for scenario in scenarios if scenario.place is None]
    while shared:
        with house() as made:
            is_sound = True  # after an error of the harness a house is in an unknown state
            while shared and is_sound:
                is_sound = campaign.went(shared.pop(0), made)
            if is_sound:
                campaign.went(EVERYTHING, made)
    for scenario in scenarios:
        if scenario.place is not None:
            with scenario.place() as made:
                campaign.went(scenario, made)
    print(f"report: {REPORT.relative_to(ROOT)}")
    for name in campaign.bad:
        print(f"NOT AS PROMISED: {name}")
    return 1 if campaign.bad else 0


EVERYTHING = Scenario(name="C01 chot verify over everything", run=verify_all, seconds=0)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    number = partial(parser.add_argument, type=int)
    number("--kills", default=20, help="C01, of the service and the database in turn")
    parser.add_argument("--load-seconds", type=float, default=2.5, help="at most, before each kill")
    number("--scans", default=3_000, help="C03, each sent two to five times")
    number("--cuts", default=30, help="C04")
    number("--events", default=5_000, help="C05, of each of two phones, each event three times")
    number("--upload-kills", default=6, help="C05")
    parser.add_argument("--overload-seconds", type=float, default=20, help="C07")
    number("--terminations", default=5, help="C13")
    number("--cancels", default=2_000, help="A43")
    parser.add_argument("--only", default="", help="C01,C04,… instead of all")
    parser.add_argument(
        "--controls", choices=("only", "none", "both"), default="both", help="negative controls"
    )
    return parser.parse_args()


class Campaign:
    def __init__(
        self, scenarios: list[Scenario], found: dict[str, Figures], options: argparse.Namespace
    ) -> None:
        self.found = found
        self.bad: list[str] = []
        self.left = sum(scenario.seconds for scenario in scenarios)
        self.done = 0.0  # of the seconds that were expected
        self.begun = time.monotonic()
        found["campaign"] = {
            "begun": datetime.now(UTC).isoformat(timespec="seconds"),
            "options": vars(options),
            "cores": len(os.sched_getaffinity(0)),
            "load average before": round(os.getloadavg()[0], 1),
        }

    def went(self, scenario: Scenario, made: House) -> bool:
        """False where the harness itself failed."""
        print(f"\n{scenario.name} …", flush=True)
        begun = time.monotonic()
        try:
            figures = scenario.run(made)
        except Exception as wrong:
            traceback.print_exc()
            show_log(made)
            figures = {"error": repr(wrong), "ok": False}
        took = time.monotonic() - begun
        self.found[scenario.name] = {**figures, "took, s": round(took)}
        write(self.found)
        for what, figure in figures.items():
            print(f"  {what}: {figure}")
        if not figures["ok"]:
            self.bad.append(scenario.name)
            show_log(made)
        self.done += scenario.seconds
        self.left -= scenario.seconds
        pace = (time.monotonic() - self.begun) / max(self.done, 1)
        print(
            f"  took {took:.0f} s; the rest some {max(0.0, self.left) * pace / 60:.0f} min",
            flush=True,
        )
        return "error" not in figures


def show_log(made: House) -> None:
    """What the service last said, without the lines of requests."""
    lines = made.log.read_text().splitlines() if made.log.exists() else []
    said = [line for line in lines if '"level":"info"' not in line]
    print(*said[-15:], sep="\n", file=sys.stderr, flush=True)


def read() -> dict[str, Figures]:
    found: dict[str, Figures] = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    return found


def write(found: dict[str, Figures]) -> None:
    REPORT.parent.mkdir(exist_ok=True)
    text = json.dumps(found, indent=2, ensure_ascii=False, default=str) + "\n"
    part = REPORT.with_suffix(".part")
    part.write_text(text)
    part.replace(REPORT)


if __name__ == "__main__":
    sys.exit(main())
