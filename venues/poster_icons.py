"""The pictures on a poster, drawn from boxes and polygons in a square of 100 units."""

from __future__ import annotations

from venues.model import Direction
from venues.poster_marks import BLACK, WHITE, Box, Colour, Mark, Placed, Point, Polygon

_RIGHT: tuple[Point, ...] = ((0, -7), (32, -7), (32, -22), (62, 0), (32, 22), (32, 7), (0, 7))


def way_icon(direction: Direction, colour: Colour) -> tuple[Mark, ...]:
    """Told apart by shape alone, for black and white printers and colour-blind eyes."""
    if direction is Direction.IN:
        return (*_door(colour, opens_left=True), _arrow(4, 50, colour))
    if direction is Direction.OUT:
        return (*_door(colour, opens_left=False), _arrow(34, 50, colour))
    return (_arrow(30, 26, colour), _arrow(70, 74, colour, turned=True))


def scan_icon(colour: Colour) -> tuple[Mark, ...]:
    finders = ((34, 32), (56, 32), (34, 54))
    return (
        *_phone(colour),
        *(Box(x=x, y=y, w=13, h=13, colour=colour) for x, y in finders),
        Box(x=57, y=55, w=5, h=5, colour=colour),
        Box(x=64, y=62, w=5, h=5, colour=colour),
    )


def form_icon(colour: Colour) -> tuple[Mark, ...]:
    return (
        Box(x=14, y=4, w=72, h=92, colour=colour, radius=8),
        Box(x=22, y=12, w=56, h=76, colour=WHITE, radius=3),
        *(Box(x=48, y=y, w=24, h=6, colour=colour) for y in (28, 48, 68)),
        *(_tick(28, y, 15, colour) for y in (22, 42, 62)),
    )


def pass_icon(colour: Colour) -> tuple[Mark, ...]:
    return (
        *_phone(colour),
        Box(x=32, y=30, w=36, h=36, colour=colour, radius=18),
        _tick(38, 36, 24, WHITE),
    )


def placed(marks: tuple[Mark, ...], x: float, y: float, size: float) -> Placed:
    return Placed(x=x, y=y, scale=size / 100, marks=marks)


def _phone(colour: Colour) -> tuple[Mark, ...]:
    return (
        Box(x=20, y=2, w=60, h=96, colour=colour, radius=10),
        Box(x=27, y=13, w=46, h=70, colour=WHITE, radius=2),
        Box(x=44, y=87, w=12, h=6, colour=WHITE, radius=3),
    )


def _door(colour: Colour, *, opens_left: bool) -> tuple[Mark, ...]:
    post, jamb = (86, 50) if opens_left else (4, 4)
    return (
        Box(x=post, y=6, w=10, h=88, colour=colour),
        Box(x=jamb, y=6, w=46, h=10, colour=colour),
        Box(x=jamb, y=84, w=46, h=10, colour=colour),
    )


def _arrow(x: float, y: float, colour: Colour, *, turned: bool = False) -> Polygon:
    side = -1 if turned else 1
    return Polygon(points=tuple((x + side * dx, y + dy) for dx, dy in _RIGHT), colour=colour)


def _tick(x: float, y: float, size: float, colour: Colour = BLACK) -> Polygon:
    shape = ((0, 0.55), (0.15, 0.4), (0.38, 0.62), (0.85, 0.12), (1, 0.27), (0.38, 0.92))
    return Polygon(points=tuple((x + dx * size, y + dy * size) for dx, dy in shape), colour=colour)
