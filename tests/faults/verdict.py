"""What a scenario found: its figures, and which of its promises did not hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

Figures: TypeAlias = dict[str, object]


def judged(figures: Mapping[str, object], promises: Mapping[str, bool]) -> Figures:
    broken = [promise for promise, held in promises.items() if not held]
    return {**figures, "promises broken": broken, "ok": not broken}


def noticed(found: Figures, *promises: str) -> Figures:
    """A negative control's figures: it is well when the harness says that these were broken."""
    broken = cast(list[str], found["promises broken"])
    missed = [promise for promise in promises if promise not in broken]
    return {**found, "faults not reported": missed, "ok": not missed}
