"""A case file, what may be asked of it, and what can be wrong with that."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from checkin.document import kind_of_number
from checkin.vault import IdentifierKind
from kit.errors import Conflict, Unavailable, Unprocessable
from venues.code import symbols

OLDEST_CASE = timedelta(days=90)
LONGEST_REFERENCE, LONGEST_NATIONAL_NUMBER = 100, 60


class Purpose(StrEnum):
    """The only reasons for which this system may be asked about people."""

    CONTACT_TRACING = "contact-tracing"
    QUARANTINE = "quarantine"
    SAMPLING = "sampling"
    INVESTIGATION = "investigation"


class Status(StrEnum):
    OPENED = "opened"
    APPROVED = "approved"
    REFUSED = "refused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """`met_source`: the day it first met whoever infected it, if that is known."""

    number: str
    national_number: str | None
    disease: str
    lab_reference: str
    onset: date | None
    sampled: date | None
    isolated: datetime | None
    met_source: date | None = None
    area: str
    policy: str
    policy_version: int
    purpose: Purpose
    sealed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile(NewCase):
    """As stored. `opened_at` is from the audit: no table with a person keeps a time that fine.

    `people`: every record of the human being, known from the approval on. `changes`: how often
    something was found out that a trace goes by.
    """

    id: int
    status: Status
    opened_by: int | None
    opener: str | None
    opened_at: datetime
    decided_by: int | None
    decider: str | None
    changes: int
    people: tuple[int, ...]

    @property
    def anchor(self) -> date:
        found = self.onset or self.sampled
        assert found is not None  # noqa: S101  a constraint of the table
        return found


class IdentityNeeded(Unprocessable):
    """Give the person's phone number or the number of a document, one of them."""


class DocumentWrong(Unprocessable):
    """This is no number of a CCCD, CMND, health insurance card or passport."""


class DayImplausible(Unprocessable):
    """A day or time of a case must not be in the future, nor more than 90 days ago."""


class DayNeeded(Unprocessable):
    """A case needs the day of its onset or of its sample."""


class ReferenceNeeded(Unprocessable):
    """A case needs the reference of its laboratory result."""


class TextTooLong(Unprocessable):
    """This text is too long for its field."""


class CaseOpenAlready(Conflict):
    """A case with this laboratory reference is open in this area already:"""


class ContactIsCase(Conflict):
    """This contact has been opened as a case already:"""


class AreaUnknown(Unprocessable):
    """There is no such area, or it is not yours."""


class PolicyUnknown(Unprocessable):
    """There is no policy of this name."""


class TierBeyondPolicy(Unprocessable):
    """The policy of this case traces from F1 to the tier it names, not beyond."""


class CaseNotApproved(Conflict):
    """A second person has not approved this case; until then it shows nobody."""


class CaseClosed(Conflict):
    """This case is closed; open it again before working on its contacts."""


class RunUnderWay(Conflict):
    """This case is being traced already; wait for the end or cancel it."""


class RunEnded(Conflict):
    """This run has ended already."""


class TracingBusy(Unavailable):
    """Several other cases are being traced just now; send the same again."""


class ListStale(Conflict):
    """Something was found out that this list does not know of; trace the case again first."""


class SecondPersonNeeded(Conflict):
    """Somebody else must decide about this case, not the account that opened it."""


class CaseChanged(Conflict):
    """The facts of this case were put right since you read them; read them again, then decide."""


class AlreadyDecided(Conflict):
    """This case was decided already."""


def document(text: str) -> tuple[IdentifierKind, str]:
    """The kind of a document by the shape of its number, and the number as the index keeps it."""
    number = re.sub(r"[\s.\-]", "", text).upper()
    kind = kind_of_number(number)
    if kind is None:
        raise DocumentWrong
    return kind, number


def new_number(today: date) -> str:
    """'F0-210720-7K3QD': a day and chance, so that it does not tell how many cases there are."""
    return f"F0-{today:%y%m%d}-{symbols(secrets.randbits(25), 5)}"


def approved_case(case: CaseFile) -> CaseFile:
    """The same one; before its approval, and once it is closed, a case shows nobody."""
    if case.status is Status.CLOSED:
        raise CaseClosed
    if case.status is not Status.APPROVED:
        raise CaseNotApproved
    return case


def contact_number(case_key: bytes, person_id: int) -> str:
    """What a person is called inside one case; says nothing outside it."""
    digest = hmac.digest(case_key, b"contact" + person_id.to_bytes(8), "sha256")
    return symbols(int.from_bytes(digest[:5]), 8)


def masked_name(name: str) -> str:
    """'Nguyễn Thị Hoa' → 'N. T. H.'."""
    return " ".join(f"{word[0]}." for word in name.split())


def check_days(
    onset: date | None, sampled: date | None, today: date, met_source: date | None = None
) -> None:
    anchor = onset or sampled
    if anchor is None:
        raise DayNeeded
    for name, day, last in (
        ("onset", onset, today),
        ("sampled", sampled, today),
        ("met_source", met_source, min(anchor, today)),
    ):
        if day is not None and not today - OLDEST_CASE <= day <= last:
            raise DayImplausible(field=name)


def check_isolation(isolated: datetime | None, now: datetime) -> None:
    if isolated and not now - OLDEST_CASE <= isolated <= now:
        raise DayImplausible(field="isolated")


def check_references(laboratory: str, national: str | None) -> None:
    if not laboratory:
        raise ReferenceNeeded
    if len(laboratory) > LONGEST_REFERENCE:
        raise TextTooLong(field="lab_reference", longest=LONGEST_REFERENCE)
    if national and len(national) > LONGEST_NATIONAL_NUMBER:
        raise TextTooLong(field="national_number", longest=LONGEST_NATIONAL_NUMBER)
