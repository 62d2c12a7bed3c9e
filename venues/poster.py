"""What a poster says: its facts, its formats and its words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal, TypeAlias

from venues.model import Direction

Language: TypeAlias = Literal["vi", "en"]


class Format(StrEnum):
    """A page is one poster; a page of stickers is eight of the same."""

    A4 = "a4"
    A5 = "a5"
    TABLE = "table"
    STICKERS = "stickers"


@dataclass(frozen=True, slots=True, kw_only=True)
class PosterFacts:
    venue: str
    organisation: str
    address: str
    ward: str
    checkpoint: str
    direction: Direction
    zone: str | None
    code: str
    public_url: str
    issued: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language's words on a poster of one direction."""

    headline: str
    way: str
    steps: tuple[str, str, str]
    type_it: str
    issued: str


_TYPE_IT: dict[Language, str] = {
    "vi": "Không quét được? Mở {host} và nhập mã",
    "en": "Cannot scan? Open {host} and type the code",
}
_ISSUED: dict[Language, str] = {"vi": "Mã cấp ngày {date}", "en": "Code issued {date}"}
_HEADLINE: dict[Language, dict[Direction, str]] = {
    "vi": {
        Direction.IN: "Quét mã để khai báo y tế và vào cửa",
        Direction.OUT: "Quét mã khi ra về",
        Direction.BOTH: "Quét mã khi vào và khi ra",
    },
    "en": {
        Direction.IN: "Scan to check in",
        Direction.OUT: "Scan when you leave",
        Direction.BOTH: "Scan as you enter and as you leave",
    },
}
_WAY: dict[Language, dict[Direction, str]] = {
    "vi": {Direction.IN: "Lối vào", Direction.OUT: "Lối ra", Direction.BOTH: "Vào và ra"},
    "en": {Direction.IN: "Entrance", Direction.OUT: "Exit", Direction.BOTH: "In and out"},
}
_STEPS_IN: dict[Language, tuple[str, str, str]] = {
    "vi": ("Quét mã bằng máy ảnh", "Khai báo, xác nhận", "Giơ màn hình khi qua cửa"),
    "en": ("Scan with the camera", "Declare, confirm", "Show the screen at the door"),
}
_STEPS_OUT: dict[Language, tuple[str, str, str]] = {
    "vi": ("Quét mã bằng máy ảnh", "Xác nhận giờ ra", "Xong, hẹn gặp lại"),
    "en": ("Scan with the camera", "Confirm you leave", "Done, see you again"),
}


def words(poster: PosterFacts, language: Language) -> Words:
    steps = _STEPS_OUT if poster.direction is Direction.OUT else _STEPS_IN
    host = poster.public_url.rstrip("/").partition("://")[2].lower()
    # Day before month, with the month in words, is read alike by everybody; 03/04 is not.
    day = f"{poster.issued:%d/%m/%Y}" if language == "vi" else f"{poster.issued:%d %B %Y}"
    return Words(
        headline=_HEADLINE[language][poster.direction],
        way=_WAY[language][poster.direction],
        steps=steps[language],
        type_it=_TYPE_IT[language].format(host=host),
        issued=_ISSUED[language].format(date=day),
    )
