"""`make load-NAME`, or `python -m loadtest.run NAME [--page]`: a service of its own, its venues,
the
scenario by Locust, and what `chot verify` then says of every acknowledged scan. All on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chot import end_as_by_ctrl_c
from loadtest.running import CHOT, PASSWORD, ROOT, new_codes, new_gates, running

REPORT = ROOT / "report"
SLACK = 20  # seconds beyond the scenario, for those who wait and try again


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    people: int
    seconds: int  # into which the scenario is compressed
    venues: int = 1


SCENARIOS = {
    "supermarket": Size(people=20_000, seconds=120),
    "burst": Size(people=6_000, seconds=60, venues=5),
    "lunch": Size(people=12_000, seconds=90, venues=300),
    "gate": Size(people=15_000, seconds=90, venues=20),
    "flaky": Size(people=5_000, seconds=60, venues=20),
    "desk": Size(people=6_000, seconds=90, venues=30),
    "soak": Size(people=36_000, seconds=3600, venues=50),
}


def main() -> int:
    options = arguments()
    end_as_by_ctrl_c()  # else a plain kill would leave the service behind
    size = SCENARIOS[options.scenario]
    people, seconds = options.people or size.people, options.seconds or size.seconds
    REPORT.mkdir(exist_ok=True)
    acknowledged = REPORT / f"{options.scenario}.ndjson"
    with (
        tempfile.TemporaryDirectory(prefix="chot-load-") as folder,
        running(Path(folder), options.workers) as service,
    ):
        codes = Path(folder) / "codes"
        made = new_gates if options.scenario == "gate" else new_codes
        codes.write_text("\n".join(made(service.url, size.venues)))
        load = service.environment | {
            "LOAD_CODES": str(codes),
            "LOAD_PEOPLE": str(people),
            "LOAD_SECONDS": str(seconds),
            "LOAD_ACKNOWLEDGED": str(acknowledged),
            "LOAD_PASSWORD": PASSWORD,
        }
        status = locust(options, service.url, seconds, load)
        verified = subprocess.run([*CHOT, "verify", str(acknowledged)], env=load, check=False)
    return 1 if status or verified.returncode else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--page", action="store_true", help="Locust's own page, started by hand")
    parser.add_argument("--people", type=int, help="instead of the scenario's own number")
    parser.add_argument("--seconds", type=int, help="into which it is compressed")
    parser.add_argument("--phones", type=int, default=200, help="connections at once")
    parser.add_argument("--workers", type=int, default=2, help="of the service")
    return parser.parse_args()


def locust(
    options: argparse.Namespace, url: str, seconds: int, environment: Mapping[str, str]
) -> int:
    scenario = ROOT / "loadtest" / f"{options.scenario}.py"
    command = [
        *(sys.executable, "-m", "locust", "-f", str(scenario), "--host", url),
        *("--users", str(options.phones), "--spawn-rate", str(options.phones)),
        *("--run-time", f"{seconds + SLACK}s"),
    ]
    if options.page:
        print("Start it at http://127.0.0.1:8089, once; Ctrl-C there ends it and verifies.")
        command += ["--web-host", "127.0.0.1"]
    else:
        report = REPORT / f"{options.scenario}.html"
        command += ["--headless", "--only-summary", "--html", str(report)]
        print(f"report: {report}")
    with subprocess.Popen(command, env=environment, cwd=ROOT) as run:
        while True:
            try:
                return run.wait()
            except KeyboardInterrupt:
                continue  # it is Locust's too, which ends; what was acknowledged is verified then


if __name__ == "__main__":
    sys.exit(main())
