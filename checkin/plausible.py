"""Whether a citizen who says so can have been at the door. A check-in that is hard to believe is
kept and marked, never refused: a clock may be wrong, and who was there must not be lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from checkin.model import Doorway, Flag, Way

# Staff come before the doors open, and a party ends late; nobody has business there at 4 a.m.
FAR = 120  # minutes outside the opening hours
DAY = 24 * 60
NOTHING = Flag(0)


def flags(doorway: Doorway, way: Way, local: datetime, is_proven: Callable[[], bool]) -> Flag:
    """What to mark a self-scan with; `local` is its time where the venue is.

    `is_proven`: the text scanned stood on a screen of this door at the time, which is better
    evidence than any opening hours. Asked only where it matters.
    """
    if way is not Way.IN:
        return NOTHING
    demanded = doorway.presence_since is not None and local >= doorway.presence_since
    if not demanded and not is_far_outside(doorway.opening, local):
        return NOTHING
    return NOTHING if is_proven() else Flag.IMPLAUSIBLE


def is_far_outside(opening: str, local: datetime) -> bool:
    """Of opening hours like '08:00-22:00', which may pass midnight; False where they are not
    known or never end."""
    opens, dash, closes = opening.partition("-")
    if not dash:
        return False
    start = _minute(opens)
    length = (_minute(closes) - start) % DAY
    since = (local.hour * 60 + local.minute - start) % DAY
    return length > 0 and since - length >= FAR and DAY - since > FAR


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)
