"""Posters survive bad photos, well inside the limits that docs/posters.md lists."""

from __future__ import annotations

import pytest
from PIL import Image

from tests.poster_survival import READERS, Photo, expected, facts, picture, taken
from venues.poster import Format
from venues.poster_png import poster_png


@pytest.fixture(scope="module")
def a4_pages() -> list[Image.Image]:
    return [picture(poster_png(facts(n), Format.A4, "vi")) for n in range(3)]


@pytest.mark.parametrize(
    "photo",
    [
        Photo(turned=15),
        Photo(across=150, turned=45),
        Photo(turned=90),
        Photo(turned=180),
        Photo(tilted=30),
        Photo(tilted=45),
        Photo(tilted=60),
        Photo(blur=0.3),
        Photo(across=100),
        Photo(contrast=0.3),
        Photo(light=0.25),
        Photo(across=150, jpeg=30),
        Photo(covered=0.05),
        Photo(across=150, turned=15, tilted=30, jpeg=30),
    ],
    ids=repr,
)
@pytest.mark.parametrize("reader", READERS)
def test_a_poster_survives_a_bad_photo(
    a4_pages: list[Image.Image], reader: str, photo: Photo
) -> None:
    for number, page in enumerate(a4_pages):
        assert READERS[reader](taken(page, photo)) == [expected(facts(number))]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("photo", [Photo(blur=1.5), Photo(across=20), Photo(covered=0.4)], ids=repr)
def test_a_photo_can_be_too_bad(a4_pages: list[Image.Image], reader: str, photo: Photo) -> None:
    assert READERS[reader](taken(a4_pages[0], photo)) == []
