"""What tracing adds to the state of the service: a pool of its own, so that it can never starve
the door, and the traces under way."""

from __future__ import annotations

from checkin import state
from kit.db import Pool
from tracing.workers import Workers


class State(state.State):
    desk_db: Pool
    workers: Workers
