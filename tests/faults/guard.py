"""What keeps a promise, and can be left out of a service that is to break it: a harness that does
not report the fault then would not report it ever."""

from __future__ import annotations

from enum import StrEnum

SWITCH = "FAULTS_WITHOUT"  # names the guard to `tests.faults.serve`, and to its workers


class Guard(StrEnum):
    SAFE_DATABASE = "the look at the database's settings"
    BOUNDED_QUEUE = "the bounds of the ledger's queue, and the deadlines"
    DEADLINES = "the deadlines of connections, statements and requests"
    HONEST_ANSWERS = "the answer «send it again» for a database that is away"
    OWN_POOLS = "the door's own connections"
    BODY_FIRST = "the order: first the body, then the transaction"
    NONE = "nothing"
