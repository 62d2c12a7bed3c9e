"""Why somebody is listed, in sentences: English here, Vietnamese in the translations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import msgspec
from starlette.requests import Request

from checkin.vault import IdentifierKind
from kit.page import language
from tracing.case import Purpose, Status
from tracing.case_days import DayDoubt
from tracing.engine.contact import Coverage, Rank, Why
from tracing.engine.model import Ended, Policy
from tracing.point import PointKind, Relation
from tracing.runs.queries_contacts import OffList

Translate = Callable[[str], str]

WHY = {
    Why.SAME_ZONE: "{length} in the same part of {venue}",
    Why.SMALL_INDOOR: "{length} in a small closed place, {venue}",
    Why.MASK_OFF: "masks come off there",
    Why.MASK_OFF_TOLD: "without a mask, as was told",
    Why.PHYSICAL: "physical contact, says the interview",
    Why.SAME_VENUE: "{length} at {venue} at the same time",
    Why.WHOLE_DAY: "the whole day, hours unknown, at {venue}",
    Why.SUMMED: "several times together add up to {together} min, the minimum is {minimum} min",
    Why.LONGER: "{together} min at most, at another time or several added up",
    Why.BRIEF: "brief: {length}, the minimum is {minimum} min",
    Why.TAIL_ONLY: "came when the case had left, within the policy's tail",
    Why.BOTH_ESTIMATED: "both ends are estimated, nobody scanned out",
    Why.TWO_VENUES: "doubtful: at two venues at once",
    Why.OUT_BEFORE_IN: "doubtful: a check-out before the check-in",
    Why.IMPLAUSIBLE: "doubtful: a scan outside opening hours, without the code of the door's"
    " screen, or far from the one before",
    Why.A_CASE: "is a case too",
    Why.POSSIBLE_SOURCE: "possible source: symptoms began before those of the case",
}
ENDED = {
    Ended.SCANNED: "scanned out",
    Ended.STAFF: "recorded by staff",
    Ended.BUTTON: "pressed check-out",
    Ended.NEXT_SCAN: "until the next scan",
    Ended.ESTIMATED: "estimated",
    Ended.CORRECTED: "corrected",
    Ended.SEEN_LEAVING: "only seen leaving",
    Ended.TOLD: "told in an interview",
    Ended.TOLD_DAY: "a day was told, no hours",
}
OFF_LIST = {
    OffList.NOT_EXPOSED: "no longer on the list: the last run found no exposure",
    OffList.DAYS_MISSING: "no longer on the list: scans of some days were deleted since",
}
DAY_DOUBTS = {
    DayDoubt.SAMPLED_LONG_BEFORE: "Check the days: the positive sample is more than two weeks"
    " older than the first symptoms.",
    DayDoubt.ISOLATED_BEFORE_PERIOD: "Check the days: isolated before the infectious period"
    " begins, so nobody can be found.",
}
CORRECTIONS = {None: "Waits for a second person", True: "Done", False: "Refused"}
RANKS = {Rank.HIGH: "High", Rank.MEDIUM: "Medium", Rank.LOW: "Low"}
STATUS = {
    Status.OPENED: "Waits for a second person",
    Status.APPROVED: "Approved",
    Status.REFUSED: "Refused",
    Status.CLOSED: "Closed",
}
POINT_KINDS = {
    PointKind.HOME: "Home",
    PointKind.WORK: "Place of work",
    PointKind.MARKET: "Market or shop",
    PointKind.BUS: "Bus or coach",
    PointKind.FLIGHT: "Flight",
    PointKind.VEHICLE: "Car, taxi or motorbike",
    PointKind.PARTY: "Party or meal",
    PointKind.OTHER: "Another place",
}
RELATIONS = {
    Relation.FATHER: "Father",
    Relation.MOTHER: "Mother",
    Relation.WIFE: "Wife",
    Relation.HUSBAND: "Husband",
    Relation.GRANDFATHER: "Grandfather",
    Relation.GRANDMOTHER: "Grandmother",
    Relation.AUNT_OF_FATHER: "Father's sister",
    Relation.AUNT_OF_MOTHER: "Mother's sister",
    Relation.UNCLE_YOUNGER: "Father's younger brother",
    Relation.UNCLE_OLDER: "Older sibling of a parent",
    Relation.CHILD: "Son or daughter",
    Relation.GRANDCHILD: "Grandchild / niece / nephew",
    Relation.OLDER_BROTHER: "Older brother",
    Relation.OLDER_SISTER: "Older sister",
    Relation.YOUNGER: "Younger brother or sister",
    Relation.FRIEND: "Friend",
    Relation.COLLEAGUE: "Colleague",
    Relation.RELATIVE: "Relative",
    Relation.CREW: "Crew of a flight",
    Relation.OTHER: "Somebody else",
}
PURPOSES = {
    Purpose.CONTACT_TRACING: "Contact tracing",
    Purpose.QUARANTINE: "Quarantine",
    Purpose.SAMPLING: "Sampling",
    Purpose.INVESTIGATION: "Investigation of the outbreak",
}
KINDS = {
    IdentifierKind.PHONE: "Phone",
    IdentifierKind.CCCD: "CCCD",
    IdentifierKind.CMND: "CMND",
    IdentifierKind.PASSPORT: "Passport",
    IdentifierKind.BHYT: "Health insurance card",
}
WHOLE = "Every day of the infectious period from {begins} is kept."
HOLES = (
    "The infectious period begins on {begins}; scans are kept from {kept}: {count} days missing."
)
GAPS = "The infectious period begins on {begins}; scans of these days are missing: {days}."
NOTHING_KEPT = "The infectious period begins on {begins}; no scan of it is kept any more."
EMPTY = "Isolated before {begins}, when it could first infect others: nothing was traced."


def translator(request: Request[Any]) -> Translate:
    pages, code = request.state["pages"], language(request)
    return lambda text: str(pages.translate(code, text))


def elapsed(translate: Translate, since: timedelta) -> str:
    """The clock of a case: all of its contacts should be known within the hour."""
    minutes = max(0, int(since.total_seconds()) // 60)
    if minutes < 60:
        return translate("{minutes} min").format(minutes=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return translate("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    return translate("{days} days").format(days=hours // 24)


def length(translate: Translate, minutes: int) -> str:
    """Of what is floored: no meeting lasted no time."""
    if not minutes:
        return translate("under 1 min")
    return translate("{minutes} min").format(minutes=minutes)


class Because(msgspec.Struct, frozen=True, kw_only=True):
    """What a sentence about a contact needs: `minutes` at `venue`, `together` on the whole list."""

    venue: str
    minutes: int
    minimum: int
    together: int


def reason(translate: Translate, why: Sequence[Why], because: Because) -> str:
    """'10 min in the same part of Chợ An Hòa; masks come off there'."""
    facts = msgspec.structs.asdict(because) | {"length": length(translate, because.minutes)}
    return "; ".join(translate(WHY[one]).format(**facts) for one in why)


def ends(translate: Translate, ended: tuple[Ended, Ended], tier: int) -> str:
    """How the end of both stays is known. A contact of a later tier met somebody of the list, or
    the case, too briefly to be an F1."""
    source, contact = (translate(ENDED[one]) for one in ended)
    if tier == 1:
        return translate("case: {case}, contact: {contact}").format(case=source, contact=contact)
    text = translate("source: {source}, contact: {contact}")
    return text.format(source=source, contact=contact)


def coverage(translate: Translate, found: Coverage) -> str:
    begins, kept = day(found.begins), found.kept_from
    if found.days == 0:
        return translate(EMPTY).format(begins=begins)
    if not found.missing:
        return translate(WHOLE).format(begins=begins)
    if kept is None or len(found.missing) == found.days:
        return translate(NOTHING_KEPT).format(begins=begins)
    if found.missing[-1] > kept:
        days = ", ".join(f"{one:%d/%m}" for one in found.missing)
        return translate(GAPS).format(begins=begins, days=days)
    count = len(found.missing)
    return translate(HOLES).format(begins=begins, kept=day(kept), count=count)


def policy_name(translate: Translate, policy: Policy) -> str:
    """'1909/BYT-DP, 15 April 2022 (vn-1909, version 1)': an officer knows the text, not our name
    of it."""
    version = f"{translate('version')} {policy.version}"
    return f"{translate(policy.source)} ({policy.name}, {version})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a list was made by, as every file that leaves says: lists of another policy, of another
    moment or of fewer days would hold other people."""

    policy: str
    as_of: str
    coverage: str

    def __str__(self) -> str:
        return "; ".join((self.policy, self.as_of, self.coverage))


def basis(translate: Translate, policy: Policy, anchor: date, as_of: str, kept: Coverage) -> Basis:
    """`anchor`: the day a case counts from; a policy that was not in force then is historic."""
    name = policy_name(translate, policy)
    if policy.historic(anchor):
        name = f"{name}, {translate('historic')}"
    return Basis(policy=name, as_of=as_of, coverage=coverage(translate, kept))


def in_force(translate: Translate, policy: Policy) -> str:
    since = day(policy.in_force_from)
    if policy.in_force_to is None:
        return translate("from {since} on").format(since=since)
    return f"{since} – {day(policy.in_force_to - timedelta(days=1))}"


def day(found: date) -> str:
    return f"{found:%d/%m/%Y}"
