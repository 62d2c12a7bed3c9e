"""Text that fits: widths of the vendored fonts, wrapping, and shrinking until nothing is cut."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from PIL import ImageFont

ASCENT = 1.06  # ems above the baseline: Vietnamese capitals carry two marks (Ẫ, Ễ)
LEADING = 1.3  # baseline to baseline, so that lines never touch
_EM = 1000  # units per em of all three fonts
_SHRINK = 0.96
_BREAK_WORDS_BELOW = 0.5  # of the wished size: until then a long word makes the text smaller

_FONTS = Path(__file__).parent / "fonts"


class Face(Enum):
    REGULAR = _FONTS / "NotoSans-Regular.ttf"
    BOLD = _FONTS / "NotoSans-Bold.ttf"
    MONO = _FONTS / "NotoSansMono-Bold-ASCII.ttf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    size: float
    lines: tuple[str, ...]

    @property
    def height(self) -> float:
        return self.size * LEADING * len(self.lines)


def plain(text: str) -> str:
    """Composed letters, single spaces, and nothing that cannot be seen."""
    seen = (c for c in unicodedata.normalize("NFC", text) if c.isspace() or _is_drawn(c))
    return " ".join("".join(seen).split())


def width(text: str, face: Face) -> float:
    """In ems: the sum of the advances, as neither of our two printers kerns."""
    return _ruler(face).getlength(text) / _EM


def fitted(text: str, face: Face, wished: float, box: tuple[float, float]) -> Fitted:
    """The text in the largest size, up to `wished`, whose lines all fit the box."""
    wide, high = box
    size = wished
    while True:
        lines = _wrapped(text, face, wide / size, break_words=size < wished * _BREAK_WORDS_BELOW)
        fits = all(width(line, face) * size <= wide for line in lines)
        if fits and len(lines) * size * LEADING <= high:
            return Fitted(size=size, lines=_balanced(text, lines, face, wide / size))
        size *= _SHRINK


def _is_drawn(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


@cache
def _ruler(face: Face) -> ImageFont.FreeTypeFont:
    """At a pixel per font unit nothing is rounded."""
    return ImageFont.truetype(face.value, _EM, layout_engine=ImageFont.Layout.BASIC)


def _wrapped(text: str, face: Face, ems: float, *, break_words: bool) -> tuple[str, ...]:
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width(joined, face) <= ems:
            lines[-1] = joined
        elif break_words and width(word, face) > ems:
            lines.extend(_pieces(word, face, ems))
        else:
            lines.append(word)
    return tuple(lines)


def _pieces(word: str, face: Face, ems: float) -> list[str]:
    pieces = [""]
    for char in word:
        if pieces[-1] and width(pieces[-1] + char, face) > ems:
            pieces.append("")
        pieces[-1] += char
    return pieces


def _balanced(text: str, lines: tuple[str, ...], face: Face, ems: float) -> tuple[str, ...]:
    """The same number of lines, but of even length: no orphan word at the end of a name."""
    for part in (0.5, 0.6, 0.7, 0.8, 0.9):
        narrower = _wrapped(text, face, ems * part, break_words=False)
        if len(narrower) == len(lines) and all(width(n, face) <= ems for n in narrower):
            return narrower
    return lines
