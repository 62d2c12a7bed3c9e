"""Where everything stands on a page. A4, A5 and the table card are one drawing in three sizes."""

from __future__ import annotations

from collections.abc import Sequence

from venues.code import address, printed
from venues.model import Direction
from venues.poster import Format, Language, PosterFacts, Words, words
from venues.poster_icons import form_icon, pass_icon, placed, scan_icon, way_icon
from venues.poster_marks import (
    BLACK,
    GREY,
    HAIRLINE,
    WHITE,
    Box,
    Colour,
    Mark,
    Placed,
    Sheet,
    Text,
)
from venues.poster_text import ASCENT, LEADING, Face, fitted, plain, width
from venues.qr import QUIET_MODULES, dark_runs, qr

# All dark enough for white words (contrast over 5:1) and for a black and white printer.
WAY_COLOUR: dict[Direction, Colour] = {
    Direction.IN: (0, 98, 72),
    Direction.OUT: (166, 60, 6),
    Direction.BOTH: (32, 56, 140),
}

_A4 = (210.0, 297.0)
_PAGES = {Format.A4: _A4, Format.A5: (148.0, 210.0), Format.TABLE: (105.0, 148.0)}
_STEPS_X = (116, 144, 172)  # of the how-to's three columns
_POSTER_CODE = 150.6  # of an A4, without its quiet zone
STICKER = (105.0, 74.25)
STICKER_CODE = 50.0
_COLUMNS, _ROWS = 2, 4
A_SHEET = _COLUMNS * _ROWS
# Rows of modules overlap by this much, or some viewers show hairlines between them.
_SEAM = 0.02


def sheet(poster: PosterFacts, paper: Format, language: Language) -> Sheet:
    said, other = words(poster, language), words(poster, "en" if language == "vi" else "vi")
    if paper is Format.STICKERS:
        return sticker_sheet([_sticker(poster, said)] * A_SHEET)
    w, h = _PAGES[paper]
    scale = w / _A4[0]
    return Sheet(
        w=w,
        h=h,
        placed=tuple(
            Placed(x=part.x * scale, y=part.y * scale, scale=part.scale * scale, marks=part.marks)
            for part in _poster(poster, said, other)
        ),
    )


def _poster(poster: PosterFacts, said: Words, other: Words) -> tuple[Placed, ...]:
    colour = WAY_COLOUR[poster.direction]
    way = f"{said.way} / {other.way}: {_joined(poster.checkpoint, poster.zone)}"
    where = _joined(poster.address, poster.ward)
    marks = (
        Box(x=0, y=0, w=210, h=35, colour=colour),
        *block(said.headline, Face.BOLD, 11.5, (46, 3, 156, 16), WHITE, align=0),
        *block(other.headline, Face.REGULAR, 7.5, (46, 20, 156, 11), WHITE, align=0),
        *block(plain(poster.venue), Face.BOLD, 11, (10, 36, 190, 14.6)),
        *block(way, Face.BOLD, 5.8, (10, 50.6, 190, 7.6), colour),
        *block(where, Face.REGULAR, 4.4, (10, 58.2, 190, 5.8), GREY),
        *code_marks(_address(poster), (105, 163.4), _POSTER_CODE),
        *block(said.type_it, Face.REGULAR, 4.6, (10, 264, 102, 7), align=0),
        *block(printed(poster.code), Face.MONO, 11.3, (10, 271, 102, 15), align=0),
        *(
            text
            for x, step in zip(_STEPS_X, said.steps, strict=True)
            for text in block(step, Face.REGULAR, 3.9, (x, 276, 27, 11))
        ),
        Box(x=10, y=288, w=190, h=0.25, colour=HAIRLINE),
        *block(plain(poster.organisation), Face.REGULAR, 3.9, (10, 288.5, 125, 6), GREY, align=0),
        *block(said.issued, Face.REGULAR, 3.9, (137, 288.5, 63, 6), GREY, align=1),
    )
    icons = (scan_icon(BLACK), form_icon(BLACK), pass_icon(BLACK))
    return (
        Placed(marks=marks),
        placed(way_icon(poster.direction, WHITE), 12, 4.5, 26),
        *(placed(icon, x + 8, 264.5, 11) for icon, x in zip(icons, _STEPS_X, strict=True)),
    )


def _sticker(poster: PosterFacts, said: Words) -> tuple[Placed, ...]:
    colour = WAY_COLOUR[poster.direction]
    w, h = STICKER
    door = _joined(poster.checkpoint, poster.zone)
    marks = (
        *code_marks(_address(poster), (33.5, h / 2), STICKER_CODE),
        Box(x=67, y=0, w=w - 67, h=h, colour=colour),
        *block(said.way, Face.BOLD, 6, (82, 4, 19, 11), WHITE, align=0),
        *block(plain(poster.venue), Face.BOLD, 4.6, (70, 16, 31, 17.6), WHITE, align=0),
        *block(door, Face.REGULAR, 3.6, (70, 33.6, 31, 9.4), WHITE, align=0),
        *block(plain(poster.ward), Face.REGULAR, 2.8, (70, 43, 31, 7.4), WHITE, align=0),
        *block(said.type_it, Face.REGULAR, 2.8, (70, 51, 31, 7.4), WHITE, align=0),
        *block(printed(poster.code), Face.MONO, 3.4, (70, 58.5, 31, 5.5), WHITE, align=0),
        *block(said.issued, Face.REGULAR, 2.5, (70, 66, 31, 4), WHITE, align=0),
    )
    return (Placed(marks=marks), placed(way_icon(poster.direction, WHITE), 70, 4, 11))


def sticker_sheet(stickers: Sequence[tuple[Placed, ...]]) -> Sheet:
    """An A4 of up to eight, with hairlines to cut along."""
    w, h = STICKER
    corners = [(w * column, h * row) for row in range(_ROWS) for column in range(_COLUMNS)]
    cuts = (
        Box(x=w, y=0, w=0.1, h=_A4[1], colour=HAIRLINE),
        *(Box(x=0, y=h * row, w=_A4[0], h=0.1, colour=HAIRLINE) for row in range(1, _ROWS)),
    )
    placed = (
        Placed(x=part.x + x, y=part.y + y, scale=part.scale, marks=part.marks)
        for (x, y), sticker in zip(corners, stickers, strict=False)
        for part in sticker
    )
    return Sheet(w=_A4[0], h=_A4[1], placed=(*placed, Placed(marks=cuts)))


def _address(poster: PosterFacts) -> str:
    return address(poster.public_url, poster.code)


def _joined(*parts: str | None) -> str:
    return " · ".join(text for text in (plain(part or "") for part in parts) if text)


def block(
    text: str,
    face: Face,
    wished: float,
    box: tuple[float, float, float, float],
    colour: Colour = BLACK,
    *,
    align: float = 0.5,
) -> tuple[Text, ...]:
    """Lines in the middle of the box (x, y, w, h); `align` 0 is its left side, 1 its right."""
    x, y, w, h = box
    found = fitted(text, face, wished, (w, h))
    top = y + (h - found.height) / 2
    return tuple(
        Text(
            x=x + (w - width(line, face) * found.size) * align,
            y=top + found.size * (ASCENT + LEADING * number),
            size=found.size,
            face=face,
            colour=colour,
            text=line,
        )
        for number, line in enumerate(found.lines)
    )


def code_marks(text: str, middle: tuple[float, float], size: float) -> tuple[Mark, ...]:
    """Runs of dark modules on a white square that includes the quiet zone."""
    rows = qr(text)
    module = size / len(rows)
    left, top = (m - size / 2 for m in middle)
    quiet = QUIET_MODULES * module
    full = size + 2 * quiet
    white = Box(x=left - quiet, y=top - quiet, w=full, h=full, colour=WHITE)
    runs = (
        (left + x * module, top + y * module, length * module) for x, y, length in dark_runs(rows)
    )
    return (white, *(Box(x=x, y=y, w=w, h=module + _SEAM, colour=BLACK) for x, y, w in runs))
