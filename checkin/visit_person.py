"""Whom a row of past visits is about: one person for one name, phone and document together."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from checkin.document import kind_of_number
from checkin.model import PhoneNumberWrong
from checkin.phone import normal_phone
from checkin.vault import IdentifierKind
from checkin.visit_rows import Reason, RowRefused, Who
from venues.intake_text import compared, tidy

# Parsing costs more than all else of a row; most numbers are plain Vietnamese mobiles.
PLAIN_MOBILE = re.compile(r"0[35789][0-9]{8}")

WORDS = 20_000  # of names, remembered


class Named(NamedTuple):
    """`identity` is equal for the same person in every file. `identifiers`: (IdentifierKind,
    value). `phone_unread`: kept as written, but nobody is found by it."""

    full_name: str
    phone: str
    document: str
    identity: str
    identifiers: tuple[tuple[int, str], ...]
    phone_unread: bool


def named(who: Who) -> Named:
    """Raises RowRefused where nothing says who it was.

    Marks count in names: «Bà» and «Bá» are two. A phone that cannot be read does not cost the row
    when a name or document stands.
    """
    full_name, typed, document = map(tidy, who)
    if not document.isalnum():
        document = re.sub(r"[\s.-]", "", document)
    document = document.upper()
    found = _phone(typed)
    if not (full_name or document or found):
        raise RowRefused(None, Reason.NOBODY)
    identifiers = []
    if found:
        identifiers.append((IdentifierKind.PHONE.value, found))
    if document:
        identifiers.append((document_kind(document).value, document))
    return Named(
        full_name=full_name,
        phone=found or typed,
        document=document,
        identity="\n".join((compared_name(full_name), found or compared(typed), document)),
        identifiers=tuple(identifiers),
        phone_unread=bool(typed and not found),
    )


def compared_name(full_name: str) -> str:
    """As `compared`, but word by word where all are plain ones: few words make most names."""
    words = full_name.split(" ")
    if not all(map(str.isalpha, words)):
        return compared(full_name)
    return " ".join(map(_compared_word, words))


_compared_word = lru_cache(WORDS)(compared)


def document_kind(document: str) -> IdentifierKind:
    """By its form; passports of the world have any, so what else there is counts as one."""
    return kind_of_number(document) or IdentifierKind.PASSPORT


def _phone(typed: str) -> str:
    if PLAIN_MOBILE.fullmatch(typed):
        return "+84" + typed[1:]
    try:
        return normal_phone(typed) if typed else ""
    except PhoneNumberWrong:
        return ""
