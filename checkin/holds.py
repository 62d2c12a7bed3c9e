"""An entry hold: why a person may not enter until a time, by whose word, and what they said to it.

It needs a case and two accounts; the door knows its colour and nothing else of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from checkin.model import Colour
from checkin.rules import up_to_hour
from kit.errors import Conflict, NotFound, TooMany, Unprocessable

# 21 days in quarantine and 7 at home: the longest of 2021 (5599/CV-BCĐ); then somebody looks again.
LONGEST = timedelta(days=28)
# Proposals and decisions of one account in a clock hour: enough for a team that looks at each
# person, too few to turn a crowd red (in Zhengzhou it was 1,317 people at a stroke).
ACTS_AN_HOUR = 30


class HoldReason(StrEnum):
    """Follows from who the person is in the case; nobody chooses it."""

    CONFIRMED_CASE = "confirmed-case"
    CLOSE_CONTACT = "close-contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHold:
    person_id: int
    case_id: int
    colour: Colour
    reason: HoldReason
    sealed: bytes
    key_id: int
    until: datetime
    proposed_by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(NewHold):
    """As stored. `approved` None: waits for its second person; `ended`: before its time."""

    id: int
    approved: bool | None
    decided_by: int | None
    ended: datetime | None

    def stands(self, now: datetime) -> bool:
        return self.approved is True and self.ended is None and now < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """`answer` and `upheld` are None until somebody answered."""

    id: int
    hold_id: int
    sealed: bytes
    key_id: int
    made: datetime
    answer: bytes | None
    answer_key_id: int | None
    upheld: bool | None
    answered: datetime | None


class HoldTooLong(Unprocessable):
    """A hold ends in the future, and within 28 days."""


class HoldSecondPerson(Conflict):
    """Somebody else must decide about this hold, not the account that proposed it."""


class HoldDecided(Conflict):
    """This hold was decided already."""


class HoldNotStanding(Conflict):
    """This hold does not stand: it was not approved, or it is over."""


class AlreadyHeld(Conflict):
    """There is a hold on this person already; it ends or is lifted first."""


class HoldsTooMany(TooMany):
    """Each hold is looked at by itself; this account has decided as many this hour as it may."""


class NotHeld(NotFound):
    """There is no hold on you."""


class AlreadyObjected(Conflict):
    """Your objection is being looked at; one at a time."""


class ObjectionAnswered(Conflict):
    """There is no open objection to this hold."""


class ObjectionThirdPerson(Conflict):
    """Whoever proposed or approved a hold may lift it, but not turn down an objection to it."""


def ends_at(until: datetime, now: datetime) -> datetime:
    """Rounded up to the hour, as a time beside a person must be."""
    if not now - timedelta(hours=1) < until <= up_to_hour(now + LONGEST):
        raise HoldTooLong
    ends = up_to_hour(until)
    if ends <= now:
        raise HoldTooLong
    return ends


def check_second_person(hold: Hold, staff_id: int) -> None:
    if hold.approved is not None or hold.ended is not None:
        raise HoldDecided
    if hold.proposed_by == staff_id:
        raise HoldSecondPerson


def check_third_person(hold: Hold, staff_id: int) -> None:
    """Turning an objection down is for somebody whose own word is not the one objected to."""
    if staff_id in (hold.proposed_by, hold.decided_by):
        raise ObjectionThirdPerson
