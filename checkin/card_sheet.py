"""Sheets of cards: eight on an A4, each with its own code and a line for a name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from checkin.cards import card_address
from venues.code import printed
from venues.poster import Language
from venues.poster_layout import A_SHEET, STICKER, STICKER_CODE, block, code_marks, sticker_sheet
from venues.poster_marks import GREY, HAIRLINE, WHITE, Box, Colour, Placed
from venues.poster_pdf import sheets_pdf
from venues.poster_text import Face

COLOUR: Colour = (54, 44, 110)  # none of the doors' colours: a card is no poster

WORDS: dict[Language, tuple[str, str, str, str]] = {
    "vi": (
        "Thẻ qua cửa",
        "Giơ mã này cho nhân viên quét khi vào và khi ra",
        "Mất thẻ: báo quầy cấp thẻ để khóa. Thẻ không cho ai xem nơi bạn đã đến.",
        "Họ tên",
    ),
    "en": (
        "Entry card",
        "Let the staff scan this code as you enter and as you leave",
        "Lost? The card desk locks it. Nobody can read from it where you have been.",
        "Name",
    ),
}


def card_sheets(public_url: str, codes: Sequence[str], issued: date, language: Language) -> bytes:
    """A PDF with a page for every eight cards."""
    pages = (
        sticker_sheet([_card(public_url, code, language) for code in codes[n : n + A_SHEET]])
        for n in range(0, len(codes), A_SHEET)
    )
    return sheets_pdf(pages, WORDS[language][0], issued, language)


def _card(public_url: str, code: str, language: Language) -> tuple[Placed, ...]:
    title, use, lost, name = WORDS[language]
    w, h = STICKER
    side = (70, 31)  # left edge and width of the words
    marks = (
        *code_marks(card_address(public_url, code), (33.5, h / 2), STICKER_CODE),
        Box(x=67, y=0, w=w - 67, h=h, colour=COLOUR),
        *block(title, Face.BOLD, 5, (side[0], 5, side[1], 10), WHITE, align=0),
        *block(use, Face.REGULAR, 3.4, (side[0], 16, side[1], 18), WHITE, align=0),
        *block(printed(code), Face.MONO, 3.4, (side[0], 35, side[1], 5.5), WHITE, align=0),
        *block(lost, Face.REGULAR, 2.6, (side[0], 41, side[1], 15), WHITE, align=0),
        Box(x=side[0], y=57, w=side[1], h=12, colour=WHITE, radius=1),
        *block(name, Face.REGULAR, 2.5, (side[0] + 1, 57.5, side[1] - 2, 3.5), GREY, align=0),
        Box(x=side[0] + 2, y=66, w=side[1] - 4, h=0.2, colour=HAIRLINE),
    )
    return (Placed(marks=marks),)
