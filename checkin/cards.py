"""Printed cards: a random code that names nobody until a desk binds it to a person, and nobody
again
once it is revoked. The code itself is on the card alone; the database keeps its HMAC."""

from __future__ import annotations

import hmac

from kit.errors import Conflict, Gone, NotFound, TooMany, Unprocessable
from venues.code import address, new_code, parse_code

new_card = new_code  # 60 random bits and a check symbol, in the same letters as a poster's


def card_address(public_url: str, code: str) -> str:
    return address(public_url, code, "C")


def is_card(text: str, public_url: str) -> bool:
    """By its address alone; a code typed without it is read by `read_card` too."""
    shown = text.strip()
    return shown.isascii() and shown.upper().startswith(card_address(public_url, ""))


def read_card(text: str, public_url: str) -> str:
    """The code of a scanned or typed card; BadCode where it can be none."""
    typed = text.strip()
    if is_card(typed, public_url):
        typed = typed[len(card_address(public_url, "")) :]
    return parse_code(typed)


def card_hmac(index_key: bytes, code: str) -> bytes:
    """Under which a card stands in the table; apart from what the index says of documents."""
    return hmac.digest(index_key, b"card" + code.encode(), "sha256")[:16]


class CardUnknown(NotFound):
    """This card was not printed by your desk; compare the code with the card."""


class CardBound(Conflict):
    """This card belongs to somebody already; take an unused one."""


class CardRevoked(Gone):
    """This card was locked; take an unused one."""


class CardTextWrong(Unprocessable):
    """This is not the code of a card; scan it, or type the 13 letters and digits on it."""


class DeskUnclear(Unprocessable):
    """You have no such card desk; choose one of yours."""


class DocumentNeeded(Unprocessable):
    """Earlier cards are found by the document alone; look at it and type its number."""


class DocumentsTooMany(TooMany):
    """Too many documents under another name today; give this card out without the number."""
