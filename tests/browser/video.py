"""What a phone's camera sees, as a YUV4MPEG2 file that Chromium plays in place of a camera."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

SIZE = (1280, 720)


def film(picture: bytes, file: Path) -> None:
    """First the empty wall, then the picture held in front of the camera, slightly askew."""
    wall = Image.new("RGB", SIZE, "#b8bcc0")
    shown = Image.open(io.BytesIO(picture)).convert("RGB")
    shown.thumbnail((SIZE[0], SIZE[1] - 20))
    askew = shown.rotate(3, resample=Image.Resampling.BICUBIC, expand=True, fillcolor="#b8bcc0")
    held = wall.copy()
    held.paste(askew, ((SIZE[0] - askew.width) // 2, (SIZE[1] - askew.height) // 2))
    with file.open("wb") as out:
        out.write(f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F10:1 Ip A1:1 C420jpeg\n".encode())
        for frame in (wall, held, held, held, held):
            out.write(b"FRAME\n" + _planes(frame))


def _planes(frame: Image.Image) -> bytes:
    y, blue, red = frame.convert("YCbCr").split()
    half = (SIZE[0] // 2, SIZE[1] // 2)
    return y.tobytes() + blue.resize(half).tobytes() + red.resize(half).tobytes()
