"""JSON of uploads: scans kept offline, as lines (NDJSON) or as one array."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Literal

import msgspec
import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import citizen_of
from accounts.fields import Moment
from accounts.model import SignInFirst
from checkin import uploads
from checkin.api import CodeText, Party, ScanAnswer, scan_answer
from checkin.ledger import LedgerFull
from checkin.model import Source, Way
from checkin.scan import Asked
from checkin.state import State
from checkin.uploads import EVENTS, BadEvent, Outcome, TooManyEvents, gently
from kit.db import DatabaseAway
from kit.errors import Problem, TooLarge, Unsupported
from kit.http import Endpoint, MalformedBody, Overdue, read_body, reply

LINES, ARRAY = "application/x-ndjson", "application/json"
LIMIT = 2 * 1024 * 1024
READ_AT_ONCE = 100
DEADLINE = 60.0  # seconds, a slow network included
UPLOAD_PROBLEMS = (
    *(TooManyEvents, MalformedBody, TooLarge, Unsupported),
    *(SignInFirst, LedgerFull, DatabaseAway, Overdue),
)


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As the phone would have sent it alone; `offset` is by how many seconds the phone's clock was
    behind ours when it last asked. It changes nothing: `at` stands as it was fixed."""

    code: CodeText
    at: Moment
    way: Literal["in", "out"]
    companions: Party = 0
    button: bool = False
    offset: float = 0.0


class EventAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`scan` of what stands, `problem` of what was refused: one whose own status is 503 may come
    again, every other is final."""

    status: Literal["stored", "already-stored", "refused"]
    scan: ScanAnswer | None = None
    problem: dict[str, Any] | None = None


class UploadAnswer(msgspec.Struct, frozen=True):
    """One answer an event, in order."""

    events: list[EventAnswer]


_event = msgspec.json.Decoder(Event)
_array = msgspec.json.Decoder(list[msgspec.Raw])


async def upload_scans(request: Request[State]) -> Response:
    """Upload scans that were kept offline

    Up to 5,000, as `application/x-ndjson` or as a JSON array; each is answered by itself. Sent
    again, in any order and any number of times, they leave the same rows.
    """
    events = await gently(_read, await raw_events(request, LIMIT), READ_AT_ONCE)
    outcomes = await uploads.take_scans(request.state, citizen_of(request), events)
    return reply(UploadAnswer(await gently(_answer, outcomes, READ_AT_ONCE)))


def has_room(request: Request[State]) -> None:
    request.state["ledger"].require_room(late=True)


async def raw_events(request: Request[State], limit: int) -> list[bytes]:
    """The events of an upload of at most `limit` bytes, each still to be read."""
    content_type = request.headers.get("content-type", "")
    raw = _split(content_type, await read_body(request, limit))
    if len(raw) > EVENTS:
        raise TooManyEvents(limit=EVENTS)
    return raw


def _split(content_type: str, body: bytes) -> list[bytes]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == LINES:
        return [line for line in body.split(b"\n") if line.strip()]
    if kind != ARRAY:
        raise Unsupported(takes=[LINES, ARRAY])
    try:
        return [bytes(one) for one in _array.decode(body)]
    except RecursionError:
        return cut_at_commas(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise MalformedBody(str(wrong)) from None


def cut_at_commas(body: bytes) -> list[bytes]:
    """An array's elements by its brackets alone: one that is nested too deeply for the decoder is
    refused by itself, and only then."""
    body = body.strip()
    unescaped = re.sub(rb"\\.", b"__", body, flags=re.DOTALL)  # as long as before
    letters = np.frombuffer(unescaped, np.uint8)
    outside = np.cumsum(letters == ord('"'), dtype=np.int32) % 2 == 0
    opens, closes = (np.isin(letters, list(pair)) & outside for pair in (b"[{", b"]}"))
    depth = np.cumsum(opens.astype(np.int8) - closes.astype(np.int8), dtype=np.int32)
    if not body.startswith(b"[") or depth[-1] != 0 or not depth[:-1].all():
        raise MalformedBody("the array does not end where the body does")
    commas = np.flatnonzero((letters == ord(",")) & outside & (depth == 1)).tolist()
    return [body[a + 1 : b] for a, b in pairwise([0, *commas, len(body) - 1])]


def _read(raw: bytes) -> Asked | Problem:
    try:
        event = _event.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        return BadEvent(str(wrong))
    way = Way.IN if event.way == "in" else Way.OUT
    if event.button and way is Way.IN:
        return BadEvent("nobody checks in by the button of the check-out")
    return Asked(
        code=event.code,
        at=event.at,
        way=way,
        companions=event.companions if way is Way.IN else 0,
        source=Source.BUTTON if event.button else Source.UPLOAD,
    )


def _answer(outcome: Outcome | Problem) -> EventAnswer:
    if isinstance(outcome, Problem):
        return EventAnswer(status="refused", problem=outcome.body())
    created = outcome.stored.created
    return EventAnswer(
        status="stored" if created else "already-stored",
        scan=scan_answer(outcome.asked, outcome.stored, outcome.doorway),
    )


endpoints = [
    Endpoint(
        "POST",
        "/v1/uploads",
        upload_scans,
        None,
        {200: UploadAnswer},
        UPLOAD_PROBLEMS,
        takes=(LINES, ARRAY),
        limit=LIMIT,
        first=has_room,
        seconds=DEADLINE,
    )
]
