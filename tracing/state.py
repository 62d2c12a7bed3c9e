"""What tracing adds to the state of the service: a pool of its own, so that it can never starve
the door."""

from __future__ import annotations

from checkin import state
from kit.db import Pool


class State(state.State):
    desk_db: Pool
