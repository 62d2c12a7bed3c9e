"""JSON of gate devices: offered and revoked by the venue's staff, paired by the device itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts.access import staff_of
from checkin import pairing
from checkin.model_gate import GateLine, PairingWrong
from checkin.state import State
from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from venues.api_doors import number
from venues.model import DoorClosed

GateName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]


class GateForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`name` tells one device of a door from another."""

    name: GateName


class GateOffer(Struct, frozen=True, kw_only=True):
    """`address` is what the QR says; `code` is shown once."""

    id: int
    code: str
    address: str
    valid_until: datetime


class GateList(Struct, frozen=True):
    gates: list[GateLine]


class PairingForm(Struct, frozen=True, forbid_unknown_fields=True):
    code: Annotated[str, Meta(max_length=60)]


class GatePaired(Struct, frozen=True):
    """`token` is the device's bearer token; it is shown once."""

    token: str


async def offer_gate(request: Request[State], form: GateForm) -> Response:
    """Offer a checkpoint to a gate device: a code that pairs one, once, within ten minutes"""
    checkpoint_id = number(request, "checkpoint_id")
    found = await pairing.offer(request.state, staff_of(request), checkpoint_id, form.name.strip())
    answer = GateOffer(
        id=found.gate_id,
        code=found.code,
        address=pairing.pairing_address(request.state["settings"].public_url, found.code),
        valid_until=found.until,
    )
    return reply(answer, 201)


async def list_gates(request: Request[State]) -> Response:
    """The gate devices of a venue, and the codes that still wait for one"""
    venue_id = number(request, "venue_id")
    return reply(GateList(await pairing.gates(request.state, staff_of(request), venue_id)))


async def revoke_gate(request: Request[State]) -> Response:
    """Revoke a gate device for good"""
    await pairing.revoke(request.state, staff_of(request), number(request, "gate_id"))
    return Response(status_code=204)


async def pair_gate(request: Request[State], form: PairingForm) -> Response:
    """Pair this device by the code that the venue's staff show"""
    return reply(GatePaired(await pairing.pair(request.state, form.code)), 201)


endpoints = [
    Endpoint(
        "POST",
        "/v1/checkpoints/{checkpoint_id:int}/gates",
        offer_gate,
        GateForm,
        {201: GateOffer},
        (NotFound, DoorClosed, DatabaseAway),
    ),
    Endpoint(
        "GET",
        "/v1/venues/{venue_id:int}/gates",
        list_gates,
        None,
        {200: GateList},
        (NotFound, DatabaseAway),
    ),
    Endpoint(
        "POST",
        "/v1/gates/{gate_id:int}/revoke",
        revoke_gate,
        None,
        {204: None},
        (NotFound, DatabaseAway),
    ),
    Endpoint(
        "POST",
        "/v1/gate/pairings",
        pair_gate,
        PairingForm,
        {201: GatePaired},
        (PairingWrong, DatabaseAway),
    ),
]
