"""Sample lists to fill in, with days of the last weeks: older ones would be refused."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from kit.errors import NotFound
from kit.http import Endpoint
from kit.sheet import CSV
from tracing.state import State

FOLDER = Path(__file__).parents[1] / "samples"
WRITTEN = date(2021, 7, 14)  # when the days that stand in the files would be of the last week
DAY = re.compile(r"(\d\d)/07/2021|2021-07-(\d\d)")
SAMPLES = {
    "cases.csv": ("danh-sach-ca-benh.csv", CSV),
    "contacts.csv": ("danh-sach-tiep-xuc.csv", CSV),
    "guests.json": ("danh-sach-khach.json", "application/json"),
}


async def sample(request: Request[State]) -> Response:
    name = request.path_params["name"]
    if name not in SAMPLES:
        raise NotFound
    state = request.state
    saved_as, media_type = SAMPLES[name]
    text = (FOLDER / name).read_text(encoding="utf-8")
    body = dated(text, state["days"].day(state["clock"]())).encode()
    head = {"Content-Disposition": f'attachment; filename="{saved_as}"'}
    return Response(body, headers=head, media_type=media_type)


def dated(text: str, today: date) -> str:
    """As if it had been written today."""

    def shifted(found: re.Match[str]) -> str:
        local, iso = found.groups()
        day = date(2021, 7, int(local or iso)) + (today - WRITTEN)
        return f"{day:%d/%m/%Y}" if local else day.isoformat()

    return DAY.sub(shifted, text)


endpoints = [Endpoint("GET", "/desk/samples/{name}", sample, page=True)]
