"""Photographs of a poster, from good to hopeless, and which of two readers still reads them.

`python -m tests.poster_survival` takes them all and writes the table of docs/posters.md.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter
from pyzbar import pyzbar

from venues.code import ALPHABET, address, check_symbol
from venues.model import Direction
from venues.poster import Format, PosterFacts
from venues.poster_png import poster_png

CODES = 20
DOCUMENT = Path(__file__).parent.parent / "docs" / "posters.md"
BEGIN, END = "<!-- survival: written by a command -->\n", "<!-- end of survival -->\n"

_CODE_SHARE = 150.6 / 210  # of the width of an A4 poster
_WALL = 150
_CAMERA_DISTANCE = 2.5  # in widths of the poster


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """How a poster is photographed; the defaults are a good photo from near by."""

    across: int = 300  # pixels from side to side of the code
    turned: float = 0  # degrees, in the plane of the picture
    tilted: float = 0  # degrees, seen from the side
    blur: float = 0  # standard deviation, in modules of the code
    covered: float = 0  # share of the code's area under a grey patch in its middle
    light: float = 1  # 1 is a well-lit wall
    contrast: float = 1
    noise: float = 3  # standard deviation, in grey levels of 255
    jpeg: int = 90


def facts(number: int) -> PosterFacts:
    """The same poster each time for a number, with a code of its own."""
    rng = np.random.default_rng(number)
    body = "".join(rng.choice(list(ALPHABET), 12))
    return PosterFacts(
        venue="Siêu thị Cần Thơ",
        organisation="Công ty Thương mại Cần Thơ",
        address="1 Đại lộ Hòa Bình",
        ward="Phường Tân An, Quận Ninh Kiều",
        checkpoint="Cổng chính",
        direction=tuple(Direction)[number % 3],
        zone="Tầng trệt",
        code=body + check_symbol(body),
        public_url="https://chot.cantho.gov.vn",
        issued=date(2021, 9, 30),
    )


def expected(poster: PosterFacts) -> str:
    return address(poster.public_url, poster.code)


def picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("L")


def read_by_zxing(image: Image.Image) -> list[str]:
    formats = zxingcpp.barcode_formats_from_str("QRCode")
    found = zxingcpp.read_barcodes(np.asarray(image), formats=formats)
    return [barcode.text for barcode in found]


def read_by_zbar(image: Image.Image) -> list[str]:
    found = pyzbar.decode(image, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return [barcode.data.decode() for barcode in found]


READERS: dict[str, Callable[[Image.Image], list[str]]] = {
    "zxing-cpp": read_by_zxing,
    "zbar": read_by_zbar,
}


def taken(poster: Image.Image, photo: Photo) -> Image.Image:
    """The poster (an upright A4 page) as the photo shows it, grey wall around it."""
    wide = round(photo.across / _CODE_SHARE)
    page = poster.resize((wide, wide * poster.height // poster.width), Image.Resampling.BOX)
    if photo.covered:
        side = photo.covered**0.5 * photo.across / 2
        middle = page.width / 2, page.height * 163.4 / 297
        corners = [m + sign * side for sign in (-1, 1) for m in middle]
        ImageDraw.Draw(page).rectangle(corners, fill=_WALL)
    margin = wide // 8
    wall = Image.new("L", (wide + 2 * margin, page.height + 2 * margin), _WALL)
    wall.paste(page, (margin, margin))
    seen = _tilted(wall, photo.tilted) if photo.tilted else wall
    if photo.turned:
        bicubic = Image.Resampling.BICUBIC
        seen = seen.rotate(photo.turned, bicubic, expand=True, fillcolor=_WALL)
    # 29 modules a side: the address of facts() fits version 3.
    seen = seen.filter(ImageFilter.GaussianBlur(photo.blur * photo.across / 29))
    return _compressed(_lit(seen, photo), photo.jpeg)


def held(photo: Photo, number: int) -> Photo:
    """As a hand holds the phone: a tenth nearer or farther, two degrees askew.

    Without it one lucky meeting of modules and JPEG blocks decides for all posters.
    """
    across = round(photo.across * (0.9 + 0.2 * number / (CODES - 1)))
    return replace(photo, across=across, turned=photo.turned + number % 5 - 2)


def _tilted(wall: Image.Image, degrees: float) -> Image.Image:
    """Seen from the side: narrower, and its far edge smaller than its near one."""
    w, h = wall.size
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    away = _CAMERA_DISTANCE * w
    # Pillow asks for the way back: (x, y) of the photo lies at ((ax+by+c)/(gx+hy+1), …) of the
    # wall. A wall point (u, v) from the middle is seen at (u cos, v) · away / (away + u sin).
    back = np.array([[away, 0, 0], [0, away * cosine, 0], [-sine, 0, away * cosine]])
    to_middle = np.array([[1, 0, -w / 2], [0, 1, -h / 2], [0, 0, 1]])
    from_middle = np.array([[1, 0, w / 2], [0, 1, h / 2], [0, 0, 1]])
    matrix = from_middle @ back @ to_middle
    coefficients = (matrix / matrix[2, 2]).flatten()[:8].tolist()
    perspective, bicubic = Image.Transform.PERSPECTIVE, Image.Resampling.BICUBIC
    return wall.transform((w, h), perspective, coefficients, bicubic, fillcolor=_WALL)


def _lit(image: Image.Image, photo: Photo) -> Image.Image:
    grey = (np.asarray(image, dtype=float) - 128) * photo.contrast + 128
    grains = np.random.default_rng(0).normal(0, photo.noise, grey.shape)
    return Image.fromarray(np.clip(grey * photo.light + grains, 0, 255).astype(np.uint8))


def _compressed(image: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(out)


SURVEY: tuple[tuple[str, Photo], ...] = (
    ("good photo, code 300 pixels across", Photo()),
    *((f"turned {d}°", Photo(turned=d)) for d in (15, 45, 90, 180)),
    *((f"seen from {d}° aside", Photo(tilted=d)) for d in (30, 45, 60, 70, 75)),
    *((f"blur {b} modules", Photo(blur=b)) for b in (0.2, 0.3, 0.4, 0.5, 0.6)),
    *((f"code {n} pixels across", Photo(across=n)) for n in (150, 100, 80, 60, 50, 40)),
    *((f"contrast {c:.0%}", Photo(contrast=c)) for c in (0.5, 0.3, 0.2, 0.1, 0.05)),
    *((f"light {v:.0%}", Photo(light=v)) for v in (0.5, 0.25, 0.1, 0.05)),
    *((f"grain ±{n} of 255", Photo(noise=n)) for n in (10, 20, 40, 60, 80)),
    *((f"JPEG quality {q}", Photo(jpeg=q)) for q in (30, 20, 10, 5)),
    *((f"{c:.0%} of the code covered", Photo(covered=c)) for c in (0.05, 0.08, 0.12, 0.16, 0.2)),
    ("turned 45°, 150 pixels", Photo(turned=45, across=150)),
    ("turned 15°, 45° aside", Photo(turned=15, tilted=45)),
    ("45° aside, blur 0.25 modules, JPEG 30", Photo(tilted=45, blur=0.25, jpeg=30)),
    ("100 pixels, turned 15°, JPEG 30", Photo(across=100, turned=15, jpeg=30)),
    ("light 25%, contrast 50%, grain ±6", Photo(light=0.25, contrast=0.5, noise=6)),
    ("80 pixels, 30° aside, light 50%, JPEG 20", Photo(across=80, tilted=30, light=0.5, jpeg=20)),
)


def survival() -> str:
    """The table: of CODES posters, how many each reader reads in each kind of photo."""
    posters = [facts(number) for number in range(CODES)]
    pages = [(expected(p), picture(poster_png(p, Format.A4, "vi"))) for p in posters]
    rows = [f"| photo | {' | '.join(READERS)} |", f"|---|{'---|' * len(READERS)}"]
    for label, photo in SURVEY:
        photos = [(text, taken(page, held(photo, n))) for n, (text, page) in enumerate(pages)]
        counts = (sum(read(i) == [text] for text, i in photos) for read in READERS.values())
        rows.append(f"| {label} | {' | '.join(f'{count}/{CODES}' for count in counts)} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(before + BEGIN + survival() + END + after)


if __name__ == "__main__":
    main()
