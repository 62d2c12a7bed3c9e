"""Gate devices paired for a test, and what people show them."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

import httpx

from accounts.model import Role
from tests.conftest import Service
from tests.make_venues import MadeVenue, make_venue, staff_client

numbers = itertools.count(1)


async def gate_client(service: Service, checkpoint_id: int) -> httpx.AsyncClient:
    """A device paired to this checkpoint by an admin."""
    keeper = await staff_client(service, Role.ADMIN, area="")
    offered = await keeper.post(f"/v1/checkpoints/{checkpoint_id}/gates", json={"name": "Máy 1"})
    device = await service.client()
    paired = await device.post("/v1/gate/pairings", json={"code": offered.json()["code"]})
    device.headers["Authorization"] = f"Bearer {paired.json()['token']}"
    return device


def chip_card(
    name: str = "Nguyễn Thị Hoa", number: str = "", *, year: int = 1990, sex: str = "Nữ"
) -> str:
    """The text of a chip ID card whose number fits the person."""
    digit = (year // 100 - 19) * 2 + (sex == "Nữ")
    number = number or f"092{digit}{year % 100:02}{next(numbers):06}"
    return f"{number}||{name}|0503{year}|{sex}|Cái Khế, Cần Thơ|20042021"


async def show(
    gate: httpx.AsyncClient, credential: str, at: datetime, **more: object
) -> httpx.Response:
    body = {"credential": credential, "at": at.isoformat()} | more
    return await gate.post("/v1/gate/scans", json=body)


async def a_gate(service: Service, **venue: Any) -> tuple[httpx.AsyncClient, MadeVenue]:
    made = await make_venue(service, **venue)
    return await gate_client(service, made.checkpoint_id), made
