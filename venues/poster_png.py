"""A poster as a picture, for chats and for screens."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

from venues.poster import Format, Language, PosterFacts
from venues.poster_layout import sheet
from venues.poster_marks import WHITE, Box, Mark, Placed, Polygon

DPI = 300
_PIXELS_PER_MM = DPI / 25.4


def poster_png(poster: PosterFacts, paper: Format, language: Language) -> bytes:
    page = sheet(poster, paper, language)
    size = (round(page.w * _PIXELS_PER_MM), round(page.h * _PIXELS_PER_MM))
    image = Image.new("RGB", size, WHITE)
    draw = ImageDraw.Draw(image)
    for placed in page.placed:
        for mark in placed.marks:
            _draw_mark(draw, placed, mark)
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(DPI, DPI))
    return out.getvalue()


def _draw_mark(draw: ImageDraw.ImageDraw, at: Placed, mark: Mark) -> None:
    if isinstance(mark, Polygon):
        draw.polygon([_pixel(at, x, y) for x, y in mark.points], fill=mark.colour)
    elif isinstance(mark, Box):
        left, top = (round(v) for v in _pixel(at, mark.x, mark.y))
        right, bottom = (round(v) for v in _pixel(at, mark.x + mark.w, mark.y + mark.h))
        radius = at.scale * mark.radius * _PIXELS_PER_MM
        # Pillow paints the last column and row too.
        corners = (left, top, right - 1, bottom - 1)
        draw.rounded_rectangle(corners, radius, fill=mark.colour)
    else:
        size = at.scale * mark.size * _PIXELS_PER_MM
        font = ImageFont.truetype(mark.face.value, size, layout_engine=ImageFont.Layout.BASIC)
        draw.text(_pixel(at, mark.x, mark.y), mark.text, mark.colour, font, anchor="ls")


def _pixel(at: Placed, x: float, y: float) -> tuple[float, float]:
    return (at.x + at.scale * x) * _PIXELS_PER_MM, (at.y + at.scale * y) * _PIXELS_PER_MM
