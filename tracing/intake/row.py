"""A person out of a row of somebody else's list, and all that is wrong with it. Nothing is guessed:
a number that a spreadsheet shortened is lost, and its row says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from accounts import areas
from checkin.model import PhoneNumberWrong
from checkin.phone import normal_phone
from checkin.vault import IdentifierKind
from tracing.case import DocumentWrong, document
from venues.intake_text import is_unprintable, shown, tidy

TEXT_LIMIT = 400
OLDEST = 130  # years
SHORTENED = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE]\+?\d+")  # 1.23E+11: how a sheet shows 12 digits
OUR_APOSTROPHE = re.compile(r"^'(?=[=+\-@＝＋－＠])")  # what makes a CSV of ours safe to open
MALE = frozenset(("nam", "male", "m", "lng_reference_data_category_gender_male"))
FEMALE = frozenset(("nữ", "nu", "female", "f", "lng_reference_data_category_gender_female"))
TIMES = ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y", "%d-%m-%Y")


class Reason(StrEnum):
    NOBODY = "neither a name, nor a document, nor a phone number"
    SHORTENED = "shortened by a spreadsheet, its digits are lost; format the column as text"
    ZERO_LOST = "eleven digits: a spreadsheet dropped the first zero; format the column as text"
    DOCUMENT_WRONG = "no number of a CCCD, CMND, health insurance card or passport"
    PHONE_WRONG = "no phone number"
    YEAR_WRONG = "no year of birth"
    SEX_WRONG = "neither Nam nor Nữ"
    TIME_WRONG = "no time; write it like 20/07/2021 08:30 or 2021-07-20T08:30:00+07:00"
    DAY_WRONG = "no day; write it like 20/07/2021 or 2021-07-20"
    FUTURE = "in the future"
    ENDS_BEFORE = "ends before it begins"
    MINUTES_WRONG = "no number of minutes"
    UNPRINTABLE = "holds a character that cannot be printed"
    TOO_LONG = "too long; a quote before it may have been left open"
    TOO_MANY_CELLS = "more cells than columns"
    ID_MISSING = "has no id"
    ID_LONG = "is too long for an id"
    DAY_MISSING = "has neither the day of onset nor that of the sample"
    DAY_OLD = "the day is more than 90 days ago"
    NOT_AS_AGREED = "is not of the kind that the format names"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`column` is None where it is the whole row; `value` is short and safe to print."""

    column: str | None
    reason: Reason
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """With all its faults; nothing of it is taken."""

    line: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """Somebody who stands on `first_line` already."""

    line: int
    first_line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerson:
    """`phone` as E.164; `area` where the address names one ward, and only one."""

    full_name: str
    phone: str
    document: tuple[IdentifierKind, str] | None
    birth_year: int | None
    sex: int | None
    address: str
    area: str | None


class Cells:
    """The cells of a row by column, and the faults found while they are read."""

    def __init__(self, cells: Mapping[str, str], zone: timezone, now: datetime) -> None:
        self._zone, self._now = zone, now
        self.faults: list[Fault] = []
        self._cells: dict[str, str] = {}
        for column, raw in cells.items():
            text = OUR_APOSTROPHE.sub("", tidy(raw))
            if is_unprintable(text):
                self.fault(column, Reason.UNPRINTABLE, text)
            elif len(text) > TEXT_LIMIT:
                self.fault(column, Reason.TOO_LONG, text)
            else:
                self._cells[column] = text

    def fault(self, column: str | None, reason: Reason, value: str = "") -> None:
        self.faults.append(Fault(column=column, reason=reason, value=shown(value)))

    def text(self, column: str) -> str:
        return self._cells.get(column, "")

    def check_whole(self, column: str) -> None:
        """Of what is an id to somebody else."""
        self._is_shortened(column, self.text(column))

    def phone(self, column: str) -> str:
        text = self.text(column)
        if not text or self._is_shortened(column, text):
            return ""
        try:
            return normal_phone(text)
        except PhoneNumberWrong:
            self.fault(column, Reason.PHONE_WRONG, text)
            return ""

    def document(self, column: str) -> tuple[IdentifierKind, str] | None:
        text = self.text(column)
        if not text or self._is_shortened(column, text):
            return None
        try:
            return document(text)
        except DocumentWrong:
            lost = re.fullmatch(r"[1-9]\d{10}", text)
            self.fault(column, Reason.ZERO_LOST if lost else Reason.DOCUMENT_WRONG, text)
            return None

    def year(self, column: str) -> int | None:
        """Of a year, or of a whole date of birth."""
        text = self.text(column)
        found = re.fullmatch(r"(\d{4})(?:-\d\d-\d\d.*)?|\d{1,2}[/-]\d{1,2}[/-](\d{4})", text)
        if found is None:
            if text:
                self.fault(column, Reason.YEAR_WRONG, text)
            return None
        year = int(found[1] or found[2])
        if not self._now.year - OLDEST <= year <= self._now.year:
            self.fault(column, Reason.YEAR_WRONG, text)
            return None
        return year

    def sex(self, column: str) -> int | None:
        text = self.text(column).lower()
        if text in MALE:
            return 1
        if text in FEMALE:
            return 2
        if text not in ("", "unknown", "other"):
            self.fault(column, Reason.SEX_WRONG, text)
        return None

    def number(self, column: str) -> int | None:
        text = self.text(column)
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,6}", text):
            self.fault(column, Reason.MINUTES_WRONG, text)
            return None
        return int(text)

    def time(self, column: str) -> datetime | None:
        """Local where it says no offset: health offices write their own clock."""
        return self._time(column, Reason.TIME_WRONG)

    def day(self, column: str) -> date | None:
        """Of a day, or of a whole time."""
        found = self._time(column, Reason.DAY_WRONG)
        return found.date() if found else None

    def _time(self, column: str, wrong: Reason) -> datetime | None:
        text = self.text(column)
        if not text:
            return None
        found = self._read_time(text)
        if found is None:
            self.fault(column, wrong, text)
        elif found > self._now + timedelta(minutes=2):
            self.fault(column, Reason.FUTURE, text)
            found = None
        return found

    def _read_time(self, text: str) -> datetime | None:
        found = None
        for shape in TIMES:
            try:
                found = datetime.strptime(text, shape).replace(tzinfo=self._zone)
            except ValueError:
                continue
        try:
            found = found or datetime.fromisoformat(text)
        except ValueError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=self._zone)

    def _is_shortened(self, column: str, text: str) -> bool:
        if SHORTENED.fullmatch(text):
            self.fault(column, Reason.SHORTENED, text)
            return True
        return False


def person(cells: Cells) -> ListedPerson:
    """By the columns full_name, phone, document, birth, sex, address and ward."""
    address = ", ".join(
        part for name in ("address", "ward", "district", "province") if (part := cells.text(name))
    )
    # A ward that both systems have, named without its district, is one of today's.
    ward = areas.find_ward(address) or areas.find_ward(address, areas.SYSTEMS[0])
    found = ListedPerson(
        full_name=cells.text("full_name"),
        phone=cells.phone("phone"),
        document=cells.document("document"),
        birth_year=cells.year("birth"),
        sex=cells.sex("sex"),
        address=address,
        area=ward.path if ward else None,
    )
    if not cells.faults and not (found.full_name or found.phone or found.document):
        cells.fault(None, Reason.NOBODY)
    return found
