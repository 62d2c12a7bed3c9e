"""Wrong passwords by login and client address, in the memory of one worker: who guesses waits ever
longer, and whoever has not guessed from their address gets in. No address is stored."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta

FREE = 5  # wrong passwords before the first wait
GUESSED = 100  # of one login from anywhere: then an address has one before it waits
LONGEST = timedelta(minutes=10)
FORGOTTEN = timedelta(hours=1)
MOST = 20_000
ANYWHERE = ""

Key = tuple[str, str]


class Attempts:
    def __init__(self) -> None:
        self._failed: OrderedDict[Key, tuple[int, datetime]] = OrderedDict()

    def wait(self, login: str, address: str, now: datetime) -> timedelta:
        """How long until this address may try this login; zero at once."""
        failures, last = self._found((login, address), now)
        free = 1 if self._found((login, ANYWHERE), now)[0] >= GUESSED else FREE
        if failures < free:
            return timedelta()
        delay = min(timedelta(seconds=2 ** min(failures - free, 20)), LONGEST)
        return max(last + delay - now, timedelta())

    def note(self, login: str, address: str, now: datetime) -> None:
        for key in ((login, address), (login, ANYWHERE)):
            self._failed[key] = self._found(key, now)[0] + 1, now
            self._failed.move_to_end(key)
        while len(self._failed) > MOST:
            self._failed.popitem(last=False)

    def forget(self, login: str, address: str) -> None:
        self._failed.pop((login, address), None)

    def _found(self, key: Key, now: datetime) -> tuple[int, datetime]:
        failures, last = self._failed.get(key, (0, now))
        return (failures, last) if now - last < FORGOTTEN else (0, now)
