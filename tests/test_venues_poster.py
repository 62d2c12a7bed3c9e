"""Posters are read by two independent readers and carry every word whole."""

from __future__ import annotations

import dataclasses
import itertools
import unicodedata
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2
import pytest
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

from tests.poster_survival import READERS, expected, facts, picture
from venues.code import printed
from venues.model import Direction
from venues.poster import Format, Language, PosterFacts
from venues.poster_layout import sheet
from venues.poster_marks import BLACK, WHITE, Box, Polygon, Text
from venues.poster_pdf import poster_pdf
from venues.poster_png import DPI, poster_png
from venues.qr import qr

LANGUAGES: tuple[Language, ...] = ("vi", "en")
LONG_NAME = (
    "Trung tâm Thương mại, Dịch vụ Ẩm thực và Giải trí Quốc tế Nguyễn Thị Minh Khai – Chi nhánh "
    "Quận Ninh Kiều, Thành phố Cần Thơ (Khu phức hợp Đồng bằng sông Cửu Long, cổng số 2)"
)
HOSTS = ("a.vn", "chot.cantho.gov.vn", "khaibao.suckhoe.cantho.gov.vn:8443")
COPIES = {Format.A4: 1, Format.A5: 1, Format.TABLE: 1, Format.STICKERS: 8}
PAGE_MM = {
    Format.A4: (210, 297),
    Format.A5: (148, 210),
    Format.TABLE: (105, 148),
    Format.STICKERS: (210, 297),
}


def rendered(pdf: bytes, dpi: int, page: int = 0) -> Image.Image:
    with pypdfium2.PdfDocument(pdf) as document:
        image: Image.Image = document[page].render(scale=dpi / 72).to_pil()
        return image.convert("L")


def words_of(pdf: bytes, page: int = 0) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        text: str = document[page].get_textpage().get_text_range()
    return " ".join(text.split())


def code_bounds_mm(grey: npt.NDArray[np.uint8], dpi: int) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of what is dark between the venue's block and the poster's foot."""
    top, bottom = (round(mm / 25.4 * dpi) for mm in (64.5, 262.0))
    rows, columns = np.nonzero(grey[top:bottom] < 128)
    edges = columns.min(), rows.min() + top, columns.max() + 1, rows.max() + top + 1
    left, upper, right, lower = (float(edge) / dpi * 25.4 for edge in edges)
    return left, upper, right, lower


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("paper", Format)
def test_both_readers_read_every_poster(
    paper: Format, direction: Direction, language: Language
) -> None:
    poster = dataclasses.replace(facts(1), direction=direction)

    printout = rendered(poster_pdf([poster], paper, language), dpi=150)
    screen = picture(poster_png(poster, paper, language))

    for image, read in itertools.product((printout, screen), READERS.values()):
        assert read(image) == [expected(poster)] * COPIES[paper]


@pytest.mark.parametrize("paper", Format)
def test_pages_have_the_size_of_their_paper(paper: Format) -> None:
    w, h = PAGE_MM[paper]

    with pypdfium2.PdfDocument(poster_pdf([facts(1)], paper, "vi")) as document:
        assert document[0].get_size() == pytest.approx((w / 25.4 * 72, h / 25.4 * 72), abs=0.1)
    assert picture(poster_png(facts(1), paper, "vi")).size == (
        round(w / 25.4 * DPI),
        round(h / 25.4 * DPI),
    )


@pytest.mark.parametrize("host", HOSTS)
def test_the_code_on_a4_is_15_cm_wide(host: str) -> None:
    poster = dataclasses.replace(facts(2), public_url=f"https://{host}")
    grey = np.asarray(rendered(poster_pdf([poster], Format.A4, "vi"), dpi=200))

    left, top, right, bottom = code_bounds_mm(grey, 200)

    assert right - left >= 150
    assert bottom - top >= 150


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("paper", Format)
def test_every_code_stands_in_four_white_modules(paper: Format, host: str) -> None:
    poster = dataclasses.replace(facts(2), public_url=f"https://{host}")
    modules = len(qr(expected(poster)))

    parts = [part.marks for part in sheet(poster, paper, "vi").placed if len(part.marks) > 100]

    assert len(parts) == COPIES[paper]
    for marks in parts:
        boxes = [mark for mark in marks if isinstance(mark, Box)]
        white = next(box for box in boxes if box.colour == WHITE)
        code = [box for box in boxes if box.colour == BLACK]
        quiet = 4 * white.w / (modules + 8)
        assert min(box.x for box in code) == pytest.approx(white.x + quiet)
        assert min(box.y for box in code) == pytest.approx(white.y + quiet)
        assert max(box.x + box.w for box in code) == pytest.approx(white.x + white.w - quiet)
        for box in set(boxes) - set(code) - {white}:
            apart = box.x >= white.x + white.w or box.y >= white.y + white.h
            assert apart or box.y + box.h <= white.y


def test_a_reader_finds_an_alphanumeric_code_that_bears_a_quarter_lost() -> None:
    """42 characters at level Q: version 3 holds 47 alphanumeric ones, but 32 of mixed case."""
    image = picture(poster_png(facts(1), Format.A5, "vi"))

    found: list[Any] = [code.extra for code in zxingcpp.read_barcodes(np.asarray(image))]

    assert len(expected(facts(1))) == 42
    assert [(code["ECLevel"], code["Version"]) for code in found] == [("Q", "3")]
    assert len(qr(expected(facts(1)).lower())) > len(qr(expected(facts(1))))


@pytest.mark.parametrize("paper", Format)
@pytest.mark.parametrize("name", ["Phở Hòa", LONG_NAME, LONG_NAME * 3, "Nguyễn" * 40])
def test_the_pdf_says_the_whole_name_and_the_typed_code(paper: Format, name: str) -> None:
    poster = dataclasses.replace(facts(3), venue=name)

    said = words_of(poster_pdf([poster], paper, "vi"))

    # A line may break after any word, and inside one that is wider than the poster.
    assert name.replace(" ", "") in said.replace(" ", "")
    assert printed(poster.code) in said
    assert "30/09/2021" in said
    assert "chot.cantho.gov.vn" in said


def test_a_poster_speaks_both_languages_and_names_its_door() -> None:
    said = words_of(poster_pdf([facts(0)], Format.A4, "vi"))

    assert "Quét mã để khai báo y tế và vào cửa" in said
    assert "Scan to check in" in said
    assert "Lối vào / Entrance: Cổng chính · Tầng trệt" in said
    assert "Phường Tân An, Quận Ninh Kiều" in said


def test_decomposed_and_invisible_letters_are_printed_as_composed_ones() -> None:
    poster = dataclasses.replace(facts(3), venue="Ca\u0302\u0300n\u200b\tTho\u031b\x00")

    marks = [mark for part in sheet(poster, Format.A5, "vi").placed for mark in part.marks]

    lines = [mark.text for mark in marks if isinstance(mark, Text)]
    assert "Cần Thơ" in lines
    assert all(unicodedata.is_normalized("NFC", line) for line in lines)


names = st.text(max_size=200)


def saying(said: tuple[str, ...], direction: Direction, host: str) -> PosterFacts:
    venue, organisation, place, ward, checkpoint, zone = said
    return PosterFacts(
        venue=venue,
        organisation=organisation,
        address=place,
        ward=ward,
        checkpoint=checkpoint,
        zone=zone,
        direction=direction,
        code=facts(4).code,
        public_url=f"https://{host}",
        issued=date(2021, 9, 30),
    )


posters = st.builds(
    saying, st.tuples(*[names] * 6), st.sampled_from(Direction), st.sampled_from(HOSTS)
)


@settings(deadline=None, max_examples=60)
@example(saying((LONG_NAME * 3,) * 6, Direction.IN, HOSTS[0]), Format.A4, "vi")
@example(saying(("Ẫg Ỗỵ " * 60,) * 6, Direction.BOTH, HOSTS[2]), Format.STICKERS, "vi")
@given(posters, st.sampled_from(Format), st.sampled_from(LANGUAGES))
def test_no_text_leaves_the_page_or_touches_other_text_or_the_quiet_zone(
    poster: PosterFacts, paper: Format, language: Language
) -> None:
    page = sheet(poster, paper, language)

    taken_up = list(_occupied(poster, paper, language))
    assert len(taken_up) > 5
    for left, top, right, bottom in taken_up:
        assert 0 <= left <= right <= page.w
        assert 0 <= top <= bottom <= page.h
    for one, other in itertools.combinations(taken_up, 2):
        apart_sideways = one[2] <= other[0] + 0.01 or other[2] <= one[0] + 0.01
        apart_in_height = one[3] <= other[1] + 0.01 or other[3] <= one[1] + 0.01
        assert apart_sideways or apart_in_height


def ink_box(mark: Text) -> tuple[float, float, float, float]:
    """From the start of the baseline, as the font draws it."""
    font = ImageFont.truetype(mark.face.value, 1000, layout_engine=ImageFont.Layout.BASIC)
    left, top, right, bottom = (
        edge / 1000 * mark.size for edge in font.getbbox(mark.text, anchor="ls")
    )
    return left, top, right, bottom


def _occupied(
    poster: PosterFacts, paper: Format, language: Language
) -> Iterator[tuple[float, float, float, float]]:
    """Left, top, right, bottom of the ink of every line and of every code's quiet zone."""
    for part in sheet(poster, paper, language).placed:
        for mark in part.marks:
            if isinstance(mark, Text):
                left, top, right, bottom = ink_box(mark)
                sides = (mark.x + left, mark.y + top, right - left, bottom - top)
            elif isinstance(mark, Box) and mark.colour == WHITE and mark.w * part.scale > 40:
                sides = (mark.x, mark.y, mark.w, mark.h)
            else:
                assert isinstance(mark, Box | Polygon)
                continue
            x, y, w, h = (side * part.scale for side in sides)
            yield part.x + x, part.y + y, part.x + x + w, part.y + y + h


def test_a_batch_is_a_page_for_each_poster_with_its_own_code() -> None:
    posters = [dataclasses.replace(facts(n), venue=f"Quán số {n}") for n in range(40)]

    pdf = poster_pdf(posters, Format.TABLE, "vi")

    for number, poster in enumerate(posters):
        said = words_of(pdf, number)
        assert poster.venue in said
        assert printed(poster.code) in said
    assert READERS["zxing-cpp"](rendered(pdf, 100, 39)) == [expected(posters[39])]
    # Fonts are embedded once and cut to the letters used; a page is then a few kilobytes.
    assert len(pdf) < 40 * 5_000 + 150_000


@pytest.mark.parametrize("paper", Format)
def test_the_same_facts_make_the_same_bytes(paper: Format) -> None:
    assert poster_pdf([facts(5)], paper, "en") == poster_pdf([facts(5)], paper, "en")
    assert poster_png(facts(5), paper, "en") == poster_png(facts(5), paper, "en")
