"""Guest lists in the format of IRIS connect, as other systems of check-ins send them on request.
Reads and reports; stores nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import msgspec

from tracing.intake.row import BadRow, Cells, Fault, ListedPerson, Reason, person
from venues.intake_text import shown

MOST_GUESTS = 200_000


class GuestListUnreadable(ValueError):
    """This is no whole guest list: JSON with a list of «guests»; nothing of it was taken."""


class _Address(msgspec.Struct, frozen=True, rename="camel"):
    street: str | None = None
    house_number: str | None = None
    zip_code: str | None = None
    city: str | None = None


class _Attendance(msgspec.Struct, frozen=True, rename="camel"):
    attend_from: str | None = None
    attend_to: str | None = None
    description_of_participation: str | None = None
    additional_information: str | None = None


class _Guest(msgspec.Struct, frozen=True, rename="camel"):
    first_name: str | None = None
    last_name: str | None = None
    date_of_birth: str | None = None
    sex: str | None = None
    phone: str | None = None
    mobile_phone: str | None = None
    address: _Address | None = None
    attendance_information: _Attendance | None = None
    identity_checked: bool | None = None


class _GuestList(msgspec.Struct, frozen=True, rename="camel"):
    guests: list[msgspec.Raw]
    start_date: str | None = None
    end_date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """`line`: the place in the list, from 1. `note`: what the host wrote beside."""

    line: int
    person: ListedPerson
    arrived_at: datetime | None
    left_at: datetime | None
    identity_checked: bool
    note: str


def read_guests(body: bytes, zone: timezone, now: datetime) -> Iterator[Guest | BadRow]:
    """Each guest, or what is wrong with it. Raises GuestListUnreadable."""
    try:
        found = msgspec.json.decode(body, type=_GuestList)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as wrong:
        raise GuestListUnreadable(str(wrong)) from wrong
    if len(found.guests) > MOST_GUESTS:
        raise GuestListUnreadable(f"more than {MOST_GUESTS} guests")
    for line, raw in enumerate(found.guests, 1):
        try:
            guest = msgspec.json.decode(raw, type=_Guest)
        except msgspec.ValidationError as wrong:
            fault = Fault(column=None, reason=Reason.NOT_AS_AGREED, value=shown(str(wrong)))
            yield BadRow(line=line, faults=(fault,))
            continue
        yield _guest(line, guest, zone, now)


def _guest(line: int, guest: _Guest, zone: timezone, now: datetime) -> Guest | BadRow:
    home, seen = guest.address or _Address(), guest.attendance_information or _Attendance()
    said: dict[str, Any] = {
        "full_name": _joined(guest.last_name, guest.first_name),
        "birth": guest.date_of_birth,
        "sex": guest.sex,
        "phone": guest.mobile_phone or guest.phone,
        "address": _joined(home.street, home.house_number),
        "province": _joined(home.zip_code, home.city),
        "from": seen.attend_from,
        "to": seen.attend_to,
        "note": _joined(seen.description_of_participation, seen.additional_information),
    }
    cells = Cells({name: text or "" for name, text in said.items()}, zone, now)
    found = Guest(
        line=line,
        person=person(cells),
        arrived_at=cells.time("from"),
        left_at=cells.time("to"),
        identity_checked=bool(guest.identity_checked),
        note=cells.text("note"),
    )
    if found.arrived_at and found.left_at and found.left_at < found.arrived_at:
        cells.fault("to", Reason.ENDS_BEFORE, cells.text("to"))
    return BadRow(line=line, faults=tuple(cells.faults)) if cells.faults else found


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
