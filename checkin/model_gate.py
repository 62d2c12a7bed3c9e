"""Gate lanes: the devices at doors, whom they let pass, and what can be wrong there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from checkin.model import Colour, Standing, Way
from kit.errors import Conflict, Gone, TooMany, Unprocessable


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A paired device and the checkpoint it stands at."""

    gate_id: int
    name: str
    made_by: int
    checkpoint_id: int
    venue_id: int
    zone_id: int | None
    direction: str
    venue: str
    checkpoint: str
    zone: str | None
    demands_declaration: bool
    closed_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLine:
    """A device as the venue's staff see it; `paired_at` None: its code was not used yet."""

    id: int
    name: str
    checkpoint_id: int
    checkpoint: str
    pairing_until: datetime
    paired_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Whom a credential means. `standings`: of everyone it may be, their own first; `typed`: only
    a number says so, typed or in a document under another name."""

    person_id: int
    generation: int
    full_name: str
    standings: tuple[Standing, ...]
    typed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRow:
    id: int
    sealed: bytes
    key_id: int
    generation: int
    standing: Standing


class Span(NamedTuple):
    """Of one person at one venue, both ends included."""

    subject: UUID
    venue_id: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A scan of the same person at the same venue, about the same time."""

    at: datetime
    way: Way
    party: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """People through one checkpoint's gates that day, companions included."""

    entered: int
    left: int
    refused: int


class Reason(StrEnum):
    """Why a gate shows its colour; never what somebody has."""

    WELCOME = "welcome"
    LEFT = "left"
    ASK = "ask"
    DECLARE = "declare"
    OFTEN = "often"
    NOT_NOW = "not_now"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """`repeated_seconds`: the same person came through that long ago, and nothing was added."""

    way: Way
    at: datetime
    party: int
    colour: Colour
    reason: Reason
    full_name: str
    repeated_seconds: int | None
    tally: Tally


class PairingWrong(Gone):
    """This pairing code was used, is too old, or never was; ask for a new one."""


class CredentialUnknown(Unprocessable):
    """This is no document, card, pass or phone number; scan again, or enter the name by hand."""


class CredentialForeign(Unprocessable):
    """This code belongs to another system; ask for a document, a card or a phone number."""


class PosterAtGate(Unprocessable):
    """This is the code of a poster; a gate scans people, not doors."""


class PassOver(Gone):
    """This pass is too old; ask for the one that the phone shows now."""


class CardNotValid(Gone):
    """This card belongs to nobody, or not any more; ask for a document or a phone number."""


class ConfirmPerson(Conflict):
    """Compare the person with the document, then confirm."""


class TypedTooMany(TooMany):
    """Too many numbers without their name at this gate today; enter the name by hand."""


class NothingToUndo(Conflict):
    """This gate has no such scan of the last minutes."""
