"""What became of a file of past visits: the sums, and each bad row in a file beside it."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TextIO

from checkin.visit_rows import BadRow

SHOWN = 20  # bad rows on the terminal; the file has them all
REASONS = ["bad_line", "bad_column", "bad_reason"]
BETWEEN = " | "  # faults of one row, in both columns


@dataclass(slots=True, kw_only=True)
class Report:
    """`repeated`: rows whose arrival was stored before or stands twice in the file. `lost`: those
    of them that stand at the very moment of an earlier file's departure."""

    rows: int = 0
    arrivals: int = 0
    departures: int = 0
    people: int = 0
    venues: int = 0
    bad: int = 0
    lost: int = 0
    phones_unread: int = 0
    old: int = 0
    old_first: date | None = None
    old_last: date | None = None

    @property
    def repeated(self) -> int:
        return self.rows - self.bad - self.old - self.arrivals

    @property
    def complete(self) -> bool:
        return not (self.bad or self.old or self.lost)

    def too_old(self, day: date) -> None:
        self.old += 1
        self.old_first = min(self.old_first or day, day)
        self.old_last = max(self.old_last or day, day)


def lines(report: Report, kept_days: int | None, bad_rows: Path) -> Iterator[str]:
    """For the command line."""
    yield (
        f"{report.rows} rows: {report.arrivals} new visits, {report.repeated} known or repeated;"
        f" {report.departures} new departures, {report.people} new people,"
        f" {report.venues} new venues"
    )
    if report.phones_unread:
        yield f"{report.phones_unread} phone numbers were kept but cannot be searched for"
    if report.lost:
        yield f"{report.lost} visits begin at the moment a known one ends there, and were not kept"
    if report.old:
        yield (
            f"{report.old} rows of {report.old_first} to {report.old_last} are older than the"
            f" {kept_days} days that are kept, and were refused. CHOT_RETENTION_DAYS keeps up to 28"
            " days; a research database keeps everything with CHOT_ARCHIVE=1 and --archive"
        )
    if report.bad:
        yield f"{report.bad} bad rows, with their reasons in {bad_rows}"


class BadRows:
    """The bad rows of one import as they came, behind line and reason: a file to correct and import
    again. Written only if there are any, and in its place only with `keep`."""

    def __init__(self, path: Path, header: list[str], say: Callable[[str], None]) -> None:
        self._path = path
        self._draft = path.with_name(f".{path.name}.part")
        self._header = [*REASONS, *header]
        self._say = say
        self._count = self._doubts = 0
        self._file: TextIO | None = None

    def add(self, row: BadRow) -> None:
        self._count += 1
        if self._count <= SHOWN:
            faults = "; ".join(f"{fault.column or 'row'}: {fault.reason}" for fault in row.faults)
            self._say(f"line {row.line}: {faults}")
        columns = BETWEEN.join(fault.column or "" for fault in row.faults)
        reasons = BETWEEN.join(fault.reason for fault in row.faults)
        csv.writer(self._opened()).writerow([row.line, columns, reasons, *row.cells])

    def doubt(self, line: int, text: str) -> None:
        """Of a row that was taken nevertheless."""
        self._doubts += 1
        if self._doubts <= SHOWN:
            self._say(f"line {line}: {text}")

    def _opened(self) -> TextIO:
        """Readable by nobody else: it holds names and phones. Half a surrogate pair goes back as it
        was read."""
        if self._file is None:
            descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(
                descriptor, "w", encoding="utf-8", errors="surrogatepass", newline=""
            )
            self._file.write("\ufeff")
            csv.writer(self._file).writerow(self._header)
        return self._file

    def keep(self) -> None:
        if self._file is not None:
            self._file.close()
            self._draft.replace(self._path)

    def discard(self) -> None:
        """What `keep` has not put in its place."""
        if self._file is not None:
            self._file.close()
            self._draft.unlink(missing_ok=True)
