"""Lists of contacts made elsewhere: the form of the Ministry of Health (our own files among them),
and those of Go.Data and SORMAS by their columns. Reads and reports; stores nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from tracing.intake.row import BadRow, Cells, Duplicate, Fault, ListedPerson, Reason, person
from venues.intake_text import compared, folded, shown, tidy

TITLE_ROWS = 10  # a list made for print has its title and office above the header
HEADERS = {
    "full_name": "họ và tên; họ tên; tên; tên người tiếp xúc; full name; name",
    "given_name": "firstName; person.firstName; first name",
    "middle_name": "middleName",
    "family_name": "lastName; person.lastName; last name",
    "birth": "năm sinh; ngày sinh; ngày tháng năm sinh; dob; birth year; person.birthdateYYYY",
    "sex": "giới; giới tính; gender; sex; person.sex",
    "document": "số giấy tờ; giấy tờ; CCCD; số CCCD; CMND; CMND/CCCD; documents[].number",
    "phone": """SĐT; số điện thoại; điện thoại; phone; phone number; person.phone;
        addresses[].phoneNumber""",
    "address": """số nhà, đường; địa chỉ; chỗ ở; nơi ở; address; addresses[].addressLine1;
        person.address.street""",
    "ward": "xã/phường; phường/xã; xã; phường; ward; community",
    "district": "quận/huyện; huyện; quận; district",
    "province": "tỉnh/thành phố; tỉnh; province; region; addresses[].city",
    "source": "F0 liên quan; F1 liên quan; ca bệnh liên quan; caseIdExternalSystem",
    "relation": "quan hệ; mối quan hệ; relation; relationDescription",
    "place": "mốc dịch tễ; nơi tiếp xúc; địa điểm tiếp xúc; place",
    "first": "tiếp xúc đầu; ngày tiếp xúc đầu tiên; firstContactDate; dateOfFirstContact",
    "last": "tiếp xúc cuối; ngày tiếp xúc cuối; lastContactDate; dateOfLastContact",
    "minutes": "số phút; thời gian tiếp xúc; minutes",
    "note": "ghi chú; note; description; riskReason",
}
COLUMN_OF = {
    folded(header): column for column, headers in HEADERS.items() for header in headers.split(";")
}
NAMING = frozenset(("full_name", "given_name", "phone", "document"))


class ContactColumnsMissing(ValueError):
    """None of the first rows names the columns of a list of contacts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactListed:
    """`source`: the case or contact they met, as the list calls it."""

    line: int
    person: ListedPerson
    source: str
    relation: str
    place: str
    first: datetime | None
    last: datetime | None
    minutes: int | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """A column that nobody reads."""

    line: int
    name: str


def read_contacts(
    rows: Iterable[tuple[int, list[str]]], zone: timezone, now: datetime
) -> Iterator[Ignored | ContactListed | BadRow | Duplicate]:
    """What each row is, in order. Raises ContactColumnsMissing, and what reading the rows raises,
    which may come at the very end of a file that was cut: take all of it or nothing."""
    rows = iter(rows)
    places, ignored, width = _layout(rows)
    yield from ignored
    seen: dict[tuple[object, ...], int] = {}
    for line, cells in rows:
        if any(cell.strip() for cell in cells[width:]):
            faults = (Fault(column=None, reason=Reason.TOO_MANY_CELLS, value=""),)
            yield BadRow(line=line, faults=faults)
            continue
        known = {name: cells[at] for name, at in places.items() if at < len(cells)}
        found = _contact(line, Cells(_whole_name(known), zone, now))
        if isinstance(found, BadRow):
            yield found
            continue
        first = seen.setdefault(_key(found), line)
        yield found if first == line else Duplicate(line=line, first_line=first)


def has_contacts(rows: Iterator[tuple[int, list[str]]]) -> bool:
    """Whether they begin with the columns of a list of contacts."""
    try:
        _layout(rows)
    except ContactColumnsMissing:
        return False
    return True


def _layout(
    rows: Iterator[tuple[int, list[str]]],
) -> tuple[dict[str, int], list[Ignored], int]:
    for place, (line, cells) in enumerate(rows):
        found: dict[str, int] = {}
        ignored = []
        for at, cell in enumerate(cells):
            column = COLUMN_OF.get(folded(cell))
            if column and column not in found:
                found[column] = at
            elif cell.strip():
                ignored.append(Ignored(line=line, name=shown(tidy(cell))))
        if NAMING & found.keys() and len(found) > 1:
            return found, ignored, len(cells)
        if place + 1 == TITLE_ROWS:
            break
    raise ContactColumnsMissing


def _whole_name(cells: dict[str, str]) -> dict[str, str]:
    """The family's name first, as here."""
    parts = [cells.pop(name, "") for name in ("family_name", "middle_name", "given_name")]
    if "full_name" not in cells:
        cells["full_name"] = " ".join(part for part in parts if part.strip() not in ("", "Unknown"))
    return cells


def _contact(line: int, cells: Cells) -> ContactListed | BadRow:
    found = ContactListed(
        line=line,
        person=person(cells),
        source=cells.text("source"),
        relation=cells.text("relation"),
        place=cells.text("place"),
        first=cells.time("first"),
        last=cells.time("last"),
        minutes=cells.number("minutes"),
        note=cells.text("note"),
    )
    if found.first and found.last and found.last < found.first:
        cells.fault("last", Reason.ENDS_BEFORE, cells.text("last"))
    if cells.faults:
        return BadRow(line=line, faults=tuple(cells.faults))
    return found


def _key(found: ContactListed) -> tuple[object, ...]:
    """The same document, else the same name and phone; two who share one phone are two."""
    who = found.person
    if who.document:
        return who.document
    return compared(who.full_name), who.phone, who.birth_year if not who.phone else None
