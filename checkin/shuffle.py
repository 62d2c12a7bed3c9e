"""Lays the rows of newcomers down in a random order.

A table is dumped in the order its rows lie in, and newcomers come in the order of their first
scans: the n-th new person of an hour would be the n-th new subject. So every hour the rows of the
hours before are written once more, in a random order; all in one transaction, because space freed
by a commit would be filled near the old place. The rows of a big import came in a random order and
say so (`shuffled`): to move 180,000 of them for three hours would cost minutes and hide nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from checkin import queries_days as queries
from checkin.partitions import Owner

MOVES = (
    (queries.NEW_PEOPLE, queries.MOVE_PERSON),
    (queries.NEW_IDENTIFIERS, queries.MOVE_IDENTIFIER),
    (queries.NEW_DECLARATIONS, queries.MOVE_DECLARATION),
    (queries.NEW_STANDINGS, queries.MOVE_STANDING),
    (queries.NEW_CARDS, queries.MOVE_CARD),
)


async def shuffle_newcomers(owner: Owner, now: datetime, back: timedelta) -> int:
    """How many rows of the whole hours within `back` were moved."""
    until = now.replace(minute=0, second=0, microsecond=0)
    moved = 0
    async with owner.transaction():
        for find, move in MOVES:
            keys = [tuple(row) for row in await owner.fetch(find, until - back, until)]
            await owner.executemany(move, keys)
            moved += len(keys)
    return moved
