"""What the lifespan hands to every handler; each package above adds its own parts to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypedDict

from accounts.attempts import Attempts
from accounts.keydir import KeyDir
from accounts.tokens import DeviceTokens, GateTokens
from kit.db import Pool
from kit.log import Answered
from kit.metrics import Requests
from kit.page import Pages
from settings import Settings

Clock = Callable[[], datetime]


class State(TypedDict):
    settings: Settings
    attempts: Attempts
    db: Pool
    keys: KeyDir
    clock: Clock
    device_tokens: DeviceTokens
    gate_tokens: GateTokens
    pages: Pages
    requests: Requests
    answered: Callable[[Answered], None]  # told of each request
