"""Alerts: scans of people whom an entry hold turns red, for the desk that answers for the hold's
case.

They are read, not stored: the hold leads to its person, the person to their pseudonym of each day,
and that to the scans. A table of alerts would write down which pseudonym is whose.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from accounts.keydir import FIRST
from checkin.model import Late, Source, Way
from checkin.pseudonym import ServiceDays
from kit.db import Connection, connection, transaction
from kit.errors import NotFound
from tracing.case import contact_number
from tracing.desk import Desk
from tracing.holds import queries_alerts
from tracing.holds.queries_alerts import RedHold, RedScan
from tracing.state import State

MOST = 5_000  # newest ones that a desk is shown and counts
REFERENCE = 12  # bytes

Holds: TypeAlias = Mapping[UUID, Sequence[RedHold]]


class Happened(StrEnum):
    """`sent-late`: by a phone or a gate that had no network; nobody could turn them away."""

    TURNED_AWAY = "turned-away"
    CHECKED_IN = "checked-in"
    SENT_LATE = "sent-late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """`number` names the person in the hold's case; `seen`: to the hour."""

    reference: str
    at: datetime
    venue: str
    zone: str | None
    happened: Happened
    case_id: int
    case_number: str
    hold_id: int
    number: str
    seen_by: str | None
    seen: datetime | None


async def alerts(state: State, desk: Desk) -> list[Alert]:
    """All of the days that are kept, newest first."""
    async with connection(state["desk_db"]) as db:
        return await _alerts(db, state, desk)


async def unseen(state: State, desk: Desk) -> int:
    return sum(one.seen is None for one in await alerts(state, desk))


async def alert(state: State, desk: Desk, reference: str) -> Alert:
    """NotFound where it is not there or not of this desk."""
    for one in await alerts(state, desk):
        if one.reference == reference:
            return one
    raise NotFound


async def see(state: State, desk: Desk, references: Collection[str]) -> None:
    """NotFound where one of them is not of this desk; then none is seen."""
    async with transaction(state["desk_db"]) as db:
        known = {one.reference: one for one in await _alerts(db, state, desk)}
        if not known.keys() >= set(references):
            raise NotFound
        chosen = [known[reference] for reference in references]
        found = [(bytes.fromhex(one.reference), state["days"].day(one.at)) for one in chosen]
        await queries_alerts.see_alerts(db, found, desk.staff_id, state["clock"]())


async def _alerts(db: Connection, state: State, desk: Desk) -> list[Alert]:
    days, now = state["days"], state["clock"]()
    known = days.known()
    if not known:
        return []
    since = days.bounds(known[0])[0]
    holds = _by_subject(days, await queries_alerts.red_holds(db, desk.areas, since), now)
    if not holds:
        return []
    until = days.bounds(days.day(now))[1]
    scans = await queries_alerts.red_scans(db, list(holds), since, until, MOST)
    key = state["keys"].index.key(FIRST)
    found = [
        (_reference(key, scan), scan, hold)
        for scan in scans
        if (hold := _standing(holds[scan.subject], scan.at)) is not None
    ]
    seen = await queries_alerts.seen_alerts(db, [reference for reference, _, _ in found])
    return [_alert(state, reference, scan, hold, seen) for reference, scan, hold in found]


def _by_subject(days: ServiceDays, holds: Sequence[RedHold], now: datetime) -> Holds:
    """The holds on the person behind each subject, on the days on which they stood."""
    by_day: dict[int, list[RedHold]] = defaultdict(list)
    known = [day for day in days.known() if day <= days.day(now)]
    numbers = {day: day.toordinal() for day in known}
    for hold in holds:
        first = days.day(hold.since).toordinal()
        last = days.day(hold.until - timedelta(microseconds=1)).toordinal()
        for number in numbers.values():
            if first <= number <= last:
                by_day[number].append(hold)
    found: dict[UUID, list[RedHold]] = defaultdict(list)
    for day, number in numbers.items():
        here = by_day.get(number, [])
        subjects = days.subjects([hold.record for hold in here], day) if here else []
        for subject, hold in zip(subjects, here, strict=True):
            found[subject].append(hold)
    return found


def _standing(holds: Sequence[RedHold], at: datetime) -> RedHold | None:
    return next((hold for hold in reversed(holds) if hold.since <= at < hold.until), None)


def _reference(key: bytes, scan: RedScan) -> bytes:
    at = round(scan.at.timestamp() * 1000)
    said = b"alert" + scan.subject.bytes + at.to_bytes(8) + scan.venue_id.to_bytes(4)
    return hmac.digest(key, said, hashlib.sha256)[:REFERENCE]


def _alert(
    state: State,
    reference: bytes,
    scan: RedScan,
    hold: RedHold,
    seen: Mapping[bytes, tuple[str, datetime]],
) -> Alert:
    name, hour = seen.get(reference, (None, None))
    return Alert(
        reference=reference.hex(),
        at=scan.at,
        venue=scan.venue,
        zone=scan.zone,
        happened=_happened(scan),
        case_id=hold.case_id,
        case_number=hold.case_number,
        hold_id=hold.id,
        number=contact_number(state["keys"].cases.key(hold.case_number), hold.held),
        seen_by=name,
        seen=hour,
    )


def _happened(scan: RedScan) -> Happened:
    if scan.way == Way.REFUSED:
        return Happened.TURNED_AWAY
    late = scan.late > Late.MINUTES_10 or scan.source in (Source.UPLOAD, Source.GATE)
    return Happened.SENT_LATE if late else Happened.CHECKED_IN
