"""Posters as a vector PDF: modules are rectangles, text is text in an embedded subset font."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time

from fpdf import FPDF

from venues.poster import Format, Language, PosterFacts
from venues.poster_layout import sheet
from venues.poster_marks import Box, Mark, Placed, Polygon, Sheet
from venues.poster_text import Face, plain

_POINTS_PER_MM = 72 / 25.4


def poster_pdf(posters: Sequence[PosterFacts], paper: Format, language: Language) -> bytes:
    """A page for each poster; at least one. The same facts make the same bytes."""
    pages = (sheet(poster, paper, language) for poster in posters)
    issued = max(poster.issued for poster in posters)
    return sheets_pdf(pages, plain(posters[0].venue), issued, language)


def sheets_pdf(pages: Iterable[Sheet], title: str, issued: date, language: Language) -> bytes:
    pdf = FPDF(unit="mm")
    pdf.set_margin(0)
    pdf.set_auto_page_break(auto=False)
    pdf.set_lang(language)
    pdf.set_title(title)
    pdf.set_creation_date(datetime.combine(issued, time(), tzinfo=UTC))
    for face in Face:
        pdf.add_font(face.name, fname=face.value)
    for page in pages:
        pdf.add_page(format=(page.w, page.h))
        for placed in page.placed:
            _draw(pdf, placed)
    return bytes(pdf.output())


def _draw(pdf: FPDF, placed: Placed) -> None:
    for mark in placed.marks:
        _draw_mark(pdf, placed, mark)


def _draw_mark(pdf: FPDF, at: Placed, mark: Mark) -> None:
    scale = at.scale
    if isinstance(mark, Polygon):
        pdf.set_fill_color(*mark.colour)
        pdf.polygon([(at.x + scale * x, at.y + scale * y) for x, y in mark.points], style="F")
        return
    x, y = at.x + scale * mark.x, at.y + scale * mark.y
    if isinstance(mark, Box):
        pdf.set_fill_color(*mark.colour)
        w, h, radius = (scale * side for side in (mark.w, mark.h, mark.radius))
        pdf.rect(x, y, w, h, style="F", round_corners=radius > 0, corner_radius=radius)
    else:
        pdf.set_text_color(*mark.colour)
        pdf.set_font(mark.face.name, size=scale * mark.size * _POINTS_PER_MM)
        pdf.text(x, y, mark.text)
