"""The pseudonym of a person on one service day: one AES-128 block of (person id ‖ zeros) under the
day's own key.

A keyed permutation, so the tracing side turns it back (the zeros are the check) while the database
alone cannot,
and nothing links a person's subjects of two days once a day key is gone. A batch is one call of
the cipher.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TypeAlias
from uuid import UUID

from asyncpg.pgproto import pgproto
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

from checkin import rules
from checkin.model import ClockWrong, DayMissing
from kit.keys import KeyMissing, KeyShelf

log = logging.getLogger("chot.days")

DAYS_AHEAD = 14

Turn: TypeAlias = Callable[["Cipher[modes.ECB]"], CipherContext]
"""There, or back."""

_ZEROS = bytes(8)


def block(person_id: int) -> bytes:
    """What a day's key turns into their subject."""
    return person_id.to_bytes(8) + _ZEROS


class ForeignSubject(ValueError):
    """This subject was not made with the key of its day."""


class ServiceDays:
    """Which day a time belongs to, and each day's key; days are counted by one fixed offset for
    ever."""

    def __init__(self, shelf: KeyShelf, zone: timezone) -> None:
        self._shelf = shelf
        self._zone = zone
        self._keys: Mapping[str, bytes] = {}
        self._ready: dict[tuple[Turn, bytes], CipherContext] = {}

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self._zone)

    def day(self, at: datetime) -> date:
        return self.local(at).date()

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """[start, end) of a service day in UTC."""
        start = datetime(day.year, day.month, day.day, tzinfo=self._zone).astimezone(UTC)
        return start, start + timedelta(days=1)

    def known(self) -> list[date]:
        """The days that have a key, oldest first: all others cannot be read or written."""
        return sorted(date.fromisoformat(name) for name in self._shelf.all())

    def make(self, day: date) -> None:
        """The key is on disk when this returns; its partition comes after."""
        self._shelf.make(day.isoformat())

    def destroy(self, day: date) -> None:
        self._shelf.delete(day.isoformat())

    def readable(self, day: date) -> bool:
        return day.isoformat() in self._shelf.all()

    def subject(self, person_id: int, day: date) -> UUID:
        # asyncpg's own UUID is made, compared and sent in a fraction of the other's time.
        return pgproto.UUID(self.turned(block(person_id), day))

    def subjects(self, people: Sequence[int], day: date) -> list[UUID]:
        """One a person, in order. Raises KeyMissing for a day without a key."""
        turned = self.turned(b"".join(map(block, people)), day)
        return [pgproto.UUID(turned[i : i + 16]) for i in range(0, len(turned), 16)]

    def turned(self, blocks: bytes, day: date) -> bytes:
        """The bytes of the subjects of many people at once, given their joined blocks."""
        return self._context(Cipher.encryptor, day).update(blocks)

    def people(self, subjects: Iterable[UUID], day: date) -> list[int]:
        """The person ids behind one day's subjects, in order."""
        clear = self.turned_back(b"".join(s.bytes for s in subjects), day)
        found = []
        for i in range(0, len(clear), 16):
            if clear[i + 8 : i + 16] != _ZEROS:
                raise ForeignSubject(f"{day}: {ForeignSubject.__doc__}")
            found.append(int.from_bytes(clear[i : i + 8]))
        return found

    def turned_back(self, subjects: bytes, day: date) -> bytes:
        """The blocks behind the joined bytes of many subjects; nobody has looked at their zeros."""
        return self._context(Cipher.decryptor, day).update(subjects)

    def _context(self, turn: Turn, day: date) -> CipherContext:
        """Those of the main thread, which turns somebody for every scan, are kept ready: making
        one costs ten times the block. No other thread may use them, for one at work refuses
        everybody else."""
        if threading.current_thread() is not threading.main_thread():
            return turn(_cipher(self._shelf.key(day.isoformat())))
        if (keys := self._shelf.recent()) is not self._keys:
            self._keys, self._ready = keys, {}  # those of days that are gone go with them
        key = self._shelf.key(day.isoformat())
        found = self._ready.get((turn, key))
        if found is None:
            found = self._ready[turn, key] = turn(_cipher(key))
        return found


def subject_at(days: ServiceDays, person_id: int, at: datetime, now: datetime) -> UUID:
    """Of a scan that somebody wants stored. Raises ClockWrong for a time that no day is kept for,
    and DayMissing, with an alarm, for one that should have its key."""
    try:
        return days.subject(person_id, days.day(at))
    except (KeyMissing, OverflowError):  # the latter: a year that no time zone reaches
        if not rules.is_plausible_time(at, now):
            raise ClockWrong(server_time=now) from None
        # No traceback: one for each refused scan would bury the alarm.
        log.error("no key for service day %s: run chot doctor", days.day(at))  # noqa: TRY400
        raise DayMissing(retry_after=60) from None


def _cipher(key: bytes) -> Cipher[modes.ECB]:
    # ECB is exactly a permutation of single blocks, which is what a pseudonym is; no two blocks of
    # a day are equal
    return Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305
