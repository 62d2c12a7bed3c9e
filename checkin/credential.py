"""What a gun, a camera or a hand gives at a gate, told apart: one box takes them all."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TypeAlias

from checkin.cards import is_card, read_card
from checkin.document import (
    BHYT_CARD,
    CCCD_NUMBER,
    CMND_NUMBER,
    Document,
    read_document,
)
from checkin.model import PhoneNumberWrong
from checkin.passes import is_pass
from checkin.phone import normal_phone
from checkin.vault import IdentifierKind
from venues.code import BadCode, address, read_scan

AIM_PREFIX = re.compile(r"\](Q|d|e|C|z)[0-9A-Za-z]")  # how some guns announce the kind of code
PHONE = re.compile(r"(\+|0|84)[0-9]{8,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardShown:
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassShown:
    """Whether it is a good one is for the keys to say."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberTyped:
    """A phone or the bare number of a document: anybody can type anybody's."""

    kind: IdentifierKind
    value: str


Credential: TypeAlias = Document | CardShown | PassShown | NumberTyped


class Unreadable(ValueError):
    """This is no document, card, pass or phone number."""


class PosterShown(ValueError):
    """This is the code of a poster; a gate scans people, not doors."""


def recognise(text: str, public_url: str) -> Credential:
    """Never guesses: else Unreadable, PosterShown, or ForeignCode with the other system's name."""
    given = AIM_PREFIX.sub("", unicodedata.normalize("NFC", text.strip()), count=1).strip()
    if "|" in given:
        document = read_document([field.strip() for field in given.split("|")])
        if document is None:
            raise Unreadable
        return document
    if is_pass(given, public_url):
        return PassShown(text=given)
    if typed := _number(given):
        return typed
    return CardShown(code=_card(given, public_url))


def _number(given: str) -> NumberTyped | None:
    digits = re.sub(r"[\s.\-()]", "", given).upper()
    if not digits.isascii():
        return None
    for shape, kind in (
        (CCCD_NUMBER, IdentifierKind.CCCD),
        (CMND_NUMBER, IdentifierKind.CMND),
        (BHYT_CARD, IdentifierKind.BHYT),
    ):
        if shape.fullmatch(digits):
            return NumberTyped(kind=kind, value=digits)
    if not PHONE.fullmatch(digits):
        return None
    try:
        return NumberTyped(kind=IdentifierKind.PHONE, value=normal_phone(digits))
    except PhoneNumberWrong:
        return None


def _card(given: str, public_url: str) -> str:
    try:
        if is_card(given, public_url):
            return read_card(given, public_url)
        code = read_scan(given, public_url)
    except BadCode:
        raise Unreadable from None
    if given.upper().startswith(address(public_url, "")):
        raise PosterShown
    return code
