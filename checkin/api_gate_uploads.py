"""JSON of a gate's uploads: what it kept, sealed, while the service did not answer."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from checkin import gate, gate_uploads
from checkin.api_gate import GatePerson, GateScan, lane_of, new_person, showing
from checkin.api_uploads import (
    ARRAY,
    DEADLINE,
    LINES,
    UPLOAD_PROBLEMS,
    has_room,
    raw_events,
)
from checkin.gate_uploads import Waited
from checkin.seal import unsealed
from checkin.state import State
from checkin.uploads import BadEvent, gently
from kit.errors import Problem
from kit.http import BadForm, Endpoint, MalformedBody, decoded, reply
from venues.api_doors import LARGEST_ID

LIMIT = 8 * 1024 * 1024  # a document, sealed and in base64, is about 900 bytes
OPENED_AT_ONCE = 8  # of 0.1 ms each: the door goes on in between


class SealedEvent(Struct, frozen=True, forbid_unknown_fields=True):
    """`key` is the id of the public key (`GET /v1/gate`), `sealed` base64 of the event's own public
    key and the sealed JSON of a GateEvent."""

    key: Annotated[str, Meta(max_length=16)]
    sealed: Annotated[str, Meta(max_length=20_000)]


class GateEvent(Struct, frozen=True, forbid_unknown_fields=True):
    """`gate` is the number of the device at that time, and one of the others is what it would have
    sent."""

    gate: Annotated[int, Meta(ge=1, le=LARGEST_ID)]
    scan: GateScan | None = None
    person: GatePerson | None = None


class GateEventAnswer(Struct, frozen=True, kw_only=True):
    """A problem whose own status is 503 means that the event may come again; every other is
    final."""

    status: Literal["stored", "already-stored", "refused"]
    problem: dict[str, Any] | None = None


class GateUploadAnswer(Struct, frozen=True):
    """One answer an event, in order."""

    events: list[GateEventAnswer]


_sealed = msgspec.json.Decoder(SealedEvent)
_event = msgspec.json.Decoder(GateEvent)


async def upload_gate_scans(request: Request[State]) -> Response:
    """Upload what a gate kept while the service did not answer

    Up to 5,000 sealed events, as `application/x-ndjson` or as a JSON array; each is answered by
    itself. Sent again, in any order and any number of times, they leave the same rows.
    """
    lane = await lane_of(request)
    read = partial(_read, request.state)
    events = await gently(read, await raw_events(request, LIMIT), OPENED_AT_ONCE)
    outcomes = await gate_uploads.take(request.state, lane, events)
    return reply(GateUploadAnswer([_answer(outcome) for outcome in outcomes]))


def _read(state: State, raw: bytes) -> Waited | Problem:
    try:
        outer = _sealed.decode(raw)
        text = unsealed(state["keys"].gates, outer.key, outer.sealed)
        return _waited(state, decoded(_event, text))
    except (BadForm, MalformedBody) as wrong:
        return BadEvent(wrong.detail)
    except Problem as wrong:
        return wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        return BadEvent(str(wrong))


def _waited(state: State, event: GateEvent) -> Waited | Problem:
    if (scan := event.scan) is not None and event.person is None:
        asked = showing(scan.at, scan.way, scan.companions, True)
        return Waited(gate_id=event.gate, shown=gate.read(state, scan.credential), asked=asked)
    if (person := event.person) is not None and event.scan is None:
        asked = showing(person.at, person.way, person.companions, True)
        return Waited(gate_id=event.gate, shown=new_person(state, person), asked=asked)
    return BadEvent("one of scan and person")


def _answer(outcome: bool | Problem) -> GateEventAnswer:
    if isinstance(outcome, Problem):
        return GateEventAnswer(status="refused", problem=outcome.body())
    return GateEventAnswer(status="stored" if outcome else "already-stored")


endpoints = [
    Endpoint(
        "POST",
        "/v1/gate/uploads",
        upload_gate_scans,
        None,
        {200: GateUploadAnswer},
        UPLOAD_PROBLEMS,
        takes=(LINES, ARRAY),
        limit=LIMIT,
        first=has_room,
        seconds=DEADLINE,
    )
]
