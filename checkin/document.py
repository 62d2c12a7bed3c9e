"""What the documents of Vietnam say in their QR codes, field by field. None of these codes is
signed: whoever can print one can invent one, so what they say is worth a look at the card."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from checkin.model import PhoneNumberWrong, Sex
from checkin.phone import normal_phone
from checkin.vault import IdentifierKind
from venues.intake_text import folded

MINOR_UNDER = 16  # years: Law on Children 102/2016/QH13, article 1
OLDEST = 130  # years; above that a year of birth was misread

CCCD_NUMBER = re.compile(r"0[0-9]{11}")  # province codes go to 096
CMND_NUMBER = re.compile(r"[0-9]{9}")
BHYT_CARD = re.compile(r"[A-Z]{2}[0-9]{13}")
BHYT_NUMBER = re.compile(r"[0-9]{10}|[A-Z]{2}[0-9]{13}")
PASSPORT_NUMBER = re.compile(r"[A-Z]{1,2}[0-9]{6,8}")
HEX = re.compile(r"([0-9A-Fa-f]{2})+")
LOST = re.compile(r"(\?|[^\x00-\x7f])+")  # letters that a gun without Unicode may have lost
NATIONAL_BIRTH = re.compile(r"([0-9]{4})-[0-9]{2}-[0-9]{2}")
DECLARED_BY_ANOTHER = "1"


SHAPES = (
    (re.compile(r"[0-9]{12}"), IdentifierKind.CCCD),
    (CMND_NUMBER, IdentifierKind.CMND),
    (BHYT_NUMBER, IdentifierKind.BHYT),
    (PASSPORT_NUMBER, IdentifierKind.PASSPORT),
)


class Paper(StrEnum):
    CCCD = "cccd"
    NATIONAL_QR = "national_qr"
    BHYT = "bhyt"


class Odd(StrEnum):
    """What a guard should look at before letting this document pass."""

    YEAR = "year"  # of birth, against the number or the calendar
    SEX = "sex"  # against the number
    MINOR = "minor"
    NAME = "name"  # damaged on the way, or another than the one known under this number


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """`identifiers`: the numbers that name this person, the strongest first."""

    paper: Paper
    identifiers: tuple[tuple[IdentifierKind, str], ...]
    full_name: str
    birth_year: int | None
    sex: Sex | None
    address: str = ""
    phone: str = ""

    @property
    def number(self) -> str:
        return self.identifiers[0][1]


def kind_of_number(number: str) -> IdentifierKind | None:
    """By its shape, of one in capitals without spaces. Whoever is stored by a number is found by
    it only as the same kind, so this is the one place that tells them apart."""
    return next((kind for shape, kind in SHAPES if shape.fullmatch(number)), None)


def read_document(fields: list[str]) -> Document | None:
    """The fields between the bars; None where they are of no document known here."""
    if len(fields) >= 7 and CCCD_NUMBER.fullmatch(fields[0]) and fields[3][:1] in "0123456789":
        return _cccd(fields)
    if len(fields) >= 5 and HEX.fullmatch(fields[1]) and BHYT_NUMBER.fullmatch(fields[0].upper()):
        return _bhyt(fields)
    if len(fields) >= 6 and NATIONAL_BIRTH.fullmatch(fields[2]) and fields[4].isdigit():
        return _national(fields)
    return None


def _cccd(fields: list[str]) -> Document:
    """`number|old number|name|ddMMyyyy|Nam or Nữ|address|ddMMyyyy issued`, newer cards with more
    behind it."""
    number, old, name, born, sex, address = fields[:6]
    identifiers = [(IdentifierKind.CCCD, number)]
    if CMND_NUMBER.fullmatch(old):
        identifiers.append((IdentifierKind.CMND, old))
    return Document(
        paper=Paper.CCCD,
        identifiers=tuple(identifiers),
        full_name=name,
        birth_year=_year(born[-4:]),
        sex=_sex_word(sex),
        address=address,
    )


def _national(fields: list[str]) -> Document:
    """`number|NAME|yyyy-MM-dd|0 self or 1 by another|QID|proxy<sex<health insurance<phone<…`
    (Decision 1405/QĐ-BTTTT). The number counts only where people declared it themselves."""
    number, name, born, declared_by, qid = fields[:5]
    extra = [*fields[5].split("<"), "", "", ""]
    identifiers = [(IdentifierKind.NATIONAL_QR, qid)]
    if declared_by != DECLARED_BY_ANOTHER and CCCD_NUMBER.fullmatch(number):
        identifiers.append((IdentifierKind.CCCD, number))
    return Document(
        paper=Paper.NATIONAL_QR,
        identifiers=tuple(identifiers),
        full_name=name,
        birth_year=_year(born[:4]),
        sex={"0": Sex.MALE, "1": Sex.FEMALE}.get(extra[1]),
        phone=_phone(extra[3]),
    )


def _bhyt(fields: list[str]) -> Document:
    """`number|name in hex|dd/MM/yyyy|1 male, 2 female|address in hex|…`; the last ten digits of
    the older card's number are the number of the newer one."""
    number = fields[0].upper()
    identifiers = [(IdentifierKind.BHYT, number)]
    if BHYT_CARD.fullmatch(number):
        identifiers.append((IdentifierKind.BHYT, number[-10:]))
    return Document(
        paper=Paper.BHYT,
        identifiers=tuple(identifiers),
        full_name=_from_hex(fields[1]),
        birth_year=_year(fields[2][-4:]),
        sex={"1": Sex.MALE, "2": Sex.FEMALE}.get(fields[3]),
        address=_from_hex(fields[4]),
    )


def odd(document: Document, today: date) -> list[Odd]:
    """What does not fit; empty for most people."""
    found = []
    number = dict(document.identifiers).get(IdentifierKind.CCCD, "")
    year = document.birth_year
    if year is None or not _is_believable(year, number, today):
        found.append(Odd.YEAR)
    elif today.year - year < MINOR_UNDER:
        found.append(Odd.MINOR)
    if number and document.sex not in (None, _sex_of(number)):
        found.append(Odd.SEX)
    if is_damaged(document.full_name):
        found.append(Odd.NAME)
    return found


def _is_believable(year: int, number: str, today: date) -> bool:
    """The fourth digit of a number counts centuries and sexes together, 0 and 1 for the 1900s, 2
    and 3 for the 2000s; the next two are the year."""
    if not today.year - OLDEST <= year <= today.year:
        return False
    return not number or divmod(year, 100) == (19 + int(number[3]) // 2, int(number[4:6]))


def _sex_of(number: str) -> Sex:
    return Sex.FEMALE if int(number[3]) % 2 else Sex.MALE


def is_damaged(name: str) -> bool:
    """A gun without Unicode types question marks for the letters it does not have."""
    return not any(map(str.isalpha, name)) or "?" in name or "\ufffd" in name


def is_same_name(one: str, other: str) -> bool:
    """By their letters without marks; where one was damaged, by the letters that every gun has. A
    name without any is no name, and the same as none."""
    a, b = folded(one), folded(other)
    if not a or not b:
        return False
    return a == b or ((is_damaged(one) or is_damaged(other)) and _legible(one) == _legible(other))


def _legible(name: str) -> str:
    whole = unicodedata.normalize("NFC", " ".join(name.casefold().split()))
    return LOST.sub("?", whole)


def _year(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{4}", text) and text != "0000" else None


def _sex_word(text: str) -> Sex | None:
    """'Nam', 'Nữ', and what guns without Unicode make of it: 'Nu', 'N?'."""
    word = text.strip().casefold()
    if word == "nam":
        return Sex.MALE
    return Sex.FEMALE if word.startswith("n") else None


def _from_hex(text: str) -> str:
    if not HEX.fullmatch(text):
        return ""
    return unicodedata.normalize("NFC", bytes.fromhex(text).decode(errors="replace")).strip()


def _phone(text: str) -> str:
    try:
        return normal_phone(text) if text else ""
    except PhoneNumberWrong:
        return ""
