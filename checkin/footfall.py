"""How many people came where, counted by the keeper once a day is complete."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from checkin import queries_footfall
from checkin.partitions import Owner, partitions
from checkin.pseudonym import ServiceDays
from checkin.rules import OLDEST

STORED = timedelta(hours=1)  # what was taken in time is written by then
BUDGET = 2.0  # seconds after which a pass begins no other day: scans go on beside it


async def keep_footfall(owner: Owner, days: ServiceDays, now: datetime) -> bool:
    """Counts days that no scan can be added to any more, but by an import, the latest first. True
    if some are left for the next pass."""
    complete = days.day(now - OLDEST - STORED) - timedelta(days=1)
    counted = await queries_footfall.counted(owner)
    begun = time.monotonic()
    for day in reversed(await partitions(owner)):
        if day > complete or day in counted:
            continue
        late = time.monotonic() - begun > BUDGET
        if late or not await queries_footfall.count(owner, day, *days.bounds(day)):
            return True
    return False
