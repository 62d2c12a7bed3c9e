"""How many numbers may be tried in a day. Anybody can type anybody's, or print it as a document
under another name, to see what a door makes of it: so it is counted, limited and audited."""

from __future__ import annotations

from accounts.audit import Entry, record
from accounts.keydir import FIRST
from checkin.state import State
from kit.db import Connection

A_DAY = 300  # a gate device, or an account of a card desk: more than a busy door has


async def too_many(
    state: State, db: Connection, count: int, entry: Entry, *, more: int = 1
) -> bool:
    """Of a count that this transaction raised by `more`; the first one too many stands in the
    audit."""
    if count - more <= A_DAY < count:
        await record(db, state["keys"].audit.key(FIRST), entry, state["clock"]())
    return count > A_DAY
