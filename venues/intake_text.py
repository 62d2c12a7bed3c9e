"""Human text out of a list: cleaned to store, folded to compare, shortened to show."""

from __future__ import annotations

import re
import unicodedata

from kit.http import seen

TONES = "\u0300\u0301\u0303\u0309\u0323"  # huyền, sắc, ngã, hỏi, nặng
NOTHING = frozenset(("NA", "N/A", "#N/A", "NULL", "null", "None", "NaN", "nan", "-", "--", "---"))
SHOWN_LENGTH = 60


def tidy(text: str) -> str:
    """NFC on one line; empty for what programs write when there is nothing."""
    line = unicodedata.normalize("NFC", " ".join(seen(text).split()))
    return "" if line in NOTHING else line


def is_unprintable(text: str) -> bool:
    """Holds NUL, another control character or half a surrogate pair."""
    return any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text)


def folded(text: str) -> str:
    """Lower case without marks, đ as d, words of letters and digits parted by one space."""
    decomposed = unicodedata.normalize("NFKD", text.casefold()).replace("đ", "d")
    return " ".join(re.findall(r"[^\W_]+", re.sub(r"[\u0300-\u036f]", "", decomposed)))


def compared(text: str) -> str:
    """Equal for what people take as one name: case, punctuation, spaces, and «hoà» or «hòa».

    Marks stay, since «Bà Mai» and «Bá Mai» are two; symbols stay, since a name may be an emoji.
    """
    letters = []
    for letter in unicodedata.normalize("NFKC", text).casefold():
        group = unicodedata.category(letter)[0]
        letters.append(" " if group in "PZ" else "" if group == "C" else letter)
    words = "".join(letters).split() or text.split()
    return unicodedata.normalize("NFC", " ".join(map(_tone_last, words)))


def _tone_last(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word)
    tones = "".join(mark for mark in decomposed if mark in TONES)
    return "".join(letter for letter in decomposed if letter not in TONES) + tones


def shown(text: str) -> str:
    """Short and safe to print back to whoever sent it."""
    start = text.strip()[:SHOWN_LENGTH]
    printable = "".join(letter if letter.isprintable() else "�" for letter in start)
    return printable + "…" * (len(text.strip()) > SHOWN_LENGTH)
