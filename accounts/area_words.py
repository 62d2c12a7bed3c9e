"""Names of areas as words: how people type them, and how Vietnamese sorts them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

KINDS = ("thanh pho", "thi xa", "thi tran", "dac khu", "tinh", "quan", "huyen", "phuong", "xa")
ABBREVIATIONS = {
    "p": "phuong",
    "ph": "phuong",
    "x": "xa",
    "tt": "thi tran",
    "dk": "dac khu",
    "q": "quan",
    "h": "huyen",
    "tx": "thi xa",
    "t": "tinh",
    "tp": "thanh pho",
    "hcm": "ho chi minh",
    "tphcm": "thanh pho ho chi minh",
    "hn": "ha noi",
}
LETTERS = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
# huyền, hỏi, ngã, sắc, nặng; a syllable without one goes before them
TONES = "\u0300\u0309\u0303\u0301\u0323"
_LETTER_ORDER = str.maketrans({letter: chr(97 + place) for place, letter in enumerate(LETTERS)})
_MARKS = re.compile("[\u0300-\u036f]")
_APOSTROPHE = re.compile(r"['’ʼ‘`]\s*")  # "K' Dang" and "K'Dang" are one name
_GLUED = re.compile(r"\b(p|q|phuong|quan)(\d+)\b")  # P12, Q1
_WORD = re.compile(r"[a-z0-9]+|,")


def fold(text: str) -> str:
    """Lower case without accents, Đ as d; full-width and decomposed letters as the plain ones."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold()
    return _APOSTROPHE.sub("", plain.replace("đ", "d"))


def words(text: str) -> list[str]:
    """Folded words, abbreviations of kinds written out, `,` where the writer parted two areas."""
    return [word for one in _typed(text) for word in _spelled(one).split()]


def begun(text: str) -> list[str]:
    """Like `words`, for text still being typed: its last word may be the start of a longer one."""
    if not text[-1:].isalnum():
        return words(text)
    typed = _typed(text)
    return [word for one in typed[:-1] for word in _spelled(one).split()] + typed[-1:]


@cache  # official names only, of which two in five are shared
def split_name(name: str) -> tuple[str, str]:
    """('phuong', 'cai khe') of 'Phường Cái Khế'."""
    folded = words(name)
    size = 2 if " ".join(folded[:2]) in KINDS else 1
    return " ".join(folded[:size]), " ".join(folded[size:])


def without_kind(name: str) -> str:
    """'Cái Khế' of 'Phường Cái Khế'; every official name starts with its kind."""
    first, _, rest = name.partition(" ")
    return rest if fold(first) in KINDS else rest.partition(" ")[2]


def has_accented(text: str, name: str) -> bool:
    """Whether the text has the name without its kind, accents and all."""
    return without_kind(name).lower() in unicodedata.normalize("NFC", text).lower()


@cache
def sort_key(name: str) -> tuple[tuple[bool, int, str, int], ...]:
    """Dictionary order of the name without its kind."""
    return dictionary_order(without_kind(name))


def dictionary_order(text: str) -> tuple[tuple[bool, int, str, int], ...]:
    """Vietnamese; 2 before 10 before A. Syllable by syllable, and in each the letters before the
    tone."""
    return tuple(_syllable(word) for word in re.findall(r"\w+", text.lower()))


def in_order(labels: Mapping[str, str], last: str) -> list[tuple[str, str]]:
    """A list to choose from: (value, label) by label, but `last` («Khác») at its end."""
    return sorted(labels.items(), key=lambda one: (one[0] == last, dictionary_order(one[1])))


def _typed(text: str) -> list[str]:
    parted = re.sub(r"[;\n|]", ",", fold(text))
    return _WORD.findall(_GLUED.sub(r"\1 \2", parted))


def _spelled(word: str) -> str:
    if word.isdigit():
        return word.lstrip("0") or "0"
    return ABBREVIATIONS.get(word, word)


def _syllable(word: str) -> tuple[bool, int, str, int]:
    if word.isdigit():
        return False, int(word), "", 0
    tone = 0
    letters = []
    for mark in unicodedata.normalize("NFD", word):
        if mark in TONES:
            tone = TONES.index(mark) + 1
        else:
            letters.append(mark)
    plain = unicodedata.normalize("NFC", "".join(letters))
    return True, 0, plain.translate(_LETTER_ORDER), tone
