"""Pages of gate lanes: the lane itself, the pairing of a device, and the venue's list of them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access
from accounts.access import GATE_COOKIE, staff_of
from accounts.cookies import leave_to_device
from accounts.model import SignInFirst
from accounts.tokens import LIFETIME
from checkin import pairing
from checkin.api_gate import PASSING, SHOWN
from checkin.gate_uploads import OtherGate
from checkin.model import PhoneNumberWrong
from checkin.model_gate import Lane, NothingToUndo, PairingWrong, TypedTooMany
from checkin.pairing import Offer
from checkin.seal import SealBroken, SealForeign, newest_key
from checkin.state import State
from checkin.uploads import BadEvent
from kit.errors import Problem
from kit.http import Endpoint, see_other
from kit.page import keeper
from venues import register
from venues.api_doors import LARGEST_ID, number
from venues.code import printed
from venues.qr import qr_path

# What else the page may have to say: of an undo, a form, or something that had waited.
MORE = (
    *(NothingToUndo, PhoneNumberWrong, TypedTooMany),
    *(BadEvent, OtherGate, SealBroken, SealForeign),
)

FILES = (
    *("kit/base.css", "kit/icon.svg", "checkin/gate.css", "checkin/gate.js", "checkin/decoder.js"),
    "checkin/vendor/zxing-wasm/zxing_reader.wasm",
)
MODULES = (
    *("checkin/gate_box.js", "checkin/gate_clock.js", "checkin/gate_counters.js"),
    *("checkin/gate_list.js", "checkin/gate_queue.js", "checkin/gate_verdict.js"),
    *("checkin/code.js", "checkin/lens.js", "checkin/seal.js", "checkin/signal.js"),
    *("checkin/vendor/zxing-wasm/reader.js", "checkin/vendor/zxing-wasm/share.js"),
)


class TypedGate(Struct, frozen=True, forbid_unknown_fields=True):
    """A name of nothing is said beside its field."""

    checkpoint: Annotated[int, Meta(ge=1, le=LARGEST_ID)]
    name: Annotated[str, Meta(max_length=100)] = ""


class PairingQuery(Struct, frozen=True):
    """`code` as typed by a hand or a gun."""

    code: Annotated[str, Meta(max_length=300)] = ""
    lang: str = ""


async def gate_page(request: Request[State], form: PairingQuery) -> Response:
    """The lane of this device; one that was never paired, or revoked, is told how."""
    state = request.state
    try:
        lane = await state["lanes"].find(access.gate(request))
    except SignInFirst:
        return _unpaired(request, form.code)
    seal = msgspec.json.encode(newest_key(state["keys"].gates)).decode()
    return state["pages"].html(request, "checkin/gate.html", 200, seal=seal, **_facts(lane))


def _unpaired(request: Request[State], typed: str) -> Response:
    """The code that was typed leads where the QR of it does."""
    if not typed.strip():
        return _ask_pairing(request, 200, "")
    try:
        code = pairing.read_pairing(typed)
    except PairingWrong as wrong:
        return _ask_pairing(request, wrong.status, typed)
    return see_other(f"/G/{code}")


def _ask_pairing(request: Request[State], status: int, typed: str) -> Response:
    """`typed`: what pairs nothing, '' where nothing was typed yet."""
    return request.state["pages"].html(request, "checkin/gate_unpaired.html", status, typed=typed)


def _facts(lane: Lane) -> dict[str, Any]:
    ways = ["in", "out"] if lane.direction == "both" else [lane.direction]
    return {"lane": lane, "ways": ways, "problems": sorted({*PASSING, *SHOWN, *MORE}, key=_slug)}


async def gate_worker(request: Request[State]) -> Response:
    """Keeps the lane for a start without network; a page of its own, for it knows only doors."""
    return keeper(request, "gate", "^/gate$", FILES, MODULES)


def _slug(problem: type[Problem]) -> str:
    return problem.slug()


async def pairing_page(request: Request[State]) -> Response:
    """What the QR on the staff's screen leads to: says which door before anything is paired."""
    code = request.path_params["code"]
    try:
        found = await pairing.offered(request.state, code)
    except PairingWrong as wrong:
        return _ask_pairing(request, wrong.status, code)
    return request.state["pages"].html(request, "checkin/gate_pair.html", 200, gate=found)


async def pair_here(request: Request[State]) -> Response:
    code = request.path_params["code"]
    try:
        token = await pairing.pair(request.state, code)
    except PairingWrong as wrong:
        return _ask_pairing(request, wrong.status, code)
    answer = see_other("/gate")
    await leave_to_device(request, answer, GATE_COOKIE, token, LIFETIME.total_seconds())
    return answer


async def gates_page(request: Request[State]) -> Response:
    return await _gates_page(request, None)


async def offer(request: Request[State], form: TypedGate) -> Response:
    """Shown at once and only here: a code that is not stored cannot be shown again."""
    name = form.name.strip()
    if not name:
        return await _gates_page(request, None, form)
    made = await pairing.offer(request.state, staff_of(request), form.checkpoint, name)
    return await _gates_page(request, made)


async def _gates_page(
    request: Request[State], made: Offer | None, nameless: TypedGate | None = None
) -> Response:
    state, venue_id = request.state, number(request, "venue_id")
    staff = staff_of(request)
    venue, _, checkpoints = await register.whole_venue(state, staff, venue_id)
    facts: dict[str, Any] = {
        "venue": venue,
        "doors": [one for one in checkpoints if one.closed_at is None],
        "gates": await pairing.gates(state, staff, venue_id),
        "made": made,
        "nameless": nameless,
    }
    if made is not None:
        public_url = state["settings"].public_url
        size, path = qr_path(pairing.pairing_address(public_url, made.code))
        facts |= {"qr": path, "qr_size": size, "printed": printed(made.code)}
        facts["lane"] = f"{public_url.rstrip('/')}/gate"
    return state["pages"].html(request, "checkin/gates.html", 422 if nameless else 200, **facts)


async def revoke(request: Request[State]) -> Response:
    await pairing.revoke(request.state, staff_of(request), number(request, "gate_id"))
    return see_other(f"/venues/{number(request, 'venue_id')}/gates")


GATES = "/venues/{venue_id:int}/gates"

endpoints = [
    Endpoint("GET", "/gate", gate_page, PairingQuery, page=True),
    Endpoint("GET", "/gate-worker.js", gate_worker, page=True),
    Endpoint("GET", "/G/{code}", pairing_page, page=True),
    Endpoint("POST", "/G/{code}", pair_here, page=True),
    Endpoint("GET", GATES, gates_page, page=True),
    Endpoint("POST", GATES, offer, TypedGate, page=True),
    Endpoint("POST", GATES + "/{gate_id:int}/revoke", revoke, page=True),
]
