"""What check-in adds to the state of the service."""

from __future__ import annotations

import asyncio

from accounts import state
from checkin.crowds import Crowds
from checkin.doorways import Doorways
from checkin.lanes import Lanes
from checkin.ledger import Ledger
from checkin.looks import Looks
from checkin.pseudonym import ServiceDays
from checkin.vault import Vault
from kit.db import Pool


class State(state.State):
    door_db: Pool
    vault: Vault
    days: ServiceDays
    ledger: Ledger
    doorways: Doorways
    crowds: Crowds
    lanes: Lanes
    looks: Looks
    uploading: asyncio.Semaphore  # so that uploads, however many, stay beside the door
