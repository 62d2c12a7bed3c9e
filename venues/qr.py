"""The modules of a QR, and as the path that a page draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import qrcode
from qrcode.constants import ERROR_CORRECT_Q

QUIET_MODULES = 4  # ISO/IEC 18004


def qr(text: str) -> list[list[bool]]:
    """Rows of modules, true for dark; level Q mends a quarter of the codewords."""
    made = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=0)
    made.add_data(text, optimize=0)
    return [[bool(module) for module in row] for row in made.get_matrix()]


def dark_runs(rows: Sequence[Sequence[bool]]) -> Iterator[tuple[int, int, int]]:
    """(column, row, length) of dark modules side by side."""
    for y, row in enumerate(rows):
        x = 0
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                yield x, y, length
            x += length


def qr_path(text: str) -> tuple[int, str]:
    """(modules a side with the quiet zone, the dark ones as an SVG path)."""
    rows = qr(text)
    runs = (
        f"M{x + QUIET_MODULES} {y + QUIET_MODULES}h{length}v1h-{length}z"
        for x, y, length in dark_runs(rows)
    )
    return len(rows) + 2 * QUIET_MODULES, "".join(runs)
