"""What a page is drawn from: marks in millimetres, y downwards, that any printer can draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from venues.poster_text import Face

Colour: TypeAlias = tuple[int, int, int]
Point: TypeAlias = tuple[float, float]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
GREY: Colour = (70, 70, 70)
HAIRLINE: Colour = (190, 190, 190)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    x: float
    y: float
    w: float
    h: float
    colour: Colour
    radius: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Polygon:
    points: tuple[Point, ...]
    colour: Colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """`x` is the left end, `y` the baseline, `size` the em."""

    x: float
    y: float
    size: float
    face: Face
    colour: Colour
    text: str


Mark: TypeAlias = Box | Polygon | Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Marks drawn `scale` times as large, their origin at (x, y)."""

    x: float = 0
    y: float = 0
    scale: float = 1
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page."""

    w: float
    h: float
    placed: tuple[Placed, ...]
